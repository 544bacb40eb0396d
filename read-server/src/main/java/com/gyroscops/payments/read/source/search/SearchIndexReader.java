package com.gyroscops.payments.read.source.search;

import com.fasterxml.jackson.databind.JsonNode;
import com.gyroscops.payments.platform.grpc.Deadlines;
import com.gyroscops.payments.read.source.Answer;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.read.source.SourceUnavailableException;
import com.gyroscops.payments.read.source.search.EngineConnection.Reply;
import io.grpc.Context;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Puts questions to the index, one request each, in which the question's own search finds the
 * checkpoint, too. Where stubs are known to be there it is two searches that run one after the
 * other on the same copy of the one shard: for stubs of the organization, then the question.
 *
 * <p>Invariant: the question's snapshot is that of the checkpoint or a newer one of the same index,
 * and the checkpoint is written after the data of its position. So an answer holds all that its
 * position says; it may hold what came after. Stubs that the checkpoint counts are in its own
 * snapshot, and are found there, or a newer version of their payment is in the question's.
 *
 * <p>Searches find the checkpoint by a key that changes now and then. Where it is not found, its
 * new one is looked up, and all is put again.
 *
 * <p>For concurrent use.
 */
final class SearchIndexReader {

  /**
   * Most questions under way: what two to four cores of an engine can work on at once, and a few
   * more that wait there.
   */
  static final int REQUESTS_MAX = 16;

  /** Longest wait for the engine; after that many times a usual answer it is in trouble. */
  static final Duration ANSWER_MAX = Duration.ofSeconds(5);

  /** Longest wait to be among those under way. */
  private static final Duration TURN_MAX = Duration.ofSeconds(2);

  /** Longest wait for the position; as long as whoever asks can do without. */
  private static final Duration POSITION_MAX = Duration.ofSeconds(2);

  /** Routes all searches of one request to the same copy of the shard. */
  private static final String COPY = "payments";

  /** Times that a question is put while the checkpoint's key, or what the alias names, changes. */
  private static final int ATTEMPTS_MAX = 4;

  private static final int OK = 200;
  private static final int NOT_FOUND = 404;

  private static final Map<String, Object> CHECKPOINT =
      Map.of("size", 1, "query", Map.of("ids", Map.of("values", List.of(Checkpoint.ID))));

  /** What answers hold of the documents found. */
  private static final List<String> FIELDS = List.of(Documents.PAYMENT, Checkpoint.FIELD);

  /** Name of the part of a search, and of its answer, that is the checkpoint. */
  private static final String AT = "at";

  /**
   * What a search found.
   *
   * @param index in which it was
   * @param at where its snapshot stands
   */
  private record Found(String index, SourcePosition at, JsonNode response) {}

  private final EngineConnection engine;
  private final String alias;
  private final Semaphore turns = new Semaphore(REQUESTS_MAX, true);

  /** The checkpoint's key when last looked. */
  private volatile @Nullable String key;

  /** Whether stubs were there when last looked; asked for beforehand to save asking twice. */
  private volatile boolean stubsSeen;

  SearchIndexReader(EngineConnection engine, String alias) {
    this.engine = engine;
    this.alias = alias;
  }

  /** Where a search for anything would stand now. */
  SourcePosition position() throws SourceUnavailableException {
    return newest(POSITION_MAX).map(Checkpoint::searchable).orElse(SourcePosition.NOWHERE);
  }

  /** The checkpoint that searches see, whatever its key; empty: there is none. */
  private Optional<Checkpoint> newest(Duration max) throws SourceUnavailableException {
    Reply reply =
        engine.ask("POST", "/" + alias + "/_search", Map.of("preference", COPY), CHECKPOINT, max);
    if (reply.status() == NOT_FOUND) {
      return Optional.empty();
    }
    if (!reply.isOk()) {
      throw EngineConnection.broken(reply.status(), reply.body());
    }
    JsonNode hit = reply.body().path("hits").path("hits").path(0);
    if (hit.isMissingNode()) {
      return Optional.empty();
    }
    Checkpoint checkpoint = Checkpoint.of(hit.path("_source"));
    // Engines refuse to complete by a field that an index of another layout may not have.
    key = checkpoint.layout() == Checkpoint.LAYOUT ? checkpoint.key() : null;
    return Optional.of(checkpoint);
  }

