package com.gyroscops.payments.read.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.gyroscops.payments.contract.LogHead;
import com.gyroscops.payments.internal.v1.OptimizeSourceResponse;
import com.gyroscops.payments.internal.v1.SourceHealth;
import com.gyroscops.payments.read.feed.FeedClient;
import com.gyroscops.payments.read.feed.HeadTracker;
import com.gyroscops.payments.read.source.Capability;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.v1.ReadSource;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SourceAdminTest {

  private final FeedClient feed = FeedClient.to(List.of("127.0.0.1:1"));
  private final HeadTracker heads = new HeadTracker(feed, System::nanoTime);
  private final ScriptedSource memory =
      new ScriptedSource(ReadSource.READ_SOURCE_MEMORY, System::nanoTime);
  private final ScriptedSource redis =
      new ScriptedSource(ReadSource.READ_SOURCE_REDIS, System::nanoTime);
  private final SourceAdmin admin = new SourceAdmin(List.of(redis.routed, memory.routed), heads);

  @AfterEach
  void stop() {
    feed.close();
  }

  @Test
  void aSourceIsUpNotReadyOrDown() {
    assertThat(admin.list().getLast().getHealth()).isEqualTo(SourceHealth.SOURCE_HEALTH_UP);
    memory.known.publish(SourcePosition.NOWHERE);
    assertThat(admin.list().getLast().getHealth()).isEqualTo(SourceHealth.SOURCE_HEALTH_NOT_READY);
    assertThat(admin.list().getLast().getAppliedAt()).isEmpty();
    memory.standing(1);
    memory.givesUp();
    assertThat(admin.list().getLast().getHealth()).isEqualTo(SourceHealth.SOURCE_HEALTH_NOT_READY);
    memory.away(true);
    memory.routed.probe(memory::position);
    assertThat(admin.list().getLast().getHealth()).isEqualTo(SourceHealth.SOURCE_HEALTH_DOWN);
    for (int i = 0; i < 5; i++) {
      redis.routed.breaker().acquire();
      redis.routed.breaker().failed(SourceBreaker.Permit.REGULAR, 1, new IllegalStateException());
    }
    assertThat(admin.list().getFirst().getHealth()).isEqualTo(SourceHealth.SOURCE_HEALTH_DOWN);
  }

  @Test
  void bothWaysToAnalyzeAreOneCapabilityInTheContract() {
    memory.can(Capability.ANALYZE, Capability.ANALYZE_APPROXIMATELY, Capability.FIND);
    assertThat(admin.list().getLast().getCapabilitiesList()).containsExactly("analyze", "find");
  }

  @Test
  void eventsBehindAreCountedFromTheStartInAnotherHistory() {
    heads.seen(new LogHead("payments", "epoch-1", 9));
    memory.standing(4);
    assertThat(admin.list().getLast().getEventsBehind()).isEqualTo(5);
    memory.known.publish(ScriptedSource.at("epoch-0", 9));
    assertThat(admin.list().getLast().getEventsBehind()).isEqualTo(9);
  }

  @Test
  void aSourceIsTidiedUpAndSaysHowMuchThatWas() {
    assertThat(admin.optimize(ReadSource.READ_SOURCE_MEMORY))
        .isEqualTo(
            OptimizeSourceResponse.newBuilder().setSegmentsBefore(7).setSegmentsAfter(1).build());
    assertThatThrownBy(() -> admin.optimize(ReadSource.READ_SOURCE_REDIS))
        .hasMessageContaining("INVALID_ARGUMENT");
    memory.away(true);
    assertThatThrownBy(() -> admin.optimize(ReadSource.READ_SOURCE_MEMORY))
        .hasMessageContaining("UNAVAILABLE");
  }
}
