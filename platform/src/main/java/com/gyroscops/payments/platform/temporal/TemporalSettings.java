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
}
