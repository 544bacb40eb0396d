package com.gyroscops.payments.stack.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.gyroscops.payments.stack.process.Processes;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engines")
final class LocalRedisTest {

  @TempDir private Path folder;

  @Test
  void whatWasWrittenIsThereAfterItWasStoppedAndStartedAgain() throws Exception {
    try (LocalRedis redis = start()) {
      assertThat(ask(redis, "SET answer 42")).isEqualTo("+OK");
    }
    try (LocalRedis redis = start()) {
      assertThat(ask(redis, "STRLEN answer")).isEqualTo(":2");
    }
  }

  @Test
  void whatAKilledOwnerLeftRunningIsStoppedByTheNextOne() throws Exception {
    Path data = folder.resolve("data");
    Files.createDirectories(data);
    ProcessHandle leftOver;
    try (EngineFolder owner = EngineFolder.take(data, EngineProcess.TERM)) {
      // A stand-in that outlives its owner, whose lock ends here.
      leftOver = new ProcessBuilder("sleep", "600").start().toHandle();
      owner.started(leftOver);
    }
    try (LocalRedis redis = start()) {
      assertThat(Processes.isRunning(leftOver)).isFalse();
      assertThat(ask(redis, "PING")).isEqualTo("+PONG");
    }
  }

  @Test
  void whatWasWrittenIsThereOnTheSamePortAfterItWasKilled() throws Exception {
    int port;
    try (LocalRedis redis = start()) {
      port = redis.port();
      assertThat(ask(redis, "SET answer 42")).isEqualTo("+OK");
      redis.process().destroyForcibly();
      assertThat(Processes.awaitEnd(List.of(redis.process()), Duration.ofMinutes(1))).isTrue();
    }
    try (LocalRedis redis = LocalRedis.start(folder.resolve("data"), port, folder.resolve("log"))) {
      assertThat(redis.port()).isEqualTo(port);
      assertThat(ask(redis, "STRLEN answer")).isEqualTo(":2");
    }
  }

  @Test
  void aFolderHasOneOwner() throws Exception {
    try (LocalRedis _ = start()) {
      assertThatThrownBy(this::start).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void aPortInUseIsSaidWithTheEndOfTheLog() throws Exception {
    try (LocalRedis first = start()) {
      assertThatThrownBy(
              () -> LocalRedis.start(folder.resolve("other"), first.port(), folder.resolve("l2")))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("port " + first.port());
    }
  }

  @Test
  void aTemporaryOneKeepsNothingAndVanishes() throws Exception {
    LocalRedis redis = LocalRedis.temporary();
    try (redis) {
      assertThat(redis.uri()).isEqualTo("redis://127.0.0.1:" + redis.port());
      assertThat(ask(redis, "SET a b")).isEqualTo("+OK");
    }
    assertThat(Processes.isRunning(redis.process())).isFalse();
    redis.close();
  }

  private LocalRedis start() throws IOException {
    return LocalRedis.start(folder.resolve("data"), 0, folder.resolve("log"));
  }

  private static String ask(LocalRedis redis, String command) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), redis.port())) {
      socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.US_ASCII));
      byte[] answer = new byte[100];
      int length = socket.getInputStream().read(answer);
      return new String(answer, 0, length, StandardCharsets.US_ASCII).strip();
    }
  }
}
