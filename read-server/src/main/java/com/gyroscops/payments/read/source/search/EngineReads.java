package com.gyroscops.payments.read.source.search;

import com.fasterxml.jackson.databind.JsonNode;
import com.gyroscops.payments.read.source.Answer;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.read.source.SourceUnavailableException;
import com.gyroscops.payments.read.source.search.EngineConnection.Reply;
import io.grpc.Context;
import io.grpc.Deadline;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
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

/**
 * Puts questions to the index: one request each, with several searches that run one after the other
 * on the same copy of the one shard: for the checkpoint, for stubs of the organization if any are
 * known to be there, then the question.
 *
 * <p>Invariant: the question's snapshot is never older than the checkpoint's, and the checkpoint is
 * written after the data of its position. So an answer holds all that its position says; it may
 * hold what came after. A stub that the checkpoint's snapshot counts is either found by the second
 * search, or a newer version of its payment is in the snapshot of the third. All are of the same
 * index: the checkpoint is searched for by the alias, which may come to name another index
 * meanwhile, the others by the name of the index that it named last; if the checkpoint is not of
 * that one, all are put again.
 *
 * <p>For concurrent use.
 */
final class EngineReads {

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

  /**
   * Times that a question is put while the index behind the alias changes; the first of a process
   * does not count, which only learns what the alias names.
   */
  private static final int ATTEMPTS_MAX = 4;

  private static final int OK = 200;
  private static final int NOT_FOUND = 404;

  private static final Map<String, Object> CHECKPOINT =
      Map.of("size", 1, "query", Map.of("ids", Map.of("values", List.of(Checkpoint.ID))));

  private final EngineConnection engine;
  private final String alias;
  private final Semaphore turns = new Semaphore(REQUESTS_MAX, true);

  /** What the alias named when last looked. */
  private volatile String index;

  /** Whether stubs were there when last looked; asked for beforehand to save asking twice. */
  private volatile boolean stubsSeen;

  EngineReads(EngineConnection engine, String alias) {
    this.engine = engine;
    this.alias = alias;
    index = alias;
  }

  /** Where a search for anything would stand now. */
  SourcePosition position() throws SourceUnavailableException {
    Reply reply =
        engine.ask(
            "POST", "/" + alias + "/_search", Map.of("preference", COPY), CHECKPOINT, POSITION_MAX);
    if (reply.status() == NOT_FOUND) {
      return SourcePosition.NOWHERE;
    }
    if (!reply.isOk()) {
      throw EngineConnection.broken(reply.status(), reply.body());
    }
    return positionIn(reply.body());
  }

