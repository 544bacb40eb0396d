package com.gyroscops.payments.write.app;

import io.micronaut.context.annotation.ConfigurationProperties;
import java.time.Duration;

/**
 * What an installation may choose, under {@code payments} in the configuration.
 *
 * @param instanceId unique name of this replica
 * @param host interface to listen on
 * @param grpcPort of CommandService
 * @param internalGrpcPort of EventFeedService, which carries every organization's data
 * @param drainNotice how long the server says NOT_SERVING before it stops taking calls
 * @param requestRetention how long outcomes of requests are kept at least
 * @param partitionEvents size of the partitions of events that are made from now on
 * @param queueCommandsMax most commands that wait before callers are refused
 */
@ConfigurationProperties("payments")
record WriteServerSettings(
    String instanceId,
    String host,
    int grpcPort,
    int internalGrpcPort,
    Duration drainNotice,
    Duration requestRetention,
    long partitionEvents,
    int queueCommandsMax) {}
