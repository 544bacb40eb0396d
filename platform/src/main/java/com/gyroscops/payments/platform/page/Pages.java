package com.gyroscops.payments.platform.page;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Message;
import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.contract.Violations;
import com.gyroscops.payments.platform.hash.Sha256;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;

/** What all pages have in common, whatever is on them. */
public final class Pages {

  /** Page size where a request says 0. */
  static final int SIZE_DEFAULT = 50;

  /** Largest page: 200 elements of a few KiB fit a message of 4 MiB in all likely cases. */
  static final int SIZE_MAX = 200;

  /** Most bytes of elements: clients take messages of 4 MiB unless told otherwise. */
  public static final int BYTES_MAX = 3 * 1024 * 1024;

  private Pages() {}

  /** The page size that a request means; a negative one is noted. */
  public static int size(Violations violations, int requested) {
    violations.require(requested >= 0, "page_size", "must not be negative, but is " + requested);
    return requested == 0 ? SIZE_DEFAULT : Math.min(requested, SIZE_MAX);
  }

  /**
   * The digest that ties a token to what was asked for.
   *
   * @param request without what may differ from page to page
   */
  public static byte[] digest(Message request) {
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      CodedOutputStream out = CodedOutputStream.newInstance(bytes);
      out.useDeterministicSerialization();
      out.writeStringNoTag(request.getDescriptorForType().getFullName());
      request.writeTo(out);
      out.flush();
      return Sha256.of(bytes.toByteArray());
    } catch (IOException e) {
      throw new IllegalStateException("memory does not fail", e);
    }
  }

  /**
   * The first {@code size} elements, or fewer if they are large, but one at least if there is any.
   */
  public static <T extends Message> List<T> first(List<T> found, int size) {
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

  /** The same, of a token that does not belong to the list that is asked for. */
  static ApiError tokenOfAnotherList() {
    return tokenInvalid(
        "is not a next_page_token of the same list; all arguments but page_size must stay as they"
            + " were");
  }

  /**
   * INVALID_ARGUMENT {@code PAGE_TOKEN_INVALID}.
   *
   * @param description what is wrong with the token
   */
  public static ApiError tokenInvalid(String description) {
    return ApiError.invalid("PAGE_TOKEN_INVALID", "page_token", description);
  }
}
