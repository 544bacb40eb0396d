package com.gyroscops.payments.write.imports;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.gyroscops.payments.testing.Seed;
import com.gyroscops.payments.v1.Amount;
import com.gyroscops.payments.v1.Command;
import com.gyroscops.payments.v1.CommandContext;
import com.gyroscops.payments.v1.CreatePaymentRequest;
import com.gyroscops.payments.v1.Import;
import com.gyroscops.payments.v1.ImportRejection;
import com.gyroscops.payments.v1.ImportRow;
import com.gyroscops.payments.v1.ImportState;
import com.gyroscops.payments.v1.ProcessPaymentRequest;
import com.gyroscops.payments.v1.RefundPaymentRequest;
import com.gyroscops.payments.v1.UploadImportRequest;
import com.gyroscops.payments.v1.WriteStrategy;
import com.gyroscops.payments.write.command.CommandBatcher;
import com.gyroscops.payments.write.command.CommandErrors;
import com.gyroscops.payments.write.command.CommandHandler;
import com.gyroscops.payments.write.command.CommandOutcome;
import com.gyroscops.payments.write.command.CommandReader;
import com.gyroscops.payments.write.command.PatientHandler;
import com.gyroscops.payments.write.eventstore.EventStore;
import com.gyroscops.payments.write.eventstore.Keys;
import com.gyroscops.payments.write.eventstore.postgres.PostgresEventStore;
import com.gyroscops.payments.write.eventstore.postgres.TestDatabase;
import com.gyroscops.payments.write.imports.ImportStore.Start;
import com.gyroscops.payments.write.imports.ImportStore.Upload;
import com.gyroscops.payments.write.imports.postgres.PostgresImports;
import com.gyroscops.payments.write.submission.RetryLaterException;
import com.zaxxer.hikari.HikariDataSource;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a workflow does, on a real database, in orders that no workflow engine would choose. */
class ImportExecutorTest {

  private static final Duration LATER = Duration.ofHours(1);

  private HikariDataSource pool;
  private EventStore events;
  private ImportStore imports;
  private CommandBatcher batcher;
  private ExecutorService threads;

  /** That would have been made before rows were tried again. */
  private final List<Duration> pauses = Collections.synchronizedList(new ArrayList<>());

  @BeforeEach
  void start() {
    pool = TestDatabase.open();
    events = new PostgresEventStore(pool, "test");
    imports = new PostgresImports(pool);
    threads = Executors.newVirtualThreadPerTaskExecutor();
    batcher =
        new CommandBatcher(
            events, (_, _) -> {}, Clock.systemUTC(), UUID::randomUUID, threads, _ -> {}, 8_192);
  }

  @AfterEach
  void stop() {
    batcher.close();
    threads.close();
    pool.close();
  }

  private ImportExecutor executor(CommandHandler commands) {
    return new ImportExecutor(
        events,
        imports,
        new CommandReader(Clock.systemUTC(), () -> "", () -> ""),
        commands,
        threads,
        pauses::add);
  }

  private static CommandContext.Builder context(String requestId) {
    return CommandContext.newBuilder().setRequestId(requestId);
  }

  private static CreatePaymentRequest.Builder create(String payment) {
    return CreatePaymentRequest.newBuilder()
        .setContext(context("create-" + payment))
        .setOrganizationId("acme")
        .setPaymentId(payment)
        .setAmount(Amount.newBuilder().setMinorUnits(1_000).setCurrencyCode("EUR"));
  }

  private static ProcessPaymentRequest.Builder process(String payment) {
    return ProcessPaymentRequest.newBuilder()
        .setContext(context("process-" + payment))
        .setOrganizationId("acme")
        .setPaymentId(payment);
  }

  private static RefundPaymentRequest.Builder refund(String payment) {
    return RefundPaymentRequest.newBuilder()
        .setContext(context("refund-" + payment))
        .setOrganizationId("acme")
        .setPaymentId(payment);
  }

