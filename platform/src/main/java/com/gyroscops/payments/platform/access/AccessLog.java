package com.gyroscops.payments.platform.access;

import com.gyroscops.payments.contract.ApiError;
import java.time.Clock;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * The audit log of what was denied: a JSON object a line, at most {@value #LINES_MAX} lines a
 * second, and how many more there were in a line of their own. For concurrent use.
 */
public final class AccessLog {

  /** Lines of one second; more tell no more, and would fill a disk. */
  static final int LINES_MAX = 100;

  /** Longest text of a caller's that is told. */
  private static final int QUOTE_LENGTH_MAX = 128;

  /** Of no audit. */
  static final AccessLog NONE = new AccessLog(Clock.systemUTC(), _ -> {});

  private final Clock clock;
  private final Consumer<String> lines;
  private long second;
  private int told;
  private long left;

  /**
   * @param lines takes each line
   */
  public AccessLog(Clock clock, Consumer<String> lines) {
    this.clock = clock;
    this.lines = lines;
  }

  /**
   * Who was denied, or would have been.
   *
   * @param method full name
   * @param peer network address of the caller
   * @param why besides the error's reason; may be empty
   * @param enforced whether the call was denied
   */
  public void denied(
      Caller caller, String method, String peer, ApiError error, String why, boolean enforced) {
    Map<String, String> fields = new TreeMap<>();
    fields.put("event", enforced ? "denied" : "would_deny");
    fields.put("actor", caller.actor());
    fields.put("method", method);
    fields.put("peer", peer);
    fields.put("reason", error.reason());
    fields.put("why", why);
    fields.putAll(error.metadata());
    tell(fields);
  }

  private void tell(Map<String, String> fields) {
    String time = clock.instant().toString();
    long now = clock.instant().getEpochSecond();
    long dropped = 0;
    synchronized (this) {
      if (now != second) {
        second = now;
        told = 0;
        dropped = left;
        left = 0;
      }
      if (++told > LINES_MAX) {
        left++;
        return;
      }
    }
    if (dropped > 0) {
      lines.accept(line(Map.of("event", "left_out", "count", Long.toString(dropped)), time));
    }
    lines.accept(line(fields, time));
  }

  private static String line(Map<String, String> fields, String time) {
    StringBuilder line = new StringBuilder("{\"time\":\"").append(time).append('"');
    fields.forEach((name, value) -> {
      if (!value.isEmpty()) {
        line.append(",\"").append(name).append("\":\"");
        quote(line, value.substring(0, Math.min(value.length(), QUOTE_LENGTH_MAX)));
        line.append('"');
      }
    });
    return line.append('}').toString();
  }

  private static void quote(StringBuilder line, String text) {
    for (int i = 0; i < text.length(); i++) {
      char each = text.charAt(i);
      if (each == '"' || each == '\\') {
        line.append('\\').append(each);
      } else if (Character.isISOControl(each)
          || Character.isSurrogate(each)
          || each == '\u2028'
          || each == '\u2029') {
        line.append("\\u%04x".formatted((int) each));
      } else {
        line.append(each);
      }
    }
  }
}
