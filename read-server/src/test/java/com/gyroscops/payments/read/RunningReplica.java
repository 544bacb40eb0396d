package com.gyroscops.payments.read;

import com.gyroscops.payments.platform.grpc.InternalServer;
import com.gyroscops.payments.v1.Consistency;
import com.gyroscops.payments.v1.QueryServiceGrpc;
import com.gyroscops.payments.v1.ReadOptions;
import com.gyroscops.payments.v1.ReportServiceGrpc;
import io.grpc.ManagedChannel;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.micronaut.context.ApplicationContext;
import io.micronaut.grpc.server.GrpcEmbeddedServer;
import io.micronaut.runtime.EmbeddedApplication;
import io.micronaut.runtime.server.EmbeddedServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A whole read-server on real ports, inside the test's process. */
public final class RunningReplica implements AutoCloseable {

  private final ApplicationContext context;
  private final EmbeddedServer http;
  private final ManagedChannel channel;

  private RunningReplica(ApplicationContext context) {
    this.context = context;
    http = (EmbeddedServer) context.getBean(EmbeddedApplication.class);
    http.start();
    channel =
        NettyChannelBuilder.forAddress(
                "127.0.0.1", context.getBean(GrpcEmbeddedServer.class).getPort())
            .usePlaintext()
            .build();
  }

  public static RunningReplica start(
      Map<String, Object> settings, ScriptedFeed feed, Map<String, Object> more) {
    Map<String, Object> all = new HashMap<>(settings);
    all.put("read-server.feed-targets", feed.target());
    all.putAll(more);
    return new RunningReplica(ApplicationContext.builder().properties(all).start());
  }

  public QueryServiceGrpc.QueryServiceBlockingStub queries() {
    return QueryServiceGrpc.newBlockingStub(channel).withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  public ReportServiceGrpc.ReportServiceBlockingStub reports() {
    return ReportServiceGrpc.newBlockingStub(channel).withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  /** Without a deadline. */
  public QueryServiceGrpc.QueryServiceBlockingStub patientQueries() {
    return QueryServiceGrpc.newBlockingStub(channel);
  }

  public ManagedChannel channel() {
    return channel;
  }

  /** A connection that takes next to nothing before it is asked for; the caller closes it. */
  public ManagedChannel narrowChannel() {
    return NettyChannelBuilder.forAddress(
            "127.0.0.1", context.getBean(GrpcEmbeddedServer.class).getPort())
        .flowControlWindow(64 * 1024)
        .usePlaintext()
        .build();
  }

  /** A connection to the internal port; the caller closes it. */
  public ManagedChannel internalChannel() {
    return NettyChannelBuilder.forAddress("127.0.0.1", context.getBean(InternalServer.class).port())
        .usePlaintext()
        .build();
  }

  public ServingStatus health(String service) {
    return HealthGrpc.newBlockingStub(channel)
        .withDeadlineAfter(30, TimeUnit.SECONDS)
        .check(HealthCheckRequest.newBuilder().setService(service).build())
        .getStatus();
  }

  public boolean isServing() {
    return health("") == ServingStatus.SERVING;
  }

  public HttpResponse<String> get(String path) throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + http.getPort() + path)).build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }

  /** Value of the first metric whose name and labels begin like this; -1: there is none. */
  public double metric(String beginning) throws IOException, InterruptedException {
    return get("/prometheus")
        .body()
        .lines()
        .filter(it -> it.startsWith(beginning))
        .mapToDouble(it -> Double.parseDouble(it.substring(it.lastIndexOf(' ') + 1)))
        .findFirst()
        .orElse(-1);
  }

  /** As SIGTERM does. */
  public void stop() {
    http.stop();
  }

  public static ReadOptions atLeast(String token) {
    return with(Consistency.newBuilder().setAtLeastAsFresh(token));
  }

  public static ReadOptions fullyConsistent() {
    return with(Consistency.newBuilder().setFullyConsistent(true));
  }

  public static ReadOptions with(Consistency.Builder consistency) {
    return ReadOptions.newBuilder().setConsistency(consistency).build();
  }

  @Override
  public void close() {
    channel.shutdownNow();
    http.stop();
    context.close();
  }
}
