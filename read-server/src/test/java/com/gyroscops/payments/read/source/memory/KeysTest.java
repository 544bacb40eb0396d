package com.gyroscops.payments.read.source.memory;

import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.read.source.memory.Keys.Kind;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.StringHelper;
import org.junit.jupiter.api.Test;

class KeysTest {

  /** Where numbers get a byte longer, and the neighbours of that. */
  private static final List<Integer> ORGANIZATIONS =
      Stream.concat(
              IntStream.range(0, 3 * 128).boxed(),
              Stream.of(16_383, 16_384, 2_097_151, 2_097_152, 268_435_455, 268_435_456)
                  .flatMap(it -> Stream.of(it, it + 1)))
          .distinct()
          .toList();

  @Test
  void noOrganizationsKeysBeginLikeAnothers() {
    for (int one : ORGANIZATIONS) {
      BytesRef beginning = Keys.term(one, Kind.WORD, "");
      for (int other : ORGANIZATIONS) {
        assertThat(StringHelper.startsWith(Keys.term(other, Kind.WORD, "a"), beginning))
            .as("%d like %d", other, one)
            .isEqualTo(one == other);
      }
    }
  }

  @Test
  void whatDiffersHasDifferentKeys() {
    Set<BytesRef> keys = new HashSet<>();
    int made = 0;
    for (int organization : List.of(0, 127, 128, Integer.MAX_VALUE)) {
      for (String text : List.of("", "a", "\u0000", "\u00e9", "a\u00e9")) {
        for (Kind kind : Kind.values()) {
          keys.add(Keys.term(organization, kind, text));
          made++;
        }
      }
    }
    assertThat(keys).hasSize(made);
  }
}
