package com.gyroscops.payments.read.source.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.gyroscops.payments.contract.Lineage;
import com.gyroscops.payments.read.SampleLog;
import com.gyroscops.payments.read.source.Analysis;
import com.gyroscops.payments.read.source.Answer;
import com.gyroscops.payments.read.source.Completion;
import com.gyroscops.payments.read.source.Filter;
import com.gyroscops.payments.read.source.NumberField;
import com.gyroscops.payments.read.source.PaymentSearch;
import com.gyroscops.payments.read.source.Percentile;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.read.source.TotalsSpan;
import com.gyroscops.payments.v1.Payment;
import io.grpc.Context;
import java.nio.file.Path;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.SimpleCollector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CallEndTest {

  private static final int PAYMENTS = 20_000;

  @TempDir private Path folder;

  @Test
  void aScanEndsSoonAfterItsCall() throws Exception {
    try (PaymentIndex index = new PaymentIndex(folder.resolve("index"), 1_000)) {
      Payment like = new SampleLog("payments", "e").create("acme", "p").getPayment();
      for (int i = 0; i < PAYMENTS; i++) {
        index.add(like.toBuilder().setPaymentId("p" + i).build());
      }
      AtomicInteger collected = new AtomicInteger();
      Context.CancellableContext call = Context.current().withCancellation();
      try (View view = new View(index, index.open(), SourcePosition.NOWHERE, Map.of())) {
        Callable<Object> scan =
            () -> {
              new Matches(view)
                  .collect(
                      Filters.of(index, "acme").orElseThrow().all(Filter.all("acme")),
                      cancelling(call, collected));
              return "not stopped";
            };
        assertThatThrownBy(() -> call.call(scan)).isInstanceOf(CallEnd.Reached.class);
      }
      assertThat(collected.get()).isBetween(1, PAYMENTS / 2);
    }
  }

  /** Ends the call when it sees the first document. */
  private static SimpleCollector cancelling(
      Context.CancellableContext call, AtomicInteger collected) {
    return new SimpleCollector() {
      @Override
      public void collect(int doc) {
        if (collected.getAndIncrement() == 0) {
          call.cancel(null);
        }
      }

      @Override
      public ScoreMode scoreMode() {
        return ScoreMode.COMPLETE_NO_SCORES;
      }
    };
  }

  @Test
  void aQueryOfACallThatHasEndedIsStopped() throws Exception {
    SampleLog log = new SampleLog("payments", "epoch-1");
    log.create("acme", "p1");
    try (MemorySource source =
        new MemorySource(receiver -> receiver.start(SourcePosition.NOWHERE), folder, 100)) {
      source.takeOver(1);
      SourcePosition at = source.begin(1, "payments", Lineage.of("epoch-1"), 0).orElseThrow();
      source.apply(1, at, log.events());
      Context.CancellableContext call = Context.current().withCancellation();
      call.cancel(null);
      Filter all = Filter.all("acme");
      List<Callable<Answer<?>>> questions =
          List.of(
              () ->
                  source.search(
                      new PaymentSearch(all, NumberField.EFFECTIVE_TIME, true, null, 10, 0)),
              () ->
                  source.aggregate(
                      new TotalsSpan(
                          Optional.of("acme"),
                          new Filter.Span(SampleLog.START_MICROS, SampleLog.START_MICROS + 1),
                          Set.of())),
              () ->
                  source.analyze(
                      new Analysis(
                          all,
                          true,
                          false,
                          Optional.empty(),
                          ZoneId.of("UTC"),
                          List.of(Percentile.of(50)),
                          Analysis.Order.KEY,
                          10)),
              () -> source.suggest(new Completion("acme", Completion.Field.DESCRIPTION, "a", 10)));
      for (Callable<Answer<?>> question : questions) {
        assertThat(call.call(question)).isInstanceOf(Answer.Stopped.class);
        assertThat(question.call()).isInstanceOf(Answer.Data.class);
      }
    }
  }
}
