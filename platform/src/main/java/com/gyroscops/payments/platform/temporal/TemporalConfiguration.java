package com.gyroscops.payments.platform.temporal;

import io.micronaut.context.annotation.ConfigurationProperties;

/**
 * Where Temporal is, under {@code payments.temporal} in a server's configuration.
 *
 * @param address {@code host:port}; empty: this installation has none, and executes nothing later
 * @param namespace that must exist
 * @param taskQueue of the write-servers; what others work on has queues whose names follow from it
 * @param workers whether this server works on what is in its queue, too
 * @param tls whether to speak TLS
 * @param tlsAuthorities PEM file of authorities to trust; empty: the system's
 * @param tlsCertificate PEM file of the certificate to show; empty: none
 * @param tlsKey PEM file of its private key
 * @param apiKey secret to send; empty: none
 */
@ConfigurationProperties("payments.temporal")
public record TemporalConfiguration(
    String address,
    String namespace,
    String taskQueue,
    boolean workers,
    boolean tls,
    String tlsAuthorities,
    String tlsCertificate,
    String tlsKey,
    String apiKey) {

  /** Whether this installation has Temporal. */
  public boolean isEnabled() {
    return !address.isEmpty();
  }

  /**
   * The settings of a connection.
   *
   * @param queueSuffix of the task queue's name: workers take whatever is in their queue, so two
   *     kinds of them cannot share one
   */
  public TemporalSettings settings(String queueSuffix) {
    return TemporalSettings.of(
        address,
        namespace,
        taskQueue + queueSuffix,
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
