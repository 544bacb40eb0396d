package com.gyroscops.payments.cli.imports;

/**
 * What became of an import. {@code accepted + rejected = rows}.
 *
 * @param rows read and done with
 * @param accepted that the server carried out, now or in an earlier import
 * @param rejected by this program or by the server
 * @param replayed of them all, those that the server answered from storage
 * @param known of the replayed, those that an earlier import or another client had brought, and not
 *     this one, which sends a row again when its answer is lost
 * @param complete false: stopped before the end of the file
 */
public record ImportResult(
    long rows, long accepted, long rejected, long replayed, long known, boolean complete) {}
