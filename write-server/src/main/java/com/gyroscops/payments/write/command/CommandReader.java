package com.gyroscops.payments.write.command;

import com.google.protobuf.Timestamp;
import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.contract.Currencies;
import com.gyroscops.payments.contract.Violations;
import com.gyroscops.payments.v1.Amount;
import com.gyroscops.payments.v1.CaptureMethod;
import com.gyroscops.payments.v1.Command;
import com.gyroscops.payments.v1.CommandContext;
import com.gyroscops.payments.v1.CreatePaymentRequest;
import com.gyroscops.payments.v1.DeletePaymentRequest;
import com.gyroscops.payments.v1.FailPaymentRequest;
import com.gyroscops.payments.v1.PersonalData;
import com.gyroscops.payments.v1.ProcessPaymentRequest;
import com.gyroscops.payments.v1.RefundPaymentRequest;
import com.gyroscops.payments.v1.UpdatePaymentRequest;
import com.gyroscops.payments.v1.WriteStrategy;
import com.gyroscops.payments.write.eventstore.Digest;
import com.gyroscops.payments.write.eventstore.Keys;
import com.gyroscops.payments.write.payment.Description;
import com.gyroscops.payments.write.payment.Failure;
import com.gyroscops.payments.write.payment.Money;
import com.gyroscops.payments.write.payment.PaymentCommand;
import com.gyroscops.payments.write.payment.PaymentCommand.Changes;
import com.gyroscops.payments.write.payment.PaymentKey;
import io.grpc.Context;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads requests into well-formed commands, or refuses them with every field at fault. The digest
 * by which a repeated request is recognized is taken here, of what the caller asked for in a
 * canonical form: clients may write the same message as different bytes, and ids that the server
 * chooses are no part of it. Those follow from the request, so that it is answered with the same id
 * however often and by whichever way it comes: submitted, and executed directly meanwhile.
 *
 * <p>A command with a field that this version does not know is refused, for what it asks for would
 * be left undone unnoticed. The payment of an update is looked at only where its mask says so.
 */
public final class CommandReader {

  private static final int REFERENCE_LENGTH_MAX = 128;
  private static final int DESCRIPTION_LENGTH_MAX = 1_000;
  private static final int REASON_LENGTH_MAX = 500;
  private static final Set<CaptureMethod> CAPTURE_METHODS =
      Set.of(CaptureMethod.CAPTURE_METHOD_UNSPECIFIED, CaptureMethod.CAPTURE_METHOD_AUTOMATIC);
  private static final Duration EFFECTIVE_AHEAD_MAX = Duration.ofDays(1);

  private final Clock clock;
  private final Supplier<String> traceparent;
  private final Supplier<String> actor;

  /**
   * @param traceparent the current call's; empty if it has none
   * @param actor who makes the current call; empty: not authenticated
   */
  public CommandReader(Clock clock, Supplier<String> traceparent, Supplier<String> actor) {
    this.clock = clock;
    this.traceparent = traceparent;
    this.actor = actor;
  }

  /** What a request turned out to be. */
  public sealed interface Reading {

    /** A well-formed command. */
    record WellFormed(CommandEnvelope command) implements Reading {}

    /**
     * No command at all.
     *
     * @param error INVALID_ARGUMENT {@code FIELD_INVALID} with every field at fault, or why its
     *     caller may not ask for it
     */
    record Malformed(ApiError error) implements Reading {}
  }

  /** Any one command; fields are named within it, as {@code create.amount.minor_units}. */
  public Reading read(Command command) {
    return CommandKind.read(this, command);
  }

