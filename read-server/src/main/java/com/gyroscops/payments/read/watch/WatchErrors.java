package com.gyroscops.payments.read.watch;

import com.gyroscops.payments.contract.ApiError;
import io.grpc.Status.Code;
import java.time.Duration;
import java.util.Map;

/** The errors of watching, each with its reason in the contract. */
final class WatchErrors {

  private static final Duration RETRY_LIMIT = Duration.ofSeconds(5);
  private static final Duration RETRY_FEED = Duration.ofSeconds(1);

  /** Another server is there already. */
  private static final Duration RETRY_DRAINING = Duration.ofMillis(100);

  private WatchErrors() {}

  static ApiError limit(int watchersMax) {
    return ApiError.of(
            Code.RESOURCE_EXHAUSTED,
            "WATCH_LIMIT",
            "this server has " + watchersMax + " watchers already")
        .retryAfter(RETRY_LIMIT);
  }

  static ApiError fellBehind(String resumeToken) {
    return ApiError.of(
        Code.RESOURCE_EXHAUSTED,
        "WATCH_FELL_BEHIND",
        "events were not taken as fast as they came; go on from resume_token",
        Map.of("resume_token", resumeToken));
  }

  static ApiError feedUnavailable(String resumeToken) {
    return ApiError.of(
            Code.UNAVAILABLE,
            "FEED_UNAVAILABLE",
            "this server does not hear of new events",
            facts(resumeToken))
        .retryAfter(RETRY_FEED);
  }

  static ApiError draining(String resumeToken) {
    return ApiError.of(
            Code.UNAVAILABLE, "DRAINING", "this server is going to stop", facts(resumeToken))
        .retryAfter(RETRY_DRAINING);
  }

  static ApiError tokenEpochLost() {
    return ApiError.of(
        Code.FAILED_PRECONDITION,
        "TOKEN_EPOCH_LOST",
        "the resume token is of a history that was lost; events that it follows may be lost too");
  }

  private static Map<String, String> facts(String resumeToken) {
    return resumeToken.isEmpty() ? Map.of() : Map.of("resume_token", resumeToken);
  }
}
