package com.gyroscops.payments.read.source.search;

import com.fasterxml.jackson.databind.JsonNode;
import com.gyroscops.payments.read.source.SourceUnavailableException;
import com.gyroscops.payments.read.source.search.EngineConnection.Reply;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The index that holds the data, and how another takes its place. Queries go by an alias to the one
 * that is live; whoever writes names the one it means, by an alias of that index alone: one that is
 * gone is then missed, where writing to its name would silently make a new one.
 *
 * <p>The checkpoint is changed only as it was last read or written ({@code if_seq_no}), so of two
 * who change it one is refused. For one thread.
 */
final class Generations {

  /**
   * Longest wait for the engine to write: a full batch, a refresh or a change of the cluster on a
   * machine that is busy otherwise.
   */
  static final Duration WRITE_MAX = Duration.ofSeconds(30);

  private static final int NOT_FOUND = 404;
  private static final int CONFLICT = 409;

  /**
   * One shard, for only the documents of one are seen or not seen together; no replica, for a
   * second copy could show less than the first has shown already. An index that is lost with its
   * node is filled anew from the log, and other sources answer meanwhile. It is refreshed when we
   * say so alone.
   *
   * <p>Writes need not wait for the disk: documents and checkpoint are of one shard's log, so a
   * crash leaves what was written up to some moment, a second before it at the earliest, and the
   * feed sends the rest again.
   */
  private static final Map<String, Object> SETTINGS =
      Map.of(
          "index",
          Map.of(
              "number_of_shards",
              1,
              "number_of_replicas",
              0,
              "refresh_interval",
              "-1",
              "translog.durability",
              "async",
              "translog.sync_interval",
              "1s"));

  /**
   * A generation, and its checkpoint as last read or written.
   *
   * @param index its name
   */
  record Held(String index, Checkpoint checkpoint, long seqNo, long primaryTerm) {}

  private final EngineConnection engine;
  private final String alias;
  private final Pattern name;

  /**
   * @param alias by which queries find the live generation; the indices' names start with it
   */
  Generations(EngineConnection engine, String alias) {
    this.engine = engine;
    this.alias = alias;
    name = Pattern.compile(Pattern.quote(alias) + "-([0-9]{1,18})");
  }

  /**
   * The live generation, its checkpoint as written, not as searches see it. Empty: there is none.
   */
  Optional<Held> read() throws SourceUnavailableException {
    Reply reply = engine.ask("GET", "/" + alias + "/_doc/" + Checkpoint.ID, Map.of(), WRITE_MAX);
    if (reply.status() == NOT_FOUND) {
      return Optional.empty();
    }
    JsonNode found = accepted(reply).body();
    return Optional.of(
        new Held(
            found.path("_index").asText(),
            Checkpoint.of(found.path("_source")),
            found.path("_seq_no").asLong(),
            found.path("_primary_term").asLong()));
  }

  /**
   * Changes the checkpoint. Empty: somebody else has done so.
   *
   * @throws SourceUnavailableException also if the generation is gone
   */
  Optional<Held> write(Held held, Checkpoint changed) throws SourceUnavailableException {
    Map<String, String> parameters =
        Map.of(
            "require_alias",
            "true",
            "if_seq_no",
            Long.toString(held.seqNo()),
            "if_primary_term",
            Long.toString(held.primaryTerm()));
    return put(held.index(), changed, parameters);
  }

  private Optional<Held> put(String index, Checkpoint checkpoint, Map<String, String> parameters)
      throws SourceUnavailableException {
    Reply reply =
        engine.ask(
            "PUT",
            "/" + writeAlias(index) + "/_doc/" + Checkpoint.ID,
            parameters,
            checkpoint.toDocument(),
            WRITE_MAX);
    if (reply.status() == CONFLICT) {
      return Optional.empty();
    }
    if (reply.status() == NOT_FOUND) {
      throw gone(index);
    }
    JsonNode written = accepted(reply).body();
    return Optional.of(
        new Held(
            index,
            checkpoint,
            written.path("_seq_no").asLong(),
            written.path("_primary_term").asLong()));
  }

  /**
   * Puts an empty generation in the place of all there are. Who does it at the same time, or goes
   * on with a generation that this removes, fails and looks again.
   */
  Held replace(Checkpoint checkpoint) throws SourceUnavailableException {
    List<String> old = all();
    long newest = old.stream().mapToLong(this::number).max().orElse(0);
    String index = alias + "-" + (newest + 1);
    Reply created =
        engine.ask(
            "PUT",
            "/" + index,
            Map.of(),
            Map.of(
                "settings",
                SETTINGS,
                "mappings",
                Documents.mapping(),
                "aliases",
                Map.of(writeAlias(index), Map.of())),
            WRITE_MAX);
    if (created.errorType().equals("resource_already_exists_exception")) {
      throw new SourceUnavailableException(
          "another makes the same generation", new IOException(index + " is there already"));
    }
    accepted(created);
    Held held =
        put(
                index,
                checkpoint,
                Map.of("require_alias", "true", "op_type", "create", "refresh", "true"))
            .orElseThrow(() -> gone(index));
    List<Object> actions = new ArrayList<>();
    // One step of the cluster's state: there is never none or more than one live.
    actions.add(Map.of("add", Map.of("index", index, "alias", alias)));
    old.forEach(it -> actions.add(Map.of("remove_index", Map.of("index", it))));
    Reply switched =
        engine.ask("POST", "/_aliases", Map.of(), Map.of("actions", actions), WRITE_MAX);
    if (switched.status() == NOT_FOUND) {
      throw gone(index);
    }
    accepted(switched);
    return held;
  }

  private List<String> all() throws SourceUnavailableException {
    Reply reply = engine.ask("GET", "/" + alias + "-*/_alias", Map.of(), WRITE_MAX);
    if (reply.status() == NOT_FOUND) {
      return List.of();
    }
    List<String> names = new ArrayList<>();
    accepted(reply).body().fieldNames().forEachRemaining(names::add);
    return names.stream().filter(it -> name.matcher(it).matches()).sorted().toList();
  }

  private long number(String index) {
    Matcher matcher = name.matcher(index);
    return matcher.matches() ? Long.parseLong(matcher.group(1)) : 0;
  }

  /** Lets searches see what was written. */
  void refresh(String index) throws SourceUnavailableException {
    Reply reply = engine.ask("POST", "/" + index + "/_refresh", Map.of(), WRITE_MAX);
    if (reply.status() == NOT_FOUND) {
      throw gone(index);
    }
    JsonNode shards = accepted(reply).body().path("_shards");
    if (shards.path("failed").asInt() > 0 || shards.path("successful").asInt() == 0) {
      throw new SourceUnavailableException(
          "the shard of " + index + " was not refreshed", new IOException(shards.toString()));
    }
  }

  /** Name by which a generation is written to. */
  static String writeAlias(String index) {
    return index + "-write";
  }

  static SourceUnavailableException gone(String index) {
    return new SourceUnavailableException(
        index + " is gone or being replaced", new IOException("no such index or alias"));
  }

  private static Reply accepted(Reply reply) {
    if (!reply.isOk()) {
      throw EngineConnection.broken(reply.status(), reply.body());
    }
    return reply;
  }
}
