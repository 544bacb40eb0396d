package com.gyroscops.payments.read.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Duration;
import com.gyroscops.payments.contract.ConsistencyTokens;
import com.gyroscops.payments.contract.Violations;
import com.gyroscops.payments.read.routing.Routed;
import com.gyroscops.payments.read.source.Capability;
import com.gyroscops.payments.v1.Consistency;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.ReadMetadata;
import com.gyroscops.payments.v1.ReadOptions;
import com.gyroscops.payments.v1.ReadStrategy;
import com.gyroscops.payments.v1.SearchPaymentsRequest;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** No page is older than the first one, whoever answers it. */
class PageReadTest {

  private static final SearchPaymentsRequest QUERY =
      SearchPaymentsRequest.newBuilder().setOrganizationId("acme").build();

  private final PageTokens tokens = new PageTokens("a secret of enough bytes");

  private static String at(String epoch, long position) {
    return ConsistencyTokens.encode("payments", epoch, position);
  }

  private static ReadOptions atLeast(String token) {
    return ReadOptions.newBuilder()
        .setConsistency(Consistency.newBuilder().setAtLeastAsFresh(token))
        .build();
  }

  private PageRead page(String token) {
    return PageRead.of(
        tokens, QUERY.toBuilder().setPageSize(1).setPageToken(token).build(), new Violations());
  }

  private static String cut(PageRead page, String readAt) {
    return page.cut(
            List.of(Payment.getDefaultInstance(), Payment.getDefaultInstance()),
            readAt,
            _ -> 1,
            _ -> "p1")
        .nextPageToken();
  }

  /** What a read asks of sources, which answer as of the first position that will do. */
  private static List<ReadOptions> asked(PageRead page, ReadOptions options, String... readAt) {
    List<ReadOptions> asked = new ArrayList<>();
    Routed<String> routed =
        page.read(
            options,
            each -> {
              asked.add(each);
              String at = readAt[asked.size() - 1];
              return new Routed<>(
                  at, ReadMetadata.newBuilder().setReadAt(at).build(), Capability.SEARCH);
            });
    assertThat(routed.value()).isEqualTo(readAt[readAt.length - 1]);
    assertThat(asked).hasSameSizeAs(readAt);
    return asked;
  }

  private static ReadOptions demanded(PageRead page, ReadOptions options) {
    return asked(page, options, at("epoch-1", 200)).getFirst();
  }

  private static ReadOptions staleness(int seconds) {
    return ReadOptions.newBuilder()
        .setConsistency(
            Consistency.newBuilder()
                .setMaxStaleness(Duration.newBuilder().setSeconds(seconds).build()))
        .setStrategy(ReadStrategy.READ_STRATEGY_DATABASE_FIRST)
        .build();
  }

  @Test
  void dataThatIsYoungEnoughButOlderThanTheFirstPageIsReadAgain() {
    String first = at("epoch-1", 100);
    ReadOptions young = staleness(3_600);
    ReadOptions again = young.toBuilder().setConsistency(atLeast(first).getConsistency()).build();
    assertThat(asked(page(""), young, at("epoch-1", 90))).containsExactly(young);
    PageRead second = page(cut(page(""), first));
    assertThat(asked(second, young, at("epoch-1", 99), at("epoch-1", 105)))
        .containsExactly(young, again);
    assertThat(asked(second, young, first)).containsExactly(young);
    assertThat(asked(second, young, at("epoch-1", 101))).containsExactly(young);
  }

  /** Only a source can tell whether a later history holds what the first page was read from. */
  @Test
  void dataOfAnotherHistoryThanTheFirstPageIsReadAgain() {
    String first = at("epoch-1", 100);
    PageRead second = page(cut(page(""), first));
    ReadOptions later = atLeast(at("epoch-2", 110));
    assertThat(asked(second, later, at("epoch-2", 110), at("epoch-2", 112)))
        .containsExactly(later, atLeast(first));
    assertThat(asked(second, staleness(60), at("epoch-2", 110), at("epoch-2", 110))).hasSize(2);
    assertThat(asked(second, atLeast(first), at("epoch-2", 110))).hasSize(1);
  }

  /** One source has moved on into the later history, and the other one has yet to. */
  @Test
  void dataOfAnEarlierHistoryIsNotTakenForFresherThanThatOfALaterOne() {
    PageRead second = page(cut(page(""), at("epoch-1", 100)));
    ReadOptions later = atLeast(at("epoch-2", 110));
    String behind = at("epoch-1", 100);
    String ahead = at("epoch-2", 120);
    assertThat(asked(second, later, ahead, behind, ahead, at("epoch-2", 121))).hasSize(4);
    assertThatThrownBy(() -> asked(second, later, ahead, behind, ahead, behind, ahead))
        .hasMessageContaining("as fresh as asked for");
  }

  @Test
  void dataThatIsOlderThanWhatWasAskedForIsNotTakenInItsPlace() {
    PageRead second = page(cut(page(""), at("epoch-1", 100)));
    List<String> answers = List.of(at("epoch-2", 120), at("epoch-2", 105));
    List<ReadOptions> asked = new ArrayList<>();
    Routed<String> routed =
        second.read(
            atLeast(at("epoch-2", 110)),
            each -> {
              asked.add(each);
              String at = answers.get(asked.size() - 1);
              return new Routed<>(
                  at, ReadMetadata.newBuilder().setReadAt(at).build(), Capability.SEARCH);
            });
    assertThat(routed.value()).isEqualTo(answers.getFirst());
  }

  @Test
  void laterPagesDemandWhatTheFirstWasReadAt() {
    ReadOptions none = ReadOptions.getDefaultInstance();
    assertThat(demanded(page(""), none)).isEqualTo(none);
    PageRead second = page(cut(page(""), at("epoch-1", 100)));
    assertThat(demanded(second, none)).isEqualTo(atLeast(at("epoch-1", 100)));
    PageRead third = page(cut(second, at("epoch-1", 120)));
    assertThat(demanded(third, none)).isEqualTo(atLeast(at("epoch-1", 100)));
  }

  @Test
  void aHigherDemandStands() {
    PageRead second = page(cut(page(""), at("epoch-1", 100)));
    ReadOptions older = atLeast(at("epoch-1", 99));
    ReadOptions newer = atLeast(at("epoch-1", 101));
    ReadOptions other = atLeast(at("epoch-0", 1));
    ReadOptions full =
        ReadOptions.newBuilder()
            .setConsistency(Consistency.newBuilder().setFullyConsistent(true))
            .build();
    assertThat(demanded(second, older)).isEqualTo(atLeast(at("epoch-1", 100)));
    assertThat(demanded(second, newer)).isEqualTo(newer);
    assertThat(asked(second, other, at("epoch-1", 100))).containsExactly(other);
    assertThat(demanded(second, full)).isEqualTo(full);
  }
}
