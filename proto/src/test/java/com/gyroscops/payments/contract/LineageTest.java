package com.gyroscops.payments.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.gyroscops.payments.contract.Lineage.Ancestor;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class LineageTest {

  private static final Lineage THIRD =
      new Lineage("third", List.of(new Ancestor("first", 97), new Ancestor("second", 97)));

  @Test
  void allOfThePresentHistoryIsHeldAndOfEarlierOnesWhatIsShared() {
    assertThat(THIRD.holds("third", 0)).isTrue();
    assertThat(THIRD.holds("third", Long.MAX_VALUE)).isTrue();
    assertThat(THIRD.holds("first", 97)).isTrue();
    assertThat(THIRD.holds("first", 98)).isFalse();
    assertThat(THIRD.holds("second", 97)).isTrue();
    assertThat(THIRD.holds("second", 98)).isFalse();
    assertThat(THIRD.holds("unheard-of", 0)).isFalse();
  }

  @Test
  void itsOriginIsTheOldestHistory() {
    assertThat(THIRD.origin()).isEqualTo("first");
    assertThat(Lineage.of("only").origin()).isEqualTo("only");
  }

  @Test
  void itDescendsFromEarlierHistoriesAlone() {
    assertThat(THIRD.descendsFrom("second")).isTrue();
    assertThat(THIRD.descendsFrom("third")).isFalse();
    assertThat(THIRD.descendsFrom("unheard-of")).isFalse();
  }

  @Test
  void textAndMessagesSayAllOfIt() {
    assertThat(THIRD.ancestorsText()).isEqualTo("first:97,second:97");
    assertThat(Lineage.parse("third", THIRD.ancestorsText())).isEqualTo(THIRD);
    assertThat(Lineage.of("third", THIRD.ancestorMessages())).isEqualTo(THIRD);
    assertThat(Lineage.parse("only", "")).isEqualTo(Lineage.of("only"));
  }

  @Test
  void nonsenseIsRefused() {
    assertThatThrownBy(() -> Lineage.parse("third", "first"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Lineage.parse("third", "first:97,"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Lineage.of("")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Ancestor("first", -1))
        .isInstanceOf(IllegalArgumentException.class);
    List<Ancestor> tooMany =
        Collections.nCopies(Lineage.ANCESTORS_MAX + 1, new Ancestor("first", 1));
    assertThatThrownBy(() -> new Lineage("third", tooMany))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
