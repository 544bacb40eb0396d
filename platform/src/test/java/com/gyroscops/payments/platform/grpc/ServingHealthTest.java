package com.gyroscops.payments.platform.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.gyroscops.payments.platform.access.Access;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class ServingHealthTest {

  private static final long SECONDS_MAX = 30;

  private final ServingHealth health = new ServingHealth(List.of("a.Service"));
  private Server server;
  private ManagedChannel channel;

  @BeforeEach
  void start() throws Exception {
    server =
        GrpcTransport.defaults("127.0.0.1", 0)
            .newServer(Runnable::run, Access.OFF)
            .addService(health.service())
            .build()
            .start();
    channel = NettyChannelBuilder.forAddress("127.0.0.1", server.getPort()).usePlaintext().build();
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    server.shutdownNow();
  }

  private Iterator<HealthCheckResponse> watch(String service) {
    return HealthGrpc.newBlockingStub(channel)
        .withDeadlineAfter(SECONDS_MAX, TimeUnit.SECONDS)
        .watch(HealthCheckRequest.newBuilder().setService(service).build());
  }

  @Test
  void a_watcher_hears_of_the_drain_and_does_not_hold_up_the_servers_end() throws Exception {
    health.report(true);
    Iterator<HealthCheckResponse> watch = watch("a.Service");
    assertThat(watch.next().getStatus()).isEqualTo(ServingStatus.SERVING);

    health.drain();
    assertThat(watch.next().getStatus()).isEqualTo(ServingStatus.NOT_SERVING);

    health.endWatches();
    server.shutdown();
    assertThat(server.awaitTermination(SECONDS_MAX - 1, TimeUnit.SECONDS)).isTrue();
    assertEnds(watch);
  }

  @Test
  void who_watches_after_the_end_is_sent_elsewhere_at_once() {
    health.drain();
    health.endWatches();

    assertEnds(watch(""));
  }

  private static void assertEnds(Iterator<HealthCheckResponse> watch) {
    assertThatThrownBy(watch::hasNext)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            end -> assertThat(end.getStatus().getCode()).isEqualTo(Code.UNAVAILABLE));
  }
}