  private static ImportRow row(long row, CreatePaymentRequest.Builder create) {
    return ImportRow.newBuilder()
        .setRow(row)
        .setCommand(Command.newBuilder().setCreate(create))
        .build();
  }

  private static ImportRow row(long row, ProcessPaymentRequest.Builder process) {
    return ImportRow.newBuilder()
        .setRow(row)
        .setCommand(Command.newBuilder().setProcess(process))
        .build();
  }

  private static ImportRow row(long row, RefundPaymentRequest.Builder refund) {
    return ImportRow.newBuilder()
        .setRow(row)
        .setCommand(Command.newBuilder().setRefund(refund))
        .build();
  }

  private static UploadImportRequest chunk(int chunk, List<ImportRow> rows) {
    return chunk("i", chunk, rows);
  }

  private static UploadImportRequest chunk(String importId, int chunk, List<ImportRow> rows) {
    return UploadImportRequest.newBuilder()
        .setImportId(importId)
        .setChunk(chunk)
        .addAllRows(rows)
        .build();
  }

  private void started(List<List<ImportRow>> chunks) {
    started("i", chunks);
  }

  private void started(String importId, List<List<ImportRow>> chunks) {
    for (int i = 0; i < chunks.size(); i++) {
      assertThat(imports.upload(chunk(importId, i, chunks.get(i)), "", "")).isEqualTo(Upload.KEPT);
    }
    assertThat(imports.start(importId, chunks.size(), LATER)).isEqualTo(Start.STARTED);
  }

  private Import now() {
    return imports.find("i").orElseThrow();
  }

  private List<ImportRejection> rejections() {
    return imports.rejections("i", 0, 100).orElseThrow().rejections();
  }

  @Test
  void chunkAfterChunkUntilTheLastEndsIt() {
    started(
        List.of(
            List.of(row(1, create("p")), row(2, process("p")), row(3, create("q"))),
            List.of(row(4, refund("p")), row(5, refund("missing")))));
    assertThat(now().getState()).isEqualTo(ImportState.IMPORT_STATE_RUNNING);

    assertThat(executor(batcher).executeNext("i")).isTrue();
    assertThat(now().getAccepted()).isEqualTo(3);
    assertThat(now().getState()).isEqualTo(ImportState.IMPORT_STATE_RUNNING);
    assertThat(executor(batcher).executeNext("i")).isFalse();

    assertThat(now().getState()).isEqualTo(ImportState.IMPORT_STATE_COMPLETED);
    assertThat(now())
        .extracting(Import::getChunks, Import::getRows, Import::getAccepted, Import::getRejected)
        .containsExactly(2, 5L, 4L, 1L);
    assertThat(rejections())
        .singleElement()
        .satisfies(rejection -> {
          assertThat(rejection.getRow()).isEqualTo(5);
          assertThat(rejection.getCommand()).isEqualTo("refund");
          assertThat(rejection.getPaymentId()).isEqualTo("missing");
          assertThat(rejection.getError().getReason()).isEqualTo("PAYMENT_NOT_FOUND");
        });
    assertThat(events.head().position()).isEqualTo(4);
    assertThat(executor(batcher).executeNext("i")).isFalse();
  }

  @Test
  void whatIsNoCommandOrAsksForWhatDoesNotApplyIsRejected() {
    CreatePaymentRequest.Builder asks = create("asks");
    asks.getContextBuilder().setValidateOnly(true);
    CreatePaymentRequest.Builder waits = create("waits");
    waits.getContextBuilder().setWriteStrategy(WriteStrategy.WRITE_STRATEGY_WRITE_THROUGH);
    started(
        List.of(
            List.of(
                row(1, asks),
                row(2, waits),
                ImportRow.newBuilder().setRow(3).build(),
                row(4, create("p").setOrganizationId("no organization")))));
    assertThat(executor(batcher).executeNext("i")).isFalse();
    assertThat(rejections())
        .hasSize(4)
        .allSatisfy(it -> assertThat(it.getError().getReason()).isEqualTo("FIELD_INVALID"));
    assertThat(events.head().position()).isZero();
  }

