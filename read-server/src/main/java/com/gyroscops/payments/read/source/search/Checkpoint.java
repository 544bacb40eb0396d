package com.gyroscops.payments.read.source.search;

import com.fasterxml.jackson.databind.JsonNode;
import com.gyroscops.payments.read.source.SourcePosition;
import java.util.Map;

/**
 * What the checkpoint document says.
 *
 * @param fence newest fence seen
 * @param at where the index stands
 * @param retired whether another generation is being put in this one's place
 */
record Checkpoint(long fence, SourcePosition at, boolean retired) {

  /** Id of the document; no payment's, for those have a slash. */
  static final String ID = "checkpoint";

  /** Field of the document that holds all of it, unindexed. */
  static final String FIELD = "checkpoint";

  Checkpoint at(SourcePosition there) {
    return new Checkpoint(fence, there, retired);
  }

  static Checkpoint of(JsonNode source) {
    JsonNode it = source.path(FIELD);
    return new Checkpoint(
        it.path("fence").asLong(),
        new SourcePosition(
            it.path("log_id").asText(),
            it.path("epoch").asText(),
            it.path("position").asLong(),
            it.path("event_id").asText(),
            it.path("ready_position").asLong(),
            it.path("parked").asLong()),
        it.path("retired").asBoolean());
  }

  Map<String, Object> toDocument() {
    return Map.of(
        FIELD,
        Map.of(
            "fence", fence,
            "log_id", at.logId(),
            "epoch", at.epoch(),
            "position", at.position(),
            "event_id", at.eventId(),
            "ready_position", at.readyPosition(),
            "parked", at.parked(),
            "retired", retired));
  }
}
