package com.gyroscops.payments.read.report;

import com.google.protobuf.Message;
import com.gyroscops.payments.contract.ConsistencyTokens;
import com.gyroscops.payments.internal.v1.ConsistencyToken;
import com.gyroscops.payments.platform.access.PersonalMask;
import com.gyroscops.payments.read.query.Filters;
import com.gyroscops.payments.read.source.Filter;
import com.gyroscops.payments.read.source.NumberField;
import com.gyroscops.payments.read.source.PaymentSource;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.read.source.SourceUnavailableException;
import com.gyroscops.payments.read.source.Totals;
import com.gyroscops.payments.read.source.TotalsSpan;
import com.gyroscops.payments.v1.PaymentFilter;
import com.gyroscops.payments.v1.PaymentStatus;
import com.gyroscops.payments.v1.Report;
import com.gyroscops.payments.v1.ReportState;
import io.grpc.Context;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a workflow does with a report. Every method may be called any number of times, at once and
 * late: see the invariants of this package. They block, and throw {@link
 * ReportStoreUnavailableException} when the store does not answer. For concurrent use.
 */
public final class ReportExecutor implements AutoCloseable {

  /** How long reading one page may take; the database ends a statement after 30 s. */
  private static final Duration PAGE_MAX = Duration.ofSeconds(25);

  private static final Logger LOG = LoggerFactory.getLogger(ReportExecutor.class);

