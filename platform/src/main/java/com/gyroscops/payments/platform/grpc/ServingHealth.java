package com.gyroscops.payments.platform.grpc;

import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.protobuf.services.HealthStatusManager;
import java.util.List;

/**
 * What a server says of itself by the gRPC health protocol: one answer for the whole server, under
 * {@code ""}, and the same under the name of each of its services. NOT_SERVING until first reported
 * ready, and for good once draining. Under {@link #LIVENESS} it says SERVING until it drains: a
 * server whose database is away is not ready, but starting it anew would not help. For concurrent
 * use.
 */
public final class ServingHealth {

  /** The name under which a server says that it answers at all. */
  public static final String LIVENESS = "liveness";

  private final HealthStatusManager manager = new HealthStatusManager();
  private final HealthWatches watches = new HealthWatches();
  private final List<String> names;
  private boolean ready;
  private boolean draining;

  /**
   * @param services full names of the services that need what this server depends on
   */
  public ServingHealth(List<String> services) {
    names = List.copyOf(services);
    manager.setStatus(LIVENESS, ServingStatus.SERVING);
    publish(ServingStatus.NOT_SERVING);
  }

  /** The service to add to the server. */
  public ServerServiceDefinition service() {
    return ServerInterceptors.intercept(manager.getHealthService(), watches);
  }

  /** Says whether calls can be answered now; without effect once draining. */
  public synchronized void report(boolean nowReady) {
    if (!draining && nowReady != ready) {
      ready = nowReady;
      publish(nowReady ? ServingStatus.SERVING : ServingStatus.NOT_SERVING);
    }
  }

  /** Says NOT_SERVING from now on, whatever is reported later: load balancers look elsewhere. */
  public synchronized void drain() {
    draining = true;
    ready = false;
    manager.enterTerminalState();
  }

  /**
   * Ends the calls of those who watch, which would hold up the server's end. To be called once they
   * had time to heed {@link #drain}, just before the server takes no more calls.
   */
  public void endWatches() {
    watches.end();
  }

  /** Whether calls can be answered now. */
  public synchronized boolean isReady() {
    return ready;
  }

  /** Whether {@link #drain} was called. */
  public synchronized boolean isDraining() {
    return draining;
  }

  private void publish(ServingStatus status) {
    manager.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, status);
    names.forEach(name -> manager.setStatus(name, status));
  }
}
