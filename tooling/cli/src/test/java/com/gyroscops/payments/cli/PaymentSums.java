package com.gyroscops.payments.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.v1.CurrencyStatistics;
import com.gyroscops.payments.v1.Payment;
import java.util.Collection;
import java.util.List;
import java.util.function.ToLongFunction;

/** Compares statistics with the payments that they are of. */
final class PaymentSums {

  private PaymentSums() {}

  /** Counts and sums are those of the payments, which are all of one currency. */
  static void assertOf(Collection<Payment> payments, CurrencyStatistics statistics, String what) {
    assertThat(
            List.of(
                statistics.getPaymentCount(),
                statistics.getGrossMinorUnits(),
                statistics.getCapturedMinorUnits(),
                statistics.getRefundCount(),
                statistics.getRefundedMinorUnits()))
        .as("payments, gross, captured, refunds, refunded of %s", what)
        .containsExactly(
            (long) payments.size(),
            sum(payments, payment -> payment.getAmount().getMinorUnits()),
            sum(payments, payment -> payment.getCapturedAmount().getMinorUnits()),
            sum(payments, Payment::getRefundCount),
            sum(payments, payment -> payment.getRefundedAmount().getMinorUnits()));
  }

  private static long sum(Collection<Payment> payments, ToLongFunction<Payment> figure) {
    return payments.stream().mapToLong(figure).sum();
  }
}
