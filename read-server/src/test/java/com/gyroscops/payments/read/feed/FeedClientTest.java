package com.gyroscops.payments.read.feed;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.internal.v1.SubscribeStart;
import com.gyroscops.payments.read.SampleLog;
import com.gyroscops.payments.read.ScriptedFeed;
import com.gyroscops.payments.stack.process.StallingProxy;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class FeedClientTest {

  private static final Duration BATCH_MAX = Duration.ofSeconds(30);

  @Test
  void a_stream_that_fell_silent_is_opened_anew_on_another_connection() throws Exception {
    SampleLog log = new SampleLog("payments", "epoch-1");
    log.create("acme", "p1");
    var start = SubscribeStart.newBuilder().setSubscriber("one").setSource("sql").build();
    try (ScriptedFeed feed = new ScriptedFeed(log);
        StallingProxy proxy = StallingProxy.to(port(feed));
        FeedClient client = FeedClient.to(List.of("127.0.0.1:" + proxy.port()))) {
      FeedSubscription silent = client.subscribe(start);
      assertThat(silent.next(BATCH_MAX)).isPresent();
      proxy.stall();
      assertThat(silent.silent(Duration.ofSeconds(5))).hasMessageContaining("nothing came");
      silent.close();

      try (FeedSubscription again = client.subscribe(start)) {
        // The half-open one is still there.
        eventually("it connects anew", () -> proxy.connections() == 2);
        proxy.resume();
        assertThat(again.next(BATCH_MAX)).isPresent();
      }
    }
  }

  @Test
  void a_connection_that_is_half_open_is_noticed_within_half_a_minute() {
    assertThat(FeedClient.KEEP_ALIVE_SECONDS + FeedClient.KEEP_ALIVE_TIMEOUT_SECONDS)
        .isLessThan(30);
  }

  private static int port(ScriptedFeed feed) {
    return Integer.parseInt(feed.target().substring(feed.target().indexOf(':') + 1));
  }
}
