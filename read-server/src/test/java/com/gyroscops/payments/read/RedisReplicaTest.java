package com.gyroscops.payments.read;

import static com.gyroscops.payments.read.RunningReplica.fullyConsistent;
import static com.gyroscops.payments.read.UntilFresh.untilFresh;
import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.stack.engine.LocalRedis;
import com.gyroscops.payments.stack.process.FreePorts;
import com.gyroscops.payments.stack.process.Processes;
import com.gyroscops.payments.v1.PaymentStatus;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole replica with Redis among its sources. */
@Tag("engines")
class RedisReplicaTest extends ReplicaTest {

  private RunningReplica replica(String redisUri) {
    return starting(Map.of("redis.uri", redisUri));
  }

  /** Newest event that the replica knows the source to have applied. */
  private static double applied(RunningReplica replica) throws Exception {
    return replica.metric("payments_source_position{source=\"redis\"");
  }

  private static PaymentStatus status(RunningReplica replica) {
    return untilFresh(() -> get(replica, fullyConsistent())).getPayment().getStatus();
  }

  @Test
  void aReplicaServesWithoutRedisAndTakesItUpWhenItIsThere(@TempDir Path folder) throws Exception {
    int port = FreePorts.next();
    try (RunningReplica replica = replica("redis://127.0.0.1:" + port)) {
      eventually("it serves", replica::isServing);
      eventually("health says so", () -> replica.get("/health").statusCode() == 200);
      assertThat(status(replica)).isEqualTo(PaymentStatus.PAYMENT_STATUS_PROCESSING);
      assertThat(applied(replica)).isZero();
      try (LocalRedis redis =
              LocalRedis.start(folder.resolve("data"), port, folder.resolve("log"));
          ReadRedis client = ReadRedis.at(redis.uri());
          ReadRedis.Admin admin = client.admin()) {
        eventually("it stands at the head", () -> applied(replica) == 1);
        log.process("acme", "p1");
        feed.publish();
        eventually("it has applied what came", () -> applied(replica) == 2);
        assertThat(admin.run().keys("{payments}:redis:*/*")).hasSize(1);
      }
      log.fail("acme", "p1");
      feed.publish();
      assertThat(status(replica)).isEqualTo(PaymentStatus.PAYMENT_STATUS_FAILED);
      eventually("it serves", replica::isServing);
    }
  }

  @Test
  void redisPausedHoldsUpNothingElse() throws Exception {
    try (LocalRedis redis = LocalRedis.temporary();
        RunningReplica replica = replica(redis.uri())) {
      eventually("it serves", replica::isServing);
      eventually("Redis is followed", () -> applied(replica) == 1);
      Processes.pause(redis.process());
      try {
        log.process("acme", "p1");
        feed.publish();
        assertThat(status(replica)).isEqualTo(PaymentStatus.PAYMENT_STATUS_COMPLETED);
        eventually("it serves", replica::isServing);
      } finally {
        Processes.resume(redis.process());
      }
      eventually("it goes on", () -> applied(replica) == 2);
    }
  }

  @Test
  void withoutRedisConfiguredThereIsNoSuchSource() throws Exception {
    try (RunningReplica replica = replica("")) {
      eventually("it serves", replica::isServing);
      assertThat(applied(replica)).isNegative();
      assertThat(replica.get("/prometheus").body()).doesNotContain("lettuce");
    }
  }
}
