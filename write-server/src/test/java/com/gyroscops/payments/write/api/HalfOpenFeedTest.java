package com.gyroscops.payments.write.api;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.internal.v1.EventFeedServiceGrpc;
import com.gyroscops.payments.internal.v1.SubscribeRequest;
import com.gyroscops.payments.internal.v1.SubscribeResponse;
import com.gyroscops.payments.internal.v1.SubscribeStart;
import com.gyroscops.payments.platform.access.Access;
import com.gyroscops.payments.platform.grpc.GrpcTransport;
import com.gyroscops.payments.platform.grpc.InternalServer;
import com.gyroscops.payments.stack.process.StallingProxy;
import com.gyroscops.payments.write.eventstore.EventStore;
import com.gyroscops.payments.write.eventstore.memory.MemoryEventStore;
import com.gyroscops.payments.write.outbox.EventRelay;
import com.gyroscops.payments.write.outbox.OutboxTail;
import com.gyroscops.payments.write.outbox.SubscriberProgress;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A subscriber's connection that no packet passes any more, and that nobody ends. */
class HalfOpenFeedTest {

  private static final Duration NOTICED_MAX = Duration.ofSeconds(30);

  @Test
  void a_subscriber_that_is_heard_no_more_is_given_up() throws Exception {
    EventStore store = new MemoryEventStore("epoch-1");
    GrpcTransport transport =
        GrpcTransport.internal("127.0.0.1", 0)
            .probing(Duration.ofMillis(500), Duration.ofSeconds(5), Duration.ofMillis(100));
    try (OutboxTail tail = new OutboxTail(store);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        EventRelay relay =
            new EventRelay(
                store,
                tail,
                new SubscriberProgress(new ForgetfulStore(), System::nanoTime),
                Clock.systemUTC());
        InternalServer server =
            new InternalServer(
                    transport
                        .newServer(threads, Access.OFF)
                        .addService(new FeedEndpoint(store, relay))
                        .build(),
                    relay::close)
                .start();
        StallingProxy proxy = StallingProxy.to(server.port())) {
      ManagedChannel channel =
          NettyChannelBuilder.forAddress("127.0.0.1", proxy.port()).usePlaintext().build();
      CountDownLatch heard = new CountDownLatch(1);
      EventFeedServiceGrpc.newStub(channel)
          .subscribe(new Listener(heard))
          .onNext(
              SubscribeRequest.newBuilder()
                  .setStart(
                      SubscribeStart.newBuilder()
                          .setSubscriber("one")
                          .setSource("sql")
                          .setAtHead(true))
                  .build());
      assertThat(heard.await(60, TimeUnit.SECONDS)).isTrue();

      proxy.stall();

      eventually("the relay lets go of it", () -> relay.subscribers() == 0);
      assertThat(proxy.connections()).isEqualTo(1);
      channel.shutdownNow();
    }
  }

  @Test
  void internal_servers_notice_within_half_a_minute() {
    GrpcTransport transport = GrpcTransport.internal("127.0.0.1", 0);
    assertThat(transport.keepAliveTime().plus(transport.keepAliveTimeout()))
        .isLessThan(NOTICED_MAX);
  }

  private record Listener(CountDownLatch heard) implements StreamObserver<SubscribeResponse> {
    @Override
    public void onNext(SubscribeResponse response) {
      heard.countDown();
    }

    @Override
    public void onError(Throwable failure) {}

    @Override
    public void onCompleted() {}
  }

  private static final class ForgetfulStore implements SubscriberProgress.Store {
    @Override
    public void save(Collection<SubscriberProgress.Heard> heard) {}

    @Override
    public List<SubscriberProgress.Standing> standings(Collection<String> sources) {
      return List.of();
    }

    @Override
    public void callForHaste() {}

    @Override
    public long removeSilent(Duration silentMax) {
      return 0;
    }
  }
}
