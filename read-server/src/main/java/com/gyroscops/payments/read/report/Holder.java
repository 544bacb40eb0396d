package com.gyroscops.payments.read.report;

/**
 * Who has a report's chunks.
 *
 * @param folderId of the report folder that they are in
 * @param server name of the one that writes or wrote them
 */
public record Holder(String folderId, String server) {}
