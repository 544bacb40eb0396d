package com.gyroscops.payments.read;

import com.gyroscops.payments.contract.Violations;
import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;
import java.util.List;

/**
 * What a replica is told by its environment.
 *
 * @param instanceId unique name of the replica; empty: it chooses one
 * @param internalGrpcPort of ReadAdminService; 0: any free one
 * @param drainNotice how long it says NOT_SERVING before it stops taking calls
 * @param feedTargets gRPC targets of the write-servers' internal ports, in order of preference
 * @param pageTokenSecret key that signs page tokens, the same on all replicas
 * @param crossOrganizationQueries whether anyone may ask for all organizations at once
 */
@ConfigurationProperties("read-server")
record ReadServerSettings(
    @Bindable(defaultValue = "") String instanceId,
    int internalGrpcPort,
    Duration drainNotice,
    List<String> feedTargets,
    @Bindable(defaultValue = "") String pageTokenSecret,
    boolean crossOrganizationQueries) {

  ReadServerSettings {
    feedTargets = feedTargets.stream().map(String::strip).filter(it -> !it.isEmpty()).toList();
    if (feedTargets.isEmpty()) {
      throw new IllegalArgumentException("FEED_TARGETS must name one write-server or more");
    }
    new Violations().optionalIdentifier("INSTANCE_ID", instanceId).throwIfAny();
    if (drainNotice.isNegative()) {
      throw new IllegalArgumentException("DRAIN_NOTICE must not be negative");
    }
  }
}
