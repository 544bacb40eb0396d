package com.gyroscops.payments.benchmarks;

import com.gyroscops.payments.platform.access.Access;
import com.gyroscops.payments.platform.grpc.GrpcTransport;
import com.gyroscops.payments.platform.grpc.ServingHealth;
import com.gyroscops.payments.v1.GetPaymentRequest;
import com.gyroscops.payments.v1.GetPaymentResponse;
import com.gyroscops.payments.v1.QueryServiceGrpc;
import io.grpc.Server;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Executors;

/**
 * A server that takes GetPayment and gives a stored answer, on the read-server's transport and
 * executor: what gRPC alone costs for these bytes.
 */
final class EchoServer extends QueryServiceGrpc.QueryServiceImplBase {

  private final GetPaymentResponse answer;

  private EchoServer(GetPaymentResponse answer) {
    this.answer = answer;
  }

  /**
   * Serves until killed.
   *
   * @param arguments a port, and a file with the answer
   */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    ServingHealth health = new ServingHealth(List.of(QueryServiceGrpc.SERVICE_NAME));
    var answer = GetPaymentResponse.parseFrom(Files.readAllBytes(Path.of(arguments[1])));
    Server server =
        GrpcTransport.defaults("127.0.0.1", Integer.parseInt(arguments[0]))
            .newServer(Executors.newVirtualThreadPerTaskExecutor(), Access.OFF)
            .addService(new EchoServer(answer))
            .addService(health.service())
            .build()
            .start();
    health.report(true);
    server.awaitTermination();
  }

  @Override
  public void getPayment(GetPaymentRequest request, StreamObserver<GetPaymentResponse> answers) {
    answers.onNext(answer);
    answers.onCompleted();
  }
}
