package com.gyroscops.payments.read.query;

import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.contract.ConsistencyTokens;
import com.gyroscops.payments.v1.Consistency;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.ReadOptions;
import com.gyroscops.payments.v1.SearchPaymentsRequest;
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
    return PageRead.of(tokens, QUERY, 1, token);
  }

  private static String cut(PageRead page, String readAt) {
    return page.cut(
            List.of(Payment.getDefaultInstance(), Payment.getDefaultInstance()),
            readAt,
            _ -> 1,
            _ -> "p1")
        .nextPageToken();
  }

  @Test
  void laterPagesDemandWhatTheFirstWasReadAt() {
    ReadOptions none = ReadOptions.getDefaultInstance();
    assertThat(page("").options(none)).isEqualTo(none);
    PageRead second = page(cut(page(""), at("epoch-1", 100)));
    assertThat(second.options(none)).isEqualTo(atLeast(at("epoch-1", 100)));
    PageRead third = page(cut(second, at("epoch-1", 120)));
    assertThat(third.options(none)).isEqualTo(atLeast(at("epoch-1", 100)));
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
    assertThat(second.options(older)).isEqualTo(atLeast(at("epoch-1", 100)));
    assertThat(second.options(newer)).isEqualTo(newer);
    assertThat(second.options(other)).isEqualTo(other);
    assertThat(second.options(full)).isEqualTo(full);
  }
}
