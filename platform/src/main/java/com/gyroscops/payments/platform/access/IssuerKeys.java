package com.gyroscops.payments.platform.access;

import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.ImmutableJWKSet;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.DefaultResourceRetriever;
import com.nimbusds.jose.util.Resource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.ParseException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys of an issuer, fetched ahead and apart from calls: a call finds those that were fetched
 * last, at once, also while they cannot be fetched. A key that is taken back counts until the next
 * fetch. For concurrent use.
 */
public final class IssuerKeys implements AutoCloseable {

  /** Time between fetches over the network. */
  static final Duration FETCH_EVERY = Duration.ofMinutes(5);

  /** Between looks at a file, and between attempts after one that failed. */
  static final Duration LOOK_EVERY = Duration.ofSeconds(2);

  /** Largest set of keys. */
  static final int BYTES_MAX = 256 * 1024;

  private static final int FETCH_MILLIS_MAX = 5_000;
  private static final Logger LOG = LoggerFactory.getLogger(IssuerKeys.class);

  private final Issuer issuer;
  private final Runnable onChange;
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile JWKSet keys = new JWKSet();
  private volatile long fetchedNanos = System.nanoTime();
  private String trouble = "";

  /**
   * Fetches the keys, and goes on to. An issuer that cannot be reached now is tried again.
   *
   * @param onChange called when the keys have become others
   */
  public IssuerKeys(Issuer issuer, Runnable onChange) {
    this.issuer = issuer;
    this.onChange = onChange;
    fetch();
    Thread.ofVirtual().name("keys-of-" + issuer.name()).start(this::run);
  }

  /** For verification. */
  public JWKSource<SecurityContext> source() {
    return (selector, context) -> new ImmutableJWKSet<>(keys).get(selector, context);
  }

  /** Seconds since the keys were last fetched. */
  public double ageSeconds() {
    return (System.nanoTime() - fetchedNanos) / 1e9;
  }

  private void run() {
    try {
      Duration pause = pause();
      while (!closed.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
        fetch();
        pause = pause();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      LOG.error("the keys of {} are no longer fetched", issuer.name(), e);
    }
  }

  private Duration pause() {
    return trouble.isEmpty() && !isFile() ? FETCH_EVERY : LOOK_EVERY;
  }

  private boolean isFile() {
    return "file".equals(issuer.keys().getScheme());
  }

  private void fetch() {
    try {
      JWKSet next = JWKSet.parse(isFile() ? read() : retrieve()).toPublicJWKSet();
      boolean changed = !next.toString().equals(keys.toString());
      keys = next;
      fetchedNanos = System.nanoTime();
      if (changed) {
        onChange.run();
        LOG.info("{} has {} keys now", issuer.name(), next.size());
      }
      trouble = "";
    } catch (IOException | ParseException | RuntimeException e) {
      if (!e.toString().equals(trouble)) {
        LOG.error("the keys of {} cannot be fetched: {}", issuer.name(), e.toString());
        trouble = e.toString();
      }
    }
  }

  private String read() throws IOException {
    Path file = Path.of(issuer.keys());
    if (Files.size(file) > BYTES_MAX) {
      throw new IOException("more than " + BYTES_MAX + " bytes");
    }
    return Files.readString(file);
  }

  private String retrieve() throws IOException {
    Resource resource =
        new DefaultResourceRetriever(FETCH_MILLIS_MAX, FETCH_MILLIS_MAX, BYTES_MAX)
            .retrieveResource(issuer.keys().toURL());
    return resource.getContent();
  }

  @Override
  public void close() {
    closed.countDown();
  }
}
