package com.gyroscops.payments.read.query;

import com.google.protobuf.Message;
import java.util.List;

/** Cuts pages out of what was found. */
final class Page {

  /** Most bytes of elements: clients take messages of 4 MiB unless told otherwise. */
  static final int BYTES_MAX = 3 * 1024 * 1024;

  private Page() {}

  /**
   * The first {@code size} elements, or fewer if they are large, but one at least if there is any.
   */
  static <T extends Message> List<T> of(List<T> found, int size) {
    int taken = 0;
    long bytes = 0;
    while (taken < Math.min(size, found.size())) {
      bytes += found.get(taken).getSerializedSize();
      if (bytes > BYTES_MAX && taken > 0) {
        break;
      }
      taken++;
    }
    return found.subList(0, taken);
  }
}
