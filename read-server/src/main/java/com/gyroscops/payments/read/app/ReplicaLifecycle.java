package com.gyroscops.payments.read.app;

import com.gyroscops.payments.platform.grpc.InternalServer;
import com.gyroscops.payments.platform.grpc.ServingHealth;
import com.gyroscops.payments.read.cache.Warming;
import com.gyroscops.payments.read.feed.HeadTracker;
import com.gyroscops.payments.read.projection.ProjectedSource;
import com.gyroscops.payments.read.tracking.ChangeTracker;
import com.gyroscops.payments.read.watch.PaymentWatches;
import io.micronaut.grpc.server.GrpcEmbeddedServer;
import io.micronaut.runtime.event.annotation.EventListener;
import io.micronaut.runtime.server.event.ServerShutdownEvent;
import io.micronaut.runtime.server.event.ServerStartupEvent;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts a replica's own threads with its gRPC server, and drains before that stops: health says
 * NOT_SERVING, another replica takes the shared projections over, callers get time to look
 * elsewhere; then watches end, connections are refused, those there are told to go (GOAWAY), and
 * calls that run finish.
 *
 * <p><b>Invariant:</b> up to GOAWAY every query is taken and answered, under any token: who does
 * not watch health loses nothing by going on to call. So what this replica alone projects is kept
 * in step until then.
 */
@Singleton
final class ReplicaLifecycle {

  private static final Logger LOG = LoggerFactory.getLogger(ReplicaLifecycle.class);

  private final ReadServerSettings settings;
  private final ServingHealth health;
  private final List<ProjectedSource> sources;
  private final HeadTracker heads;
  private final ServingReadiness readiness;
  private final InternalServer internal;
  private final Migration migration;
  private final ChangeTracker changes;
  private final PaymentWatches watches;
  private final Warming warming;

  ReplicaLifecycle(
      ReadServerSettings settings,
      ServingHealth health,
      List<ProjectedSource> sources,
      HeadTracker heads,
      ServingReadiness readiness,
      InternalServer internal,
      Migration migration,
      ChangeTracker changes,
      PaymentWatches watches,
      Warming warming) {
    this.settings = settings;
    this.health = health;
    this.sources = sources;
    this.heads = heads;
    this.readiness = readiness;
    this.internal = internal;
    this.migration = migration;
    this.changes = changes;
    this.watches = watches;
    this.warming = warming;
  }

  @EventListener
  void onStartup(ServerStartupEvent event) {
    if (event.getSource() instanceof GrpcEmbeddedServer server) {
      LOG.info("gRPC on port {}", server.getPort());
      internal.start();
      migration.start();
      sources.forEach(source -> source.projector().start());
      heads.start();
      changes.start();
      readiness.start();
      warming.start();
    }
  }

  /** Runs before the server stops taking calls, and holds that up. */
  @EventListener
  void onShutdown(ServerShutdownEvent event) {
    if (event.getSource() instanceof GrpcEmbeddedServer) {
      LOG.info("draining: NOT_SERVING, calls end in {}", settings.drainNotice());
      long start = System.nanoTime();
      health.drain();
      closeProjectors(ProjectedSource::isShared);
      try {
        // No wait if a projector took that long.
        long left = settings.drainNotice().toNanos() - (System.nanoTime() - start);
        TimeUnit.NANOSECONDS.sleep(left);
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
      }
      closeProjectors(source -> !source.isShared());
      watches.drain();
      health.endWatches();
      internal.close();
    }
  }

  /** Each may take as long as its transaction under way; together they take as long as one. */
  private void closeProjectors(Predicate<ProjectedSource> which) {
    try (ExecutorService each = Executors.newVirtualThreadPerTaskExecutor()) {
      sources.stream().filter(which).forEach(source -> each.execute(source.projector()::close));
    }
  }
}
