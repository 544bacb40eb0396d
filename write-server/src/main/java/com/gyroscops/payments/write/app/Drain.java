package com.gyroscops.payments.write.app;

import com.gyroscops.payments.platform.grpc.ServingHealth;
import com.gyroscops.payments.write.api.CommandEndpoint;
import io.micronaut.grpc.server.GrpcEmbeddedServer;
import io.micronaut.runtime.event.annotation.EventListener;
import io.micronaut.runtime.server.event.ServerShutdownEvent;
import jakarta.inject.Singleton;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What happens between SIGTERM and the end of calls: the server says NOT_SERVING and goes on
 * serving for the notice, so that load balancers look elsewhere; then streams end as soon as what
 * they sent is answered; at last micronaut-grpc refuses connections, has those there are told to go
 * (GOAWAY), and lets the calls that run finish.
 *
 * <p><b>Invariant:</b> up to GOAWAY every call is taken and answered as ever, so that it does not
 * matter whether a client watches health: it loses nothing by going on to call until it is told to
 * connect elsewhere.
 */
@Singleton
final class Drain {

  private static final Logger LOG = LoggerFactory.getLogger(Drain.class);

  private final ServingHealth health;
  private final CommandEndpoint commands;
  private final WriteServerSettings settings;
  private final DrainNotice notice;

  Drain(
      ServingHealth health,
      CommandEndpoint commands,
      WriteServerSettings settings,
      DrainNotice notice) {
    this.health = health;
    this.commands = commands;
    this.settings = settings;
    this.notice = notice;
  }

  @EventListener
  void onShutdown(ServerShutdownEvent event) {
    if (!(event.getSource() instanceof GrpcEmbeddedServer)) {
      return;
    }
    LOG.info("draining: NOT_SERVING, calls end in {}", settings.drainNotice());
    health.drain();
    try {
      notice.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    commands.drain();
    health.endWatches();
  }
}
