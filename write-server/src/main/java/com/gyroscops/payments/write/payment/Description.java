package com.gyroscops.payments.write.payment;

import java.util.Map;

/**
 * What a payment is about: everything that may change without touching money or status.
 *
 * @param userId the payer; may be empty
 * @param text free text; may be empty
 * @param metadata free pairs
 * @param merchantReference the caller's own reference; may be empty
 * @param providerReference the payment provider's; may be empty
 */
public record Description(
    String userId,
    String text,
    Map<String, String> metadata,
    String merchantReference,
    String providerReference) {

  public Description {
    metadata = Map.copyOf(metadata);
  }

  /** The same with another provider reference, unless that is empty. */
  Description withProviderReference(String reference) {
    return reference.isEmpty()
        ? this
        : new Description(userId, text, metadata, merchantReference, reference);
  }
}
