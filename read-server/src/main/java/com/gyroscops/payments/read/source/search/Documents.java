package com.gyroscops.payments.read.source.search;

import com.google.protobuf.InvalidProtocolBufferException;
import com.gyroscops.payments.read.source.NumberField;
import com.gyroscops.payments.read.source.TextField;
import com.gyroscops.payments.read.source.Words;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentStatus;
import com.gyroscops.payments.v1.PersonalData;
import java.util.Base64;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the index holds: its fields, and documents in them. A payment is one document, which carries
 * its message besides what it is found by; a field without a value is left out.
 */
final class Documents {

  static final String ORGANIZATION = "organization";
  static final String PAYMENT_ID = "payment_id";
  static final String USER = "user";
  static final String STATUS = "status";
  static final String CURRENCY = "currency";
  static final String AMOUNT = "amount";
  static final String EFFECTIVE_AT = "effective_at";
  static final String UPDATE_AT = "update_at";
  static final String MERCHANT_REFERENCE = "merchant_reference";
  static final String PROVIDER_REFERENCE = "provider_reference";
  static final String CORRELATION_ID = "correlation_id";
  static final String METADATA = "metadata";
  static final String WORDS = "words";
  static final String DESCRIPTION = "description";
  static final String DESCRIPTION_WORDS = "description_words";
  static final String PAYMENT = "payment";

  /** Organization of a stub; payments have {@link #ORGANIZATION}, so no query finds both. */
  static final String PARKED_ORGANIZATION = "parked_organization";

  /** What a stub says, unindexed. */
  static final String PARKED = "parked";

  private static final Map<String, Object> KEYWORD = Map.of("type", "keyword");
  private static final Map<String, Object> LONG = Map.of("type", "long");
  private static final Map<String, Object> UNINDEXED = Map.of("type", "object", "enabled", false);

  /** Words come separated by blanks, and are not analyzed any further. */
  private static final Map<String, Object> MADE_WORDS =
      Map.of("type", "text", "analyzer", "whitespace", "norms", false, "index_options", "docs");

  private Documents() {}

  /**
   * Mapping of an index. Strict: a field that is not here is a mistake of ours, and would otherwise
   * be guessed at.
   */
  static Map<String, Object> mapping() {
    Map<String, Object> fields = new LinkedHashMap<>();
    for (String field :
        List.of(
            ORGANIZATION,
            PAYMENT_ID,
            USER,
            STATUS,
            CURRENCY,
            MERCHANT_REFERENCE,
            PROVIDER_REFERENCE,
            CORRELATION_ID,
            METADATA,
            PARKED_ORGANIZATION)) {
      fields.put(field, KEYWORD);
    }
    for (NumberField field : NumberField.values()) {
      fields.put(name(field), LONG);
    }
    fields.put(WORDS, MADE_WORDS);
    fields.put(DESCRIPTION_WORDS, MADE_WORDS);
    // Counted, never searched for as a whole.
    fields.put(DESCRIPTION, Map.of("type", "keyword", "index", false));
    fields.put(PAYMENT, Map.of("type", "binary"));
    fields.put(PARKED, UNINDEXED);
    fields.put(Checkpoint.FIELD, UNINDEXED);
    fields.put(Checkpoint.KEY, Map.of("type", "completion", "analyzer", "keyword"));
    return Map.of("dynamic", "strict", "properties", fields);
  }

  /** Id of a payment's document: identifiers have no slash. */
  static String id(String organizationId, String paymentId) {
    return organizationId + "/" + paymentId;
  }

  /**
   * Id of the stub that says that a payment's newest version is missing. A document of its own, so
   * that the version before stays where older positions need it.
   */
  static String stubId(String organizationId, String paymentId) {
    return stubIdOf(id(organizationId, paymentId));
  }

  /** Id of the stub beside a payment's document. */
  static String stubIdOf(String id) {
    return id + "/parked";
  }

  static Map<String, Object> of(Payment payment) {
    PersonalData personal = payment.getPersonalData();
    Map<String, Object> document = new LinkedHashMap<>();
    document.put(ORGANIZATION, payment.getOrganizationId());
    document.put(PAYMENT_ID, payment.getPaymentId());
    document.put(STATUS, statusTerm(payment.getStatusValue()));
    document.put(CURRENCY, payment.getAmount().getCurrencyCode());
    for (NumberField field : NumberField.values()) {
      document.put(name(field), field.of(payment));
    }
    for (TextField field : TextField.values()) {
      put(document, name(field), field.of(payment));
    }
    List<String> metadata =
        personal.getMetadataMap().entrySet().stream()
            .map(pair -> metadataTerm(pair.getKey(), pair.getValue()))
            .toList();
    if (!metadata.isEmpty()) {
      document.put(METADATA, metadata);
    }
    put(document, WORDS, joined(Words.of(payment)));
    put(document, DESCRIPTION, personal.getDescription());
    put(document, DESCRIPTION_WORDS, joined(Words.of(personal.getDescription())));
    document.put(PAYMENT, Base64.getEncoder().encodeToString(payment.toByteArray()));
    return document;
  }

  /** A text field's name in documents. */
  static String name(TextField field) {
    return switch (field) {
      case USER -> USER;
      case MERCHANT_REFERENCE -> MERCHANT_REFERENCE;
      case PROVIDER_REFERENCE -> PROVIDER_REFERENCE;
      case CORRELATION -> CORRELATION_ID;
    };
  }

  /** Likewise a number's. */
  static String name(NumberField field) {
    return switch (field) {
      case EFFECTIVE_TIME -> EFFECTIVE_AT;
      case UPDATE_TIME -> UPDATE_AT;
      case AMOUNT -> AMOUNT;
    };
  }

  /** The message that a document carries. */
  static Payment payment(String base64) {
    try {
      return Payment.parseFrom(Base64.getDecoder().decode(base64));
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a document carries no payment", e);
    }
  }

  private static void put(Map<String, Object> document, String field, String value) {
    if (!value.isEmpty()) {
      document.put(field, value);
    }
  }

  private static String joined(Collection<String> words) {
    return String.join(" ", words);
  }

  static String statusTerm(PaymentStatus status) {
    return statusTerm(status.getNumber());
  }

  private static String statusTerm(int number) {
    return Integer.toString(number);
  }

  /** A pair as one term: the first equals sign without a backslash ends the name. */
  static String metadataTerm(String name, String value) {
    return name.replace("\\", "\\\\").replace("=", "\\=") + "=" + value;
  }
}
