package com.gyroscops.payments.platform.temporal;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where Temporal is and what a server does with it.
 *
 * @param address {@code host:port} of the frontend
 * @param taskQueue which workflows are put into and workers take from
 * @param workers whether this server works, too; otherwise it only starts workflows
 * @param tls null: plain text
 * @param apiKey null: none is sent; only with TLS
 */
public record TemporalSettings(
    String address,
    String namespace,
    String taskQueue,
    boolean workers,
    @Nullable Tls tls,
    @Nullable ApiKey apiKey) {

  /**
   * Transport security.
   *
   * @param authorities PEM file of the authorities to trust; null: the system's
   * @param certificate PEM file of this client's certificate; null: none is shown
   * @param key PEM file of its private key, PKCS #8; given with the certificate
   */
  public record Tls(@Nullable Path authorities, @Nullable Path certificate, @Nullable Path key) {}

  /** A secret that proves who calls; its text form does not tell it. */
  public record ApiKey(String value) {
    @Override
    public String toString() {
      return "(not shown)";
    }
  }

  /**
   * As the environment names them; empty texts: not set.
   *
   * @throws IllegalArgumentException if they contradict each other; names the variables
   */
  public static TemporalSettings of(
      String address,
      String namespace,
      String taskQueue,
      boolean workers,
      boolean tls,
      String tlsAuthorities,
      String tlsCertificate,
      String tlsKey,
      String apiKey) {
    if (tlsCertificate.isEmpty() != tlsKey.isEmpty()) {
      throw new IllegalArgumentException(
          "TEMPORAL_TLS_CERTIFICATE and TEMPORAL_TLS_KEY go together, and one of them is not set");
    }
    if (!apiKey.isEmpty() && !tls) {
      throw new IllegalArgumentException(
          "TEMPORAL_API_KEY is sent over TLS alone, and TEMPORAL_TLS is not set");
    }
    return new TemporalSettings(
        address,
        namespace,
        taskQueue,
        workers,
        tls ? new Tls(path(tlsAuthorities), path(tlsCertificate), path(tlsKey)) : null,
        apiKey.isEmpty() ? null : new ApiKey(apiKey));
  }

  private static @Nullable Path path(String file) {
    return file.isEmpty() ? null : Path.of(file);
  }
}
