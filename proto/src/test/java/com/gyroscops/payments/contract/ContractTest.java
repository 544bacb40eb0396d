package com.gyroscops.payments.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.PreconditionFailure;
import com.google.rpc.RetryInfo;
import com.gyroscops.payments.contract.ApiError.FieldViolation;
import com.gyroscops.payments.internal.v1.ConsistencyToken;
import io.grpc.Status.Code;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What clients in any language see of errors and tokens. */
class ContractTest {

  private static final ApiError ERROR =
      new ApiError(
          Code.FAILED_PRECONDITION,
          "REFUND_CURRENCY",
          "no",
          Map.of("payment_currency", "EUR"),
          List.of(new FieldViolation("amount", "wrong")),
          Duration.ofMillis(1_250));

  @Test
  void anErrorHasEachStandardDetailOnce() throws Exception {
    List<Any> details = ERROR.toStatus().getDetailsList();
    assertThat(details).hasSize(4);
    ErrorInfo info = details.get(0).unpack(ErrorInfo.class);
    assertThat(info.getReason()).isEqualTo("REFUND_CURRENCY");
    assertThat(info.getDomain()).isEqualTo("payments.gyroscops.com");
    assertThat(details.get(1).unpack(BadRequest.class).getFieldViolations(0).getField())
        .isEqualTo("amount");
    assertThat(details.get(2).unpack(PreconditionFailure.class).getViolations(0).getType())
        .isEqualTo("REFUND_CURRENCY");
    assertThat(details.get(3).unpack(RetryInfo.class).getRetryDelay())
        .isEqualTo(
            com.google.protobuf.Duration.newBuilder().setSeconds(1).setNanos(250_000_000).build());
  }

  @Test
  void anErrorSurvivesTheWireAsATrailerAndAsAValue() {
    assertThat(ApiError.from(ERROR.toException())).contains(ERROR);
    assertThat(ApiError.from(ERROR.toMessage())).isEqualTo(ERROR);
  }

  @Test
  void aRetryableErrorPushesClientsBack() {
    var trailers = ERROR.toException().getTrailers();
    assertThat(trailers).isNotNull();
    assertThat(trailers.get(ApiError.RETRY_PUSHBACK)).isEqualTo("1250");
  }

  @Test
  void whatIsNoErrorOfThisApiIsTold() {
    assertThat(ApiError.from(io.grpc.Status.CANCELLED.asRuntimeException())).isEmpty();
    assertThat(ApiError.from(new IllegalStateException())).isEmpty();
  }

  @Test
  void aTokenIsReadAsItWasWritten() {
    String text = ConsistencyTokens.encode("main", "epoch", 42);
    assertThat(ConsistencyTokens.decode(text))
        .contains(
            ConsistencyToken.newBuilder()
                .setLogId("main")
                .setEpoch("epoch")
                .setPosition(42)
                .build());
    assertThat(text).matches("[A-Za-z0-9_-]+");
  }

  /** Tokens are kept by clients across versions: what is written today must be read for ever. */
  @Test
  void theTextFormOfATokenIsPinned() {
    assertThat(ConsistencyTokens.encode("main", "e", 300)).isEqualTo("AQoEbWFpbhIBZRisAg");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "!",
        "AAAA",
        "AQoEbWFpbg",
        "AQoEbWFpbhIBZRisAgxx",
        "CgRtYWluEgFlGKwC",
        "AgoEbWFpbhIBZRisAg"
      })
  void whatIsNoTokenIsTold(String text) {
    assertThat(ConsistencyTokens.decode(text)).isEmpty();
  }

  @Test
  void aTokenOfANegativePositionOrOverLengthIsNone() {
    byte[] negative =
        ConsistencyToken.newBuilder()
            .setLogId("main")
            .setEpoch("e")
            .setPosition(-1)
            .build()
            .toByteArray();
    byte[] token = new byte[negative.length + 1];
    token[0] = 1;
    System.arraycopy(negative, 0, token, 1, negative.length);
    assertThat(ConsistencyTokens.decode(Base64.getUrlEncoder().encodeToString(token))).isEmpty();
    assertThat(ConsistencyTokens.decode("A".repeat(513))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"EUR,2", "GBP,2", "JPY,0", "KWD,3", "CLF,4", "UYW,4", "UGX,0", "HRK,2", "ITL,0"})
  void aCurrencyHasItsExponent(String code, int exponent) {
    assertThat(Currencies.exponent(code)).hasValue(exponent);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "eur", "EUX", "XAU", "XXX", "XTS"})
  void whatHasNoMinorUnitsIsNoCurrencyToPayIn(String code) {
    assertThat(Currencies.exponent(code)).isEmpty();
  }
}
