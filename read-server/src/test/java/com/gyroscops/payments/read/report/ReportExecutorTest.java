package com.gyroscops.payments.read.report;

import static com.gyroscops.payments.read.SampleLog.START_MICROS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.util.JsonFormat;
import com.google.protobuf.util.Timestamps;
import com.gyroscops.payments.read.SampleLog;
import com.gyroscops.payments.read.source.PaymentSource;
import com.gyroscops.payments.v1.EventsReport;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.v1.PaymentFilter;
import com.gyroscops.payments.v1.PaymentStatus;
import com.gyroscops.payments.v1.PersonalData;
import com.gyroscops.payments.v1.Report;
import com.gyroscops.payments.v1.ReportFormat;
import com.gyroscops.payments.v1.ReportSpecification;
import com.gyroscops.payments.v1.ReportState;
import com.gyroscops.payments.v1.TimeRange;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportExecutorTest {

  private static final ReportFormat CSV = ReportFormat.REPORT_FORMAT_CSV;
  private static final ReportFormat JSON = ReportFormat.REPORT_FORMAT_JSON_LINES;

  /** Some pages, of several chunks each. */
  private static final int PAYMENTS = 1_050;

  private static final ReportExecutor.Progress UNHEARD = (_, _) -> {};

  private static ReportFixture fixture;

  @TempDir Path directory;

  private final SampleLog log = new SampleLog("payments", "epoch-1");

  @BeforeAll
  static void start(@TempDir Path shared) throws Exception {
    fixture = new ReportFixture(shared);
  }

  @AfterAll
  static void stop() {
    fixture.close();
  }

  @BeforeEach
  void fill() throws Exception {
    for (int i = 0; i < PAYMENTS; i++) {
      // Three share each time, and their order by id is not that of their creation.
      log.create("acme", "p" + (i * 7919 % PAYMENTS), 100 + i, "EUR", START_MICROS + i / 3);
    }
    log.create("other", "theirs");
    fixture.reset(directory.resolve("reports"), log);
  }

  private static List<Payment> payments(String jsonLines) throws Exception {
    List<Payment> payments = new ArrayList<>();
    for (String line : jsonLines.lines().toList()) {
      Payment.Builder payment = Payment.newBuilder();
      JsonFormat.parser().merge(line, payment);
      payments.add(payment.build());
    }
    return payments;
  }

  private List<Payment> ofAcme() {
    return log.payments().stream().filter(it -> it.getOrganizationId().equals("acme")).toList();
  }

  private void assertWhole(UUID id) throws Exception {
    Report report = fixture.report(id);
    assertThat(report.getState()).isEqualTo(ReportState.REPORT_STATE_SUCCEEDED);
    String content = fixture.content(id);
    assertThat(payments(content)).containsExactlyInAnyOrderElementsOf(ofAcme());
    byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
    assertThat(report.getBytes()).isEqualTo(bytes.length);
    assertThat(report.getRows()).isEqualTo(PAYMENTS);
    assertThat(report.getSha256())
        .isEqualTo(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes)));
  }

  @Test
  void aReportHasEachPaymentOfItsOrganizationOnceAndInOrder() throws Exception {
    UUID id = fixture.keep(ReportFixture.payments(JSON));
    assertThat(fixture.report(id).getState()).isEqualTo(ReportState.REPORT_STATE_PENDING);
    fixture.executor().write(id, UNHEARD);
    assertWhole(id);
    List<Payment> found = payments(fixture.content(id));
    assertThat(found)
        .isSortedAccordingTo(
            Comparator.comparing(Payment::getEffectiveTime, Timestamps::compare)
                .thenComparing(Payment::getPaymentId));
    assertThat(fixture.store.chunks(id)).hasSizeGreaterThan(3);
    Report report = fixture.report(id);
    assertThat(report.getRowsExpected()).isEqualTo(PAYMENTS);
    assertThat(report.getExpireTime().getSeconds() - report.getEndTime().getSeconds())
        .isEqualTo(ReportFixture.LIMITS.retention().toSeconds());
    assertThat(fixture.ended("succeeded")).isEqualTo(1);
    assertThat(fixture.registry.get("payments.reports").counter().count())
        .isEqualTo((double) report.getBytes());
    // Whoever comes late does nothing.
    fixture.executor().write(id, UNHEARD);
    assertThat(fixture.report(id)).isEqualTo(report);
  }

  @Test
  void anAttemptGoesOnWhereTheLastOneHadCountedItsChunks() throws Exception {
    UUID id = fixture.keep(ReportFixture.payments(JSON));
    killBefore(4, id, fixture.folder);
    List<Chunk> before = fixture.store.chunks(id);
    long rows = fixture.report(id).getRows();
    assertThat(rows).isEqualTo(3L * ReportPages.ROWS_MAX);

    Path stray = directory.resolve("reports").resolve(id + "/" + before.size() + "-1.chunk");
    Files.writeString(stray, "written, and not counted");

    int[] pages = {0};
    PaymentSource counting = InterceptedSource.of(fixture.source, number -> pages[0] = number);
    fixture.executor(ReportFixture.LIMITS, counting, fixture.folder).write(id, UNHEARD);
    assertThat(pages[0]).isEqualTo((PAYMENTS - (int) rows) / ReportPages.ROWS_MAX + 1);
    assertThat(fixture.store.chunks(id)).startsWith(before.toArray(Chunk[]::new));
    assertThat(stray).doesNotExist();
    assertWhole(id);
  }

  @Test
  void anAttemptThatWasReplacedCanNeitherChangeNorCountAnything() throws Exception {
    UUID id = fixture.keep(ReportFixture.payments(JSON));
    CountDownLatch stands = new CountDownLatch(1);
    CountDownLatch wakes = new CountDownLatch(1);
    PaymentSource pausing =
        before(
            3,
            () -> {
              stands.countDown();
              assertThat(wakes.await(30, TimeUnit.SECONDS)).isTrue();
            });
    CompletableFuture<Void> zombie =
        CompletableFuture.runAsync(() -> {
          try {
            fixture.executor(ReportFixture.LIMITS, pausing, fixture.folder).write(id, UNHEARD);
          } catch (Exception e) {
            throw new AssertionError(e);
          }
        });
    assertThat(stands.await(30, TimeUnit.SECONDS)).isTrue();
    // Its successor stands, too, with chunks of its own, when the zombie wakes and goes on.
    PaymentSource successor =
        before(
            2,
            () -> {
              wakes.countDown();
              zombie.get(30, TimeUnit.SECONDS);
            });
    fixture.executor(ReportFixture.LIMITS, successor, fixture.folder).write(id, UNHEARD);
    assertWhole(id);
    assertThat(fixture.store.chunks(id).stream().map(Chunk::attempt).distinct())
        .containsExactly(1, 2);
    // It had written a file, of which nothing was counted.
    try (var files = Files.list(directory.resolve("reports").resolve(id.toString()))) {
      assertThat(files.count()).isEqualTo(fixture.store.chunks(id).size() + 1L);
    }
    assertThat(fixture.ended("succeeded")).isEqualTo(1);
  }

  @Test
  void aChunkIsCountedOnlyForTheNewestAttemptAndInOrder() {
    UUID id = fixture.keep(ReportFixture.payments(JSON));
    Holder holder = new Holder(fixture.folder.id(), "server");
    int old = fixture.store.take(id, holder).orElseThrow().report().attempt();
    Place place = new Place(new Place.Key(1, "p"), false);
    assertThat(fixture.store.commit(id, new Chunk(0, old, 0, 10, "a"), place, 5)).isTrue();
    int now = fixture.store.take(id, holder).orElseThrow().report().attempt();
    assertThat(fixture.store.commit(id, new Chunk(1, old, 10, 10, "b"), place, 10)).isFalse();
    assertThat(fixture.store.begin(id, old, "token", null)).isFalse();
    assertThat(fixture.store.fail(id, old, ReportErrors.tooLarge(1), Duration.ofHours(1)))
        .isFalse();
    assertThat(fixture.store.commit(id, new Chunk(2, now, 10, 10, "c"), place, 10)).isFalse();
    assertThat(fixture.store.succeed(id, now, "hash", Duration.ofHours(1))).isFalse();
    Place end = new Place(place.after(), true);
    assertThat(fixture.store.commit(id, new Chunk(1, now, 10, 10, "d"), end, 10)).isTrue();
    assertThat(fixture.store.succeed(id, old, "hash", Duration.ofHours(1))).isFalse();
    assertThat(fixture.store.succeed(id, now, "hash", Duration.ofHours(1))).isTrue();
    assertThat(fixture.store.cancel("acme", id, Duration.ofHours(1))).isEmpty();
    assertThat(fixture.store.chunks(id)).extracting(Chunk::sha256).containsExactly("a", "d");
  }

  @Test
  void inAnotherFolderAnAttemptBeginsAnew() throws Exception {
    UUID id = fixture.keep(ReportFixture.payments(JSON));
    ReportFolder elsewhere = ReportFolder.open(directory.resolve("elsewhere"));
    killBefore(3, id, elsewhere);
    assertThat(fixture.store.chunks(id)).isNotEmpty();
    fixture.executor().write(id, UNHEARD);
    assertWhole(id);
    new ReportCleaning(fixture.store, Optional.of(elsewhere)).run();
    assertThat(elsewhere.reports()).isEmpty();
  }

  @Test
  void aCancelledReportIsLeftByWhoWritesItAndItsFilesGo() throws Exception {
    UUID id = fixture.keep(ReportFixture.payments(JSON));
    PaymentSource cancelling =
        InterceptedSource.of(
            fixture.source,
            number -> {
              assertThat(number).isLessThan(4);
              if (number == 3) {
                assertThat(fixture.store.cancel("acme", id, Duration.ofHours(1))).isPresent();
              }
            });
    fixture.executor(ReportFixture.LIMITS, cancelling, fixture.folder).write(id, UNHEARD);
    assertThat(fixture.report(id).getState()).isEqualTo(ReportState.REPORT_STATE_CANCELLED);
    assertThat(fixture.store.chunks(id)).isEmpty();
    assertThat(fixture.folder.reports()).containsExactly(id);
    new ReportCleaning(fixture.store, Optional.of(fixture.folder)).run();
    assertThat(fixture.folder.reports()).isEmpty();
    fixture.executor().giveUp(id);
    assertThat(fixture.report(id).getState()).isEqualTo(ReportState.REPORT_STATE_CANCELLED);
  }

  @Test
  void aReportThatWouldBeTooLargeFails() throws Exception {
    UUID id = fixture.keep(ReportFixture.payments(CSV));
    ReportLimits small =
        new ReportLimits(20_000, 3, 2, 8 * 1024, Duration.ofMinutes(1), Duration.ofHours(1), 2);
    fixture.executor(small, fixture.source, fixture.folder).write(id, UNHEARD);
    Report report = fixture.report(id);
    assertThat(report.getState()).isEqualTo(ReportState.REPORT_STATE_FAILED);
    assertThat(report.getError().getReason()).isEqualTo("REPORT_TOO_LARGE");
    assertThat(report.getError().getMessage()).contains("20000");
    assertThat(report.hasExpireTime()).isTrue();
    assertThat(fixture.ended("failed")).isEqualTo(1);
  }

  @Test
  void aReportWhoseHistoryIsLostMeanwhileFails() throws Exception {
    UUID id = fixture.keep(ReportFixture.payments(JSON));
    PaymentSource losing =
        before(
            3,
            () -> {
              SampleLog other = new SampleLog("payments", "epoch-2");
              log.payments().forEach(it -> other.create(it.toBuilder().clearVersion().build()));
              fixture.fill(other);
            });
    fixture.executor(ReportFixture.LIMITS, losing, fixture.folder).write(id, UNHEARD);
    assertThat(fixture.report(id).getError().getReason()).isEqualTo("TOKEN_EPOCH_LOST");
  }

  @Test
  void aFileThatWasChangedMeanwhileIsNoticed() throws Exception {
    UUID id = fixture.keep(ReportFixture.payments(JSON));
    PaymentSource damaging =
        before(
            3,
            () -> {
              Path file = directory.resolve("reports").resolve(id + "/0-1.chunk");
              byte[] bytes = Files.readAllBytes(file);
              bytes[10] ^= 1;
              Files.write(file, bytes);
            });
    fixture.executor(ReportFixture.LIMITS, damaging, fixture.folder).write(id, UNHEARD);
    assertThat(fixture.report(id).getError().getReason()).isEqualTo("REPORT_FILE_LOST");
  }

  @Test
  void aPausedAttemptLeavesTheFilesOfThoseAfterIt() throws Exception {
    UUID id = fixture.keep(ReportFixture.payments(JSON));
    // The first stands still after it has asked which chunks count, and has yet to remove the rest.
    ReportStore pausing =
        InterceptedStore.afterFirst(
            fixture.store, "chunks", () -> fixture.executor().write(id, UNHEARD));
    fixture
        .executor(pausing, ReportFixture.LIMITS, fixture.source, fixture.folder)
        .write(id, UNHEARD);
    assertThat(fixture.store.chunks(id)).extracting(Chunk::attempt).containsOnly(2);
    assertWhole(id);
  }

  private static void passes(UUID id, Duration time) throws Exception {
    fixture.database.execute(
        "update reports set created_at = created_at - %1$d * interval '1 millisecond', started_at ="
                .formatted(time.toMillis())
            + " started_at - %d * interval '1 millisecond' where report_id = '%s'"
                .formatted(time.toMillis(), id));
  }

  @Test
  void whatWaitedToBeTakenUpForLongerThanItsTimeIsWritten() throws Exception {
    UUID id = fixture.keep(ReportFixture.payments(JSON));
    passes(id, ReportFixture.LIMITS.timeMax().multipliedBy(2));
    fixture.executor().giveUp(id);
    assertThat(fixture.report(id).getState()).isEqualTo(ReportState.REPORT_STATE_PENDING);
    fixture.executor().write(id, UNHEARD);
    assertWhole(id);
  }

  @Test
  void whatIsOutOfTimeIsGivenUpByTheNextAttempt() throws Exception {
    UUID id = fixture.keep(ReportFixture.payments(JSON));
    killBefore(3, id, fixture.folder);
    passes(id, ReportFixture.LIMITS.timeMax());
    fixture.executor().write(id, UNHEARD);
    assertThat(fixture.report(id).getError().getReason()).isEqualTo("REPORT_TIMED_OUT");
    assertThat(fixture.store.chunks(id)).isEmpty();
  }

  @Test
  void anAttemptThatUsesUpTheTimeGivesTheReportUp() throws Exception {
    UUID id = fixture.keep(ReportFixture.payments(JSON));
    var _ = fixture.store.take(id, new Holder(fixture.folder.id(), "server"));
    Duration left = Duration.ofMillis(300);
    passes(id, ReportFixture.LIMITS.timeMax().minus(left));
    PaymentSource slow = before(2, () -> Thread.sleep(left));
    fixture.executor(ReportFixture.LIMITS, slow, fixture.folder).write(id, UNHEARD);
    assertThat(fixture.report(id).getError().getReason()).isEqualTo("REPORT_TIMED_OUT");
  }

  @Test
  void whatIsOutOfTimeCanBeGivenUp() throws Exception {
    UUID id = fixture.keep(ReportFixture.payments(JSON));
    var _ = fixture.store.take(id, new Holder(fixture.folder.id(), "server"));
    fixture.executor().giveUp(id);
    assertThat(fixture.report(id).getState()).isEqualTo(ReportState.REPORT_STATE_RUNNING);
    passes(id, ReportFixture.LIMITS.timeMax());
    fixture.executor().giveUp(id);
    assertThat(fixture.report(id).getError().getReason()).isEqualTo("REPORT_TIMED_OUT");
  }

  @Test
  void csvIsQuotedAndHarmlessAndCanBeReadBack() throws Exception {
    List<String> texts =
        List.of(
            "=1+1",
            "+1",
            "-1",
            "@x",
            "'quoted",
            "\"a\", b",
            "two\r\nlines",
            "\ttab",
            "über 木",
            "",
            ";",
            "=cmd|' /C calc'!A0");
    SampleLog nasty = new SampleLog("payments", "epoch-1");
    for (int i = 0; i < texts.size(); i++) {
      nasty.create(
          Payment.newBuilder()
              .setOrganizationId("acme")
              // An identifier may start like a formula, too.
              .setPaymentId("-p%02d".formatted(i))
              .setAmount(SampleLog.amount(Long.MAX_VALUE, "JPY"))
              .setEffectiveTime(SampleLog.time(START_MICROS))
              .setPersonalData(
                  PersonalData.newBuilder()
                      .setDescription(texts.get(i))
                      .putMetadata("a\"b", "=c,\n"))
              .build());
    }
    fixture.fill(nasty);
    UUID id = fixture.keep(ReportFixture.payments(CSV));
    fixture.executor().write(id, UNHEARD);
    String content = fixture.content(id);
    try (CSVParser parser =
        CSVParser.parse(
            content, CSVFormat.RFC4180.builder().setHeader().setSkipHeaderRecord(true).get())) {
      List<CSVRecord> records = parser.getRecords();
      assertThat(records).hasSize(texts.size());
      for (int i = 0; i < texts.size(); i++) {
        CSVRecord row = records.get(i);
        for (String cell : row) {
          assertThat(cell).doesNotMatch("(?s)[=+\\-@\t\r\n].*");
        }
        assertThat(back(row.get("description"))).isEqualTo(texts.get(i));
        assertThat(back(row.get("payment_id"))).isEqualTo("-p%02d".formatted(i));
        assertThat(row.get("amount_minor_units")).isEqualTo("9223372036854775807");
        assertThat(row.get("currency_code")).isEqualTo("JPY");
        assertThat(row.get("effective_time")).isEqualTo("2026-03-01T00:00:00Z");
        assertThat(row.get("metadata")).isEqualTo("{\"a\\\"b\":\"\\u003dc,\\n\"}");
      }
    }
    assertThat(content.lines().findFirst().orElseThrow())
        .startsWith("organization_id,payment_id,version,status,amount_minor_units,");
  }

  private static String back(String cell) {
    return cell.startsWith("'") ? cell.substring(1) : cell;
  }

  @Test
  void aReportOfNothingIsAHeaderOrAnEmptyFile() throws Exception {
    PaymentFilter none = PaymentFilter.newBuilder().setUserId("nobody").build();
    UUID csv = fixture.keep(ReportFixture.payments(CSV, none));
    fixture.executor().write(csv, UNHEARD);
    assertThat(fixture.content(csv).lines()).hasSize(1);
    UUID json = fixture.keep(ReportFixture.payments(JSON, none));
    fixture.executor().write(json, UNHEARD);
    assertThat(fixture.report(json).getState()).isEqualTo(ReportState.REPORT_STATE_SUCCEEDED);
    assertThat(fixture.report(json).getBytes()).isZero();
    assertThat(fixture.report(json).hasRowsExpected()).isFalse();
    assertThat(fixture.report(csv).getRows()).isZero();
  }

  @Test
  void eventsAreThoseThatMatchAndWereCommittedWhenItBegan() throws Exception {
    for (int i = 0; i < 300; i++) {
      log.process("acme", "p" + i);
    }
    fixture.fill(log);
    long end = log.head();
    UUID id =
        fixture.keep(
            ReportFixture.events(
                EventsReport.newBuilder()
                    .setRecordTime(
                        TimeRange.newBuilder()
                            .setStartTime(log.events().get(500).getRecordTime())
                            .setEndTime(log.events().get((int) end - 10).getRecordTime()))
                    .build()));
    fixture.executor().write(id, UNHEARD);
    List<PaymentEvent> expected =
        log.events().subList(500, (int) end - 10).stream()
            .filter(it -> it.getOrganizationId().equals("acme"))
            .toList();
    List<PaymentEvent> found = new ArrayList<>();
    for (String line : fixture.content(id).lines().toList()) {
      PaymentEvent.Builder event = PaymentEvent.newBuilder();
      JsonFormat.parser().merge(line, event);
      found.add(event.build());
    }
    assertThat(found).isEqualTo(expected);

    UUID one =
        fixture.keep(ReportFixture.events(EventsReport.newBuilder().setPaymentId("p7").build()));
    fixture.executor().write(one, UNHEARD);
    assertThat(fixture.report(one).getRows()).isEqualTo(2);
  }

  @Test
  void whatIsPersonalIsNotWrittenForWhoMayNotSeeIt() throws Exception {
    log.update("acme", "p7", "canary");
    fixture.fill(log);
    for (ReportSpecification each :
        List.of(
            ReportFixture.payments(JSON),
            ReportFixture.payments(CSV),
            ReportFixture.events(EventsReport.getDefaultInstance()))) {
      UUID whole = fixture.keep("acme", each, true);
      fixture.executor().write(whole, UNHEARD);
      assertThat(fixture.report(whole).getPersonalData()).isTrue();
      assertThat(fixture.content(whole)).contains("canary");

      UUID masked = fixture.keep("acme", each, false);
      fixture.executor().write(masked, UNHEARD);
      assertThat(fixture.report(masked).getPersonalData()).isFalse();
      assertThat(fixture.content(masked)).doesNotContain("canary");
      assertThat(fixture.report(masked).getRows()).isEqualTo(fixture.report(whole).getRows());
    }
  }

  @Test
  void deletedPaymentsAreLeftOutUnlessAskedFor() throws Exception {
    log.delete("acme", "p1");
    fixture.fill(log);
    UUID all = fixture.keep(ReportFixture.payments(JSON));
    fixture.executor().write(all, UNHEARD);
    assertThat(fixture.report(all).getRows()).isEqualTo(PAYMENTS - 1L);
    assertThat(fixture.report(all).getRowsExpected()).isEqualTo(PAYMENTS - 1L);
    UUID deleted =
        fixture.keep(
            ReportFixture.payments(
                JSON,
                PaymentFilter.newBuilder()
                    .addStatuses(PaymentStatus.PAYMENT_STATUS_DELETED)
                    .build()));
    fixture.executor().write(deleted, UNHEARD);
    assertThat(payments(fixture.content(deleted)))
        .extracting(Payment::getPaymentId)
        .containsExactly("p1");
  }

  @Test
  void expiredReportsGoWithTheirFiles() throws Exception {
    UUID id = fixture.keep(ReportFixture.payments(JSON));
    fixture.executor().write(id, UNHEARD);
    ReportCleaning cleaning = new ReportCleaning(fixture.store, Optional.of(fixture.folder));
    cleaning.run();
    assertWhole(id);
    fixture.database.execute("update reports set expires_at = now()");
    cleaning.run();
    assertThat(fixture.store.find("acme", id)).isEmpty();
    assertThat(fixture.folder.reports()).isEmpty();
  }

  @Test
  void onlySoManyMayBeOpenForAnOrganization() throws Exception {
    for (int i = 0; i < ReportFixture.LIMITS.openMax(); i++) {
      var _ = fixture.keep(ReportFixture.payments(JSON));
    }
    assertThatThrownBy(() -> fixture.keep(ReportFixture.payments(JSON)))
        .isInstanceOf(ClassCastException.class)
        .hasMessageContaining("TooMany");
    UUID other = fixture.keep("other", ReportFixture.payments(JSON));
    fixture.executor().write(other, UNHEARD);
    assertThat(fixture.report("other", other).getRows()).isEqualTo(1);
    assertThat(fixture.store.backlog().open()).isEqualTo(ReportFixture.LIMITS.openMax());
  }

  private interface Step {
    void run() throws Exception;
  }

  /** The source, with something done before one of its searches. */
  private PaymentSource before(int search, Step step) {
    return InterceptedSource.of(
        fixture.source,
        number -> {
          if (number == search) {
            step.run();
          }
        });
  }

  /** Makes an attempt that ends without a trace before one of its searches. */
  private void killBefore(int search, UUID id, ReportFolder into) {
    PaymentSource killing =
        before(
            search,
            () -> {
              throw new IllegalStateException("killed");
            });
    ReportExecutor attempt = fixture.executor(ReportFixture.LIMITS, killing, into);
    assertThatThrownBy(() -> attempt.write(id, UNHEARD)).hasMessage("killed");
  }
}
