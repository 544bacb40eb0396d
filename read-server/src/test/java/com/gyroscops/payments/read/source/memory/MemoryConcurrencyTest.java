package com.gyroscops.payments.read.source.memory;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.contract.Lineage;
import com.gyroscops.payments.read.SampleLog;
import com.gyroscops.payments.read.source.Answer;
import com.gyroscops.payments.read.source.ApplyOutcome;
import com.gyroscops.payments.read.source.Completion;
import com.gyroscops.payments.read.source.Model;
import com.gyroscops.payments.read.source.PaymentSearch;
import com.gyroscops.payments.read.source.PaymentSource.Tidied;
import com.gyroscops.payments.read.source.RandomQuestions;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.read.source.SourceUnavailableException;
import com.gyroscops.payments.read.source.TotalsSpan;
import com.gyroscops.payments.testing.Seed;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentEvent;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each answer is what the log says at the position that the answer names, whatever goes on. */
class MemoryConcurrencyTest {

  private static final long FENCE = 1;

  @TempDir private Path folder;

  private static List<Payment> paymentsAt(SampleLog log, long position) {
    Map<String, Payment> payments = new LinkedHashMap<>();
    for (PaymentEvent event : log.events().subList(0, (int) position)) {
      payments.put(event.getOrganizationId() + "/" + event.getPaymentId(), event.getPayment());
    }
    return List.copyOf(payments.values());
  }

