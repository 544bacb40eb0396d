package com.gyroscops.payments.read;

import io.micronaut.context.annotation.ConfigurationProperties;

/**
 * What a replica is told about its caches.
 *
 * @param l1BytesMax most memory for answers kept in this process, as far as that can be told; 0:
 *     none are
 */
@ConfigurationProperties("cache")
record CacheSettings(long l1BytesMax) {

  CacheSettings {
    if (l1BytesMax < 0) {
      throw new IllegalArgumentException("CACHE_L1_BYTES_MAX must not be negative");
    }
  }
}
