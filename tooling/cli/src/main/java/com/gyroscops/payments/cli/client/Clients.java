package com.gyroscops.payments.cli.client;

import com.gyroscops.payments.contract.ServiceConfig;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.util.concurrent.TimeUnit;

/** Channels to the servers. */
public final class Clients {

  private static final int KEEP_ALIVE_SECONDS = 20;
  private static final int KEEP_ALIVE_TIMEOUT_SECONDS = 5;

  private Clients() {}

  /** A channel that retries as the project's service configuration says. */
  public static ManagedChannel retrying(String target) {
    return builder(target).defaultServiceConfig(ServiceConfig.shipped()).enableRetry().build();
  }

  /**
   * A channel that fails at once where the server cannot be reached: for callers that retry by
   * themselves and choose another server.
   */
  public static ManagedChannel failingFast(String target) {
    return builder(target).disableServiceConfigLookUp().disableRetry().build();
  }

  private static NettyChannelBuilder builder(String target) {
    return NettyChannelBuilder.forTarget(target)
        .usePlaintext()
        .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
        .keepAliveTimeout(KEEP_ALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS);
  }
}
