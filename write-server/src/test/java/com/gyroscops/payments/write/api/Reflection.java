package com.gyroscops.payments.write.api;

import com.gyroscops.payments.contract.ServiceConfig;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** What tools and clients use besides the stubs. */
final class Reflection {

  private Reflection() {}

  /** A step that may fail. */
  interface Step {
    void run(Channel channel) throws Exception;
  }

  /** Runs a step on a channel with the service config that is shipped. */
  static void withServiceConfig(int port, Step step) throws Exception {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", port)
            .usePlaintext()
            .defaultServiceConfig(ServiceConfig.shipped())
            .enableRetry()
            .build();
    try {
      step.run(channel);
    } finally {
      channel.shutdownNow();
    }
  }

  /** Names of the services that reflection of this version lists. */
  static List<String> services(Channel channel, String version) throws Exception {
    CompletableFuture<List<String>> names = new CompletableFuture<>();
    if (version.equals("v1")) {
      var requests =
          io.grpc.reflection.v1.ServerReflectionGrpc.newStub(channel)
              .serverReflectionInfo(
                  Reflection.<io.grpc.reflection.v1.ServerReflectionResponse>first(
                      names,
                      response ->
                          response.getListServicesResponse().getServiceList().stream()
                              .map(io.grpc.reflection.v1.ServiceResponse::getName)
                              .toList()));
      requests.onNext(
          io.grpc.reflection.v1.ServerReflectionRequest.newBuilder().setListServices("").build());
      requests.onCompleted();
    } else {
      var requests =
          io.grpc.reflection.v1alpha.ServerReflectionGrpc.newStub(channel)
              .serverReflectionInfo(
                  Reflection.<io.grpc.reflection.v1alpha.ServerReflectionResponse>first(
                      names,
                      response ->
                          response.getListServicesResponse().getServiceList().stream()
                              .map(io.grpc.reflection.v1alpha.ServiceResponse::getName)
                              .toList()));
      requests.onNext(
          io.grpc.reflection.v1alpha.ServerReflectionRequest.newBuilder()
              .setListServices("")
              .build());
      requests.onCompleted();
    }
    return names.get(60, TimeUnit.SECONDS);
  }

  private static <T> StreamObserver<T> first(
      CompletableFuture<List<String>> names, java.util.function.Function<T, List<String>> read) {
    return new StreamObserver<>() {
      @Override
      public void onNext(T response) {
        names.complete(read.apply(response));
      }

      @Override
      public void onError(Throwable error) {
        names.completeExceptionally(error);
      }

      @Override
      public void onCompleted() {}
    };
  }
}