  /** Puts one question. */
  <T> Answer<T> answer(
      String organizationId, Map<String, Object> question, Function<JsonNode, T> reader) {
    Context call = Context.current();
    try {
      if (!turns.tryAcquire(nanosLeft(call, TURN_MAX), TimeUnit.NANOSECONDS)) {
        return hasEnded(call)
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
      return hasEnded(call) || Thread.currentThread().isInterrupted()
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
    boolean withStubs = stubsSeen;
    List<JsonNode> responses = searches(call, organizationId, question, withStubs);
    if (responses.isEmpty()) {
      return new Answer.NotReady<>(SourcePosition.NOWHERE);
    }
    SourcePosition at = positionIn(responses.getFirst());
    stubsSeen = at.parked() > 0;
    if (!at.isReady()) {
      return new Answer.NotReady<>(at);
    }
    if (at.parked() > 0 && !withStubs) {
      // Once only: from now on stubs are asked for.
      responses = searches(call, organizationId, question, true);
      if (responses.isEmpty()) {
        return new Answer.NotReady<>(SourcePosition.NOWHERE);
      }
      at = positionIn(responses.getFirst());
      if (!at.isReady()) {
        return new Answer.NotReady<>(at);
      }
    }
    if (at.parked() > 0 && responses.get(1).path("hits").path("total").path("value").asLong() > 0) {
      return new Answer.Incomplete<>(at);
    }
    return new Answer.Data<>(reader.apply(responses.getLast()), at);
  }

  /** What the searches found, in order, all in one index; empty: none has a checkpoint yet. */
  private List<JsonNode> searches(
      Context call, String organizationId, Map<String, Object> question, boolean withStubs)
      throws SourceUnavailableException {
    long endNanos = System.nanoTime() + nanosLeft(call, ANSWER_MAX);
    String named = index;
    for (int attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      Duration max = Duration.ofNanos(Math.max(1, endNanos - System.nanoTime()));
      List<JsonNode> responses = searchesIn(named, max, organizationId, question, withStubs);
      JsonNode checkpoint = responses.getFirst();
      if (!isThere(checkpoint)) {
        return List.of();
      }
      String live = checkpoint.path("hits").path("hits").path(0).path("_index").asText();
      if (live.isEmpty()) {
        return List.of();
      }
      if (live.equals(named) && areThere(responses)) {
        return responses;
      }
      named = live;
      index = live;
    }
    throw new SourceUnavailableException(
        "the index is replaced faster than it can be asked",
        new TimeoutException(ATTEMPTS_MAX + " attempts"));
  }

  /** Puts the checkpoint's search by the alias, the others in the index named. */
  private List<JsonNode> searchesIn(
      String named,
      Duration max,
      String organizationId,
      Map<String, Object> question,
      boolean withStubs)
      throws SourceUnavailableException {
    Map<String, Object> timed = new LinkedHashMap<>(question);
    // The engine stops by itself even if it does not notice that nobody waits.
    timed.put("timeout", Math.max(1, max.toMillis()) + "ms");
    List<Map<String, Object>> bodies = new ArrayList<>(3);
    bodies.add(CHECKPOINT);
    if (withStubs) {
      bodies.add(stubs(organizationId));
    }
    bodies.add(timed);
    Reply reply =
        engine.askLines(
            "/_msearch", Map.of("max_concurrent_searches", "1"), lines(named, bodies), max);
    List<JsonNode> responses = new ArrayList<>(bodies.size());
    reply.body().path("responses").forEach(responses::add);
    if (!reply.isOk() || responses.size() != bodies.size()) {
      throw EngineConnection.broken(reply.status(), reply.body());
    }
    return responses;
  }

  private static boolean areThere(List<JsonNode> responses) throws SourceUnavailableException {
    for (JsonNode response : responses) {
      if (!isThere(response)) {
        return false;
      }
    }
    return true;
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

  private byte[] lines(String named, List<Map<String, Object>> bodies) {
    ByteArrayOutputStream lines = new ByteArrayOutputStream();
    String in = alias;
    try {
      for (Map<String, Object> body : bodies) {
        lines.write(EngineConnection.json(Map.of("index", in, "preference", COPY)));
        lines.write('\n');
        lines.write(EngineConnection.json(body));
        lines.write('\n');
        in = named;
      }
    } catch (IOException e) {
      throw new IllegalStateException("memory does not fail to be written to", e);
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

  /** Where the snapshot of a search for the checkpoint stands. */
  private static SourcePosition positionIn(JsonNode response) {
    JsonNode hit = response.path("hits").path("hits").path(0);
    return Optional.of(hit)
        .filter(it -> !it.isMissingNode())
        .map(it -> Checkpoint.of(it.path("_source")))
        .filter(checkpoint -> !checkpoint.retired())
        .map(Checkpoint::at)
        .orElse(SourcePosition.NOWHERE);
  }

  /** A deadline that has passed counts though its timer has not run yet. */
  private static boolean hasEnded(Context call) {
    Deadline deadline = call.getDeadline();
    return call.isCancelled() || (deadline != null && deadline.isExpired());
  }

  private static long nanosLeft(Context call, Duration max) {
    Deadline deadline = call.getDeadline();
    return deadline == null
        ? max.toNanos()
        : Math.max(1, Math.min(max.toNanos(), deadline.timeRemaining(TimeUnit.NANOSECONDS)));
  }
}
