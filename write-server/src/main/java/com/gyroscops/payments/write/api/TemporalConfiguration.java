package com.gyroscops.payments.write.api;

import com.gyroscops.payments.write.workflow.TemporalSettings;
import io.micronaut.context.annotation.ConfigurationProperties;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where Temporal is, under {@code payments.temporal} in the configuration.
 *
 * @param address {@code host:port}; empty: this installation has none, and executes nothing later
 * @param namespace that must exist
 * @param taskQueue which workflows are put into and workers take from
 * @param workers whether this server works on them, too
 * @param tls whether to speak TLS
 * @param tlsAuthorities PEM file of authorities to trust; empty: the system's
 * @param tlsCertificate PEM file of the certificate to show; empty: none
 * @param tlsKey PEM file of its private key
 */
@ConfigurationProperties("payments.temporal")
record TemporalConfiguration(
    String address,
    String namespace,
    String taskQueue,
    boolean workers,
    boolean tls,
    String tlsAuthorities,
    String tlsCertificate,
    String tlsKey) {

  boolean isEnabled() {
    return !address.isEmpty();
  }

  TemporalSettings settings() {
    if (tlsCertificate.isEmpty() != tlsKey.isEmpty()) {
      throw new IllegalArgumentException(
          "TEMPORAL_TLS_CERTIFICATE and TEMPORAL_TLS_KEY go together, and one of them is not set");
    }
    return new TemporalSettings(
        address,
        namespace,
        taskQueue,
        workers,
        tls
            ? new TemporalSettings.Tls(path(tlsAuthorities), path(tlsCertificate), path(tlsKey))
            : null);
  }

  private static @Nullable Path path(String file) {
    return file.isEmpty() ? null : Path.of(file);
  }
}
