package com.gyroscops.payments.write.payment;

/**
 * Why a payment failed.
 *
 * @param code machine-readable, chosen by the caller
 * @param message for people; may be empty
 */
public record Failure(String code, String message) {}