  @Test
  void aVersionThatDoesNotFitStaysRejectedThoughACopyComesLate() {
    ProcessPaymentRequest.Builder process = process("p");
    process.getContextBuilder().setExpectedVersion(2);
    var update = refund("p");
    started(List.of(List.of(row(1, create("p")), row(2, process), row(3, update))));
    CommandReader reader = new CommandReader(Clock.systemUTC(), () -> "", () -> "");
    assertThat(executor(batcher).executeNext("i")).isFalse();
    assertThat(rejections()).extracting(ImportRejection::getRow).containsExactly(2L, 3L);

    // Version 2 by other means; the copy of row 2 would fit now.
    assertThat(now().getAccepted()).isEqualTo(1);
    var other = process("p");
    other.getContextBuilder().setRequestId("other");
    assertThat(outcome(reader, row(0, other))).isInstanceOf(CommandOutcome.Succeeded.class);
    assertThat(outcome(reader, row(0, process)))
        .isInstanceOfSatisfying(
            CommandOutcome.Refused.class,
            refused -> {
              assertThat(refused.replayed()).isTrue();
              assertThat(refused.error().reason()).isEqualTo("VERSION_MISMATCH");
            });
  }

  private CommandOutcome outcome(CommandReader reader, ImportRow row) {
    var read = (CommandReader.Reading.WellFormed) reader.read(row.getCommand());
    return batcher.handle(read.command()).toCompletableFuture().join();
  }

  @Test
  void whatPassesLeavesTheChunkAndTheRestOfItsPayment() {
    started(
        List.of(
            List.of(
                row(1, create("p")),
                row(2, process("p")),
                row(3, refund("p")),
                row(4, create("q")))));
    CommandHandler fullForProcessing =
        command ->
            command.requestId().equals("process-p")
                ? CompletableFuture.completedFuture(CommandBatcher.QUEUE_FULL)
                : batcher.handle(command);
    ImportExecutor full = executor(fullForProcessing);
    assertThatThrownBy(() -> full.executeNext("i")).isInstanceOf(RetryLaterException.class);
    assertThat(now().getAccepted()).isZero();
    assertThat(events.head().position()).isEqualTo(2);

    assertThat(executor(batcher).executeNext("i")).isFalse();
    assertThat(now().getAccepted()).isEqualTo(4);
    assertThat(now().getReplayed()).isEqualTo(2);
    assertThat(events.head().position()).isEqualTo(4);
  }

  /** Refuses one request so often, for a reason of its own. */
  private CommandHandler notStoring(String requestId, AtomicInteger times) {
    return command ->
        command.requestId().equals(requestId) && times.getAndDecrement() > 0
            ? CompletableFuture.completedFuture(
                CommandOutcome.Refused.of(CommandErrors.notStored()))
            : batcher.handle(command);
  }

  @Test
  void aRowThatIsNotStoredIsTriedAgain() {
    started(List.of(List.of(row(1, create("p")), row(2, process("p")), row(3, refund("p")))));
    AtomicInteger times = new AtomicInteger(ImportExecutor.NOT_STORED_ATTEMPTS_MAX - 1);

    assertThat(executor(notStoring("process-p", times)).executeNext("i")).isFalse();

    assertThat(rejections()).isEmpty();
    assertThat(now().getAccepted()).isEqualTo(3);
    assertThat(pauses).extracting(Duration::toMillis).containsExactly(100L, 200L, 400L, 800L);
  }

