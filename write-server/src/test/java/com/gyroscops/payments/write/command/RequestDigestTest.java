package com.gyroscops.payments.write.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.FieldMask;
import com.google.protobuf.Timestamp;
import com.gyroscops.payments.testing.Seed;
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
import com.gyroscops.payments.write.command.CommandReader.Reading;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The digest by which a repeated request is told from another one of the same id. */
class RequestDigestTest {

  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-01-02T03:04:05Z"), ZoneOffset.UTC);
  private static final Timestamp EPOCH = Timestamp.getDefaultInstance();

  static CommandEnvelope read(Command command) {
    var reader = new CommandReader(CLOCK, () -> "", () -> "");
    return ((Reading.WellFormed) reader.read(command)).command();
  }

  private static String digest(Command command) {
    return read(command).requestHash().toString();
  }

  private static CommandContext context(Consumer<CommandContext.Builder> also) {
    CommandContext.Builder context = CommandContext.newBuilder().setRequestId("r");
    also.accept(context);
    return context.build();
  }

  private static CommandContext full() {
    return context(it ->
        it.setCorrelationId("order-1")
            .setCausationId("cart-1")
            .setEffectiveTime(Timestamp.newBuilder().setSeconds(1_291_191_960).setNanos(7_000)));
  }

  private static PersonalData person() {
    return PersonalData.newBuilder()
        .setUserId("user-1")
        .setDescription("a lamp")
        .putMetadata("shop", "7")
        .putMetadata("area", "Łódź")
        .build();
  }

  private static Amount amount(long minorUnits) {
    return Amount.newBuilder().setMinorUnits(minorUnits).setCurrencyCode("EUR").build();
  }

  private static Command create(CommandContext context, String paymentId) {
    return Command.newBuilder()
        .setCreate(
            CreatePaymentRequest.newBuilder()
                .setContext(context)
                .setOrganizationId("acme")
                .setPaymentId(paymentId)
                .setAmount(amount(1_999)))
        .build();
  }

  private static Command refund(CommandContext context) {
    return Command.newBuilder()
        .setRefund(
            RefundPaymentRequest.newBuilder()
                .setContext(context)
                .setOrganizationId("acme")
                .setPaymentId("p"))
        .build();
  }

  static List<Arguments> pinned() {
    CommandContext bare = context(_ -> {});
    CommandContext versioned = full().toBuilder().setExpectedVersion(3).build();
    return List.of(
        Arguments.of("c751c11c-8856-4782-750c-601075e06d66", create(bare, "p")),
        Arguments.of("84b3364f-06b7-fe6a-2ec0-b10b61577b5f", create(bare, "")),
        Arguments.of(
            "dcbe29a7-14ce-1b7d-e1ac-85ea54af36d8",
            Command.newBuilder()
                .setCreate(
                    create(full(), "p").getCreate().toBuilder()
                        .setPersonalData(person())
                        .setMerchantReference("order 9")
                        .setProviderReference("psp-1"))
                .build()),
        Arguments.of(
            "d6219f0e-6c2a-0f0a-6177-7e618defb57e",
            Command.newBuilder()
                .setUpdate(
                    UpdatePaymentRequest.newBuilder()
                        .setContext(versioned)
                        .setOrganizationId("acme")
                        .setPaymentId("p")
                        .setPayment(Payment.newBuilder().setPersonalData(person()))
                        .setUpdateMask(
                            FieldMask.newBuilder()
                                .addPaths("personal_data.metadata")
                                .addPaths("merchant_reference")))
                .build()),
        Arguments.of(
            "3bbac246-dc10-5612-f259-c8dd2df4cb1d",
            Command.newBuilder()
                .setProcess(
                    ProcessPaymentRequest.newBuilder()
                        .setContext(bare)
                        .setOrganizationId("acme")
                        .setPaymentId("p"))
                .build()),
        Arguments.of(
            "68f09062-89a4-fb5f-4f5d-6ef14333d788",
            Command.newBuilder()
                .setProcess(
                    ProcessPaymentRequest.newBuilder()
                        .setContext(versioned)
                        .setOrganizationId("acme")
                        .setPaymentId("p")
                        .setAmount(amount(1_999))
                        .setProviderReference("psp-1"))
                .build()),
        Arguments.of(
            "909f0419-4c11-9a21-12c4-49792d6f5032",
            Command.newBuilder()
                .setFail(
                    FailPaymentRequest.newBuilder()
                        .setContext(full())
                        .setOrganizationId("acme")
                        .setPaymentId("p")
                        .setFailure(
                            Failure.newBuilder()
                                .setCode("card_declined")
                                .setPersonalData(
                                    FailurePersonalData.newBuilder().setMessage("try another"))))
                .build()),
        Arguments.of("bc210ac8-9e2f-bd7f-b118-252b2db50ba1", refund(bare)),
        Arguments.of(
            "e727ab81-4686-eae8-a320-59eb37a1ace4",
            Command.newBuilder()
                .setRefund(
                    refund(full()).getRefund().toBuilder()
                        .setRefundId("refund-1")
                        .setAmount(amount(500))
                        .setPersonalData(RefundPersonalData.newBuilder().setReason("broken")))
                .build()),
        Arguments.of(
            "de951b20-8461-7f2b-60b1-68bb80015a50",
            Command.newBuilder()
                .setDelete(
                    DeletePaymentRequest.newBuilder()
                        .setContext(full())
                        .setOrganizationId("acme")
                        .setPaymentId("p")
                        .setPersonalData(DeletionPersonalData.newBuilder().setReason("by mistake")))
                .build()));
  }