  @Test
  void everyAnswerIsOfThePositionItSaysWhileEventsAreAppliedAndSegmentsMerged() throws Exception {
    SampleLog log = new SampleLog("payments", "epoch-1").random(Seed.random(1), 4_000);
    try (MemorySource source =
        new MemorySource(
            receiver -> receiver.start(SourcePosition.NOWHERE),
            folder,
            100_000,
            MemorySource.DIVERGED_WAIT,
            new SearchRun.Reach(0, 1, 0))) {
      source.takeOver(FENCE);
      SourcePosition at = source.begin(FENCE, "payments", Lineage.of("epoch-1"), 0).orElseThrow();
      AtomicBoolean done = new AtomicBoolean();
      AtomicInteger answers = new AtomicInteger();
      AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
      List<Thread> readers = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        Random random = Seed.random(100 + i);
        readers.add(
            Thread.ofPlatform()
                .start(() -> {
                  try {
                    RandomQuestions questions = new RandomQuestions(random, log.payments());
                    while (!done.get()) {
                      ask(source, log, questions, random);
                      answers.incrementAndGet();
                    }
                  } catch (Throwable e) {
                    failure.set(e);
                  }
                }));
      }
      readers.add(
          Thread.ofPlatform()
              .start(() -> {
                try {
                  while (!done.get()) {
                    source.optimize();
                  }
                } catch (SourceUnavailableException | RuntimeException e) {
                  failure.set(e);
                }
              }));
      Random sizes = Seed.random(2);
      int runs = 0;
      while (at.position() < log.head() && failure.get() == null) {
        List<PaymentEvent> rest = log.after(at.position());
        int size = Math.min(rest.size(), 1 + sizes.nextInt(20));
        at = ((ApplyOutcome.Applied) source.apply(FENCE, at, rest.subList(0, size))).at();
        // On a busy machine it would all be applied before anybody asks.
        int answersMin = ++runs / 3;
        eventually(
            "they are answered meanwhile",
            Duration.ofMinutes(1),
            Duration.ofMillis(1),
            () -> answers.get() >= answersMin || failure.get() != null);
      }
      done.set(true);
      for (Thread reader : readers) {
        reader.join();
      }
      assertThat(failure.get()).isNull();
      assertThat(answers.get()).isGreaterThan(100);
    }
  }

  private static void ask(
      MemorySource source, SampleLog log, RandomQuestions questions, Random random) {
    switch (random.nextInt(4)) {
      case 0 -> {
        PaymentSearch search = questions.search();
        check(
            source.search(search),
            log,
            (payments, page) ->
                assertThat(page.payments())
                    .as("%s", search)
                    .isEqualTo(
                        Model.search(payments, search).stream().limit(search.limit()).toList()));
      }
      case 1 -> {
        TotalsSpan span = questions.totals();
        check(
            source.aggregate(span),
            log,
            (payments, totals) ->
                assertThat(totals).as("%s", span).isEqualTo(Model.totals(payments, span)));
      }
      case 2 -> {
        Completion completion = questions.completion();
        check(
            source.suggest(completion),
            log,
            (payments, values) ->
                assertThat(values)
                    .as("%s", completion)
                    .isEqualTo(Model.completions(payments, completion)));
      }
      default -> {
        Payment any = questions.any();
        check(
            source.find(any.getOrganizationId(), List.of(any.getPaymentId())),
            log,
            (payments, found) ->
                assertThat(found)
                    .isEqualTo(
                        payments.stream()
                            .filter(it -> it.getOrganizationId().equals(any.getOrganizationId()))
                            .filter(it -> it.getPaymentId().equals(any.getPaymentId()))
                            .toList()));
      }
    }
  }

  @FunctionalInterface
  private interface Check<T> {
    void against(List<Payment> payments, T value);
  }

  private static <T> void check(Answer<T> answer, SampleLog log, Check<T> check) {
    assertThat(answer).isInstanceOf(Answer.Data.class);
    Answer.Data<T> data = (Answer.Data<T>) answer;
    check.against(paymentsAt(log, data.at().position()), data.value());
  }

  @Test
  void tidyingUpLeavesOneSegmentAndTheSameAnswers() throws Exception {
    SampleLog log = new SampleLog("payments", "epoch-1").random(Seed.random(3), 2_000);
    try (MemorySource source =
        new MemorySource(receiver -> receiver.start(SourcePosition.NOWHERE), folder, 100_000)) {
      source.takeOver(FENCE);
      SourcePosition at = source.begin(FENCE, "payments", Lineage.of("epoch-1"), 0).orElseThrow();
      while (at.position() < log.head()) {
        List<PaymentEvent> run = log.after(at.position()).subList(0, 100);
        at = ((ApplyOutcome.Applied) source.apply(FENCE, at, run)).at();
      }
      Tidied tidied = source.optimize().orElseThrow();
      assertThat(tidied.segmentsBefore()).isGreaterThan(1);
      assertThat(tidied.segmentsAfter()).isEqualTo(1);
      assertThat(source.segments()).isEqualTo(1);
      assertThat(source.position()).isEqualTo(at);
      Random random = Seed.random(4);
      RandomQuestions questions = new RandomQuestions(random, log.payments());
      for (int i = 0; i < 200; i++) {
        ask(source, log, questions, random);
      }
    }
  }

  @Test
  void anIndexAtRestIsMergedOnceMuchHasChanged() throws Exception {
    SampleLog log = new SampleLog("payments", "epoch-1").random(Seed.random(3), 2_000);
    try (MemorySource source =
        new MemorySource(receiver -> receiver.start(SourcePosition.NOWHERE), folder, 100_000)) {
      source.takeOver(FENCE);
      SourcePosition at = source.begin(FENCE, "payments", Lineage.of("epoch-1"), 0).orElseThrow();
      long startNanos = System.nanoTime();
      for (int size : List.of(900, 900, 197)) {
        at = applied(source, log, at, size);
      }
      int before = source.segments();
      assertThat(before).isGreaterThan(1);
      source.mergeAtRest(startNanos);
      assertThat(source.segments()).as("it changed just now").isEqualTo(before);
      long later = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
      source.mergeAtRest(later);
      assertThat(source.segments()).isEqualTo(1);
      while (at.position() < log.head()) {
        at = applied(source, log, at, 1);
      }
      int few = source.segments();
      assertThat(few).isGreaterThan(1);
      source.mergeAtRest(later);
      assertThat(source.segments()).as("little has changed").isEqualTo(few);
      assertThat(source.position()).isEqualTo(at);
      RandomQuestions questions = new RandomQuestions(Seed.random(4), log.payments());
      for (int i = 0; i < 100; i++) {
        ask(source, log, questions, Seed.random(i));
      }
    }
  }

  private static SourcePosition applied(
      MemorySource source, SampleLog log, SourcePosition at, int size) throws Exception {
    List<PaymentEvent> run = log.after(at.position()).subList(0, size);
    return ((ApplyOutcome.Applied) source.apply(FENCE, at, run)).at();
  }
}
