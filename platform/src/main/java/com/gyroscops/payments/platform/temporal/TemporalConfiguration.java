package com.gyroscops.payments.platform.temporal;

import com.gyroscops.payments.platform.temporal.TemporalSettings.ApiKey;
import com.gyroscops.payments.platform.temporal.TemporalSettings.Tls;
import io.micronaut.context.annotation.ConfigurationProperties;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

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
   * @throws IllegalArgumentException if they contradict each other; names the variables
   */
  public TemporalSettings settings(String queueSuffix) {
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
        taskQueue + queueSuffix,
        workers,
        tls ? new Tls(path(tlsAuthorities), path(tlsCertificate), path(tlsKey)) : null,
        apiKey.isEmpty() ? null : new ApiKey(apiKey));
  }

  private static @Nullable Path path(String file) {
    return file.isEmpty() ? null : Path.of(file);
  }

  /** Without the secret. */
  @Override
  public String toString() {
    return "Temporal at " + address;
  }
}
