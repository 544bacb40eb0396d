package com.gyroscops.payments.cli.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.platform.access.Access;
import com.gyroscops.payments.platform.grpc.GrpcTransport;
import com.gyroscops.payments.platform.grpc.ServingHealth;
import com.gyroscops.payments.stack.process.FreePorts;
import com.gyroscops.payments.v1.GetPaymentRequest;
import com.gyroscops.payments.v1.GetPaymentResponse;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.QueryServiceGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The shipped service config, at work between two servers on one port of two addresses. */
final class ClientsTest {

  private static final int CALLS = 40;
  private static final long WAIT_MILLIS_MAX = 90_000;
  private static final int ATTEMPTS = 11;

  private final List<Replica> replicas = new ArrayList<>();
  private final List<ManagedChannel> channels = new ArrayList<>();
  private int port;

  /** A server that tells where it listens. */
  private static final class Replica extends QueryServiceGrpc.QueryServiceImplBase {

    private final String host;
    private final ServingHealth health = new ServingHealth(List.of());
    private final Server server;
    private final AtomicInteger refusals = new AtomicInteger();

    Replica(String host, int port) throws IOException {
      this.host = host;
      health.report(true);
      server =
          GrpcTransport.defaults(host, port)
              .newServer(Runnable::run, Access.OFF)
              .addService(health.service())
              .addService(this)
              .build()
              .start();
    }

    @Override
    public void getPayment(GetPaymentRequest request, StreamObserver<GetPaymentResponse> call) {
      if (refusals.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
        call.onError(Status.UNAVAILABLE.asException());
        return;
      }
      call.onNext(
          GetPaymentResponse.newBuilder()
              .setPayment(Payment.newBuilder().setPaymentId(host))
              .build());
      call.onCompleted();
    }
  }

  @BeforeEach
  void start() throws IOException {
    // No connection has it while a replica is away.
    port = FreePorts.next();
    replicas.add(new Replica(Names.FIRST, port));
    replicas.add(new Replica(Names.SECOND, port));
  }

  @AfterEach
  void stop() {
    channels.forEach(ManagedChannel::shutdownNow);
    replicas.forEach(replica -> replica.server.shutdownNow());
  }

  @Test
  void all_addresses_of_a_name_get_calls() throws Exception {
    ManagedChannel channel = open(() -> Clients.retrying("dns:///" + Names.REPLICAS + ":" + port));

    awaitAnswersOf(channel, Set.of(Names.FIRST, Names.SECOND));
  }

  @Test
  void all_of_a_list_get_calls() throws Exception {
    ManagedChannel channel =
        open(() -> Clients.retrying(List.of(Names.FIRST + ":" + port, Names.SECOND + ":" + port)));

    awaitAnswersOf(channel, Set.of(Names.FIRST, Names.SECOND));
  }

  @Test
  void one_that_drains_gets_no_more_calls_though_it_would_answer() throws Exception {
    ManagedChannel channel = open(() -> Clients.retrying("dns:///" + Names.REPLICAS + ":" + port));
    awaitAnswersOf(channel, Set.of(Names.FIRST, Names.SECOND));

    replicas.getFirst().health.drain();

    awaitAnswersOf(channel, Set.of(Names.SECOND));
  }

  /**
   * The library by itself would take two minutes or more for as many attempts, each wait about 1.6
   * times the last; they come every second.
   */
  @Test
  void one_that_is_away_for_long_is_tried_again_as_often_as_at_first() throws Exception {
    replicas.getFirst().server.shutdownNow().awaitTermination();
    try (ServerSocket away = new ServerSocket()) {
      away.setReuseAddress(true);
      away.bind(new InetSocketAddress(InetAddress.ofLiteral(Names.FIRST), port));
      away.setSoTimeout((int) WAIT_MILLIS_MAX);
      ManagedChannel channel =
          open(() -> Clients.retrying("dns:///" + Names.REPLICAS + ":" + port));
      awaitAnswersOf(channel, Set.of(Names.SECOND));

      long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(WAIT_MILLIS_MAX);
      for (int attempts = 0; attempts < ATTEMPTS; attempts++) {
        away.accept().close();
        assertThat(System.nanoTime()).as("after %s attempts", attempts).isLessThan(deadline);
      }
    }
  }

  @Test
  void one_that_is_back_gets_calls() throws Exception {
    ManagedChannel channel = open(() -> Clients.retrying("dns:///" + Names.REPLICAS + ":" + port));
    awaitAnswersOf(channel, Set.of(Names.FIRST, Names.SECOND));
    replicas.getFirst().server.shutdownNow().awaitTermination();
    awaitAnswersOf(channel, Set.of(Names.SECOND));

    replicas.set(0, new Replica(Names.FIRST, port));

    awaitAnswersOf(channel, Set.of(Names.FIRST, Names.SECOND));
  }

  @Test
  void what_is_unavailable_is_asked_again() throws Exception {
    ManagedChannel channel = open(() -> Clients.retrying(Names.FIRST + ":" + port));
    replicas.getFirst().refusals.set(4);

    assertThat(answer(channel)).isEqualTo(Names.FIRST);
    assertThat(replicas.getFirst().refusals).hasValue(0);
  }

  private ManagedChannel open(Callable<ManagedChannel> opening) throws Exception {
    ManagedChannel channel = opening.call();
    channels.add(channel);
    return channel;
  }

  private static String answer(ManagedChannel channel) {
    return QueryServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(WAIT_MILLIS_MAX, TimeUnit.MILLISECONDS)
        .getPayment(GetPaymentRequest.getDefaultInstance())
        .getPayment()
        .getPaymentId();
  }

  /** Asks until these answer, and none else, as often as they must in turns. */
  private static void awaitAnswersOf(ManagedChannel channel, Set<String> hosts) {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(WAIT_MILLIS_MAX);
    Set<String> answered;
    do {
      answered = new TreeSet<>();
      for (int i = 0; i < CALLS; i++) {
        answered.add(answer(channel));
      }
    } while (!answered.equals(hosts) && System.nanoTime() < deadline);
    assertThat(answered).isEqualTo(hosts);
  }
}