  @Test
  void aRowThatStaysUnstoredIsReportedWithThoseAfterItAndNoOutcomeIsStored() {
    List<List<ImportRow>> rows =
        List.of(
            List.of(
                row(1, create("p")),
                row(2, create("q")),
                row(3, process("p")),
                row(4, process("q"))),
            List.of(row(5, refund("p")), row(6, refund("q"))));
    started(rows);
    AtomicInteger times = new AtomicInteger(Integer.MAX_VALUE);
    ImportExecutor executor = executor(notStoring("create-p", times));

    assertThat(executor.executeNext("i")).isTrue();
    assertThat(executor.executeNext("i")).isFalse();

    assertThat(Integer.MAX_VALUE - times.get()).isEqualTo(ImportExecutor.NOT_STORED_ATTEMPTS_MAX);
    assertThat(rejections())
        .extracting(ImportRejection::getRow, it -> it.getError().getReason())
        .containsExactly(
            tuple(1L, CommandErrors.COMMAND_NOT_STORED),
            tuple(3L, CommandErrors.COMMAND_NOT_STORED),
            tuple(5L, CommandErrors.COMMAND_NOT_STORED));
    assertThat(now().getAccepted()).isEqualTo(3);
    assertThat(List.of("create-p", "process-p", "refund-p"))
        .allSatisfy(id -> assertThat(events.request(Keys.request("acme", id))).isEmpty());

    started("again", rows);
    assertThat(executor(batcher).executeNext("again")).isTrue();
    assertThat(executor(batcher).executeNext("again")).isFalse();
    assertThat(imports.find("again").orElseThrow())
        .extracting(Import::getAccepted, Import::getReplayed)
        .containsExactly(6L, 3L);
  }