  /** Puts one question. */
  <T> Answer<T> answer(
      String organizationId, Map<String, Object> question, Function<JsonNode, T> reader) {
    Context call = Context.current();
    try {
      if (!turns.tryAcquire(nanosLeft(call, TURN_MAX), TimeUnit.NANOSECONDS)) {
        return Deadlines.isOver(call)
            ? new Answer.Stopped<>()
            : new Answer.Unavailable<>(new TimeoutException("too many searches are under way"));
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return new Answer.Stopped<>();
    }
    try {
      return ask(call, organizationId, question, reader);
    } catch (CancellationException _) {
      return new Answer.Stopped<>();
    } catch (SourceUnavailableException e) {
      return Deadlines.isOver(call) || Thread.currentThread().isInterrupted()
          ? new Answer.Stopped<>()
          : new Answer.Unavailable<>(e);
    } finally {
      turns.release();
    }
  }

  private <T> Answer<T> ask(
      Context call,
      String organizationId,
      Map<String, Object> question,
      Function<JsonNode, T> reader)
      throws SourceUnavailableException {
    List<Found> found = searches(call, organizationId, question, stubsSeen);
    if (found.size() == 1 && found.getFirst().at().parked() > 0) {
      // Once only: from now on stubs are asked for.
      found = searches(call, organizationId, question, true);
    }
    if (found.isEmpty()) {
      return new Answer.NotReady<>(SourcePosition.NOWHERE);
    }
    Found first = found.getFirst();
    SourcePosition at = first.at();
    stubsSeen = at.parked() > 0;
    if (!at.isReady()) {
      return new Answer.NotReady<>(at);
    }
    if (at.parked() > 0 && first.response().path("hits").path("total").path("value").asLong() > 0) {
      return new Answer.Incomplete<>(at);
    }
    return new Answer.Data<>(reader.apply(found.getLast().response()), at);
  }

  /** What the searches found, in order, all in one index; empty: there is no checkpoint yet. */
  private List<Found> searches(
      Context call, String organizationId, Map<String, Object> question, boolean withStubs)
      throws SourceUnavailableException {
    long endNanos = System.nanoTime() + nanosLeft(call, ANSWER_MAX);
    Optional<String> by = Optional.ofNullable(key);
    for (int attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      if (by.isEmpty()) {
        by =
            newest(until(endNanos))
                .filter(it -> !it.searchable().equals(SourcePosition.NOWHERE))
                .map(Checkpoint::key);
        if (by.isEmpty()) {
          return List.of();
        }
      }
      String tried = by.get();
      Duration max = until(endNanos);
      List<Map<String, Object>> bodies = new ArrayList<>(2);
      if (withStubs) {
        bodies.add(withCheckpoint(tried, max, stubs(organizationId)));
      }
      bodies.add(withCheckpoint(tried, max, question));
      List<Found> found = put(bodies, max);
      if (!found.isEmpty() && found.getFirst().index().equals(found.getLast().index())) {
        return found;
      }
      // Another search may have learnt the new one.
      by = Optional.ofNullable(key).filter(it -> !it.equals(tried));
    }
    throw new SourceUnavailableException(
        "the checkpoint moves faster than it can be found",
        new TimeoutException(ATTEMPTS_MAX + " attempts"));
  }

  private static Duration until(long endNanos) {
    return Duration.ofNanos(Math.max(1, endNanos - System.nanoTime()));
  }

  private static Map<String, Object> withCheckpoint(
      String key, Duration max, Map<String, Object> question) {
    Map<String, Object> search = new LinkedHashMap<>(question);
    search.put("_source", FIELDS);
    search.put(
        "suggest",
        Map.of(
            AT,
            Map.of(
                "prefix",
                key,
                "completion",
                Map.of("field", Checkpoint.KEY, "size", 1, "shard_size", 1))));
    // The engine stops by itself even if it does not notice that nobody waits.
    search.put("timeout", Math.max(1, max.toMillis()) + "ms");
    return search;
  }

  /** What the searches found, in order; empty: not all saw a checkpoint of the key asked for. */
  private List<Found> put(List<Map<String, Object>> bodies, Duration max)
      throws SourceUnavailableException {
    Reply reply =
        engine.askLines("/_msearch", Map.of("max_concurrent_searches", "1"), lines(bodies), max);
    JsonNode responses = reply.body().path("responses");
    if (!reply.isOk() || responses.size() != bodies.size()) {
      throw EngineConnection.broken(reply.status(), reply.body());
    }
    List<Found> found = new ArrayList<>(bodies.size());
    for (JsonNode response : responses) {
      if (!isThere(response)) {
        return List.of();
      }
      JsonNode checkpoint = response.path("suggest").path(AT).path(0).path("options").path(0);
      if (checkpoint.isMissingNode()) {
        return List.of();
      }
      found.add(
          new Found(
              checkpoint.path("_index").asText(),
              Checkpoint.of(checkpoint.path("_source")).searchable(),
              response));
    }
    return found;
  }

  /**
   * Whether there was an index to search.
   *
   * @throws SourceUnavailableException not all of it was searched
   */
  private static boolean isThere(JsonNode response) throws SourceUnavailableException {
    int status = response.path("status").asInt();
    if (status == NOT_FOUND) {
      return false;
    }
    if (EngineConnection.isTransient(status)) {
      throw EngineConnection.unavailable(status, response);
    }
    if (status != OK) {
      throw EngineConnection.broken(status, response);
    }
    if (response.path("timed_out").asBoolean()
        || response.path("_shards").path("failed").asInt() > 0) {
      throw new SourceUnavailableException(
          "the search engine has a part of the answer only",
          new TimeoutException("a search ran out of time, or its shard failed"));
    }
    return true;
  }

  private byte[] lines(List<Map<String, Object>> bodies) {
    // The time that is left makes each body one of its own, which is not asked again.
    byte[] in =
        EngineConnection.json(Map.of("index", alias, "preference", COPY, "request_cache", false));
    ByteArrayOutputStream lines = new ByteArrayOutputStream();
    for (Map<String, Object> body : bodies) {
      lines.writeBytes(in);
      lines.write('\n');
      lines.writeBytes(EngineConnection.json(body));
      lines.write('\n');
    }
    return lines.toByteArray();
  }

  private static Map<String, Object> stubs(String organizationId) {
    return Map.of(
        "size",
        0,
        "track_total_hits",
        1,
        "query",
        Map.of("term", Map.of(Documents.PARKED_ORGANIZATION, organizationId)));
  }

  private static long nanosLeft(Context call, Duration max) {
    return Math.max(1, Deadlines.leftNanos(call, max));
  }
}
