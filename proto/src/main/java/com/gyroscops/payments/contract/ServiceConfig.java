package com.gyroscops.payments.contract;

import com.google.gson.Gson;
import com.google.gson.reflect.TypeToken;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * The gRPC service config that is shipped for clients: retries, time limits and load balancing, a
 * JSON file that every language's gRPC takes.
 */
public final class ServiceConfig {

  /** Where it lies on the class path. */
  public static final String RESOURCE = "/com/gyroscops/payments/service-config.json";

  private ServiceConfig() {}

  /** As {@code ManagedChannelBuilder.defaultServiceConfig} takes it. */
  public static Map<String, ?> shipped() {
    try (InputStream in = ServiceConfig.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new IllegalStateException(RESOURCE + " is not on the class path");
      }
      return new Gson()
          .fromJson(
              new InputStreamReader(in, StandardCharsets.UTF_8),
              new TypeToken<Map<String, Object>>() {});
    } catch (IOException e) {
      throw new UncheckedIOException(RESOURCE + " cannot be read", e);
    }
  }
}
