package com.gyroscops.payments.write.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.gyroscops.payments.v1.PaymentEvent;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class EventRingTest {

  private final EventRing ring = new EventRing(97, 100, 1 << 20);

  private static List<PaymentEvent> events(String history, long from, long to) {
    return LongStream.rangeClosed(from, to)
        .mapToObj(position ->
            PaymentEvent.newBuilder()
                .setPosition(position)
                .setEventId(history + "-" + position)
                .build())
        .toList();
  }

  @Test
  void whatWasSeenIsSkippedAndWhatFollowsIsAdded() {
    assertThat(ring.add(events("one", 98, 100))).isEqualTo(EventRing.Added.YES);
    assertThat(ring.add(events("one", 99, 102))).isEqualTo(EventRing.Added.YES);
    assertThat(ring.after(97, 10, 1 << 20)).contains(events("one", 98, 102));
  }

  @Test
  void otherEventsAtThePositionsSeenAreNoticedAndNothingOfThemIsAdded() {
    ring.add(events("one", 98, 100));
    assertThat(ring.add(events("two", 98, 102))).isEqualTo(EventRing.Added.OTHER_HISTORY);
    assertThat(ring.add(events("two", 100, 102))).isEqualTo(EventRing.Added.OTHER_HISTORY);
    assertThat(ring.last()).isEqualTo(100);
    assertThat(ring.after(97, 10, 1 << 20)).contains(events("one", 98, 100));
  }

  @Test
  void eventsBeyondAGapAreNotAdded() {
    ring.add(events("one", 98, 100));
    assertThat(ring.add(events("one", 102, 103))).isEqualTo(EventRing.Added.GAP);
    List<PaymentEvent> torn =
        List.of(events("one", 101, 101).getFirst(), events("one", 103, 103).getFirst());
    assertThatThrownBy(() -> ring.add(torn)).isInstanceOf(LogNotDenseException.class);
  }

  @Test
  void idsOfWhatIsKeptAreKnown() {
    ring.add(events("one", 98, 100));
    assertThat(ring.idAt(97)).isEmpty();
    assertThat(ring.idAt(98)).contains("one-98");
    assertThat(ring.idAt(101)).isEmpty();
  }
}
