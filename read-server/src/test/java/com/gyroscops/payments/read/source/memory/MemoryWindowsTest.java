package com.gyroscops.payments.read.source.memory;

import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.read.SampleLog;
import com.gyroscops.payments.read.source.Model;
import com.gyroscops.payments.read.source.PaymentSearch;
import com.gyroscops.payments.read.source.PaymentSource;
import com.gyroscops.payments.read.source.RandomQuestions;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.testing.Seed;
import com.gyroscops.payments.v1.Payment;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The same contract, with every search that can reading its order in windows, tiny ones. */
class MemoryWindowsTest extends MemorySourceTest {

  @Override
  MemorySource source(Path folder) {
    return new MemorySource(
        receiver -> receiver.start(SourcePosition.NOWHERE),
        folder,
        1_000_000,
        MemorySource.DIVERGED_WAIT,
        new SearchRun.Reach(0, 1, 0));
  }

  /** Leaves of points hold 512, so that many payments lie in many of them. */
  @Test
  void pagesReadInManyWindowsAddUpToExactlyThePaymentsThatMatchInOrder() throws Exception {
    Random random = Seed.random(SEED + 20);
    SampleLog log = log();
    for (int i = 0; i < 20_000; i++) {
      log.create(
          i % 20 == 0 ? "other" : "acme",
          "p" + Integer.toHexString(i * 7919),
          1 + random.nextInt(8) * random.nextInt(1_000),
          random.nextInt(50) == 0 ? "EUR" : "JPY",
          SampleLog.START_MICROS + random.nextInt(30_000));
      if (i % 97 == 0) {
        log.fail(i % 20 == 0 ? "other" : "acme", "p" + Integer.toHexString(i * 7919));
      }
    }
    PaymentSource source = newSource();
    filled(source, log);
    RandomQuestions questions = new RandomQuestions(random, log.payments());
    for (int i = 0; i < 150; i++) {
      PaymentSearch search = questions.search();
      List<Payment> expected = Model.search(log.payments(), search);
      List<Payment> page = data(source.search(search)).payments();
      int from = 0;
      for (int pages = 0; pages < 3; pages++) {
        int to = Math.min(expected.size(), from + search.limit());
        assertThat(page).as("%s", search).isEqualTo(expected.subList(from, to));
        if (page.isEmpty()) {
          break;
        }
        from = to;
        page = data(source.search(Model.after(search, page.getLast()))).payments();
      }
    }
  }
}
