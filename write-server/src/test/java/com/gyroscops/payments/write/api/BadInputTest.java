package com.gyroscops.payments.write.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import com.google.protobuf.FieldMask;
import com.google.protobuf.Timestamp;
import com.google.protobuf.UnknownFieldSet;
import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.v1.Amount;
import com.gyroscops.payments.v1.CaptureMethod;
import com.gyroscops.payments.v1.Command;
import com.gyroscops.payments.v1.CommandServiceGrpc.CommandServiceBlockingStub;
import com.gyroscops.payments.v1.CreatePaymentRequest;
import com.gyroscops.payments.v1.DeletePaymentRequest;
import com.gyroscops.payments.v1.ExecuteBatchRequest;
import com.gyroscops.payments.v1.FailPaymentRequest;
import com.gyroscops.payments.v1.Failure;
import com.gyroscops.payments.v1.GetCommandRequest;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PersonalData;
import com.gyroscops.payments.v1.ProcessPaymentRequest;
import com.gyroscops.payments.v1.RefundPaymentRequest;
import com.gyroscops.payments.v1.RefundPersonalData;
import com.gyroscops.payments.v1.UpdatePaymentRequest;
import com.gyroscops.payments.write.eventstore.postgres.TestDatabase;
import com.zaxxer.hikari.HikariDataSource;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each bad input has its status, its reason and, where one is at fault, its field. */
class BadInputTest {

  private static HikariDataSource pool;
  private static TestServer server;

  @BeforeAll
  static void start() {
    pool = TestDatabase.open();
    server = new TestServer(pool.getJdbcUrl(), Map.of());
    var commands = server.commands();
    commands.createPayment(create().setPaymentId("processing").build());
    commands.createPayment(create().setPaymentId("completed").build());
    commands.processPayment(process("completed").build());
    commands.createPayment(create().setPaymentId("failed").build());
    commands.failPayment(fail("failed").build());
    commands.createPayment(create().setPaymentId("refunded").build());
    commands.processPayment(process("refunded").build());
    commands.refundPayment(refund("refunded", 100, "EUR").setRefundId("all").build());
    commands.createPayment(
        create()
            .setPaymentId("known-request")
            .setContext(Requests.context().setRequestId("known"))
            .build());
  }

  @AfterAll
  static void stop() {
    server.close();
    pool.close();
  }

  private static Amount amount(long minorUnits, String currency) {
    return Amount.newBuilder().setMinorUnits(minorUnits).setCurrencyCode(currency).build();
  }

  private static CreatePaymentRequest.Builder create() {
    return CreatePaymentRequest.newBuilder()
        .setContext(Requests.context())
        .setOrganizationId("acme")
        .setPaymentId(UUID.randomUUID().toString())
        .setAmount(amount(100, "EUR"));
  }

  private static ProcessPaymentRequest.Builder process(String paymentId) {
    return ProcessPaymentRequest.newBuilder()
        .setContext(Requests.context())
        .setOrganizationId("acme")
        .setPaymentId(paymentId);
  }

  private static FailPaymentRequest.Builder fail(String paymentId) {
    return FailPaymentRequest.newBuilder()
        .setContext(Requests.context())
        .setOrganizationId("acme")
        .setPaymentId(paymentId)
        .setFailure(Failure.newBuilder().setCode("declined"));
  }

  private static RefundPaymentRequest.Builder refund(
      String paymentId, long minorUnits, String currency) {
    return RefundPaymentRequest.newBuilder()
        .setContext(Requests.context())
        .setOrganizationId("acme")
        .setPaymentId(paymentId)
        .setAmount(amount(minorUnits, currency));
  }

  private static DeletePaymentRequest.Builder delete(String paymentId) {
    return DeletePaymentRequest.newBuilder()
        .setContext(Requests.context())
        .setOrganizationId("acme")
        .setPaymentId(paymentId);
  }

  private static UpdatePaymentRequest.Builder update(String... paths) {
    return UpdatePaymentRequest.newBuilder()
        .setContext(Requests.context())
        .setOrganizationId("acme")
        .setPaymentId("processing")
        .setUpdateMask(FieldMask.newBuilder().addAllPaths(java.util.List.of(paths)));
  }

  /** A text in a field of a number that the contract does not have. */
  private static UnknownFieldSet field(int number) {
    return UnknownFieldSet.newBuilder()
        .addField(
            number,
            UnknownFieldSet.Field.newBuilder()
                .addLengthDelimited(ByteString.copyFromUtf8("words"))
                .build())
        .build();
  }

  private static PersonalData.Builder metadata(int pairs) {
    PersonalData.Builder personal = PersonalData.newBuilder();
    for (int i = 0; i < pairs; i++) {
      personal.putMetadata("k" + i, "v");
    }
    return personal;
  }