  /**
   * Outcomes are kept under these for 30 days and more: a version that changes one honours both.
   */
  @ParameterizedTest
  @MethodSource("pinned")
  void theDigestOfACommandIsPinned(String digest, Command command) {
    assertThat(digest(command)).isEqualTo(digest);
  }

  @Test
  void aVersionThatIsZeroIsNotNoVersion() {
    assertThat(digest(refund(context(it -> it.setExpectedVersion(0)))))
        .isEqualTo("eebca81f-d750-3097-acf9-4a54b92b2d02");
    assertThat(digest(create(context(it -> it.setExpectedVersion(0)), "p")))
        .as("a creation asks for it anyway")
        .isEqualTo(digest(create(context(_ -> {}), "p")));
  }

  @Test
  void aTimeThatIsTheEpochIsNotNoTime() {
    CommandEnvelope refund = read(refund(context(it -> it.setEffectiveTime(EPOCH))));
    assertThat(refund.requestHash()).hasToString("6860b245-49a7-9c0a-408f-6f81e9bfd10b");
    assertThat(refund.formerHash()).hasToString("bc210ac8-9e2f-bd7f-b118-252b2db50ba1");
  }

  /** Ways to change one field of a command, or to write it in another way. */
  private static List<Consumer<Command.Builder>> changes() {
    List<Consumer<Command.Builder>> changes = new ArrayList<>();
    changes.add(_ -> {});
    List<Consumer<CommandContext.Builder>> ofContext =
        List.of(
            CommandContext.Builder::clearEffectiveTime,
            it -> it.setEffectiveTime(EPOCH),
            it -> it.setEffectiveTime(Timestamp.newBuilder().setSeconds(1)),
            it -> it.setEffectiveTime(Timestamp.newBuilder().setNanos(1_000)),
            it -> it.setExpectedVersion(0),
            it -> it.setExpectedVersion(1),
            it -> it.setCorrelationId(""),
            it -> it.setCorrelationId("1"),
            it -> it.setCausationId("1"),
            it -> it.addAllRequiredSources(List.of()),
            it -> it.setValidateOnly(false));
    ofContext.forEach(change -> changes.add(command -> change.accept(contextOf(command))));
    List<Consumer<PersonalData.Builder>> ofPerson =
        List.of(
            PersonalData.Builder::clear,
            it -> it.setUserId(""),
            it -> it.setUserId("1"),
            it -> it.setDescription(""),
            it -> it.setDescription("1"),
            PersonalData.Builder::clearMetadata,
            it -> it.putMetadata("1", ""));
    ofPerson.forEach(change -> {
      changes.add(command -> {
        if (command.hasCreate()) {
          change.accept(command.getCreateBuilder().getPersonalDataBuilder());
        }
      });
      changes.add(command -> {
        if (command.hasUpdate()) {
          change.accept(command.getUpdateBuilder().getPaymentBuilder().getPersonalDataBuilder());
        }
      });
    });
    for (String path :
        List.of(
            "personal_data.user_id",
            "personal_data.description",
            "personal_data.metadata",
            "merchant_reference",
            "provider_reference")) {
      changes.add(command -> {
        if (command.hasUpdate()) {
          command.getUpdateBuilder().getUpdateMaskBuilder().addPaths(path);
        }
      });
    }
    changes.addAll(
        List.of(
            of(Command.Builder::hasCreate, it -> it.getCreateBuilder().clearPersonalData()),
            of(Command.Builder::hasCreate, it -> it.getCreateBuilder().setPaymentId("")),
            of(Command.Builder::hasCreate, it -> it.getCreateBuilder().setAmount(amount(1))),
            of(Command.Builder::hasCreate, it -> it.getCreateBuilder().setMerchantReference("1")),
            of(Command.Builder::hasCreate, it -> it.getCreateBuilder().setProviderReference("1")),
            of(Command.Builder::hasUpdate, it -> it.getUpdateBuilder().clearPayment()),
            of(
                Command.Builder::hasUpdate,
                it -> it.getUpdateBuilder().setPayment(Payment.getDefaultInstance())),
            of(Command.Builder::hasProcess, it -> it.getProcessBuilder().clearAmount()),
            of(Command.Builder::hasProcess, it -> it.getProcessBuilder().setAmount(amount(1))),
            of(Command.Builder::hasProcess, it -> it.getProcessBuilder().setProviderReference("1")),
            of(
                Command.Builder::hasFail,
                it ->
                    it.getFailBuilder()
                        .getFailureBuilder()
                        .getPersonalDataBuilder()
                        .setMessage("")),
            of(
                Command.Builder::hasFail,
                it ->
                    it.getFailBuilder()
                        .getFailureBuilder()
                        .getPersonalDataBuilder()
                        .setMessage("1")),
            of(
                Command.Builder::hasFail,
                it -> it.getFailBuilder().getFailureBuilder().setCode("1")),
            of(Command.Builder::hasRefund, it -> it.getRefundBuilder().clearAmount()),
            of(Command.Builder::hasRefund, it -> it.getRefundBuilder().setAmount(amount(1))),
            of(Command.Builder::hasRefund, it -> it.getRefundBuilder().setRefundId("1")),
            of(
                Command.Builder::hasRefund,
                it -> it.getRefundBuilder().getPersonalDataBuilder().setReason("")),
            of(
                Command.Builder::hasRefund,
                it -> it.getRefundBuilder().getPersonalDataBuilder().setReason("1")),
            of(
                Command.Builder::hasDelete,
                it -> it.getDeleteBuilder().getPersonalDataBuilder().setReason("1"))));
    return changes;
  }