  private final ReportStore store;
  private final PaymentSource source;
  private final ReportFolder folder;
  private final Holder holder;
  private final ReportLimits limits;
  private final ReportMeters meters;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("report-pages").factory());

  /**
   * @param source complete and exact
   * @param server name of this server
   */
  public ReportExecutor(
      ReportStore store,
      PaymentSource source,
      ReportFolder folder,
      String server,
      ReportLimits limits,
      ReportMeters meters) {
    this.store = store;
    this.source = source;
    this.folder = folder;
    this.holder = new Holder(folder.id(), server);
    this.limits = limits;
    this.meters = meters;
  }

  /** Who wants to know how far an attempt is. */
  @FunctionalInterface
  public interface Progress {

    /**
     * Called after each page, with what was written so far, be it counted or not. What it throws
     * ends the attempt.
     */
    void at(long rows, long bytes);
  }

  /**
   * Makes an attempt to write a report, from where those before had come to. Returns when the
   * report has ended, by this attempt or otherwise, or another attempt has begun. Gives the report
   * up once its time has passed: that runs from the first attempt, by the store's clock, so that
   * waiting to be taken up costs none of it.
   *
   * @throws ReportInterruptedException if another attempt is to go on later
   */
  public void write(UUID id, Progress progress) throws IOException {
    Optional<ReportStore.Taken> taken = store.take(id, holder);
    if (taken.isEmpty()) {
      return;
    }
    StoredReport report = taken.get().report();
    long endNanos = System.nanoTime() + limits.timeMax().minus(taken.get().tried()).toNanos();
    meters.running(1);
    try {
      if (!new Attempt(report, progress, endNanos).run()) {
        LOG.info("attempt {} at report {} is no longer wanted", report.attempt(), id);
      }
    } catch (ReportFailedException e) {
      LOG.info("report {} fails: {}", id, e.getMessage());
      if (store.fail(id, report.attempt(), e.error(), limits.retention())) {
        meters.ended(ReportState.REPORT_STATE_FAILED);
      }
    } catch (FileLostException e) {
      LOG.error("report {} fails", id, e);
      if (store.fail(id, report.attempt(), ReportErrors.lostWhileWritten(), limits.retention())) {
        meters.ended(ReportState.REPORT_STATE_FAILED);
      }
    } finally {
      meters.running(-1);
    }
  }

  /** Gives a report up if it was not written in the time it had; without effect before. */
  public void giveUp(UUID id) {
    if (store.giveUp(
        id, limits.timeMax(), ReportErrors.timedOut(limits.timeMax()), limits.retention())) {
      LOG.warn("report {} is given up", id);
      meters.ended(ReportState.REPORT_STATE_FAILED);
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }

  /** One attempt at one report. Its methods say false once it is no longer the newest. */
  private final class Attempt {

    private final StoredReport report;
    private final Report asked;
    private final Progress progress;
    private final long endNanos;
    private final Lines lines;
    private final ByteArrayOutputStream pending = new ByteArrayOutputStream();
    private int chunks;
    private long rows;
    private long counted;

    Attempt(StoredReport report, Progress progress, long endNanos) {
      this.report = report;
      this.asked = report.report();
      this.progress = progress;
      this.endNanos = endNanos;
      lines = Lines.of(asked.getSpecification());
      chunks = report.chunks();
      rows = asked.getRows();
      counted = asked.getBytes();
    }

    boolean run() throws IOException, FileLostException {
      requireTime();
      ConsistencyToken from = readAt();
      if (asked.getReadAt().isEmpty()
          && !store.begin(report.id(), report.attempt(), encode(from), rowsExpected())) {
        return false;
      }
      // What is not counted by now never will be: an older attempt's commit is refused.
      folder.prepare(report.id(), report.attempt(), store.chunks(report.id()));
      if (chunks == 0) {
        append(lines.header());
      }
      ReportPages pages = ReportPages.of(source, asked, from.getPosition());
      Place place = report.place();
      while (!place.isEnd()) {
        requireTime();
        Place.Key after = place.after();
        ReportPages.Page page = inTime(() -> pages.after(after));
        requireNotBefore(from, page.at());
        for (Message row : page.rows()) {
          append(lines.of(asked.getPersonalData() ? row : masked(row)));
        }
        rows += page.rows().size();
        place = page.place();
        if (counted + pending.size() > limits.bytesMax()) {
          throw new ReportFailedException(ReportErrors.tooLarge(limits.bytesMax()));
        }
        progress.at(rows, counted + pending.size());
        if ((place.isEnd() || pending.size() >= limits.chunkBytes()) && !commit(place)) {
          return false;
        }
      }
      return succeed();
    }

    private Message masked(Message row) {
      return PersonalMask.apply(row, asked.getOrganizationId(), _ -> false);
    }

    private void requireTime() {
      if (System.nanoTime() - endNanos >= 0) {
        throw new ReportFailedException(ReportErrors.timedOut(limits.timeMax()));
      }
    }

    private void append(String line) {
      pending.writeBytes(line.getBytes(StandardCharsets.UTF_8));
    }

    private boolean commit(Place place) throws IOException {
      Chunk chunk =
          folder.write(report.id(), chunks, report.attempt(), counted, pending.toByteArray());
      if (!store.commit(report.id(), chunk, place, rows)) {
        return false;
      }
      meters.written(chunk.bytes());
      chunks++;
      counted = chunk.end();
      pending.reset();
      return true;
    }

    private boolean succeed() throws IOException, FileLostException {
      String hash =
          folder.hash(report.id(), store.chunks(report.id()), () -> progress.at(rows, counted));
      boolean succeeded = store.succeed(report.id(), report.attempt(), hash, limits.retention());
      if (succeeded) {
        meters.ended(ReportState.REPORT_STATE_SUCCEEDED);
        LOG.info("report {} is whole: {} rows, {} bytes", report.id(), rows, counted);
      }
      return succeeded;
    }

    /** As of when it is read: where the first attempt began. */
    private ConsistencyToken readAt() {
      return ConsistencyTokens.decode(asked.getReadAt()).orElseGet(this::now);
    }

    private ConsistencyToken now() {
      SourcePosition at;
      try {
        at = source.position();
      } catch (SourceUnavailableException e) {
        throw new ReportInterruptedException("the sql source does not answer", e);
      }
      if (!at.isReady()) {
        throw new ReportInterruptedException("the sql source is being filled");
      }
      return ConsistencyToken.newBuilder()
          .setLogId(at.logId())
          .setEpoch(at.epoch())
          .setPosition(at.position())
          .build();
    }

    private static String encode(ConsistencyToken token) {
      return ConsistencyTokens.encode(token.getLogId(), token.getEpoch(), token.getPosition());
    }

    /** How many rows rollups know of; null: they do not know. */
    private @Nullable Long rowsExpected() {
      if (!asked.getSpecification().hasPayments()) {
        return null;
      }
      PaymentFilter given = asked.getSpecification().getPayments().getFilter();
      PaymentFilter counted =
          PaymentFilter.newBuilder()
              .addAllStatuses(given.getStatusesList())
              .addAllCurrencyCodes(given.getCurrencyCodesList())
              .setEffectiveTime(given.getEffectiveTime())
              .build();
      if (!given.equals(counted)
          && !given.equals(counted.toBuilder().clearEffectiveTime().build())) {
        return null;
      }
      Filter filter = Filters.read(asked.getOrganizationId(), given);
      Totals totals =
          inTime(() ->
                  ReportPages.data(
                      source.aggregate(
                          new TotalsSpan(
                              Optional.of(filter.organizationId()),
                              filter.span(NumberField.EFFECTIVE_TIME),
                              filter.currencies()))))
              .value();
      return totals.payments().stream()
          .filter(it ->
              filter.statuses().isEmpty()
                  ? it.status() != PaymentStatus.PAYMENT_STATUS_DELETED
                  : filter.statuses().contains(it.status()))
          .mapToLong(Totals.OfStatus::count)
          .sum();
    }
  }

  /** No page may be older than the first, or of another history. */
  private static void requireNotBefore(ConsistencyToken from, SourcePosition at) {
    if (!at.holds(from.getLogId(), from.getEpoch(), from.getPosition())) {
      throw new ReportFailedException(ReportErrors.epochLost());
    }
    if (at.position() < from.getPosition()) {
      throw new ReportInterruptedException("the sql source is behind where the report began");
    }
  }

  private <T> T inTime(Callable<T> read) {
    Context.CancellableContext context =
        Context.ROOT.withDeadlineAfter(PAGE_MAX.toSeconds(), TimeUnit.SECONDS, timer);
    try {
      return context.call(read);
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException("reading throws nothing else", e);
    } finally {
      context.cancel(null);
    }
  }
}