  private static Arguments row(
      String what,
      Code code,
      String reason,
      String field,
      Consumer<CommandServiceBlockingStub> call) {
    return Arguments.of(what, code, reason, field, call);
  }

  private static Arguments create(
      String what, String field, Consumer<CreatePaymentRequest.Builder> change) {
    return row(
        what,
        Code.INVALID_ARGUMENT,
        "FIELD_INVALID",
        field,
        commands -> {
          CreatePaymentRequest.Builder request = create();
          change.accept(request);
          var _ = commands.createPayment(request.build());
        });
  }

  static Stream<Arguments> badInputs() {
    return Stream.of(
        create("amount zero", "amount.minor_units", r -> r.setAmount(amount(0, "EUR"))),
        create("amount negative", "amount.minor_units", r -> r.setAmount(amount(-1, "EUR"))),
        create("unknown currency", "amount.currency_code", r -> r.setAmount(amount(1, "EUX"))),
        create(
            "currency in lower case", "amount.currency_code", r -> r.setAmount(amount(1, "eur"))),
        create(
            "currency without minor units",
            "amount.currency_code",
            r -> r.setAmount(amount(1, "XAU"))),
        create("no currency", "amount.currency_code", r -> r.setAmount(amount(1, ""))),
        create("no amount", "amount.minor_units", r -> r.clearAmount()),
        create("payment id with a space", "payment_id", r -> r.setPaymentId("a b")),
        create("payment id over length", "payment_id", r -> r.setPaymentId("x".repeat(65))),
        create("organization missing", "organization_id", r -> r.setOrganizationId("")),
        create("organization for all", "organization_id", r -> r.setOrganizationId("-")),
        create(
            "organization of other characters", "organization_id", r -> r.setOrganizationId("ä")),
        create("request id missing", "context.request_id", r -> r.clearContext()),
        create(
            "request id over length",
            "context.request_id",
            r -> r.setContext(Requests.context().setRequestId("x".repeat(65)))),
        create(
            "expected version on creation",
            "context.expected_version",
            r -> r.setContext(Requests.context().setExpectedVersion(1))),
        create(
            "capture apart from authorization",
            "capture_method",
            r -> r.setCaptureMethod(CaptureMethod.CAPTURE_METHOD_MANUAL)),
        create(
            "capture method of a later contract",
            "capture_method",
            r -> r.setCaptureMethodValue(9)),
        create("field of a later contract", "99", r -> r.setUnknownFields(field(99))),
        create(
            "field of a later context",
            "context.99",
            r -> r.setContext(Requests.context().setUnknownFields(field(99)))),
        create(
            "field of a later amount",
            "amount.99",
            r -> r.setAmount(amount(100, "EUR").toBuilder().setUnknownFields(field(99)))),
        row(
            "reason of a refund as an older client gives it",
            Code.INVALID_ARGUMENT,
            "FIELD_INVALID",
            "6",
            c -> c.refundPayment(refund("completed", 1, "EUR").setUnknownFields(field(6)).build())),
        row(
            "reason of a deletion as an older client gives it",
            Code.INVALID_ARGUMENT,
            "FIELD_INVALID",
            "4",
            c -> c.deletePayment(delete("processing").setUnknownFields(field(4)).build())),
        row(
            "message of a failure as an older client gives it",
            Code.INVALID_ARGUMENT,
            "FIELD_INVALID",
            "failure.2",
            c ->
                c.failPayment(
                    fail("processing")
                        .setFailure(
                            Failure.newBuilder().setCode("declined").setUnknownFields(field(2)))
                        .build())),
        create(
            "correlation id of other characters",
            "context.correlation_id",
            r -> r.setContext(Requests.context().setCorrelationId("a/b"))),
        create(
            "effective time before 1970",
            "context.effective_time",
            r ->
                r.setContext(
                    Requests.context().setEffectiveTime(Timestamp.newBuilder().setSeconds(-1)))),
        create(
            "effective time far ahead",
            "context.effective_time",
            r ->
                r.setContext(
                    Requests.context()
                        .setEffectiveTime(Timestamp.newBuilder().setSeconds(4_000_000_000L)))),
        create(
            "effective time with bad nanos",
            "context.effective_time",
            r ->
                r.setContext(
                    Requests.context().setEffectiveTime(Timestamp.newBuilder().setNanos(-1)))),
        create(
            "unknown write strategy",
            "context.write_strategy",
            r -> r.setContext(Requests.context().setWriteStrategyValue(99))),
        create(
            "user id of other characters",
            "personal_data.user_id",
            r -> r.setPersonalData(PersonalData.newBuilder().setUserId("a b"))),
        create(
            "description too long",
            "personal_data.description",
            r -> r.setPersonalData(PersonalData.newBuilder().setDescription("x".repeat(1_001)))),
        create(
            "description with U+0000",
            "personal_data.description",
            r -> r.setPersonalData(PersonalData.newBuilder().setDescription("a\0b"))),
        create(
            "metadata over 50 keys",
            "personal_data.metadata",
            r -> r.setPersonalData(metadata(51))),
        create(
            "metadata name too long",
            "personal_data.metadata (name)",
            r -> r.setPersonalData(PersonalData.newBuilder().putMetadata("x".repeat(41), ""))),
        create(
            "metadata value too long",
            "personal_data.metadata[\"k\"]",
            r -> r.setPersonalData(PersonalData.newBuilder().putMetadata("k", "x".repeat(501)))),
        create(
            "merchant reference too long",
            "merchant_reference",
            r -> r.setMerchantReference("x".repeat(129))),
        create(
            "provider reference not printable",
            "provider_reference",
            r -> r.setProviderReference("a\nb")),
        row(
            "same payment again",
            Code.ALREADY_EXISTS,
            "PAYMENT_EXISTS",
            "",
            c -> c.createPayment(create().setPaymentId("processing").build())),
        row(
            "request id reused",
            Code.INVALID_ARGUMENT,
            "REQUEST_ID_REUSED",
            "context.request_id",
            c ->
                c.createPayment(
                    create().setContext(Requests.context().setRequestId("known")).build())),
        row(
            "unknown payment",
            Code.NOT_FOUND,
            "PAYMENT_NOT_FOUND",
            "",
            c -> c.processPayment(process("nobody").build())),
        row(
            "payment of another organization",
            Code.NOT_FOUND,
            "PAYMENT_NOT_FOUND",
            "",
            c -> c.processPayment(process("processing").setOrganizationId("other").build())),
        row(
            "payment id missing",
            Code.INVALID_ARGUMENT,
            "FIELD_INVALID",
            "payment_id",
            c -> c.processPayment(process("").build())),
        row(
            "refund of a processing payment",
            Code.FAILED_PRECONDITION,
            "PAYMENT_STATUS",
            "",
            c -> c.refundPayment(refund("processing", 1, "EUR").build())),
        row(
            "delete of a completed payment",
            Code.FAILED_PRECONDITION,
            "PAYMENT_STATUS",
            "",
            c -> c.deletePayment(delete("completed").build())),
        row(
            "processing a failed payment",
            Code.FAILED_PRECONDITION,
            "PAYMENT_STATUS",
            "",
            c -> c.processPayment(process("failed").build())),
        row(
            "failing a completed payment",
            Code.FAILED_PRECONDITION,
            "PAYMENT_STATUS",
            "",
            c -> c.failPayment(fail("completed").build())),
        row(
            "processing another amount",
            Code.FAILED_PRECONDITION,
            "AMOUNT_MISMATCH",
            "",
            c -> c.processPayment(process("processing").setAmount(amount(99, "EUR")).build())),
        row(
            "refund beyond what is left",
            Code.FAILED_PRECONDITION,
            "REFUND_EXCEEDS_REMAINING",
            "",
            c -> c.refundPayment(refund("completed", 101, "EUR").build())),
        row(
            "refund of what is refunded",
            Code.FAILED_PRECONDITION,
            "REFUND_EXCEEDS_REMAINING",
            "",
            c -> c.refundPayment(refund("refunded", 1, "EUR").build())),
        row(
            "refund in another currency",
            Code.FAILED_PRECONDITION,
            "REFUND_CURRENCY",
            "",
            c -> c.refundPayment(refund("completed", 1, "USD").build())),
        row(
            "refund id again",
            Code.ALREADY_EXISTS,
            "REFUND_EXISTS",
            "",
            c -> c.refundPayment(refund("refunded", 1, "EUR").setRefundId("all").build())),
        row(
            "refund of nothing",
            Code.INVALID_ARGUMENT,
            "FIELD_INVALID",
            "amount.minor_units",
            c -> c.refundPayment(refund("completed", 0, "EUR").build())),
        row(
            "refund reason too long",
            Code.INVALID_ARGUMENT,
            "FIELD_INVALID",
            "personal_data.reason",
            c ->
                c.refundPayment(
                    refund("completed", 1, "EUR")
                        .setPersonalData(RefundPersonalData.newBuilder().setReason("x".repeat(501)))
                        .build())),
        row(
            "failure without code",
            Code.INVALID_ARGUMENT,
            "FIELD_INVALID",
            "failure.code",
            c -> c.failPayment(fail("processing").clearFailure().build())),
        row(
            "stale expected version",
            Code.ABORTED,
            "VERSION_MISMATCH",
            "",
            c ->
                c.refundPayment(
                    refund("completed", 1, "EUR")
                        .setContext(Requests.context().setExpectedVersion(1))
                        .build())),
        row(
            "negative expected version",
            Code.INVALID_ARGUMENT,
            "FIELD_INVALID",
            "context.expected_version",
            c ->
                c.processPayment(
                    process("processing")
                        .setContext(Requests.context().setExpectedVersion(-1))
                        .build())),
        row(
            "update without a mask",
            Code.INVALID_ARGUMENT,
            "FIELD_INVALID",
            "update_mask",
            c -> c.updatePayment(update().build())),
        row(
            "update of the amount",
            Code.INVALID_ARGUMENT,
            "FIELD_INVALID",
            "update_mask",
            c -> c.updatePayment(update("amount").build())),
        row(
            "update with a bad value",
            Code.INVALID_ARGUMENT,
            "FIELD_INVALID",
            "payment.personal_data.user_id",
            c ->
                c.updatePayment(
                    update("personal_data.user_id")
                        .setPayment(
                            Payment.newBuilder()
                                .setPersonalData(PersonalData.newBuilder().setUserId("a b")))
                        .build())),
        row(
            "batch of nothing",
            Code.INVALID_ARGUMENT,
            "FIELD_INVALID",
            "commands",
            c -> c.executeBatch(ExecuteBatchRequest.getDefaultInstance())),
        row(
            "batch of 501",
            Code.INVALID_ARGUMENT,
            "FIELD_INVALID",
            "commands",
            c ->
                c.executeBatch(
                    ExecuteBatchRequest.newBuilder()
                        .addAllCommands(
                            java.util.Collections.nCopies(501, Command.getDefaultInstance()))
                        .build())),
        row(
            "unknown command",
            Code.NOT_FOUND,
            "COMMAND_NOT_FOUND",
            "",
            c ->
                c.getCommand(
                    GetCommandRequest.newBuilder()
                        .setOrganizationId("acme")
                        .setRequestId("nobody")
                        .build())),
        row(
            "command without request id",
            Code.INVALID_ARGUMENT,
            "FIELD_INVALID",
            "request_id",
            c -> c.getCommand(GetCommandRequest.newBuilder().setOrganizationId("acme").build())));
  }