  /** A creation; {@code at} goes before the names of its fields. */
  public Reading read(String at, CreatePaymentRequest request) {
    PersonalData personal = request.getPersonalData();
    Violations violations =
        context(at, request.getContext(), request.getOrganizationId())
            .known(at, request)
            .optionalIdentifier(at + "payment_id", request.getPaymentId())
            .positiveAmount(at + "amount", request.getAmount())
            .notFund(at + "amount.currency_code", request.getAmount().getCurrencyCode())
            .known(at + "amount.", request.getAmount())
            .known(at + "personal_data.", personal)
            .require(
                request.getContext().getExpectedVersion() == 0,
                at + "context.expected_version",
                "must be 0 or unset: what is created does not exist")
            .require(
                CAPTURE_METHODS.contains(request.getCaptureMethod()),
                at + "capture_method",
                "must be AUTOMATIC or unset: nothing else is offered yet");
    personal(violations, at + "personal_data.", personal);
    reference(violations, at + "merchant_reference", request.getMerchantReference());
    reference(violations, at + "provider_reference", request.getProviderReference());
    if (!violations.isEmpty()) {
      return malformed(violations);
    }
    String paymentId =
        request.getPaymentId().isEmpty()
            ? chosen(request.getOrganizationId(), request.getContext())
            : request.getPaymentId();
    // What is created does not exist: to say so asks for nothing more.
    CommandContext context = withoutVersion(request.getContext());
    return wellFormed(
        context,
        new PaymentCommand.Create(
            new PaymentKey(request.getOrganizationId(), paymentId),
            money(request.getAmount()),
            Currencies.end(request.getAmount().getCurrencyCode()).orElse(null),
            new Description(
                personal.getUserId(),
                personal.getDescription(),
                personal.getMetadataMap(),
                request.getMerchantReference(),
                request.getProviderReference())),
        digest("create", context, request.getPaymentId())
            .number(request.getAmount().getMinorUnits())
            .text(request.getAmount().getCurrencyCode())
            .text(personal.getUserId())
            .text(personal.getDescription())
            .pairs(personal.getMetadataMap())
            .text(request.getMerchantReference())
            .text(request.getProviderReference()),
        request.getSerializedSize());
  }

  /** An update; {@code at} goes before the names of its fields. */
  public Reading read(String at, UpdatePaymentRequest request) {
    Violations violations =
        existing(at, request.getContext(), request.getOrganizationId(), request.getPaymentId())
            .known(at, request);
    Changes changes = changes(violations, at, request);
    if (!violations.isEmpty()) {
      return malformed(violations);
    }
    return wellFormed(
        request.getContext(),
        new PaymentCommand.Update(
            key(request.getOrganizationId(), request.getPaymentId()), changes),
        digest("update", request.getContext(), request.getPaymentId())
            .text(changes.userId())
            .text(changes.text())
            .pairs(changes.metadata())
            .text(changes.merchantReference())
            .text(changes.providerReference()),
        request.getSerializedSize());
  }

  /** A processing; {@code at} goes before the names of its fields. */
  public Reading read(String at, ProcessPaymentRequest request) {
    Violations violations =
        existing(at, request.getContext(), request.getOrganizationId(), request.getPaymentId())
            .known(at, request);
    @Nullable Money amount =
        optionalAmount(violations, at, request.hasAmount(), request.getAmount());
    reference(violations, at + "provider_reference", request.getProviderReference());
    if (!violations.isEmpty()) {
      return malformed(violations);
    }
    return wellFormed(
        request.getContext(),
        new PaymentCommand.Process(
            key(request.getOrganizationId(), request.getPaymentId()),
            amount,
            request.getProviderReference()),
        amount(digest("process", request.getContext(), request.getPaymentId()), amount)
            .text(request.getProviderReference()),
        request.getSerializedSize());
  }

  /** A failure; {@code at} goes before the names of its fields. */
  public Reading read(String at, FailPaymentRequest request) {
    var failure = request.getFailure();
    Violations violations =
        existing(at, request.getContext(), request.getOrganizationId(), request.getPaymentId())
            .known(at, request)
            .known(at + "failure.", failure)
            .known(at + "failure.personal_data.", failure.getPersonalData())
            .identifier(at + "failure.code", failure.getCode())
            .text(
                at + "failure.personal_data.message",
                failure.getPersonalData().getMessage(),
                REASON_LENGTH_MAX);
    if (!violations.isEmpty()) {
      return malformed(violations);
    }
    return wellFormed(
        request.getContext(),
        new PaymentCommand.Fail(
            key(request.getOrganizationId(), request.getPaymentId()),
            new Failure(failure.getCode(), failure.getPersonalData().getMessage())),
        digest("fail", request.getContext(), request.getPaymentId())
            .text(failure.getCode())
            .text(failure.getPersonalData().getMessage()),
        request.getSerializedSize());
  }

