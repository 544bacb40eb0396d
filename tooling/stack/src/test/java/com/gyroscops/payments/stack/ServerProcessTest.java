package com.gyroscops.payments.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.gyroscops.payments.stack.process.FreePorts;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engines")
final class ServerProcessTest {

  private static final Duration START_MAX = Duration.ofMinutes(2);
  private static final Duration STOP_MAX = Duration.ofMinutes(1);

  @TempDir private Path folder;

  @Test
  void one_that_was_stopped_or_killed_is_started_again_on_its_port_and_log() throws Exception {
    try (ServerProcess server = start(Main.class, STOP_MAX)) {
      server.awaitServing();
      long first = server.pid();

      server.stop();
      server.startAgain();
      server.awaitServing();
      long second = server.pid();
      server.kill();
      server.startAgain();
      server.awaitServing();

      assertThat(List.of(first, second)).doesNotHaveDuplicates().doesNotContain(server.pid());
      assertThat(Files.readAllLines(folder.resolve("main.log")).stream().filter("told"::equals))
          .hasSize(3);
    }
  }

  @Test
  void one_that_ends_while_it_starts_says_how_with_the_end_of_its_log() throws Exception {
    try (ServerProcess server = start(Broken.class, STOP_MAX)) {
      assertThatThrownBy(server::awaitServing)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("main ended with code 7 while starting")
          .hasMessageContaining("it is broken");
    }
  }

  @Test
  void one_that_does_not_drain_is_killed_and_that_is_told() throws Exception {
    ServerProcess server = start(Stubborn.class, Duration.ofMillis(500));
    server.awaitServing();

    assertThatThrownBy(server::close)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("main did not drain within 0 s and was killed");

    assertThat(server.process().isAlive()).isFalse();
    server.close();
  }

  private ServerProcess start(Class<?> main, Duration stopMax) throws IOException {
    int port = FreePorts.next();
    Files.writeString(folder.resolve("main.log"), "");
    return ServerProcess.start(
        new ServerProcess.Launch(
            "main",
            List.of("-cp", System.getProperty("java.class.path"), main.getName()),
            Map.of("GRPC_PORT", Integer.toString(port)),
            port,
            folder,
            folder.resolve("main.log"),
            START_MAX,
            stopMax));
  }

  /** Serves until it is asked to end. */
  static final class Main {

    private Main() {}

    public static void main(String[] arguments) throws Exception {
      HealthStatusManager health = new HealthStatusManager();
      health.setStatus("", ServingStatus.SERVING);
      System.out.println("told");
      NettyServerBuilder.forAddress(
              new InetSocketAddress(
                  InetAddress.getLoopbackAddress(), Integer.parseInt(System.getenv("GRPC_PORT"))))
          .addService(health.getHealthService())
          .build()
          .start()
          .awaitTermination();
    }
  }

  /** Serves, and does not end by itself. */
  static final class Stubborn {

    private Stubborn() {}

    public static void main(String[] arguments) throws Exception {
      CountDownLatch never = new CountDownLatch(1);
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(() -> {
                try {
                  never.await();
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              }));
      Main.main(arguments);
    }
  }

  /** Ends at once. */
  static final class Broken {

    private Broken() {}

    public static void main(String[] arguments) {
      System.out.println("it is broken");
      System.exit(7);
    }
  }
}
