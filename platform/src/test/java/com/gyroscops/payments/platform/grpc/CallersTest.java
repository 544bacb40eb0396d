package com.gyroscops.payments.platform.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.gyroscops.payments.platform.access.Access;
import com.gyroscops.payments.platform.access.Caller;
import com.gyroscops.payments.platform.access.Demand;
import com.gyroscops.payments.platform.access.Scope;
import io.grpc.BindableService;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class CallersTest {

  /** Keeps who called, and fails. */
  private static final class Noting extends HealthGrpc.HealthImplBase {
    private final CompletableFuture<Caller> caller = new CompletableFuture<>();

    @Override
    public void check(HealthCheckRequest request, StreamObserver<HealthCheckResponse> responses) {
      caller.complete(Callers.current());
      throw new IllegalStateException("inside");
    }
  }

  private static void call(BindableService service) throws Exception {
    Server server =
        GrpcTransport.defaults("127.0.0.1", 0)
            .newServer(Runnable::run, Access.OFF)
            .addService(service)
            .build()
            .start();
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", server.getPort()).usePlaintext().build();
    try {
      assertThatThrownBy(() ->
              HealthGrpc.newBlockingStub(channel)
                  .withDeadlineAfter(60, TimeUnit.SECONDS)
                  .check(HealthCheckRequest.getDefaultInstance()))
          .hasMessageContaining("an unexpected error")
          .hasMessageNotContaining("inside");
    } finally {
      channel.shutdownNow();
      server.shutdownNow();
    }
  }

  @Test
  void everyServerHasItsCallsPassWhereCallersAndErrorsAreSeenTo() throws Exception {
    Noting service = new Noting();
    call(service);
    assertThat(service.caller).isCompletedWithValue(Caller.ANONYMOUS);
  }

  @Test
  void outsideOfCallsNobodyCalls() {
    assertThat(Callers.current()).isSameAs(Caller.ANONYMOUS);
    assertThat(Callers.actor()).isEmpty();
    Demand demand = new Demand(Scope.PAYMENTS_READ, "acme");
    assertThat(Callers.denied(demand)).isPresent();
    assertThat(Callers.may(demand)).isFalse();
  }
}
