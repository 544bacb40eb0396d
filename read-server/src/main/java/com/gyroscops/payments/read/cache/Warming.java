package com.gyroscops.payments.read.cache;

import com.gyroscops.payments.read.query.GetPayment;
import com.gyroscops.payments.read.query.GetPaymentStatistics;
import com.gyroscops.payments.read.query.QueryBus;
import com.gyroscops.payments.read.query.SearchPayments;
import com.gyroscops.payments.read.source.SourceUnavailableException;
import com.gyroscops.payments.read.tracking.Changes;
import com.gyroscops.payments.v1.GetPaymentRequest;
import com.gyroscops.payments.v1.GetPaymentStatisticsRequest;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentSort;
import com.gyroscops.payments.v1.SearchPaymentsRequest;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks after the start what is likely to be asked first, so that the caches have it: the statistics
 * of the busiest organizations, and their newest payments. In the background, one question after
 * the other, once.
 */
public final class Warming implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Warming.class);

  /** Organizations to warm for: with the payments of each, about a second's work of one thread. */
  static final int ORGANIZATIONS_MAX = 100;

  /** Newest payments of each of them. */
  static final int PAYMENTS_OF_EACH = 10;

  /** How long to wait until there is a source and the tracker runs; then it is too late. */
  private static final Duration WAIT_MAX = Duration.ofMinutes(1);

  private static final Duration CLOSE_WAIT = Duration.ofSeconds(5);

  private static final Duration TRY_EVERY = Duration.ofMillis(500);

  /** Organizations with the most payments lately, the busiest first. */
  @FunctionalInterface
  public interface Busiest {
    List<String> organizations(int limit) throws SourceUnavailableException;
  }

  private final Busiest busiest;
  private final Changes changes;
  private final QueryBus bus;
  private final GetPaymentStatistics statistics;
  private final SearchPayments search;
  private final GetPayment getPayment;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread thread = Thread.ofVirtual().name("warming").unstarted(this::run);

  public Warming(
      Busiest busiest,
      Changes changes,
      QueryBus bus,
      GetPaymentStatistics statistics,
      SearchPayments search,
      GetPayment getPayment) {
    this.busiest = busiest;
    this.changes = changes;
    this.bus = bus;
    this.statistics = statistics;
    this.search = search;
    this.getPayment = getPayment;
  }

  /** Begins, and does not wait. */
  public void start() {
    thread.start();
  }

  /** Ends it, and what it asks just now. */
  @Override
  public void close() {
    closed.countDown();
    thread.interrupt();
    try {
      thread.join(CLOSE_WAIT);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    try {
      long until = System.nanoTime() + WAIT_MAX.toNanos();
      while (System.nanoTime() - until < 0
          && !closed.await(TRY_EVERY.toNanos(), TimeUnit.NANOSECONDS)) {
        if (changes.isUp() && hasWarmed()) {
          return;
        }
      }
      LOG.info("the caches are not warmed");
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether it is done; otherwise it is worth another attempt. */
  private boolean hasWarmed() {
    try {
      int payments = 0;
      List<String> organizations = busiest.organizations(ORGANIZATIONS_MAX);
      for (String organization : organizations) {
        if (closed.getCount() == 0) {
          return true;
        }
        payments += warm(organization);
      }
      LOG.info(
          "warmed the caches for {} organizations and {} payments", organizations.size(), payments);
      return true;
    } catch (SourceUnavailableException | StatusRuntimeException e) {
      LOG.debug("the caches cannot be warmed yet", e);
      return false;
    }
  }

  private int warm(String organization) {
    bus.ask(
        statistics,
        GetPaymentStatisticsRequest.newBuilder().setOrganizationId(organization).build());
    List<Payment> newest =
        bus.ask(
                search,
                SearchPaymentsRequest.newBuilder()
                    .setOrganizationId(organization)
                    .setSort(PaymentSort.PAYMENT_SORT_UPDATE_TIME)
                    .setPageSize(PAYMENTS_OF_EACH)
                    .build())
            .getPaymentsList();
    for (Payment payment : newest) {
      bus.ask(
          getPayment,
          GetPaymentRequest.newBuilder()
              .setOrganizationId(organization)
              .setPaymentId(payment.getPaymentId())
              .build());
    }
    return newest.size();
  }
}
