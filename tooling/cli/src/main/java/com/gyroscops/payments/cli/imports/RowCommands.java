package com.gyroscops.payments.cli.imports;

import com.google.protobuf.FieldMask;
import com.google.protobuf.Timestamp;
import com.gyroscops.payments.contract.Currencies;
import com.gyroscops.payments.contract.Timestamps;
import com.gyroscops.payments.contract.Violations;
import com.gyroscops.payments.v1.Amount;
import com.gyroscops.payments.v1.Command;
import com.gyroscops.payments.v1.CommandContext;
import com.gyroscops.payments.v1.CreatePaymentRequest;
import com.gyroscops.payments.v1.DeletePaymentRequest;
import com.gyroscops.payments.v1.DeletionPersonalData;
import com.gyroscops.payments.v1.FailPaymentRequest;
import com.gyroscops.payments.v1.Failure;
import com.gyroscops.payments.v1.FailurePersonalData;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PersonalData;
import com.gyroscops.payments.v1.ProcessPaymentRequest;
import com.gyroscops.payments.v1.RefundPaymentRequest;
import com.gyroscops.payments.v1.RefundPersonalData;
import com.gyroscops.payments.v1.UpdatePaymentRequest;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/**
 * What a row's columns say, as a command. Pure: wrong columns are noted in a {@link Violations}.
 *
 * <p>Columns that a command has no use for are ignored, empty ones are unset. An amount is in major
 * units with at most the currency's decimal places, so nothing is ever rounded. Zero is left for
 * the server to refuse: it is a business rule, not a matter of writing. A failure's {@code reason}
 * is its code if it is written as an identifier, else its message, with the code {@code
 * UNSPECIFIED}.
 */
final class RowCommands {

  /** Without these no row can be a command. */
  static final List<String> REQUIRED_COLUMNS = List.of("command", "payment_id", "organization_id");

  static final String UNSPECIFIED_FAILURE = "UNSPECIFIED";

  private static final int DESCRIPTION_LENGTH_MAX = 1_000;
  private static final int REASON_LENGTH_MAX = 500;

  /** 18 digits before the point are more than a long of minor units holds. */
  private static final Pattern DECIMAL = Pattern.compile("(-?)([0-9]{1,18})(?:\\.([0-9]{1,9}))?");

  private static final Pattern IDENTIFIER = Pattern.compile("[A-Za-z0-9._-]{1,64}");

  private final CanonicalRow values;
  private final String requestId;
  private final Violations violations;

  private RowCommands(CanonicalRow values, String requestId, Violations violations) {
    this.values = values;
    this.requestId = requestId;
    this.violations = violations;
  }

  /** The command of a row; meaningless if anything was added to {@code violations}. */
  static Command command(CanonicalRow values, String requestId, Violations violations) {
    return new RowCommands(values, requestId, violations).command();
  }

  private Command command() {
    violations.identifier(CanonicalRow.REQUEST_ID, requestId);
    violations.identifier("payment_id", value("payment_id"));
    violations.organization("organization_id", value("organization_id"));
    return switch (value("command")) {
      case "create" -> Command.newBuilder().setCreate(create()).build();
      case "update" -> Command.newBuilder().setUpdate(update()).build();
      case "process" -> Command.newBuilder().setProcess(process()).build();
      case "fail" -> Command.newBuilder().setFail(fail()).build();
      case "refund" -> Command.newBuilder().setRefund(refund()).build();
      case "delete" -> Command.newBuilder().setDelete(delete()).build();
      default -> {
        violations.add("command", "is none of create, update, process, fail, refund, delete");
        yield Command.getDefaultInstance();
      }
    };
  }

  private CreatePaymentRequest create() {
    violations.require(!value("amount").isEmpty(), "amount", "is required");
    violations.notFund("currency", value("currency"));
    return CreatePaymentRequest.newBuilder()
        .setContext(context())
        .setOrganizationId(value("organization_id"))
        .setPaymentId(value("payment_id"))
        .setAmount(amount().orElse(Amount.getDefaultInstance()))
        .setPersonalData(personalData())
        .build();
  }

  private UpdatePaymentRequest update() {
    PersonalData data = personalData();
    FieldMask.Builder mask = FieldMask.newBuilder();
    if (!data.getUserId().isEmpty()) {
      mask.addPaths("personal_data.user_id");
    }
    if (!data.getDescription().isEmpty()) {
      mask.addPaths("personal_data.description");
    }
    violations.require(
        mask.getPathsCount() > 0, "description", "or user_id is required: nothing would change");
    return UpdatePaymentRequest.newBuilder()
        .setContext(context())
        .setOrganizationId(value("organization_id"))
        .setPaymentId(value("payment_id"))
        .setPayment(Payment.newBuilder().setPersonalData(data))
        .setUpdateMask(mask)
        .build();
  }

