package com.gyroscops.payments.cli.load;

import com.google.common.util.concurrent.FutureCallback;
import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ListenableFuture;
import com.google.common.util.concurrent.MoreExecutors;
import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.contract.ConsistencyTokens;
import com.gyroscops.payments.v1.Amount;
import com.gyroscops.payments.v1.CommandContext;
import com.gyroscops.payments.v1.CommandReceipt;
import com.gyroscops.payments.v1.CommandServiceGrpc;
import com.gyroscops.payments.v1.CommandServiceGrpc.CommandServiceFutureStub;
import com.gyroscops.payments.v1.Consistency;
import com.gyroscops.payments.v1.CreatePaymentRequest;
import com.gyroscops.payments.v1.CurrencyStatistics;
import com.gyroscops.payments.v1.GetPaymentRequest;
import com.gyroscops.payments.v1.GetPaymentStatisticsRequest;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentFilter;
import com.gyroscops.payments.v1.PaymentStatus;
import com.gyroscops.payments.v1.PersonalData;
import com.gyroscops.payments.v1.ProcessPaymentRequest;
import com.gyroscops.payments.v1.QueryServiceGrpc;
import com.gyroscops.payments.v1.QueryServiceGrpc.QueryServiceFutureStub;
import com.gyroscops.payments.v1.ReadOptions;
import com.gyroscops.payments.v1.SearchPaymentsRequest;
import io.grpc.Channel;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntPredicate;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Calls at a constant rate by an organization of its own: creations, their processing, and look-ups
 * and searches under the tokens of commands that were just answered. A call fails if it is not
 * answered, or not with what was done. It repeats nothing by itself: that is for the channels to
 * do.
 *
 * <p>A command that were executed twice would show: as a failure, for a payment is created or
 * processed once, and in {@link #verify}.
 */
public final class SteadyLoad {

  /** What is called in turns. */
  private enum Kind {
    CREATE,
    PROCESS,
    GET,
    SEARCH
  }

  private static final String CURRENCY = "EUR";
  private static final long MINOR_UNITS = 100;

  /** Failures that are told word by word. */
  private static final int FAILURES_MAX = 20;

  /** Calls under way, far above what the deadlines of the service config let come together. */
  private static final int IN_FLIGHT_MAX = 50_000;

  /** Newest commands whose effect is asked for. */
  private static final int RECENT = 64;

  /** Longer than any deadline. */
  private static final Duration STRAGGLERS_MAX = Duration.ofSeconds(60);

  /** What a command did, and the token to see it by. */
  private record Done(Payment payment, String token) {

    private long position() {
      return ConsistencyTokens.decode(token).orElseThrow().getPosition();
    }
  }

  private final String organization;
  private final CommandServiceFutureStub commands;
  private final QueryServiceFutureStub queries;
  private final LongConsumer onSuccess;
  private final Attempts attempts = new Attempts();
  private final ConcurrentLinkedQueue<Done> unprocessed = new ConcurrentLinkedQueue<>();
  private final AtomicReferenceArray<@Nullable Done> recent = new AtomicReferenceArray<>(RECENT);
  private final AtomicReference<@Nullable Done> newest = new AtomicReference<>();
  private final Semaphore inFlight = new Semaphore(IN_FLIGHT_MAX);
  private final LongAdder created = new LongAdder();
  private final LongAdder processed = new LongAdder();
  private final Map<String, LongAdder> calls = new ConcurrentSkipListMap<>();
  private final Map<String, LongAdder> failed = new ConcurrentSkipListMap<>();
  private final ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();

  /**
   * What came of a load; counts by method.
   *
   * @param retried calls that the channel sent more than once, whatever became of them
   * @param attemptsFailed attempts that failed, by what they were told
   * @param failures the first calls that failed, in words
   */
  public record Result(
      Map<String, Long> calls,
      Map<String, Long> failed,
      Map<String, Long> retried,
      Map<String, Long> attemptsFailed,
      List<String> failures) {

    public long allCalls() {
      return sum(calls);
    }

    public long allFailed() {
      return sum(failed);
    }

    public long allRetried() {
      return sum(retried);
    }

    private static long sum(Map<String, Long> counts) {
      return counts.values().stream().mapToLong(Long::longValue).sum();
    }
  }

  /**
   * @param organization nobody else's
   * @param commands to write-servers, balanced and retrying
   * @param queries to read-servers, likewise
   * @param onSuccess hears of each call that succeeded how many nanoseconds after it was due it did
   */
  public SteadyLoad(
      String organization, Channel commands, Channel queries, LongConsumer onSuccess) {
    this.organization = organization;
    this.commands = CommandServiceGrpc.newFutureStub(commands).withInterceptors(attempts);
    this.queries = QueryServiceGrpc.newFutureStub(queries).withInterceptors(attempts);
    this.onSuccess = onSuccess;
  }

  /**
   * Calls, and waits for the last answer. Once.
   *
   * @param wanted whether the call of this number is
   * @throws IllegalStateException if an answer is missing after a minute
   */
  public Result run(int perSecond, IntPredicate wanted) throws InterruptedException {
    new OpenLoop(perSecond, System::nanoTime, LockSupport::parkNanos).run(wanted, this::call);
    if (!inFlight.tryAcquire(IN_FLIGHT_MAX, STRAGGLERS_MAX.toSeconds(), TimeUnit.SECONDS)) {
      throw new IllegalStateException(
          IN_FLIGHT_MAX - inFlight.availablePermits() + " calls are unanswered");
    }
    inFlight.release(IN_FLIGHT_MAX);
    return new Result(
        sums(calls), sums(failed), attempts.retried(), attempts.failures(), List.copyOf(failures));
  }

  private static Map<String, Long> sums(Map<String, LongAdder> counts) {
    Map<String, Long> sums = new TreeMap<>();
    counts.forEach((name, count) -> sums.put(name, count.sum()));
    return sums;
  }

  /** How its calls are sent; goes on counting as long as it runs. */
  public Attempts attempts() {
    return attempts;
  }

  /** Commands that were answered as done, each of which is one event. */
  public long commandsDone() {
    return created.sum() + processed.sum();
  }

  /**
   * Has a read-server show, under the newest command's token, each command once and none besides.
   *
   * @throws IllegalStateException with what is wrong
   */
  public void verify(QueryServiceGrpc.QueryServiceBlockingStub server) {
    Done last = newest.get();
    if (last == null) {
      throw new IllegalStateException("no command was answered");
    }
    CurrencyStatistics shown =
        server
            .getPaymentStatistics(
                GetPaymentStatisticsRequest.newBuilder()
                    .setOrganizationId(organization)
                    .setReadOptions(under(last.token()))
                    .build())
            .getCurrencies(0);
    long wanted = processed.sum() * MINOR_UNITS;
    if (shown.getPaymentCount() != created.sum() || shown.getCapturedMinorUnits() != wanted) {
      throw new IllegalStateException(
          "%d payments and %d captured, not %d and %d"
              .formatted(
                  shown.getPaymentCount(), shown.getCapturedMinorUnits(), created.sum(), wanted));
    }
  }

  private void call(int index, long dueNanos) {
    Kind[] kinds = Kind.values();
    Kind kind = kinds[index % kinds.length];
    Done subject =
        switch (kind) {
          case CREATE -> null;
          case PROCESS -> unprocessed.poll();
          case GET, SEARCH -> recent(index);
        };
    if (subject == null) {
      create(index, dueNanos);
      return;
    }
    switch (kind) {
      case PROCESS -> process(index, subject.payment(), dueNanos);
      case GET -> get(subject, dueNanos);
      case SEARCH -> search(subject, dueNanos);
      case CREATE -> throw new AssertionError("a creation has no subject");
    }
  }

  /** A command of late: the one of that number, or the first there is. */
  private @Nullable Done recent(int index) {
    for (int i = 0; i < RECENT; i++) {
      Done one = recent.get(Math.floorMod(index + i, RECENT));
      if (one != null) {
        return one;
      }
    }
    return null;
  }

  private void create(int index, long dueNanos) {
    String id = "p-" + index;
    follow(
        "CreatePayment",
        dueNanos,
        commands.createPayment(
            CreatePaymentRequest.newBuilder()
                .setContext(context("create-" + index))
                .setOrganizationId(organization)
                .setPaymentId(id)
                .setAmount(Amount.newBuilder().setMinorUnits(MINOR_UNITS).setCurrencyCode(CURRENCY))
                .setPersonalData(PersonalData.newBuilder().setUserId("user-" + index % 1_000))
                .setMerchantReference("order-" + index)
                .build()),
        answer -> {
          require(answer.getPayment().getVersion() == 1, answer);
          created.increment();
          Done done = done(index, answer.getPayment(), answer.getReceipt());
          unprocessed.add(done);
        });
  }

  private void process(int index, Payment payment, long dueNanos) {
    follow(
        "ProcessPayment",
        dueNanos,
        commands.processPayment(
            ProcessPaymentRequest.newBuilder()
                .setContext(context("process-" + index))
                .setOrganizationId(organization)
                .setPaymentId(payment.getPaymentId())
                .build()),
        answer -> {
          require(answer.getPayment().getVersion() == 2, answer);
          processed.increment();
          var _ = done(index, answer.getPayment(), answer.getReceipt());
        });
  }

  private void get(Done subject, long dueNanos) {
    follow(
        "GetPayment",
        dueNanos,
        queries.getPayment(
            GetPaymentRequest.newBuilder()
                .setOrganizationId(organization)
                .setPaymentId(subject.payment().getPaymentId())
                .setReadOptions(under(subject.token()))
                .build()),
        answer -> require(isSameOrNewer(answer.getPayment(), subject.payment()), answer));
  }

  private void search(Done subject, long dueNanos) {
    follow(
        "SearchPayments",
        dueNanos,
        queries.searchPayments(
            SearchPaymentsRequest.newBuilder()
                .setOrganizationId(organization)
                .setFilter(
                    PaymentFilter.newBuilder()
                        .setMerchantReference(subject.payment().getMerchantReference()))
                .setReadOptions(under(subject.token()))
                .build()),
        answer ->
            require(
                answer.getPaymentsCount() == 1
                    && isSameOrNewer(answer.getPayments(0), subject.payment()),
                answer));
  }

  private static boolean isSameOrNewer(Payment found, Payment known) {
    return found.getPaymentId().equals(known.getPaymentId())
        && found.getVersion() >= known.getVersion()
        && (found.getVersion() == 1 || found.getStatus() == PaymentStatus.PAYMENT_STATUS_COMPLETED);
  }

  private Done done(int index, Payment payment, CommandReceipt receipt) {
    Done done = new Done(payment, receipt.getConsistencyToken());
    recent.set(index % RECENT, done);
    newest.accumulateAndGet(
        done, (last, next) -> last == null || last.position() < next.position() ? next : last);
    return done;
  }

  private static CommandContext context(String request) {
    return CommandContext.newBuilder().setRequestId(request).build();
  }

  private static ReadOptions under(String token) {
    return ReadOptions.newBuilder()
        .setConsistency(Consistency.newBuilder().setAtLeastAsFresh(token))
        .build();
  }

  private static void require(boolean isRight, Object answer) {
    if (!isRight) {
      throw new IllegalStateException("answered wrongly: " + answer);
    }
  }

  /** Looks at an answer. */
  private interface Check<A> {
    /**
     * @throws IllegalStateException if it is wrong
     */
    void accept(A answer);
  }

  private <A> void follow(String kind, long dueNanos, ListenableFuture<A> call, Check<A> check) {
    inFlight.acquireUninterruptibly();
    count(calls, kind);
    Futures.addCallback(
        call,
        new FutureCallback<A>() {
          @Override
          public void onSuccess(@Nullable A answer) {
            try {
              check.accept(Objects.requireNonNull(answer));
              SteadyLoad.this.onSuccess.accept(System.nanoTime() - dueNanos);
            } catch (IllegalStateException e) {
              failed(kind, e);
            } finally {
              inFlight.release();
            }
          }

          @Override
          public void onFailure(Throwable failure) {
            failed(kind, failure);
            inFlight.release();
          }
        },
        MoreExecutors.directExecutor());
  }

  private void failed(String kind, Throwable failure) {
    count(failed, kind);
    if (failures.size() < FAILURES_MAX) {
      failures.add(
          kind
              + ": "
              // What comes after it is a trace of the network's inside.
              + failure.toString().lines().findFirst().orElseThrow()
              + ApiError.from(failure).map(error -> " " + error).orElse(""));
    }
  }

  private static void count(Map<String, LongAdder> counts, String name) {
    counts.computeIfAbsent(name, _ -> new LongAdder()).increment();
  }
}