  @Test
  void importsAtOnceWaitForRoomAndRepeatNothing() throws Exception {
    CommandBatcher small =
        new CommandBatcher(
            events, (_, _) -> {}, Clock.systemUTC(), UUID::randomUUID, threads, _ -> {}, 16);
    try {
      ImportExecutor executor = executor(new PatientHandler(small, small::whenRoom));
      List<Callable<Boolean>> steps = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        List<ImportRow> rows = new ArrayList<>();
        for (int row = 1; row <= 40; row++) {
          rows.add(row(row, create("p" + i + "-" + row)));
        }
        String id = "i" + i;
        started(id, List.of(rows));
        steps.add(() -> executor.executeNext(id));
      }
      for (Future<Boolean> more : threads.invokeAll(steps)) {
        assertThat(more.get()).isFalse();
      }
    } finally {
      small.close();
    }
    for (int i = 0; i < 8; i++) {
      assertThat(imports.find("i" + i).orElseThrow())
          .extracting(Import::getAccepted, Import::getReplayed)
          .containsExactly(40L, 0L);
    }
  }

  @Test
  void anyNumberOfWorkersExecuteEachRowOnceAndInOrder() throws Exception {
    List<List<ImportRow>> chunks = new ArrayList<>();
    int row = 0;
    for (int chunk = 0; chunk < 12; chunk++) {
      List<ImportRow> rows = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        // The three rows of a payment stand in one chunk, or in three.
        String payment = "p" + (chunk / 3 * 8 + i);
        switch (chunk % 3) {
          case 0 -> rows.add(row(++row, create(payment)));
          case 1 -> rows.add(row(++row, process(payment)));
          default -> rows.add(row(++row, refund(payment)));
        }
      }
      rows.add(row(++row, create("whole" + chunk)));
      rows.add(row(++row, process("whole" + chunk)));
      rows.add(row(++row, refund("whole" + chunk)));
      chunks.add(rows);
    }
    started(chunks);
    Random random = Seed.random(7);
    AtomicInteger failures = new AtomicInteger();
    CommandHandler unreliable =
        command -> {
          synchronized (random) {
            if (random.nextInt(10) == 0) {
              failures.incrementAndGet();
              return CompletableFuture.completedFuture(CommandBatcher.QUEUE_FULL);
            }
          }
          return batcher.handle(command);
        };
    List<Callable<Void>> workers = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      workers.add(() -> {
        boolean more = true;
        while (more) {
          try {
            more = executor(unreliable).executeNext("i");
          } catch (RetryLaterException e) {
            more = true;
          }
        }
        return null;
      });
    }
    for (Future<Void> worker : threads.invokeAll(workers)) {
      worker.get();
    }
    assertThat(failures).hasPositiveValue();
    assertThat(rejections()).isEmpty();
    assertThat(now().getState()).isEqualTo(ImportState.IMPORT_STATE_COMPLETED);
    assertThat(now().getAccepted()).isEqualTo(row);
    assertThat(events.head().position()).isEqualTo(row);
  }

  @Test
  void cancelledNothingMoreIsTakenUpAndALateResultChangesNothing() {
    started(List.of(List.of(row(1, create("p"))), List.of(row(2, process("p")))));
    ImportExecutor slow =
        executor(command -> {
          assertThat(imports.cancel("i").orElseThrow().getState())
              .isEqualTo(ImportState.IMPORT_STATE_CANCELLED);
          return batcher.handle(command);
        });
    assertThat(slow.executeNext("i")).isFalse();
    assertThat(executor(batcher).executeNext("i")).isFalse();
    assertThat(now().getState()).isEqualTo(ImportState.IMPORT_STATE_CANCELLED);
    assertThat(now().getAccepted()).isZero();
    // It was under way, and stays.
    assertThat(events.head().position()).isEqualTo(1);
  }

  @Test
  void anImportIsWhatWasUploadedFirstAndStartsWhole() {
    UploadImportRequest first = chunk(0, List.of(row(1, create("p"))));
    assertThat(imports.start("i", 1, LATER)).isEqualTo(Start.UNKNOWN);
    assertThat(imports.upload(first, "", "")).isEqualTo(Upload.KEPT);
    assertThat(imports.upload(first, "", "")).isEqualTo(Upload.REPEATED);
    assertThat(imports.upload(chunk(0, List.of(row(1, create("q")))), "", ""))
        .isEqualTo(Upload.DIFFERENT);
    assertThat(executor(batcher).executeNext("i")).isFalse();
    assertThat(imports.upload(chunk(2, List.of(row(3, create("r")))), "", ""))
        .isEqualTo(Upload.KEPT);
    assertThat(imports.start("i", 2, LATER)).isEqualTo(Start.INCOMPLETE);
    assertThat(imports.start("i", 3, LATER)).isEqualTo(Start.INCOMPLETE);
    assertThat(imports.upload(chunk(1, List.of(row(2, create("q")))), "", ""))
        .isEqualTo(Upload.KEPT);
    assertThat(imports.open(10)).isEqualTo(1);
    assertThat(imports.start("i", 3, Duration.ZERO)).isEqualTo(Start.STARTED);
    assertThat(imports.start("i", 3, LATER)).isEqualTo(Start.REPEATED);
    assertThat(imports.start("i", 2, LATER)).isEqualTo(Start.TOO_LATE);
    assertThat(imports.upload(first, "", "")).isEqualTo(Upload.STARTED);

    assertThat(imports.due(10, LATER)).containsExactly("i");
    assertThat(imports.due(10, LATER)).isEmpty();
    assertThat(imports.removeOld(Duration.ZERO)).isZero();
    imports.cancel("i");
    assertThat(imports.start("i", 3, LATER)).isEqualTo(Start.TOO_LATE);
    assertThat(imports.open(10)).isZero();
    assertThat(imports.removeOld(Duration.ZERO)).isEqualTo(1);
    assertThat(imports.find("i")).isEmpty();
  }

  @Test
  void rejectionsComeInPages() {
    List<List<ImportRow>> chunks = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      chunks.add(List.of(i == 1 ? row(i + 1, create("p")) : row(i + 1, process("no" + i))));
    }
    started(chunks);
    boolean more = true;
    while (more) {
      more = executor(batcher).executeNext("i");
    }
    var first = imports.rejections("i", 0, 2).orElseThrow();
    assertThat(first.rejections()).extracting(ImportRejection::getRow).containsExactly(1L, 3L);
    var second = imports.rejections("i", first.nextChunk().orElseThrow(), 2).orElseThrow();
    assertThat(second.rejections()).extracting(ImportRejection::getRow).containsExactly(4L, 5L);
    var last = imports.rejections("i", second.nextChunk().orElseThrow(), 2).orElseThrow();
    assertThat(last.rejections()).isEmpty();
    assertThat(last.nextChunk()).isEmpty();
    assertThat(imports.rejections("other", 0, 2)).isEmpty();
  }
}