  /** A refund; {@code at} goes before the names of its fields. */
  public Reading read(String at, RefundPaymentRequest request) {
    String reason = request.getPersonalData().getReason();
    Violations violations =
        existing(at, request.getContext(), request.getOrganizationId(), request.getPaymentId())
            .known(at, request)
            .optionalIdentifier(at + "refund_id", request.getRefundId())
            .known(at + "personal_data.", request.getPersonalData())
            .text(at + "personal_data.reason", reason, REASON_LENGTH_MAX);
    @Nullable Money amount =
        optionalAmount(violations, at, request.hasAmount(), request.getAmount());
    if (!violations.isEmpty()) {
      return malformed(violations);
    }
    String refundId =
        request.getRefundId().isEmpty()
            ? chosen(request.getOrganizationId(), request.getContext())
            : request.getRefundId();
    return wellFormed(
        request.getContext(),
        new PaymentCommand.Refund(
            key(request.getOrganizationId(), request.getPaymentId()), refundId, amount, reason),
        amount(digest("refund", request.getContext(), request.getPaymentId()), amount)
            .text(request.getRefundId())
            .text(reason),
        request.getSerializedSize());
  }

  /** A deletion; {@code at} goes before the names of its fields. */
  public Reading read(String at, DeletePaymentRequest request) {
    String reason = request.getPersonalData().getReason();
    Violations violations =
        existing(at, request.getContext(), request.getOrganizationId(), request.getPaymentId())
            .known(at, request)
            .known(at + "personal_data.", request.getPersonalData())
            .text(at + "personal_data.reason", reason, REASON_LENGTH_MAX);
    if (!violations.isEmpty()) {
      return malformed(violations);
    }
    return wellFormed(
        request.getContext(),
        new PaymentCommand.Delete(key(request.getOrganizationId(), request.getPaymentId()), reason),
        digest("delete", request.getContext(), request.getPaymentId()).text(reason),
        request.getSerializedSize());
  }

  private Violations existing(
      String at, CommandContext context, String organizationId, String paymentId) {
    return context(at, context, organizationId).identifier(at + "payment_id", paymentId);
  }

  private Violations context(String at, CommandContext context, String organizationId) {
    Violations violations =
        new Violations()
            .known(at + "context.", context)
            .identifier(at + "context.request_id", context.getRequestId())
            .organization(at + "organization_id", organizationId)
            .require(
                context.getExpectedVersion() >= 0,
                at + "context.expected_version",
                "must not be negative")
            .optionalIdentifier(at + "context.correlation_id", context.getCorrelationId())
            .optionalIdentifier(at + "context.causation_id", context.getCausationId())
            .require(
                context.getWriteStrategy() != WriteStrategy.UNRECOGNIZED,
                at + "context.write_strategy",
                "is not known here")
            .require(
                at.isEmpty()
                    || context.getWriteStrategy() != WriteStrategy.WRITE_STRATEGY_WRITE_BEHIND,
                at + "context.write_strategy",
                "WRITE_BEHIND is for unary commands alone; see SubmitCommand");
    SharedSources.check(violations, at + "context.required_sources", context);
    if (context.hasEffectiveTime()) {
      effectiveTime(violations, at + "context.effective_time", context.getEffectiveTime());
    }
    return violations;
  }

  private void effectiveTime(Violations violations, String field, Timestamp time) {
    if (time.getNanos() < 0 || time.getNanos() > 999_999_999) {
      violations.add(field, "has nanos out of range");
      return;
    }
    Instant latest = clock.instant().plus(EFFECTIVE_AHEAD_MAX);
    violations.require(
        time.getSeconds() >= 0 && time.getSeconds() <= latest.getEpochSecond(),
        field,
        "must be from 1970 to one day ahead");
  }

  private static void personal(Violations violations, String at, PersonalData personal) {
    violations
        .optionalIdentifier(at + "user_id", personal.getUserId())
        .text(at + "description", personal.getDescription(), DESCRIPTION_LENGTH_MAX)
        .metadata(at + "metadata", personal.getMetadataMap());
  }

  private static void reference(Violations violations, String field, String reference) {
    violations.printable(field, reference, REFERENCE_LENGTH_MAX);
  }

