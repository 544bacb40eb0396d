package com.gyroscops.payments.read.query;

import com.gyroscops.payments.v1.CacheLevel;
import com.gyroscops.payments.v1.ReadMetadata;
import com.gyroscops.payments.v1.ReadSource;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Times queries, by method, source and cache that answered, and outcome. */
public final class MeteredQueries implements QueryMiddleware {

  private static final String NONE = "none";

  private static final Map<ReadSource, String> SOURCES =
      Stream.of(ReadSource.values()).collect(Collectors.toMap(it -> it, it -> label(it.name())));

  private static final Map<CacheLevel, String> CACHES =
      Map.of(CacheLevel.CACHE_LEVEL_L1, "l1", CacheLevel.CACHE_LEVEL_L2, "l2");

  private static String label(String constant) {
    return constant.replace("READ_SOURCE_", "").toLowerCase(Locale.ROOT);
  }

  private record Labels(String method, String source, String cache, Status.Code outcome) {}

  private final MeterRegistry meters;
  private final ConcurrentHashMap<Labels, Timer> timers = new ConcurrentHashMap<>();

  public MeteredQueries(MeterRegistry meters) {
    this.meters = meters;
  }

  @Override
  public <Q, A> A around(Query<Q, A> query, Q request, Function<Q, A> rest) {
    Timer.Sample sample = Timer.start(meters);
    String source = NONE;
    String cache = NONE;
    Status.Code outcome = Status.Code.INTERNAL;
    try {
      A answer = rest.apply(request);
      ReadMetadata read = query.readOf(answer);
      source = SOURCES.getOrDefault(read.getSource(), NONE);
      cache = CACHES.getOrDefault(read.getCache(), NONE);
      outcome = Status.Code.OK;
      return answer;
    } catch (StatusRuntimeException e) {
      outcome = e.getStatus().getCode();
      throw e;
    } finally {
      Labels labels = new Labels(query.name(), source, cache, outcome);
      // computeIfAbsent may lock, which all queries would wait for.
      Timer timer = timers.get(labels);
      sample.stop(timer == null ? timers.computeIfAbsent(labels, this::timer) : timer);
    }
  }

  private Timer timer(Labels labels) {
    return Timer.builder("payments.queries")
        .description("Time to answer a query")
        .tag("method", labels.method())
        .tag("source", labels.source())
        .tag("cache", labels.cache())
        .tag("outcome", labels.outcome().name())
        .publishPercentiles(0.5, 0.99)
        .register(meters);
  }
}
