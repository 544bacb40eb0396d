package com.gyroscops.payments.read;

import com.gyroscops.payments.contract.ServingHealth;
import com.gyroscops.payments.read.projection.Projector;
import com.gyroscops.payments.read.source.KnownPosition;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.read.source.SourceUnavailableException;
import com.gyroscops.payments.read.source.sql.SqlProbe;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out, twice a second, whether queries can be answered, and says so: the database answers,
 * the source belongs to a log and is not being filled, and its projector has not given up. What it
 * sees of the source's position it publishes besides. One thread of its own.
 */
final class ServingReadiness implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ServingReadiness.class);
  private static final long INTERVAL_MILLIS = 500;

  private final SqlProbe probe;
  private final KnownPosition known;
  private final Projector projector;
  private final ServingHealth health;
  private final CountDownLatch closing = new CountDownLatch(1);
  private volatile String reason = "starting";

  ServingReadiness(SqlProbe probe, KnownPosition known, Projector projector, ServingHealth health) {
    this.probe = probe;
    this.known = known;
    this.projector = projector;
    this.health = health;
  }

  void start() {
    Thread.ofVirtual().name("readiness").start(this::run);
  }

  /** Why queries cannot be answered; empty: they can. */
  String reason() {
    return health.isDraining() ? "draining" : reason;
  }

  private void run() {
    try (probe) {
      do {
        String found = look();
        if (!found.equals(reason)) {
          LOG.info(found.isEmpty() ? "ready" : "not ready: {}", found);
        }
        reason = found;
        health.report(found.isEmpty());
      } while (!closing.await(INTERVAL_MILLIS, TimeUnit.MILLISECONDS));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private String look() {
    SourcePosition at;
    try {
      at = probe.position();
    } catch (SourceUnavailableException e) {
      LOG.debug("the probe failed", e);
      return "the database does not answer";
    }
    known.publish(at);
    if (projector.hasGivenUp()) {
      return "the projector has given up";
    }
    if (at.epoch().isEmpty()) {
      return "the source belongs to no log yet";
    }
    return at.isReady() ? "" : "the source is being filled";
  }

  @Override
  public void close() {
    closing.countDown();
  }
}
