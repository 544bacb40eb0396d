package com.gyroscops.payments.read.cache.redis;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.gyroscops.payments.read.cache.L2Store.AwayException;
import com.gyroscops.payments.read.redis.RedisLink;
import com.gyroscops.payments.stack.engine.LocalRedis;
import io.lettuce.core.RedisClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("engines")
class RedisAnswersTest {

  private static final Duration LONG = Duration.ofMinutes(1);

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void whatIsPutIsThereUntilItsTimeIsOverAndARedisThatIsGoneIsSaidToBe() throws Exception {
    try (LocalRedis redis = LocalRedis.temporary()) {
      RedisClient client = RedisClient.create(redis.uri());
      client.setOptions(RedisLink.clientOptions());
      try (RedisLink link = new RedisLink(client, "test")) {
        RedisAnswers answers = new RedisAnswers(link, "test");
        assertThat(answers.get(bytes("key"), LONG)).isNull();
        answers.put(bytes("key"), bytes("value"), LONG).toCompletableFuture().get();
        assertThat(answers.get(bytes("key"), LONG)).isEqualTo(bytes("value"));
        answers
            .put(bytes("key"), bytes("other"), Duration.ofMillis(50))
            .toCompletableFuture()
            .get();
        eventually("it expires", () -> answers.get(bytes("key"), LONG) == null);
        assertThat(redis.process().destroyForcibly()).isTrue();
        redis.process().onExit().get();
        assertThatThrownBy(() -> answers.get(bytes("key"), Duration.ofMillis(100)))
            .isInstanceOf(AwayException.class);
      } finally {
        client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
      }
    }
  }
}
