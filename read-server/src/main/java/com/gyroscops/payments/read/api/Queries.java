package com.gyroscops.payments.read.api;

import com.gyroscops.payments.read.query.BatchGetPayments;
import com.gyroscops.payments.read.query.GetPayment;
import com.gyroscops.payments.read.query.GetPaymentAnalytics;
import com.gyroscops.payments.read.query.GetPaymentHistory;
import com.gyroscops.payments.read.query.GetPaymentStatistics;
import com.gyroscops.payments.read.query.GetPaymentTimeline;
import com.gyroscops.payments.read.query.SearchPayments;
import com.gyroscops.payments.read.query.SuggestPayments;
import jakarta.inject.Singleton;

/** The queries that the contract has, a method of {@code QueryService} for each. */
@Singleton
record Queries(
    GetPayment getPayment,
    BatchGetPayments batchGetPayments,
    SearchPayments searchPayments,
    GetPaymentStatistics getPaymentStatistics,
    GetPaymentHistory getPaymentHistory,
    GetPaymentTimeline getPaymentTimeline,
    GetPaymentAnalytics getPaymentAnalytics,
    SuggestPayments suggestPayments) {}
