package com.gyroscops.payments.write.api;

import com.gyroscops.payments.contract.temporal.TemporalSettings;
import io.micronaut.context.annotation.ConfigurationProperties;

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
 * @param apiKey secret to send; empty: none
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
    String tlsKey,
    String apiKey) {

  boolean isEnabled() {
    return !address.isEmpty();
  }

  TemporalSettings settings() {
    return TemporalSettings.of(
        address,
        namespace,
        taskQueue,
        workers,
        tls,
        tlsAuthorities,
        tlsCertificate,
        tlsKey,
        apiKey);
  }

  /** Without the secret. */
  @Override
  public String toString() {
    return "Temporal at " + address;
  }
}
