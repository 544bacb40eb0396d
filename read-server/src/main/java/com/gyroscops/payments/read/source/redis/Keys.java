package com.gyroscops.payments.read.source.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * Where things lie in Redis.
 *
 * @param namespace sets one deployment's keys apart from another's; in braces within every key, so
 *     that a cluster keeps them all on one node
 */
record Keys(String namespace) {

  byte[] checkpoint() {
    return ("{" + namespace + "}:redis:checkpoint").getBytes(UTF_8);
  }

  byte[] document(String generation, String organizationId, String paymentId) {
    return ("{" + namespace + "}:redis:" + generation + ":" + organizationId + "/" + paymentId)
        .getBytes(UTF_8);
  }
}
