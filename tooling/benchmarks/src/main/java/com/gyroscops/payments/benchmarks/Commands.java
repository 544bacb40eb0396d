package com.gyroscops.payments.benchmarks;

import com.google.protobuf.Timestamp;
import com.gyroscops.payments.contract.Timestamps;
import com.gyroscops.payments.v1.Amount;
import com.gyroscops.payments.v1.Command;
import com.gyroscops.payments.v1.CommandContext;
import com.gyroscops.payments.v1.CreatePaymentRequest;
import com.gyroscops.payments.v1.PersonalData;
import com.gyroscops.payments.v1.ProcessPaymentRequest;
import com.gyroscops.payments.v1.ReadSource;
import com.gyroscops.payments.v1.WriteStrategy;
import java.time.Instant;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Commands of realistic size, each for another payment unless said otherwise. */
final class Commands {

  private static final int ORGANIZATIONS = 20;
  private static final int USERS = 10_000;

  /** Of a payment. */
  static final int MINOR_UNITS_MAX = 50_000;

  private Commands() {}

  /** A creation with random ids: the worst that clients can do to an index. */
  static CreatePaymentRequest create() {
    return create(Ids.RANDOM);
  }

  /** A creation. */
  static CreatePaymentRequest create(Ids ids) {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    return CreatePaymentRequest.newBuilder()
        .setContext(context(ids))
        .setOrganizationId("organization-" + random.nextInt(ORGANIZATIONS))
        .setPaymentId(ids.next())
        .setAmount(
            Amount.newBuilder()
                .setMinorUnits(1 + random.nextLong(MINOR_UNITS_MAX))
                .setCurrencyCode("EUR"))
        .setPersonalData(
            PersonalData.newBuilder()
                .setUserId("user-" + random.nextInt(USERS))
                .setDescription("Compute, 4 cores and 16 GiB, 720 hours, region eu-west")
                .putMetadata("plan", "standard")
                .putMetadata("cluster", "cluster-" + random.nextInt(USERS)))
        .setMerchantReference("order-" + random.nextInt(Integer.MAX_VALUE))
        .build();
  }

  /** A creation that is answered once these have applied it. */
  static CreatePaymentRequest createThrough(List<ReadSource> sources) {
    CreatePaymentRequest create = create();
    return create.toBuilder()
        .setContext(
            create.getContext().toBuilder()
                .setWriteStrategy(WriteStrategy.WRITE_STRATEGY_WRITE_THROUGH)
                .addAllRequiredSources(sources))
        .build();
  }

  /** The processing of a payment. */
  static ProcessPaymentRequest process(CreatePaymentRequest created) {
    return process(created, Ids.RANDOM);
  }

  private static ProcessPaymentRequest process(CreatePaymentRequest created, Ids ids) {
    return ProcessPaymentRequest.newBuilder()
        .setContext(context(ids))
        .setOrganizationId(created.getOrganizationId())
        .setPaymentId(created.getPaymentId())
        .setProviderReference("ch_" + ThreadLocalRandom.current().nextInt(Integer.MAX_VALUE))
        .build();
  }

  static Command command(CreatePaymentRequest create) {
    return Command.newBuilder().setCreate(create).build();
  }

  static Command command(ProcessPaymentRequest process) {
    return Command.newBuilder().setProcess(process).build();
  }

  /** Creations, each with its payment's processing right behind it, as long as more are wanted. */
  static Iterator<Command> pairs(BooleanSupplier more) {
    return pairs(Ids.RANDOM, more, _ -> {});
  }

  /**
   * Such pairs, as long as more are wanted.
   *
   * @param taken told of each creation when it is taken
   */
  static Iterator<Command> pairs(
      Ids ids, BooleanSupplier more, Consumer<CreatePaymentRequest> taken) {
    return new Iterator<>() {
      private @Nullable CreatePaymentRequest created;
      private boolean promised;

      @Override
      public boolean hasNext() {
        // Kept once given: more may be wanted up to a time, which may pass before next().
        promised = promised || created != null || more.getAsBoolean();
        return promised;
      }

      @Override
      public Command next() {
        if (!hasNext()) {
          throw new NoSuchElementException();
        }
        promised = false;
        CreatePaymentRequest before = created;
        if (before != null) {
          created = null;
          return command(process(before, ids));
        }
        CreatePaymentRequest create = create(ids);
        created = create;
        taken.accept(create);
        return command(create);
      }
    };
  }

  static String newId() {
    return Ids.RANDOM.next();
  }

  static Timestamp now() {
    return Timestamps.of(Instant.now());
  }

  private static CommandContext context(Ids ids) {
    return CommandContext.newBuilder().setRequestId(ids.next()).build();
  }
}
