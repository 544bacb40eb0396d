package com.gyroscops.payments.read;

import com.gyroscops.payments.contract.temporal.TemporalSettings;
import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;

/**
 * Where Temporal is, under {@code payments.temporal} in the configuration, as on the write-servers.
 *
 * @param address {@code host:port}; empty: this installation has none, and writes no reports
 * @param namespace that must exist
 * @param taskQueue of the write-servers; that of reports follows from it
 * @param workers whether this server writes reports, too
 * @param tls whether to speak TLS
 * @param tlsAuthorities PEM file of authorities to trust; empty: the system's
 * @param tlsCertificate PEM file of the certificate to show; empty: none
 * @param tlsKey PEM file of its private key
 * @param apiKey secret to send; empty: none
 */
@ConfigurationProperties("payments.temporal")
record TemporalConfiguration(
    @Bindable(defaultValue = "") String address,
    String namespace,
    String taskQueue,
    boolean workers,
    boolean tls,
    @Bindable(defaultValue = "") String tlsAuthorities,
    @Bindable(defaultValue = "") String tlsCertificate,
    @Bindable(defaultValue = "") String tlsKey,
    @Bindable(defaultValue = "") String apiKey) {

  /** Workers take whatever is in their queue, so that of the write-servers cannot be shared. */
  private static final String QUEUE_SUFFIX = "-reports";

  TemporalSettings settings() {
    return TemporalSettings.of(
        address,
        namespace,
        taskQueue + QUEUE_SUFFIX,
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
