package com.gyroscops.payments.read.source.memory;

import com.google.protobuf.InvalidProtocolBufferException;
import com.gyroscops.payments.read.source.NumberField;
import com.gyroscops.payments.read.source.TextField;
import com.gyroscops.payments.read.source.Words;
import com.gyroscops.payments.read.source.memory.Keys.Kind;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentStatus;
import com.gyroscops.payments.v1.PersonalData;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.lucene.document.BinaryDocValuesField;
import org.apache.lucene.document.BinaryPoint;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.document.SortedDocValuesField;
import org.apache.lucene.document.StringField;
import org.apache.lucene.util.BytesRef;

/**
 * Payments as documents of the index. The payment itself is a binary doc value, which is read
 * without decompressing its neighbours.
 */
final class Documents {

  /**
   * Longest text of a payment, in characters: far above the contract's limits, and below the 32,766
   * bytes that a term or a sorted value of the index may have.
   */
  private static final int TEXT_MAX = 8_000;

  private final Ordinals organizations;
  private final Ordinals currencies;

  Documents(Ordinals organizations, Ordinals currencies) {
    this.organizations = organizations;
    this.currencies = currencies;
  }

  BytesRef identity(Payment payment) {
    return Keys.identity(organizations.assign(payment.getOrganizationId()), payment.getPaymentId());
  }

  Document of(Payment payment) {
    int organization = organizations.assign(payment.getOrganizationId());
    int currency = currencies.assign(payment.getAmount().getCurrencyCode());
    PersonalData personal = payment.getPersonalData();

    Document document = new Document();
    document.add(new StringField(Keys.IDENTITY, identity(payment), Field.Store.NO));
    terms(
        organization,
        payment,
        term -> document.add(new StringField(Keys.TERMS, term, Field.Store.NO)));
    for (NumberField field : NumberField.values()) {
      ordered(document, Keys.name(field), organization, currency, field.of(payment));
    }
    payment
        .getRecentRefundsList()
        .forEach(refund ->
            document.add(
                point(Keys.REFUND_AT, organization, currency, Rollups.refundMicros(refund))));
    document.add(
        new NumericDocValuesField(Keys.CLASS, Keys.kind(currency, payment.getStatusValue())));
    document.add(new BinaryDocValuesField(Keys.PAYMENT_ID, new BytesRef(payment.getPaymentId())));
    if (!personal.getUserId().isEmpty()) {
      document.add(new SortedDocValuesField(Keys.USER, new BytesRef(personal.getUserId())));
    }
    if (!personal.getDescription().isEmpty()) {
      document.add(
          new SortedDocValuesField(Keys.DESCRIPTION, new BytesRef(personal.getDescription())));
    }
    document.add(new BinaryDocValuesField(Keys.PAYMENT, new BytesRef(payment.toByteArray())));
    return document;
  }

  /** Why the index cannot hold a payment that the write side would not have written; or empty. */
  static Optional<String> refusal(Payment payment) {
    PersonalData personal = payment.getPersonalData();
    Stream<String> texts =
        Stream.of(
                Stream.of(
                    payment.getOrganizationId(),
                    payment.getPaymentId(),
                    payment.getMerchantReference(),
                    payment.getProviderReference(),
                    payment.getCorrelationId(),
                    personal.getUserId(),
                    personal.getDescription()),
                personal.getMetadataMap().keySet().stream(),
                personal.getMetadataMap().values().stream())
            .flatMap(Function.identity());
    if (texts.anyMatch(text -> text.length() > TEXT_MAX)) {
      return Optional.of("a text has more than " + TEXT_MAX + " characters");
    }
    int status = payment.getStatusValue();
    return status < 0 || status >= Rollups.REFUNDS
        ? Optional.of("status " + status)
        : Optional.empty();
  }

  private static void ordered(
      Document document, String field, int organization, int currency, long value) {
    document.add(point(field, organization, currency, value));
    document.add(new NumericDocValuesField(field, value));
  }

  private static BinaryPoint point(String field, int organization, int currency, long value) {
    return new BinaryPoint(field, Keys.point(field, organization, currency, value));
  }

  private static void terms(int organization, Payment payment, Consumer<BytesRef> terms) {
    PersonalData personal = payment.getPersonalData();
    boolean live = payment.getStatus() != PaymentStatus.PAYMENT_STATUS_DELETED;
    terms.accept(Keys.status(organization, payment.getStatusValue()));
    String currency = payment.getAmount().getCurrencyCode();
    terms.accept(Keys.term(organization, Kind.CURRENCY, currency));
    for (TextField field : TextField.values()) {
      text(organization, Kind.of(field), field.of(payment), terms);
    }
    personal
        .getMetadataMap()
        .forEach((name, value) -> terms.accept(Keys.metadata(organization, name, value)));
    for (String word : Words.of(payment)) {
      terms.accept(Keys.term(organization, Kind.WORD, word));
    }
    if (live) {
      terms.accept(Keys.term(organization, Kind.LIVE, ""));
      text(organization, Kind.LIVE_USER, personal.getUserId(), terms);
      text(organization, Kind.LIVE_MERCHANT_REFERENCE, payment.getMerchantReference(), terms);
      text(organization, Kind.LIVE_PROVIDER_REFERENCE, payment.getProviderReference(), terms);
      for (String word : new LinkedHashSet<>(Words.of(personal.getDescription()))) {
        terms.accept(Keys.term(organization, Kind.LIVE_DESCRIPTION_WORD, word));
      }
    }
  }

  private static void text(int organization, Kind kind, String value, Consumer<BytesRef> terms) {
    if (!value.isEmpty()) {
      terms.accept(Keys.term(organization, kind, value));
    }
  }

  /** The payment in a document. */
  static Payment payment(BytesRef bytes) {
    try {
      return Payment.parser().parseFrom(bytes.bytes, bytes.offset, bytes.length);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a stored payment is none", e);
    }
  }
}