  @ParameterizedTest(name = "{0}: {1} {2} {3}")
  @MethodSource("badInputs")
  void isRefusedWithStatusReasonAndField(
      String what,
      Code code,
      String reason,
      String field,
      Consumer<CommandServiceBlockingStub> call) {
    StatusRuntimeException refused =
        catchThrowableOfType(StatusRuntimeException.class, () -> call.accept(server.commands()));
    assertThat(refused).as(what).isNotNull();
    ApiError error = ApiError.from(refused).orElseThrow();
    assertThat(error.code()).isEqualTo(code);
    assertThat(error.reason()).isEqualTo(reason);
    assertThat(error.metadata().getOrDefault("field", "")).isEqualTo(field);
    if (reason.equals("FIELD_INVALID")) {
      assertThat(error.violations()).extracting(ApiError.FieldViolation::field).contains(field);
    }
  }

  @Test
  void allFieldsAtFaultAreNamedAtOnce() {
    StatusRuntimeException refused =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () -> server.commands().createPayment(CreatePaymentRequest.getDefaultInstance()));
    assertThat(ApiError.from(refused).orElseThrow().violations())
        .extracting(ApiError.FieldViolation::field)
        .containsExactly(
            "context.request_id", "organization_id", "amount.minor_units", "amount.currency_code");
  }

  @Test
  void aRejectedRefundTellsTheAmounts() {
    StatusRuntimeException refused =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () -> server.commands().refundPayment(refund("completed", 101, "EUR").build()));
    assertThat(ApiError.from(refused).orElseThrow().metadata())
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "requested_minor_units", "101",
                "remaining_minor_units", "100",
                "captured_minor_units", "100",
                "refunded_minor_units", "0",
                "currency", "EUR"));
  }

  @Test
  void anOversizedMessageIsRefused() {
    CreatePaymentRequest huge = create().setMerchantReference("x".repeat(5 * 1024 * 1024)).build();
    StatusRuntimeException refused =
        catchThrowableOfType(
            StatusRuntimeException.class, () -> server.commands().createPayment(huge));
    assertThat(refused.getStatus().getCode()).isEqualTo(Code.RESOURCE_EXHAUSTED);
    assertThat(server.commands().createPayment(create().build()).getPayment().getVersion())
        .isEqualTo(1);
  }

  @Test
  void theSamePaymentIdInAnotherOrganizationIsAnotherPayment() {
    var created =
        server
            .commands()
            .createPayment(
                create().setOrganizationId("other-2").setPaymentId("processing").build());
    assertThat(created.getPayment().getVersion()).isEqualTo(1);
  }
}