  private ProcessPaymentRequest process() {
    var request =
        ProcessPaymentRequest.newBuilder()
            .setContext(context())
            .setOrganizationId(value("organization_id"))
            .setPaymentId(value("payment_id"));
    amount().ifPresent(request::setAmount);
    return request.build();
  }

  private FailPaymentRequest fail() {
    String reason = value("reason");
    violations.text("reason", reason, REASON_LENGTH_MAX);
    Failure failure =
        IDENTIFIER.matcher(reason).matches()
            ? Failure.newBuilder().setCode(reason).build()
            : Failure.newBuilder()
                .setCode(UNSPECIFIED_FAILURE)
                .setPersonalData(FailurePersonalData.newBuilder().setMessage(reason))
                .build();
    return FailPaymentRequest.newBuilder()
        .setContext(context())
        .setOrganizationId(value("organization_id"))
        .setPaymentId(value("payment_id"))
        .setFailure(failure)
        .build();
  }

  private RefundPaymentRequest refund() {
    violations.text("reason", value("reason"), REASON_LENGTH_MAX);
    var request =
        RefundPaymentRequest.newBuilder()
            .setContext(context())
            .setOrganizationId(value("organization_id"))
            .setPaymentId(value("payment_id"))
            .setRefundId(requestId)
            .setPersonalData(RefundPersonalData.newBuilder().setReason(value("reason")));
    amount().ifPresent(request::setAmount);
    return request.build();
  }

  private DeletePaymentRequest delete() {
    violations.text("reason", value("reason"), REASON_LENGTH_MAX);
    return DeletePaymentRequest.newBuilder()
        .setContext(context())
        .setOrganizationId(value("organization_id"))
        .setPaymentId(value("payment_id"))
        .setPersonalData(DeletionPersonalData.newBuilder().setReason(value("reason")))
        .build();
  }

  private CommandContext context() {
    violations.optionalIdentifier("correlation_id", value("correlation_id"));
    var context =
        CommandContext.newBuilder()
            .setRequestId(requestId)
            .setCorrelationId(value("correlation_id"));
    occurredAt().ifPresent(context::setEffectiveTime);
    return context.build();
  }

  private PersonalData personalData() {
    violations.optionalIdentifier("user_id", value("user_id"));
    violations.text("description", value("description"), DESCRIPTION_LENGTH_MAX);
    return PersonalData.newBuilder()
        .setUserId(value("user_id"))
        .setDescription(value("description"))
        .build();
  }

  private Optional<Timestamp> occurredAt() {
    String text = value("occurred_at");
    if (text.isEmpty()) {
      return Optional.empty();
    }
    try {
      Instant instant = OffsetDateTime.parse(text).toInstant();
      violations.require(
          !instant.isBefore(Instant.EPOCH), "occurred_at", "is before 1970-01-01T00:00:00Z");
      return Optional.of(Timestamps.of(instant));
    } catch (DateTimeException e) {
      violations.add(
          "occurred_at", "is not an RFC 3339 time such as 2010-12-01T08:26:00Z: " + text);
      return Optional.empty();
    }
  }

  private Optional<Amount> amount() {
    String text = value("amount");
    if (text.isEmpty()) {
      return Optional.empty();
    }
    String currency = value("currency");
    violations.currency("currency", currency);
    OptionalInt exponent = Currencies.exponent(currency);
    var decimal = DECIMAL.matcher(text);
    if (!decimal.matches()) {
      violations.add("amount", "is not a decimal number such as 15.30: " + text);
      return Optional.empty();
    }
    violations.require(decimal.group(1).isEmpty(), "amount", "is negative: " + text);
    if (exponent.isEmpty()) {
      return Optional.empty();
    }
    String decimals = decimal.group(3);
    if (decimals != null && decimals.length() > exponent.getAsInt()) {
      violations.add(
          "amount",
          currency
              + " has "
              + exponent.getAsInt()
              + " decimal places; the amount has more: "
              + text);
      return Optional.empty();
    }
    try {
      long minorUnits = new BigDecimal(text).movePointRight(exponent.getAsInt()).longValueExact();
      return Optional.of(
          Amount.newBuilder().setMinorUnits(minorUnits).setCurrencyCode(currency).build());
    } catch (ArithmeticException e) {
      violations.add("amount", "is too large: " + text);
      return Optional.empty();
    }
  }

  private String value(String column) {
    return values.value(column);
  }
}
