package com.gyroscops.payments.read.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.gyroscops.payments.platform.page.Pages;
import com.gyroscops.payments.v1.GetPaymentHistoryRequest;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PersonalData;
import com.gyroscops.payments.v1.SearchPaymentsRequest;
import io.grpc.StatusRuntimeException;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class PageTokensTest {

  private static final ByteString DIGEST =
      PageTokens.digest(SearchPaymentsRequest.getDefaultInstance());
  private final PageTokens tokens = new PageTokens("0123456789abcdef");

  @Test
  void aTokenReadsAsItWasWrittenOnEveryReplicaWithTheSameSecret() {
    String token = tokens.write(DIGEST, -5, "p1", "");
    var read = new PageTokens("0123456789abcdef").read(DIGEST, token).orElseThrow();
    assertThat(read.getSortValue()).isEqualTo(-5);
    assertThat(read.getPaymentId()).isEqualTo("p1");
    assertThat(tokens.read(DIGEST, "")).isEmpty();
  }

  @Test
  void aTokenSignedWithAnotherSecretIsRefused() {
    String token = new PageTokens("another secret of enough bytes").write(DIGEST, 1, "p1", "");
    assertThatThrownBy(() -> tokens.read(DIGEST, token)).isInstanceOf(StatusRuntimeException.class);
  }

  @Test
  void noCharacterOfATokenCanBeChanged() {
    String token = tokens.write(DIGEST, 1, "p1", "");
    for (int i = 0; i < token.length() - 1; i++) {
      char other = token.charAt(i) == 'x' ? 'y' : 'x';
      String changed = token.substring(0, i) + other + token.substring(i + 1);
      assertThatThrownBy(() -> tokens.read(DIGEST, changed))
          .isInstanceOf(StatusRuntimeException.class);
    }
  }

  @Test
  void equalBytesOfDifferentRequestsHaveDifferentDigests() {
    assertThat(PageTokens.digest(GetPaymentHistoryRequest.getDefaultInstance()))
        .isNotEqualTo(DIGEST);
  }

  @Test
  void aSecretThatCanBeGuessedIsRefused() {
    assertThatThrownBy(() -> new PageTokens("short")).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aPageOfLargeElementsIsShorterButNeverEmpty() {
    Payment large =
        Payment.newBuilder()
            .setPersonalData(
                PersonalData.newBuilder().setDescription("x".repeat(Pages.BYTES_MAX / 3)))
            .build();
    List<Payment> found = Collections.nCopies(10, large);
    assertThat(Pages.first(found, 10)).hasSize(2);
    Payment huge =
        Payment.newBuilder()
            .setPersonalData(
                PersonalData.newBuilder().setDescription("x".repeat(Pages.BYTES_MAX + 1)))
            .build();
    assertThat(Pages.first(List.of(huge, huge), 10)).hasSize(1);
    assertThat(Pages.first(List.<Payment>of(), 10)).isEmpty();
  }
}
