package com.gyroscops.payments.read.app;

import io.micronaut.context.annotation.ConfigurationProperties;
import java.time.Duration;
import java.util.List;

/**
 * What a replica is told by its environment.
 *
 * @param instanceId unique name of the replica; empty: it chooses one
 * @param internalGrpcPort of ReadAdminService; 0: any free one
 * @param drainNotice how long it says NOT_SERVING before it stops taking calls
 * @param feedTargets gRPC targets of the write-servers' internal ports, in order of preference
 * @param feedApiKey what it shows them; empty: nothing
 * @param pageTokenSecret key that signs page tokens, the same on all replicas
 * @param crossOrganizationQueries whether anyone may ask for all organizations at once
 */
@ConfigurationProperties("read-server")
record ReadServerSettings(
    String instanceId,
    int internalGrpcPort,
    Duration drainNotice,
    List<String> feedTargets,
    String feedApiKey,
    String pageTokenSecret,
    boolean crossOrganizationQueries) {

  ReadServerSettings {
    feedTargets = feedTargets.stream().map(String::strip).filter(it -> !it.isEmpty()).toList();
  }
}
