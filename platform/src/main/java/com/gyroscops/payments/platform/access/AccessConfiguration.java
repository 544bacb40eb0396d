package com.gyroscops.payments.platform.access;

import io.micronaut.context.annotation.ConfigurationProperties;

/**
 * How callers are known, under {@code payments.access} in a server's configuration.
 *
 * @param mode as {@link AccessMode}, in lower case
 * @param apiKeysFile empty: none
 * @param issuers as {@link Issuer#parse} reads them
 * @param audience what {@code aud} of a JWT must name
 */
@ConfigurationProperties("payments.access")
public record AccessConfiguration(
    String mode, String apiKeysFile, String issuers, String audience) {}
