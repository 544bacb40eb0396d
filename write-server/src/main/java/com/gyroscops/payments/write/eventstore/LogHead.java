package com.gyroscops.payments.write.eventstore;

/**
 * Identity and end of a log.
 *
 * @param logId its name
 * @param epoch identity of its history; another after history was lost
 * @param position of the newest event; 0: none yet
 */
public record LogHead(String logId, String epoch, long position) {}
