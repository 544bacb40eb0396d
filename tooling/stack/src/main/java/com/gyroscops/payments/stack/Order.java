package com.gyroscops.payments.stack;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a client asks of the supervisor: one line of JSON, answered by lines of {@link Notice}.
 *
 * @param token that of the state file
 * @param writeServers null: as many as there are, or 1; likewise the others
 * @param without read sources to leave out; null: those left out now, or none
 * @param restart whether to start again what ends by itself; null: as it is now, or yes
 */
record Order(
    String token,
    Action action,
    @Nullable Integer writeServers,
    @Nullable Integer readServers,
    @Nullable Integer portOffset,
    @Nullable Integer postgresPort,
    @Nullable Set<Feature> without,
    @Nullable Boolean restart) {

  /** What may be asked. */
  enum Action {
    /** Start what is missing, wait until all is ready. */
    UP,
    /** Drain and stop everything, then end. */
    DOWN,
    /** Tell what runs. */
    VIEW,
    /** Tell what happens, until the supervisor ends. */
    FOLLOW
  }
}
