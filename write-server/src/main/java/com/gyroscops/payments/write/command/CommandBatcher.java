package com.gyroscops.payments.write.command;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.contract.ConsistencyTokens;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.write.eventstore.AppendRefusedException;
import com.gyroscops.payments.write.eventstore.Chain;
import com.gyroscops.payments.write.eventstore.ChainAnswer;
import com.gyroscops.payments.write.eventstore.EventStore;
import com.gyroscops.payments.write.eventstore.EventStore.Appended;
import com.gyroscops.payments.write.eventstore.KnownRequest;
import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import com.gyroscops.payments.write.payment.Payment;
import com.gyroscops.payments.write.payment.PaymentCommand;
import com.gyroscops.payments.write.payment.PaymentKey;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The handler behind the bus: executes commands of all calls in batches, on one lane.
 *
 * <p>Batching is natural: there is no timer, a batch is whatever queued while the one before was
 * committed. In a batch, repetitions of one request join; commands for one payment form a chain
 * that is decided in memory, one after the other; all chains go to the event store in one append.
 * What the store did not take is decided again, before anything that came later for that payment:
 *
 * <ul>
 *   <li>a chain with requests that were decided before: those are answered from storage, the rest
 *       goes on without them;
 *   <li>a chain whose payment moved on meanwhile: again from the state it is in now, at most
 *       {@value #CONFLICTS_MAX} times;
 *   <li>a batch that was decided in a history of the log that was replaced by a later one:
 *       likewise;
 *   <li>a batch that the store refused: bisected, until the command that it refuses stands alone.
 * </ul>
 *
 * <p>One lane, because the store takes one append at a time anyway; a second one gained nothing
 * when measured.
 */
public final class CommandBatcher implements CommandHandler, AutoCloseable {

  /**
   * Most commands of one append: larger ones commit hardly cheaper and make everyone wait longer.
   */
  static final int BATCH_COMMANDS_MAX = 256;

  /** Most bytes of commands of one append. */
  static final int BATCH_BYTES_MAX = 1024 * 1024;

  /** Most bytes of commands that wait: a fraction of the smallest heap recommended. */
  static final long QUEUE_BYTES_MAX = 64L * 1024 * 1024;

  /** Most conflicts of one command before its caller is told. */
  static final int CONFLICTS_MAX = 10;

  /** The outcome of a command that found the queue full. */
  public static final CommandOutcome QUEUE_FULL =
      CommandOutcome.Refused.of(CommandErrors.queueFull());

  /** Whether a command, just handed in, found the queue full: that is answered at once or never. */
  public static boolean isQueueFull(CompletableFuture<CommandOutcome> answer) {
    return answer.isDone() && answer.join().equals(QUEUE_FULL);
  }

  private static final Logger LOG = LoggerFactory.getLogger(CommandBatcher.class);
  private static final Payment ABSENT = new Payment.Absent();
  private static final long IDLE_MILLIS = 100;

  private final EventStore store;
  private final CommitListener commits;
  private final Clock clock;
  private final Supplier<UUID> eventIds;
  private final Executor answering;
  private final IntConsumer batchSizes;
  private final BlockingQueue<PendingCommand> queue;
  private final Queue<Runnable> waitingForRoom = new ConcurrentLinkedQueue<>();
  private final AtomicLong queuedBytes = new AtomicLong();

  /** States of payments in the history {@link #epoch}. The lane's own, as that is. */
  private final StateCache states = new StateCache();

  private String epoch = EventStore.ANY_EPOCH;

  /** What goes before the queue: undecided commands of the last batch. The lane's own. */
  private final Deque<PendingCommand> first = new ArrayDeque<>();

  private final Thread lane;
  private volatile boolean closing;

  /**
   * Starts the lane.
   *
   * @param eventIds a new id for each event; called by the lane alone
   * @param answering runs what waits for outcomes, so that the lane does not
   * @param batchSizes hears how many commands each batch holds
   * @param queueMax most commands that wait
   */
  public CommandBatcher(
      EventStore store,
      CommitListener commits,
      Clock clock,
      Supplier<UUID> eventIds,
      Executor answering,
      IntConsumer batchSizes,
      int queueMax) {
    this.store = store;
    this.commits = commits;
    this.clock = clock;
    this.eventIds = eventIds;
    this.answering = answering;
    this.batchSizes = batchSizes;
    this.queue = new ArrayBlockingQueue<>(queueMax);
    this.lane = Thread.ofPlatform().name("command-lane").start(this::run);
  }

  /**
   * {@inheritDoc}
   *
   * <p>Commands for one payment are decided in the order in which they are handed in here.
   */
  @Override
  public CompletionStage<CommandOutcome> handle(CommandEnvelope command) {
    if (closing) {
      return CompletableFuture.completedFuture(CommandOutcome.Refused.of(CommandErrors.draining()));
    }
    PendingCommand pending = new PendingCommand(command);
    if (queuedBytes.addAndGet(command.sizeBytes()) > QUEUE_BYTES_MAX || !queue.offer(pending)) {
      queuedBytes.addAndGet(-command.sizeBytes());
      return CompletableFuture.completedFuture(QUEUE_FULL);
    }
    if (closing && queue.remove(pending)) {
      queuedBytes.addAndGet(-command.sizeBytes());
      // The lane may have ended between the check above and the offer.
      return CompletableFuture.completedFuture(CommandOutcome.Refused.of(CommandErrors.draining()));
    }
    return pending.future();
  }

  /**
   * Runs a task, once, as soon as the queue is less than half full, of commands and of bytes; at
   * once if it is. For callers that would rather wait than be refused.
   *
   * <p>The lane looks after those that wait each time it has taken a batch or found nothing to
   * take, so whatever empties the queue, none is forgotten. It wakes no more of them than there are
   * places, so that few wake in vain.
   */
  public void whenRoom(Runnable task) {
    waitingForRoom.add(task);
    announceRoom();
  }

  /** How many commands wait. */
  public int waiting() {
    return queue.size();
  }

  /** Takes no more commands, finishes those taken, and ends the lane. */
  @Override
  public void close() {
    closing = true;
    try {
      lane.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    while (true) {
      List<PendingCommand> batch;
      try {
        batch = take();
      } catch (InterruptedException e) {
        LOG.warn("the command lane was interrupted; it goes on until closed");
        continue;
      }
      announceRoom();
      if (batch.isEmpty()) {
        if (closing && queue.isEmpty()) {
          return;
        }
        continue;
      }
      batchSizes.accept(batch.size());
      execute(batch);
      List<PendingCommand> decided = new ArrayList<>(batch.size());
      for (int i = batch.size() - 1; i >= 0; i--) {
        PendingCommand pending = batch.get(i);
        if (pending.isDecided()) {
          decided.add(pending);
        } else {
          first.addFirst(pending);
        }
      }
      if (!decided.isEmpty()) {
        answering.execute(() -> decided.reversed().forEach(PendingCommand::answer));
      }
    }
  }

  /**
   * The next batch: first what goes before the queue, which is left empty or holding what exceeds
   * the batch; then the queue. Empty if nothing came for a while.
   */
  private List<PendingCommand> take() throws InterruptedException {
    if (first.isEmpty()) {
      PendingCommand next = queue.poll(IDLE_MILLIS, TimeUnit.MILLISECONDS);
      if (next == null) {
        return List.of();
      }
      queuedBytes.addAndGet(-next.envelope().sizeBytes());
      first.add(next);
    }
    List<PendingCommand> taken = new ArrayList<>();
    queue.drainTo(taken, Math.max(0, BATCH_COMMANDS_MAX - first.size()));
    queuedBytes.addAndGet(-bytes(taken));
    first.addAll(taken);
    List<PendingCommand> batch = new ArrayList<>(first.size());
    int bytes = 0;
    while (!first.isEmpty() && bytes < BATCH_BYTES_MAX) {
      PendingCommand pending = first.removeFirst();
      bytes += pending.envelope().sizeBytes();
      batch.add(pending);
    }
    return batch;
  }

  private void announceRoom() {
    for (int places = places(); places > 0; places--) {
      Runnable task = waitingForRoom.poll();
      if (task == null) {
        return;
      }
      answering.execute(task);
    }
  }

  /** How many of those that wait may come; all of them while it closes, which tells them so. */
  private int places() {
    if (closing) {
      return Integer.MAX_VALUE;
    }
    int free = queue.remainingCapacity();
    return free > queue.size() && queuedBytes.get() <= QUEUE_BYTES_MAX / 2 ? free : 0;
  }

  /** Decides what can be decided of a batch; the rest stays undecided for the next. */
  private void execute(List<PendingCommand> batch) {
    Map<PaymentKey, List<PendingCommand>> chains = chains(batch);
    if (chains.isEmpty()) {
      return;
    }
    try {
      List<DecidedChain> decided = decide(chains, load(chains));
      if (!decided.isEmpty()) {
        append(epoch, decided);
      }
    } catch (StoreUnavailableException e) {
      LOG.warn("{} commands fail: {}", batch.size(), e.getMessage());
      CommandOutcome unavailable = CommandOutcome.Refused.of(CommandErrors.storeUnavailable());
      giveUp(chains, unavailable);
      giveUpWaiting(batch, unavailable);
    } catch (RuntimeException | LinkageError | VirtualMachineError e) {
      // The lane must outlive whatever happens in it: without it the server only seems to work.
      LOG.error("{} commands fail unexpectedly", batch.size(), e);
      giveUp(chains, CommandOutcome.Refused.of(CommandErrors.notStored()));
    }
  }

  /** Groups the commands by payment, in order, and joins or holds back repetitions. */
  private static Map<PaymentKey, List<PendingCommand>> chains(List<PendingCommand> batch) {
    Map<PaymentKey, List<PendingCommand>> chains = new LinkedHashMap<>();
    Map<UUID, PendingCommand> byRequest = HashMap.newHashMap(batch.size());
    Set<PaymentKey> heldBack = new HashSet<>();
    for (var commands = batch.iterator(); commands.hasNext(); ) {
      PendingCommand pending = commands.next();
      CommandEnvelope envelope = pending.envelope();
      if (pending.isAbandoned()) {
        pending.decide(CommandOutcome.Refused.of(CommandErrors.abandoned()));
        continue;
      }
      PaymentKey key = pending.key();
      if (heldBack.contains(key)) {
        continue;
      }
      if (!envelope.validateOnly()) {
        PendingCommand earlier = byRequest.putIfAbsent(envelope.requestKey(), pending);
        if (earlier != null) {
          if (envelope.repeats(earlier.envelope())) {
            earlier.join(pending);
            commands.remove();
          } else {
            // Whether the id is taken shows once the earlier one is stored, or is not.
            heldBack.add(key);
          }
          continue;
        }
      }
      List<PendingCommand> chain = chains.computeIfAbsent(key, _ -> new ArrayList<>());
      chain.add(pending);
      if (pending.isAlone()) {
        heldBack.add(key);
      }
    }
    return chains;
  }

  /** The states to decide on: at hand, fetched, or for what begins with a creation, none so far. */
  private Map<PaymentKey, Supplier<Payment>> load(Map<PaymentKey, List<PendingCommand>> chains) {
    Map<PaymentKey, Supplier<Payment>> bases = LinkedHashMap.newLinkedHashMap(chains.size());
    List<PaymentKey> missing = new ArrayList<>();
    List<PaymentKey> atHand = new ArrayList<>();
    chains.forEach((key, commands) -> {
      Payment state = states.get(key);
      PendingCommand opening = commands.getFirst();
      if (state != null) {
        bases.put(key, () -> state);
        atHand.add(key);
      } else if (opening.envelope().command() instanceof PaymentCommand.Create
          && opening.conflicts() == 0) {
        bases.put(key, () -> ABSENT);
      } else {
        missing.add(key);
      }
    });
    if (missing.isEmpty()) {
      return bases;
    }
    EventStore.Newest found = store.newest(missing);
    if (!found.head().epoch().equals(epoch)) {
      goOnIn(found.head().epoch());
      if (!atHand.isEmpty()) {
        // Those are of the history before. None is at hand any more, so this happens once.
        return load(chains);
      }
    }
    for (PaymentKey key : missing) {
      PaymentEvent newest = found.events().get(key);
      // Read later, so that a payment that this version cannot read fails its own commands alone.
      bases.put(key, () -> newest == null ? ABSENT : PaymentMessages.toState(newest.getPayment()));
    }
    return bases;
  }

  private List<DecidedChain> decide(
      Map<PaymentKey, List<PendingCommand>> chains, Map<PaymentKey, Supplier<Payment>> bases) {
    Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
    List<DecidedChain> decided = new ArrayList<>(chains.size());
    bases.forEach((key, base) -> {
      List<PendingCommand> commands = chains.getOrDefault(key, List.of());
      try {
        DecidedChain chain = new DecidedChain(key, base.get());
        commands.forEach(command -> chain.decide(command, now, eventIds));
        decided.add(chain);
      } catch (RuntimeException e) {
        LOG.error("commands for {} cannot be decided", key, e);
        giveUp(Map.of(key, commands), CommandOutcome.Refused.of(CommandErrors.notStored()));
      }
    });
    return decided;
  }

  /** Appends, and halves what the store refuses until the refused command stands alone. */
  private void append(String decidedIn, List<DecidedChain> chains) {
    Appended appended;
    try {
      List<Chain> asked = chains.stream().map(DecidedChain::toChain).toList();
      appended = store.append(decidedIn, asked);
    } catch (AppendRefusedException e) {
      if (chains.size() > 1) {
        LOG.warn("a batch of {} chains is refused and halved: {}", chains.size(), e.getMessage());
        append(decidedIn, chains.subList(0, chains.size() / 2));
        append(decidedIn, chains.subList(chains.size() / 2, chains.size()));
      } else {
        refused(chains.getFirst(), e);
      }
      return;
    }
    if (!appended.epoch().equals(epoch)) {
      goOnIn(appended.epoch());
    }
    List<PaymentEvent> committed = new ArrayList<>();
    for (int i = 0; i < chains.size(); i++) {
      DecidedChain chain = chains.get(i);
      switch (appended.answers().get(i)) {
        case ChainAnswer.Stored(long firstPosition) -> {
          states.put(chain.key(), chain.state());
          chain.stored(appended, firstPosition, committed);
        }
        case ChainAnswer.Known(Map<Integer, KnownRequest> requests) -> {
          states.forget(chain.key());
          requests.forEach((n, request) -> replay(chain.commands().get(n), request));
        }
        case ChainAnswer.Conflict _, ChainAnswer.OtherHistory _ -> {
          states.forget(chain.key());
          conflict(chain);
        }
      }
    }
    if (!committed.isEmpty()) {
      commits.committed(appended.epoch(), committed);
    }
  }

  /** States of an earlier history may be lost ones, at versions that now are others. */
  private void goOnIn(String present) {
    if (!epoch.isEmpty()) {
      LOG.info("commands are decided in epoch {} from now on", present);
    }
    states.clear();
    epoch = present;
  }

  private void refused(DecidedChain chain, AppendRefusedException e) {
    states.forget(chain.key());
    if (chain.commands().size() > 1) {
      chain.commands().forEach(PendingCommand::setAlone);
    } else {
      PendingCommand pending = chain.commands().getFirst();
      LOG.error("command {} is refused", pending.envelope().requestId(), e);
      pending.decide(CommandOutcome.Refused.of(CommandErrors.notStored()));
    }
  }

  private static void replay(PendingCommand pending, KnownRequest request) {
    CommandEnvelope envelope = pending.envelope();
    pending.decide(
        envelope.isAnsweredBy(request)
            ? outcome(request)
            : CommandOutcome.Refused.of(CommandErrors.requestIdReused(envelope.requestId())));
  }

  /** The outcome of a request that was decided before. */
  public static CommandOutcome outcome(KnownRequest request) {
    return switch (request) {
      case KnownRequest.Accepted(UUID _, String epoch, PaymentEvent event) ->
          new CommandOutcome.Succeeded(
              event.getPayment(),
              event.getEventId(),
              ConsistencyTokens.encode(event.getLogId(), epoch, event.getPosition()),
              true);
      case KnownRequest.Rejected(UUID _, var error) ->
          new CommandOutcome.Refused(ApiError.from(error), true);
    };
  }

  /** The payment moved on: the whole chain is decided again, unless that happened too often. */
  private static void conflict(DecidedChain chain) {
    for (PendingCommand pending : chain.commands()) {
      if (pending.conflict() >= CONFLICTS_MAX) {
        pending.decide(CommandOutcome.Refused.of(CommandErrors.concurrentChange()));
      }
    }
  }

  /**
   * Fails what waits as well. Those commands were sent by callers who do not know yet that an
   * earlier one failed: decided without it, they might be rejected for good. States at hand go too,
   * for a store that comes back may be an older one.
   */
  private void giveUpWaiting(List<PendingCommand> batch, CommandOutcome outcome) {
    List<PendingCommand> waiting = new ArrayList<>();
    queue.drainTo(waiting);
    queuedBytes.addAndGet(-bytes(waiting));
    batch.addAll(first);
    batch.addAll(waiting);
    first.clear();
    batch.stream().filter(pending -> !pending.isDecided()).forEach(p -> p.decide(outcome));
    states.clear();
  }

  private static long bytes(List<PendingCommand> commands) {
    return commands.stream().mapToLong(pending -> pending.envelope().sizeBytes()).sum();
  }

  private void giveUp(Map<PaymentKey, List<PendingCommand>> chains, CommandOutcome outcome) {
    chains.keySet().forEach(states::forget);
    chains.values().stream()
        .flatMap(Collection::stream)
        .filter(pending -> !pending.isDecided())
        .forEach(pending -> pending.decide(outcome));
  }
}
