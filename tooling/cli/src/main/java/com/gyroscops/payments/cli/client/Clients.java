package com.gyroscops.payments.cli.client;

import com.gyroscops.payments.contract.ServiceConfig;
import com.gyroscops.payments.platform.grpc.Credentials;
import io.grpc.ManagedChannel;
import io.grpc.NameResolverRegistry;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Channels to the servers. What they ask they ask as the caller whose API key the environment
 * variable {@value #API_KEY} holds; without one, as nobody.
 */
public final class Clients {

  /** The environment variable with the API key. */
  public static final String API_KEY = "PAYMENTS_API_KEY";

  private static final int KEEP_ALIVE_SECONDS = 20;
  private static final int KEEP_ALIVE_TIMEOUT_SECONDS = 5;

  /**
   * Longest time between attempts to connect to a server that is away. The library's own grows to
   * two minutes: in a rolling restart the one that is back would not be known to be when the next
   * one goes, and calls find no server at all.
   */
  private static final Duration RECONNECT_EVERY = Duration.ofSeconds(1);

  private static final ScheduledExecutorService RECONNECTS =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("reconnects").factory());

  private Clients() {}

  static {
    NameResolverRegistry.getDefaultRegistry().register(new AddressList());
  }

  /**
   * A channel that retries, balances and heeds health as the project's service configuration says.
   *
   * @param target of one server or proxy, or {@code dns:///name:port}: all addresses of the name
   */
  public static ManagedChannel retrying(String target) {
    return retrying(target, ServiceConfig.shipped());
  }

  /**
   * The same by another service configuration.
   *
   * @param target as above, or {@link #allOf} several servers
   */
  public static ManagedChannel retrying(String target, Map<String, ?> serviceConfig) {
    ManagedChannel channel =
        builder(target).defaultServiceConfig(serviceConfig).enableRetry().build();
    reconnect(channel);
    return channel;
  }

  /**
   * The same to all of several servers.
   *
   * @param targets host and port of each
   */
  public static ManagedChannel retrying(List<String> targets) {
    return retrying(allOf(targets));
  }

  /** A target that is each of these: host and port. */
  public static String allOf(List<String> targets) {
    return AddressList.target(targets);
  }

  /** Calls to all of several servers in turns, whatever their health, each sent once. */
  public static ManagedChannel inTurns(List<String> targets) {
    return builder(allOf(targets))
        .disableServiceConfigLookUp()
        .disableRetry()
        .defaultLoadBalancingPolicy("round_robin")
        .build();
  }

  /**
   * A channel that fails at once where the server cannot be reached: for callers that retry by
   * themselves and choose another server.
   */
  public static ManagedChannel failingFast(String target) {
    return builder(target).disableServiceConfigLookUp().disableRetry().build();
  }

  /** Cuts short, again and again, whatever wait for a server there is, until the channel ends. */
  private static void reconnect(ManagedChannel channel) {
    if (!channel.isShutdown()) {
      channel.resetConnectBackoff();
      var _ =
          RECONNECTS.schedule(
              () -> reconnect(channel), RECONNECT_EVERY.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private static NettyChannelBuilder builder(String target) {
    return NettyChannelBuilder.forTarget(target)
        .intercept(Credentials.ofApiKey(System.getenv().getOrDefault(API_KEY, "")))
        .usePlaintext()
        .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
        .keepAliveTimeout(KEEP_ALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS);
  }
}
