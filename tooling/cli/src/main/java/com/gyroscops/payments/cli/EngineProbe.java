package com.gyroscops.payments.cli;

import com.gyroscops.payments.stack.Engine;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Whether an engine answers: its process may be there and not do so, as when it is paused. */
final class EngineProbe {

  /** What one that answers is said to do. */
  static final String ANSWERS = "ANSWERS";

  private static final String SILENT = "SILENT";
  private static final String TEMPORAL_SERVICE = "temporal.api.workflowservice.v1.WorkflowService";
  private static final Duration ANSWER_MAX = Duration.ofSeconds(2);
  private static final String POSTGRES_OPTIONS = "?connectTimeout=2&loginTimeout=2&socketTimeout=2";

  private EngineProbe() {}

  /** {@code ANSWERS} or {@code SILENT}; blocks for a few seconds at most. */
  static String health(Engine engine, int port) throws InterruptedException {
    boolean answers =
        switch (engine) {
          case POSTGRESQL -> postgresAnswers(port);
          case REDIS -> redisAnswers(port);
          case OPENSEARCH -> searchAnswers(port);
          case TEMPORAL -> temporalAnswers(port);
        };
    return answers ? ANSWERS : SILENT;
  }

  private static boolean postgresAnswers(int port) {
    String url = "jdbc:postgresql://127.0.0.1:" + port + "/postgres" + POSTGRES_OPTIONS;
    try (Connection connection = DriverManager.getConnection(url, "postgres", "")) {
      return connection.isValid((int) ANSWER_MAX.toSeconds());
    } catch (SQLException e) {
      return false; // What is asked is just this.
    }
  }

  private static boolean redisAnswers(int port) {
    int millisMax = (int) ANSWER_MAX.toMillis();
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), millisMax);
      socket.setSoTimeout(millisMax);
      socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
      byte[] answer = socket.getInputStream().readNBytes("+PONG".length());
      return new String(answer, StandardCharsets.US_ASCII).equals("+PONG");
    } catch (IOException e) {
      return false; // What is asked is just this.
    }
  }

  private static boolean temporalAnswers(int port) throws InterruptedException {
    ManagedChannel channel =
        Grpc.newChannelBuilder("127.0.0.1:" + port, InsecureChannelCredentials.create()).build();
    try {
      return HealthGrpc.newBlockingStub(channel)
              .withDeadlineAfter(ANSWER_MAX.toMillis(), TimeUnit.MILLISECONDS)
              .check(HealthCheckRequest.newBuilder().setService(TEMPORAL_SERVICE).build())
              .getStatus()
          == ServingStatus.SERVING;
    } catch (StatusRuntimeException e) {
      return false; // What is asked is just this.
    } finally {
      channel.shutdownNow().awaitTermination(ANSWER_MAX.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private static boolean searchAnswers(int port) throws InterruptedException {
    try (HttpClient client = HttpClient.newBuilder().connectTimeout(ANSWER_MAX).build()) {
      URI health = URI.create("http://127.0.0.1:" + port + "/_cluster/health");
      HttpResponse<String> response =
          client.send(
              HttpRequest.newBuilder(health).timeout(ANSWER_MAX).build(),
              HttpResponse.BodyHandlers.ofString());
      return response.statusCode() == 200 && !response.body().contains("\"status\":\"red\"");
    } catch (IOException e) {
      return false; // What is asked is just this.
    }
  }
}
