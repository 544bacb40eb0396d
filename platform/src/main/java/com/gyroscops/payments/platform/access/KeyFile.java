package com.gyroscops.payments.platform.access;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps {@link ApiKeys} in step with a file: a change acts within two seconds. A file that is wrong
 * or gone changes nothing: the keys known last stay known, and it is told once. For concurrent use.
 */
public final class KeyFile implements AutoCloseable {

  /** Time between looks. */
  static final Duration LOOK_EVERY = Duration.ofSeconds(1);

  private static final Logger LOG = LoggerFactory.getLogger(KeyFile.class);

  private final Path file;
  private final ApiKeys keys;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Set<String> unknownScopes = new HashSet<>();
  private volatile long readNanos = System.nanoTime();
  private byte[] content;
  private String trouble = "";

  /**
   * Reads the file, and begins to look.
   *
   * @throws IOException if it cannot be read
   * @throws IllegalArgumentException if it is wrong; see {@link KeyList#read}
   */
  public KeyFile(Path file, ApiKeys keys) throws IOException {
    this.file = file;
    this.keys = keys;
    content = Files.readAllBytes(file);
    keys.replace(KeyList.read(file, this::unknown));
    Thread.ofVirtual().name("api-keys").start(this::run);
  }

  /** Seconds since the file was last read and right. */
  public double ageSeconds() {
    return (System.nanoTime() - readNanos) / 1e9;
  }

  private void unknown(String scope) {
    if (unknownScopes.add(scope)) {
      LOG.warn("{} grants {}, a scope that this version does not know and denies", file, scope);
    }
  }

  private void run() {
    try {
      while (!closed.await(LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS)) {
        look();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      LOG.error("{} is no longer looked at", file, e);
    }
  }

  private void look() {
    try {
      byte[] now = Files.readAllBytes(file);
      if (!Arrays.equals(now, content)) {
        keys.replace(KeyList.read(file, this::unknown));
        content = now;
        LOG.info("{} was read anew", file);
      }
      readNanos = System.nanoTime();
      trouble = "";
    } catch (IOException | RuntimeException e) {
      String now = e.toString();
      if (!now.equals(trouble)) {
        LOG.error("the keys of before stay: {} {}", file, e.getMessage());
        trouble = now;
      }
    }
  }

  @Override
  public void close() {
    closed.countDown();
  }
}
