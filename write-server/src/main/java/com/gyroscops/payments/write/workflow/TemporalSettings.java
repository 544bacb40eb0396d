package com.gyroscops.payments.write.workflow;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where Temporal is and what this server does with it.
 *
 * @param address {@code host:port} of the frontend
 * @param taskQueue which workflows are put into and workers take from
 * @param workers whether this server works, too; otherwise it only starts workflows
 * @param tls null: plain text
 */
public record TemporalSettings(
    String address, String namespace, String taskQueue, boolean workers, @Nullable Tls tls) {

  /**
   * Transport security.
   *
   * @param authorities PEM file of the authorities to trust; null: the system's
   * @param certificate PEM file of this client's certificate; null: none is shown
   * @param key PEM file of its private key, PKCS #8; given with the certificate
   */
  public record Tls(@Nullable Path authorities, @Nullable Path certificate, @Nullable Path key) {}
}
