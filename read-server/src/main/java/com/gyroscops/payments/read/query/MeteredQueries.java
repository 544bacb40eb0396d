package com.gyroscops.payments.read.query;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Locale;
import java.util.function.Function;

/** Times queries, by method, source that answered, and outcome. */
public final class MeteredQueries implements QueryMiddleware {

  private static final String NO_SOURCE = "none";

  private final MeterRegistry meters;

  public MeteredQueries(MeterRegistry meters) {
    this.meters = meters;
  }

  @Override
  public <Q, A> A around(Query<Q, A> query, Q request, Function<Q, A> rest) {
    Timer.Sample sample = Timer.start(meters);
    String source = NO_SOURCE;
    Status.Code outcome = Status.Code.INTERNAL;
    try {
      A answer = rest.apply(request);
      source = sourceName(query.readOf(answer).getSource().name());
      outcome = Status.Code.OK;
      return answer;
    } catch (StatusRuntimeException e) {
      outcome = e.getStatus().getCode();
      throw e;
    } finally {
      sample.stop(
          Timer.builder("payments.queries")
              .description("Time to answer a query")
              .tag("method", query.name())
              .tag("source", source)
              .tag("outcome", outcome.name())
              .publishPercentiles(0.5, 0.99)
              .register(meters));
    }
  }

  private static String sourceName(String constant) {
    return constant.replace("READ_SOURCE_", "").toLowerCase(Locale.ROOT);
  }
}
