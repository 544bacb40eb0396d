package com.gyroscops.payments.platform.access;

import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.v1.CommandReceipt;
import com.gyroscops.payments.v1.CreatePaymentResponse;
import com.gyroscops.payments.v1.DeletionPersonalData;
import com.gyroscops.payments.v1.Failure;
import com.gyroscops.payments.v1.FailurePersonalData;
import com.gyroscops.payments.v1.GetPaymentHistoryResponse;
import com.gyroscops.payments.v1.GetPaymentStatisticsResponse;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentDeleted;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.v1.PersonalData;
import com.gyroscops.payments.v1.Refund;
import com.gyroscops.payments.v1.RefundPersonalData;
import com.gyroscops.payments.v1.SearchPaymentsResponse;
import org.junit.jupiter.api.Test;

class PersonalMaskTest {

  private static final Payment.Builder PAYMENT =
      Payment.newBuilder()
          .setOrganizationId("acme")
          .setPaymentId("p")
          .setMerchantReference("order-1")
          .setPersonalData(
              PersonalData.newBuilder()
                  .setUserId("canary-user")
                  .setDescription("canary")
                  .putMetadata("a", "canary"))
          .setFailure(
              Failure.newBuilder()
                  .setCode("declined")
                  .setPersonalData(FailurePersonalData.newBuilder().setMessage("canary")))
          .addRecentRefunds(
              Refund.newBuilder()
                  .setRefundId("r")
                  .setPersonalData(RefundPersonalData.newBuilder().setReason("canary")));

  @Test
  void nothingPersonalIsLeftAnywhereAndAllElseStays() {
    var history =
        GetPaymentHistoryResponse.newBuilder()
            .addEvents(
                PaymentEvent.newBuilder()
                    .setOrganizationId("acme")
                    .setPayment(PAYMENT)
                    .setDeleted(
                        PaymentDeleted.newBuilder()
                            .setPersonalData(
                                DeletionPersonalData.newBuilder().setReason("canary"))))
            .setNextPageToken("next")
            .build();
    GetPaymentHistoryResponse masked = PersonalMask.apply(history, "", _ -> false);
    assertThat(masked.toString()).doesNotContain("canary");
    Payment payment = masked.getEvents(0).getPayment();
    assertThat(payment.getMerchantReference()).isEqualTo("order-1");
    assertThat(payment.getFailure().getCode()).isEqualTo("declined");
    assertThat(payment.getRecentRefunds(0).getRefundId()).isEqualTo("r");
    assertThat(masked.getNextPageToken()).isEqualTo("next");
    assertThat(masked.getEvents(0).hasDeleted()).isTrue();
  }

  @Test
  void eachMessageIsOfTheOrganizationThatItNames() {
    var found =
        SearchPaymentsResponse.newBuilder()
            .addPayments(PAYMENT)
            .addPayments(PAYMENT.clone().setOrganizationId("globex"))
            .build();
    SearchPaymentsResponse masked = PersonalMask.apply(found, "", "globex"::equals);
    assertThat(masked.getPayments(0).hasPersonalData()).isFalse();
    assertThat(masked.getPayments(1)).isEqualTo(found.getPayments(1));
  }

  @Test
  void whatNamesNoOrganizationIsOfTheOneAskedFor() {
    var created =
        CreatePaymentResponse.newBuilder()
            .setReceipt(CommandReceipt.newBuilder().setReplayed(true))
            .setPayment(PAYMENT.clone().clearOrganizationId())
            .build();
    assertThat(PersonalMask.apply(created, "acme", "acme"::equals)).isEqualTo(created);
    assertThat(PersonalMask.apply(created, "acme", "globex"::equals).toString())
        .doesNotContain("canary");
  }

  @Test
  void answersWithoutPaymentsAreNotLookedInto() {
    assertThat(PersonalMask.concerns(GetPaymentStatisticsResponse.getDescriptor())).isFalse();
    assertThat(PersonalMask.concerns(SearchPaymentsResponse.getDescriptor())).isTrue();
  }
}
