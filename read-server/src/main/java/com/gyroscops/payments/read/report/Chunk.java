package com.gyroscops.payments.read.report;

/**
 * A part of a report's file.
 *
 * @param number from 0
 * @param attempt that wrote it
 * @param offset of its first byte in the whole
 * @param sha256 of its bytes, in lower-case hexadecimal digits
 */
public record Chunk(int number, int attempt, long offset, int bytes, String sha256) {

  /** Offset of the first byte after it. */
  public long end() {
    return offset + bytes;
  }
}