  private static Consumer<Command.Builder> of(
      java.util.function.Predicate<Command.Builder> kind, Consumer<Command.Builder> change) {
    return command -> {
      if (kind.test(command)) {
        change.accept(command);
      }
    };
  }

  private static CommandContext.Builder contextOf(Command.Builder command) {
    return switch (command.getCommandCase()) {
      case CREATE -> command.getCreateBuilder().getContextBuilder();
      case UPDATE -> command.getUpdateBuilder().getContextBuilder();
      case PROCESS -> command.getProcessBuilder().getContextBuilder();
      case FAIL -> command.getFailBuilder().getContextBuilder();
      case REFUND -> command.getRefundBuilder().getContextBuilder();
      case DELETE -> command.getDeleteBuilder().getContextBuilder();
      case COMMAND_NOT_SET -> throw new IllegalArgumentException("no command");
    };
  }

  /** What a command asks for, whatever bytes say it. */
  private static List<Object> meaning(CommandEnvelope command) {
    return Arrays.asList(
        command.command(),
        command.expectedVersion(),
        command.correlationId(),
        command.causationId(),
        command.effectiveAt());
  }

  /** The invariant: two commands have one digest if, and only if, they ask for the same. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void commandsHaveOneDigestIfAndOnlyIfTheyAskForTheSame(long seed) {
    SplittableRandom random = new SplittableRandom(Seed.of(seed));
    List<Consumer<Command.Builder>> changes = changes();
    List<Arguments> bases = pinned();
    int same = 0;
    for (int i = 0; i < 1_000; i++) {
      Command.Builder base =
          ((Command) bases.get(random.nextInt(bases.size())).get()[1]).toBuilder();
      for (int n = random.nextInt(4); n > 0; n--) {
        changes.get(random.nextInt(changes.size())).accept(base);
      }
      Command.Builder other = base.build().toBuilder();
      changes.get(random.nextInt(changes.size())).accept(other);
      List.of(base, other).stream()
          .filter(Command.Builder::hasCreate)
          .forEach(it -> contextOf(it).clearExpectedVersion());
      CommandEnvelope one = read(base.build());
      CommandEnvelope two = read(other.build());
      assertThat(one.requestHash().equals(two.requestHash()))
          .describedAs("seed %d: %s and %s", seed, base, other)
          .isEqualTo(meaning(one).equals(meaning(two)));
      same += meaning(one).equals(meaning(two)) ? 1 : 0;
    }
    assertThat(same).isBetween(50, 950);
  }
}
