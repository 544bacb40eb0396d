package com.gyroscops.payments.write.api;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.stack.engine.LocalPostgres;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** PostgreSQL dies under a running server, and comes back. */
class StoreOutageTest {

  private static void await(TestServer server, ServingStatus wanted) {
    var health = HealthGrpc.newBlockingStub(server.commandChannel());
    eventually(
        wanted.name(),
        Duration.ofMinutes(2),
        () -> health.check(HealthCheckRequest.getDefaultInstance()).getStatus() == wanted);
  }

  @Test
  void commandsFailAsUnavailableHealthTurnsAndBothRecoverByThemselves(@TempDir Path folder)
      throws Exception {
    LocalPostgres postgres = LocalPostgres.start(folder.resolve("data"), 0);
    postgres.createDatabase("payments_write");
    int port = postgres.port();
    try (TestServer server = new TestServer(postgres.jdbcUrl("payments_write"), Map.of())) {
      await(server, ServingStatus.SERVING);
      var before = server.commands().createPayment(Requests.create("before"));

      assertThat(postgres.postmaster().destroyForcibly()).isTrue();
      // A backend may outlive the postmaster for a moment, and then still commits.
      AtomicReference<@Nullable StatusRuntimeException> refused = new AtomicReference<>();
      AtomicInteger attempts = new AtomicInteger();
      eventually(
          "a command is refused",
          () -> {
            String id = "during-" + attempts.incrementAndGet();
            refused.set(
                catchThrowableOfType(
                    StatusRuntimeException.class,
                    () -> server.commands().createPayment(Requests.create(id))));
            return refused.get() != null;
          });
      ApiError error = ApiError.from(Objects.requireNonNull(refused.get())).orElseThrow();
      assertThat(error.code()).isEqualTo(Code.UNAVAILABLE);
      assertThat(error.reason()).isEqualTo("STORE_UNAVAILABLE");
      assertThat(error.retryAfter()).isNotNull();
      await(server, ServingStatus.NOT_SERVING);
      postgres.close();

      try (LocalPostgres again = LocalPostgres.start(folder.resolve("data"), port)) {
        await(server, ServingStatus.SERVING);
        assertThat(again.port()).isEqualTo(port);
        assertThat(
                server
                    .commands()
                    .createPayment(Requests.create("during-" + attempts))
                    .getPayment()
                    .getVersion())
            .isEqualTo(1);
        var replayed = server.commands().createPayment(Requests.create("before"));
        assertThat(replayed.getReceipt().getReplayed()).isTrue();
        assertThat(replayed.getPayment()).isEqualTo(before.getPayment());
      }
    }
  }
}
