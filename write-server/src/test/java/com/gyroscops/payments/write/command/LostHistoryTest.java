package com.gyroscops.payments.write.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.contract.ConsistencyTokens;
import com.gyroscops.payments.v1.PaymentStatus;
import com.gyroscops.payments.write.command.CommandOutcome.Succeeded;
import com.gyroscops.payments.write.eventstore.Chain;
import com.gyroscops.payments.write.eventstore.EventStore;
import com.gyroscops.payments.write.eventstore.memory.MemoryEventStore;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Commands across a failover that lost commits: a payment may then be another one at the same
 * version, and what is at hand of it must not be decided on.
 */
class LostHistoryTest {

  private final List<CommandBatcher> open = new ArrayList<>();
  private final MemoryEventStore primary = new MemoryEventStore("epoch-1");
  private final Gated store = new Gated(primary);
  private final CommandBatcher batcher = batcher(store);

  /** A store whose appends can be held up. */
  private static final class Gated extends DelegatingStore {
    private final CountDownLatch reached = new CountDownLatch(1);
    private volatile CountDownLatch gate = new CountDownLatch(0);

    Gated(EventStore store) {
      super(store);
    }

    @Override
    public Appended append(String epoch, List<Chain> chains) {
      try {
        if (gate.getCount() > 0) {
          reached.countDown();
          assertThat(gate.await(60, TimeUnit.SECONDS)).isTrue();
        }
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      return super.append(epoch, chains);
    }
  }

  private CommandBatcher batcher(EventStore on) {
    CommandBatcher made = Batchers.on(on, 100);
    open.add(made);
    return made;
  }

  @AfterEach
  void close() {
    store.gate.countDown();
    open.forEach(CommandBatcher::close);
  }

  private CompletableFuture<CommandOutcome> send(CommandEnvelope command) {
    return batcher.handle(command).toCompletableFuture();
  }

  private static Succeeded success(CompletableFuture<CommandOutcome> outcome) {
    return (Succeeded) outcome.orTimeout(60, TimeUnit.SECONDS).join();
  }

  /** What became of a payment at the standby, and what became of it at the primary and is lost. */
  private MemoryEventStore standbyWhere(CommandEnvelope happened, CommandEnvelope lost) {
    MemoryEventStore standby =
        MemoryEventStore.continuing(primary, "epoch-2", primary.head().position());
    success(send(lost));
    success(batcher(standby).handle(happened).toCompletableFuture());
    return standby;
  }

  @Test
  void aStateOfALostHistoryIsNotDecidedOn() {
    success(send(Commands.create("p")));
    store.failOverTo(standbyWhere(Commands.process("p"), Commands.fail("p")));
    // What failed cannot be refunded.
    Succeeded refunded = success(send(Commands.refund("p", "r", 10)));
    assertThat(refunded.payment().getVersion()).isEqualTo(3);
    assertThat(refunded.payment().getStatus())
        .isEqualTo(PaymentStatus.PAYMENT_STATUS_PARTIALLY_REFUNDED);
    assertThat(ConsistencyTokens.decode(refunded.consistencyToken()).orElseThrow().getEpoch())
        .isEqualTo("epoch-2");
  }

  @Test
  void statesAtHandAndStatesReadAreOfOneHistory() throws InterruptedException {
    success(send(Commands.create("p")));
    success(batcher(primary).handle(Commands.create("q")).toCompletableFuture());
    MemoryEventStore standby = standbyWhere(Commands.process("p"), Commands.fail("p"));
    store.gate = new CountDownLatch(1);
    var gate = send(Commands.create("gate"));
    assertThat(store.reached.await(60, TimeUnit.SECONDS)).isTrue();
    // These two are one batch: p is at hand, as it was; q is read, where the store then leads.
    var refunded = send(Commands.refund("p", "r", 10));
    var processed = send(Commands.process("q"));
    store.failOverTo(standby);
    store.gate.countDown();
    success(gate);
    assertThat(success(refunded).payment().getVersion()).isEqualTo(3);
    assertThat(success(processed).payment().getVersion()).isEqualTo(2);
  }

  @Test
  void aRequestThatWasLostIsDecidedAnewAndOneThatWasNotIsReplayed() {
    CommandEnvelope kept = Commands.create("p");
    CommandEnvelope lost = Commands.fail("p");
    success(send(kept));
    store.failOverTo(standbyWhere(Commands.create("q"), lost));
    Succeeded again = success(send(kept));
    assertThat(again.replayed()).isTrue();
    assertThat(ConsistencyTokens.decode(again.consistencyToken()).orElseThrow().getEpoch())
        .isEqualTo("epoch-2");
    assertThat(success(send(lost)).replayed()).isFalse();
  }
}
