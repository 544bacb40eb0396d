package com.gyroscops.payments.read.app;

import io.micronaut.context.annotation.ConfigurationProperties;

/**
 * What a replica is told about its caches.
 *
 * @param l1BytesMax most memory for answers kept in this process, as far as that can be told; 0:
 *     none are
 */
@ConfigurationProperties("cache")
record CacheSettings(long l1BytesMax) {}
