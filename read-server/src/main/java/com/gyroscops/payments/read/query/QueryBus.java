package com.gyroscops.payments.read.query;

import java.util.List;
import java.util.function.Function;

/** The way of every request to its query, through what is done around all of them. */
public final class QueryBus {

  private final List<QueryMiddleware> middleware;

  /**
   * A bus.
   *
   * @param middleware outermost first
   */
  public QueryBus(List<QueryMiddleware> middleware) {
    this.middleware = List.copyOf(middleware);
  }

  /** Answers a request; see {@link Query#answer}. */
  public <Q, A> A ask(Query<Q, A> query, Q request) {
    Function<Q, A> rest = query::answer;
    for (QueryMiddleware each : middleware.reversed()) {
      Function<Q, A> inner = rest;
      rest = asked -> each.around(query, asked, inner);
    }
    return rest.apply(request);
  }
}
