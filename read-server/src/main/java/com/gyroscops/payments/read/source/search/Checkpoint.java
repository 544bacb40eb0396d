package com.gyroscops.payments.read.source.search;

import static java.util.Map.entry;

import com.fasterxml.jackson.databind.JsonNode;
import com.gyroscops.payments.read.source.SourcePosition;
import java.util.Map;

/**
 * What the checkpoint document says.
 *
 * <p>A search finds it by its id, or besides what it searches for: engines complete from the
 * snapshot that they search, and completions carry their documents. A document that was replaced
 * stays in the automaton of its segment until a merge, and each completion walks all that have its
 * key; so the key changes every {@link #WRITES_PER_KEY} writes.
 *
 * @param fence newest fence seen
 * @param at where the index stands
 * @param retired whether another generation is being put in this one's place
 * @param number how many checkpoints were written before it in its index
 * @param layout of the index it is in: {@link #LAYOUT} if this version of the program made it
 */
record Checkpoint(long fence, SourcePosition at, boolean retired, long number, int layout) {

  /**
   * Number of the indices' settings and mapping, to be raised with every change to them: an index
   * of another layout is not written to but replaced.
   */
  static final int LAYOUT = 3;

  /** Id of the document; no payment's, for those have a slash. */
  static final String ID = "checkpoint";

  /** Field of the document that holds all of it, unindexed. */
  static final String FIELD = "checkpoint";

  /** Field by which the document is completed, and no other document has. */
  static final String KEY = "checkpoint_key";

  /**
   * A walk over one that was replaced takes some 0.4 µs; whoever has an old key needs two requests
   * more to learn the new one.
   */
  static final int WRITES_PER_KEY = 64;

  /** Of a new index. */
  static Checkpoint first(long fence) {
    return new Checkpoint(fence, SourcePosition.NOWHERE, false, 0, LAYOUT);
  }

  /** The next one, where the index stands there. */
  Checkpoint movedTo(SourcePosition there) {
    return new Checkpoint(fence, there, retired, number + 1, layout);
  }

  /** The next one, where a projector with a newer fence goes on. */
  Checkpoint takenOverBy(long newer) {
    return new Checkpoint(newer, at, false, number + 1, layout);
  }

  /** The next one, where the generation has no future. */
  Checkpoint asRetired() {
    return new Checkpoint(fence, at, true, number + 1, layout);
  }

  /** Where searches stand that see it; an index of another layout is not for ours. */
  SourcePosition searchable() {
    return retired || layout != LAYOUT ? SourcePosition.NOWHERE : at;
  }

  /** By what it is completed; no key is the beginning of another. */
  String key() {
    return number / WRITES_PER_KEY + "/";
  }

  static Checkpoint of(JsonNode source) {
    JsonNode it = source.path(FIELD);
    return new Checkpoint(
        it.path("fence").asLong(),
        new SourcePosition(
            it.path("log_id").asText(),
            SourcePosition.lineage(it.path("epoch").asText(), it.path("ancestors").asText()),
            it.path("position").asLong(),
            it.path("event_id").asText(),
            it.path("ready_position").asLong(),
            it.path("parked").asLong()),
        it.path("retired").asBoolean(),
        it.path("number").asLong(),
        // The first layout did not say.
        it.path("layout").asInt(1));
  }

  Map<String, Object> toDocument() {
    return Map.of(
        // The newest first: those that it replaced may be in its segment.
        KEY,
        Map.of("input", key(), "weight", number % WRITES_PER_KEY),
        FIELD,
        Map.ofEntries(
            entry("fence", fence),
            entry("log_id", at.logId()),
            entry("epoch", at.epoch()),
            entry("ancestors", at.ancestorsText()),
            entry("position", at.position()),
            entry("event_id", at.eventId()),
            entry("ready_position", at.readyPosition()),
            entry("parked", at.parked()),
            entry("retired", retired),
            entry("number", number),
            entry("layout", layout)));
  }
}
