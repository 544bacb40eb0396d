package com.gyroscops.payments.platform.grpc;

import com.gyroscops.payments.platform.access.Access;
import io.grpc.ServerBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * How a server listens: address, limits and connection lifetimes.
 *
 * @param host interface to listen on
 * @param port 0: any free one
 * @param messageBytesMax largest message taken; a larger one ends its call
 * @param metadataBytesMax largest set of request headers taken
 * @param callsPerConnectionMax calls at once on one connection
 * @param keepAliveTime silence after which a connection is probed
 * @param keepAliveTimeout silence, after a probe, that ends a connection
 * @param permitKeepAliveTime how often a client may probe; more often and it is told too_many_pings
 * @param connectionAgeMax after which a client is asked to connect anew, so that load spreads over
 *     new replicas
 * @param connectionAgeGrace how long calls may then go on; longer than the longest unary call
 */
public record GrpcTransport(
    String host,
    int port,
    int messageBytesMax,
    int metadataBytesMax,
    int callsPerConnectionMax,
    Duration keepAliveTime,
    Duration keepAliveTimeout,
    Duration permitKeepAliveTime,
    Duration connectionAgeMax,
    Duration connectionAgeGrace) {

  /** The settings used where a configuration names none. */
  public static GrpcTransport defaults(String host, int port) {
    return new GrpcTransport(
        host,
        port,
        4 * 1024 * 1024,
        16 * 1024,
        1_024,
        Duration.ofSeconds(60),
        Duration.ofSeconds(10),
        Duration.ofSeconds(20),
        Duration.ofMinutes(30),
        Duration.ofMinutes(1));
  }

  /**
   * The same, for servers on an internal port: a peer that hears nothing any more is noticed within
   * 20 s, for what it holds is worth having back.
   */
  public static GrpcTransport internal(String host, int port) {
    return defaults(host, port)
        .probing(Duration.ofSeconds(10), Duration.ofSeconds(10), Duration.ofSeconds(5));
  }

  /** The same with other probes. */
  public GrpcTransport probing(Duration time, Duration timeout, Duration permitTime) {
    return new GrpcTransport(
        host,
        port,
        messageBytesMax,
        metadataBytesMax,
        callsPerConnectionMax,
        time,
        timeout,
        permitTime,
        connectionAgeMax,
        connectionAgeGrace);
  }

  /**
   * A builder with these settings, with {@link Callers} and {@link UnexpectedErrors}, which every
   * call passes, and with server reflection, v1 and v1alpha: tools break with only one.
   *
   * @param executor runs the application's side of calls; it must not block if it is the network
   *     thread's own
   * @param access lets calls in
   */
  public ServerBuilder<?> newServer(Executor executor, Access access) {
    return NettyServerBuilder.forAddress(new InetSocketAddress(host, port))
        .executor(executor)
        .maxInboundMessageSize(messageBytesMax)
        .maxInboundMetadataSize(metadataBytesMax)
        .maxConcurrentCallsPerConnection(callsPerConnectionMax)
        .keepAliveTime(keepAliveTime.toMillis(), TimeUnit.MILLISECONDS)
        .keepAliveTimeout(keepAliveTimeout.toMillis(), TimeUnit.MILLISECONDS)
        .permitKeepAliveTime(permitKeepAliveTime.toMillis(), TimeUnit.MILLISECONDS)
        .permitKeepAliveWithoutCalls(true)
        .maxConnectionAge(connectionAgeMax.toMillis(), TimeUnit.MILLISECONDS)
        .maxConnectionAgeGrace(connectionAgeGrace.toMillis(), TimeUnit.MILLISECONDS)
        // The last one is passed first.
        .intercept(new Callers(access))
        .intercept(new UnexpectedErrors())
        .addService(ProtoReflectionServiceV1.newInstance())
        .addService(reflectionV1Alpha());
  }

  @SuppressWarnings("deprecation") // Deprecated in favour of v1, but most tools in use ask for it.
  private static io.grpc.BindableService reflectionV1Alpha() {
    return io.grpc.protobuf.services.ProtoReflectionService.newInstance();
  }
}
