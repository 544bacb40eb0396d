package com.gyroscops.payments.read.source;

import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PersonalData;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class WordsTest {

  @Test
  void wordsAreRunsOfLettersAndDigitsWithoutCaseAndAccents() {
    assertThat(Words.of("Crème brûlée, 2x (VANILLA-bean)"))
        .containsExactly("creme", "brulee", "2x", "vanilla", "bean");
    assertThat(Words.of("Ｆｕｌｌ ﬁne İstanbul Größe"))
        .containsExactly("full", "fine", "istanbul", "große");
    assertThat(Words.of("  *?_%' -- ")).isEmpty();
  }

  @Test
  void composedAndDecomposedTextIsTheSame() {
    assertThat(Words.of("cafe\u0301")).isEqualTo(Words.of("caf\u00e9")).containsExactly("cafe");
  }

  @Test
  void wordsAreMadeOfCodePointsAlsoBeyondTheFirstPlane() {
    String word = "\ud801\udc00".repeat(Words.LENGTH_MAX + 3);
    assertThat(Words.of(word)).containsExactly("\ud801\udc28".repeat(Words.LENGTH_MAX));
  }

  @Test
  void whatIsLongerThanAWordMayBeIsCutAndItsRestFindsNothing() {
    String longest = "a".repeat(Words.LENGTH_MAX);
    assertThat(Words.of(longest + "bcd e")).containsExactly(longest, "e");
  }

  @Test
  void aPaymentIsFoundByDescriptionReferencesAndMetadataValues() {
    Payment payment =
        Payment.newBuilder()
            .setMerchantReference("Order-7")
            .setProviderReference("psp_9")
            .setPersonalData(
                PersonalData.newBuilder()
                    .setUserId("someone")
                    .setDescription("Blue lamp, blue shade")
                    .putMetadata("b", "second")
                    .putMetadata("a", "first"))
            .build();
    assertThat(Words.of(payment))
        .containsExactly("blue", "lamp", "shade", "order", "7", "psp", "9", "first", "second");
  }

  @Test
  void ofAPaymentWithManyWordsTheFirstOnesAreKept() {
    String description =
        IntStream.range(0, 400).mapToObj(Integer::toString).collect(Collectors.joining(" "));
    Payment payment =
        Payment.newBuilder()
            .setPersonalData(PersonalData.newBuilder().setDescription(description))
            .build();
    assertThat(Words.of(payment)).hasSize(Words.PER_PAYMENT_MAX).startsWith("0").endsWith("255");
  }

  @Test
  void aTrailingStarMakesAPrefixAndAnyOtherStarIsASeparator() {
    assertThat(TextQuery.of("red lam* *x y * Z*"))
        .isEqualTo(new TextQuery(List.of("red", "x", "y"), List.of("lam", "z")));
    assertThat(TextQuery.of("a-b*c")).isEqualTo(new TextQuery(List.of("a", "c"), List.of("b")));
    assertThat(TextQuery.of("** *").isEmpty()).isTrue();
  }

  @Test
  void whatIsTypedMayGoOnWithItsLastWord() {
    assertThat(TextQuery.typed("Red la")).isEqualTo(new TextQuery(List.of("red"), List.of("la")));
    assertThat(TextQuery.typed("  ").isEmpty()).isTrue();
  }
}
