package com.gyroscops.payments.read.query;

/**
 * Whose changes make an answer outdated.
 *
 * @param paymentId empty: any payment of the organization
 */
public record CacheScope(String organizationId, String paymentId) {

  /** Any payment of an organization. */
  public static CacheScope of(String organizationId) {
    return new CacheScope(organizationId, "");
  }
}
