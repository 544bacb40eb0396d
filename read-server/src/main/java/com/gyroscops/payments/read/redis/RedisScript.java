package com.gyroscops.payments.read.redis;

import io.lettuce.core.codec.Base16;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A Lua script that gives a number, which Redis runs as one step.
 *
 * @param lua its text; Redis does nothing else while it runs, so it must be short
 * @param digest SHA-1 of the text in hexadecimal, by which Redis knows it
 */
public record RedisScript(String lua, String digest) {

  /** What a script is run with. */
  public record Arguments(List<byte[]> keys, List<byte[]> values) {

    byte[][] keyArray() {
      return keys.toArray(byte[][]::new);
    }

    byte[][] valueArray() {
      return values.toArray(byte[][]::new);
    }
  }

  public static RedisScript of(String lua) {
    return new RedisScript(lua, Base16.digest(lua.getBytes(StandardCharsets.UTF_8)));
  }
}