  private static Changes changes(Violations violations, String at, UpdatePaymentRequest request) {
    var payment = request.getPayment();
    PersonalData personal = payment.getPersonalData();
    @Nullable String userId = null;
    @Nullable String text = null;
    @Nullable Map<String, String> metadata = null;
    @Nullable String merchantReference = null;
    @Nullable String providerReference = null;
    violations.require(
        request.getUpdateMask().getPathsCount() > 0, at + "update_mask", "must name a field");
    for (String path : request.getUpdateMask().getPathsList()) {
      String field = at + "payment." + Violations.quote(path);
      switch (path) {
        case "personal_data.user_id" -> {
          userId = personal.getUserId();
          violations.optionalIdentifier(field, userId);
        }
        case "personal_data.description" -> {
          text = personal.getDescription();
          violations.text(field, text, DESCRIPTION_LENGTH_MAX);
        }
        case "personal_data.metadata" -> {
          metadata = personal.getMetadataMap();
          violations.metadata(field, metadata);
        }
        case "merchant_reference" -> {
          merchantReference = payment.getMerchantReference();
          reference(violations, field, merchantReference);
        }
        case "provider_reference" -> {
          providerReference = payment.getProviderReference();
          reference(violations, field, providerReference);
        }
        default ->
            violations.add(
                at + "update_mask",
                "names " + Violations.quote(path) + ", which is none of the fields to change");
      }
    }
    return new Changes(userId, text, metadata, merchantReference, providerReference);
  }

  private static @Nullable Money optionalAmount(
      Violations violations, String at, boolean given, Amount amount) {
    if (!given) {
      return null;
    }
    violations.known(at + "amount.", amount).positiveAmount(at + "amount", amount);
    return violations.isEmpty() ? money(amount) : null;
  }

  static Reading malformed(Violations violations) {
    return new Reading.Malformed(ApiError.invalid(violations.found()));
  }

  private Reading wellFormed(
      CommandContext context, PaymentCommand command, Digest digest, int sizeBytes) {
    Context call = Context.current();
    Timestamp time = context.getEffectiveTime();
    UUID former = digest.toUuid();
    return new Reading.WellFormed(
        new CommandEnvelope(
            command,
            context.getRequestId(),
            Keys.request(command.key().organizationId(), context.getRequestId()),
            RequestDigests.current(former, context),
            former,
            expectedVersion(context),
            context.getCorrelationId(),
            context.getCausationId(),
            context.hasEffectiveTime()
                ? Instant.ofEpochSecond(time.getSeconds(), time.getNanos())
                    .truncatedTo(ChronoUnit.MICROS)
                : null,
            context.getValidateOnly(),
            traceparent.get(),
            actor.get(),
            sizeBytes,
            call::isCancelled,
            new AckPolicy(
                context.getWriteStrategy(),
                Set.copyOf(context.getRequiredSourcesList()),
                call.getDeadline())));
  }

  /** What all commands have in common; the organization is part of the request's key. */
  private static Digest digest(String kind, CommandContext context, String paymentId) {
    return new Digest()
        .text(kind)
        .text(paymentId)
        .number(digestedVersion(context))
        .text(context.getCorrelationId())
        .text(context.getCausationId())
        .number(context.getEffectiveTime().getSeconds())
        .number(context.getEffectiveTime().getNanos());
  }

  private static CommandContext withoutVersion(CommandContext context) {
    return context.hasExpectedVersion()
        ? context.toBuilder().clearExpectedVersion().build()
        : context;
  }

  private static OptionalLong expectedVersion(CommandContext context) {
    return context.hasExpectedVersion()
        ? OptionalLong.of(context.getExpectedVersion())
        : OptionalLong.empty();
  }

  /** None is digested as 0, as it was before 0 could be asked for, which is digested as -1. */
  private static long digestedVersion(CommandContext context) {
    long expected = context.getExpectedVersion();
    return context.hasExpectedVersion() && expected == 0 ? -1 : expected;
  }

  private static Digest amount(Digest digest, @Nullable Money amount) {
    return amount == null
        ? digest.text(null)
        : digest.number(amount.minorUnits()).text(amount.currency());
  }

  private static String chosen(String organizationId, CommandContext context) {
    return Keys.chosen(organizationId, context.getRequestId()).toString();
  }

  private static PaymentKey key(String organizationId, String paymentId) {
    return new PaymentKey(organizationId, paymentId);
  }

  private static Money money(Amount amount) {
    return new Money(amount.getMinorUnits(), amount.getCurrencyCode());
  }
}
