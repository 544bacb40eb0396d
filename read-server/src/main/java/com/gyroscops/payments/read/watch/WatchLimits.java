package com.gyroscops.payments.read.watch;

import java.time.Duration;

/**
 * How long and how much a watch waits.
 *
 * @param heartbeat longest time without a response; the contract says 10 s, the network takes some
 * @param feedPatience how long the feed may be silent before watchers are sent elsewhere
 * @param pendingMax events that may wait for a watcher that does not take what was sent
 * @param pageEvents events of a response, and of a page of the past
 * @param look time between looks at how much waits for a watcher that takes nothing
 */
record WatchLimits(
    Duration heartbeat, Duration feedPatience, int pendingMax, int pageEvents, Duration look) {

  static WatchLimits usual() {
    return new WatchLimits(
        Duration.ofSeconds(9), Duration.ofSeconds(10), 4_096, 256, Duration.ofMillis(500));
  }
}
