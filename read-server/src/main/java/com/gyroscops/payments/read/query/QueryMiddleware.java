package com.gyroscops.payments.read.query;

import java.util.function.Function;

/** Something done around every query. For concurrent use. */
public interface QueryMiddleware {

  /**
   * Answers a request by way of the rest.
   *
   * @param rest answers the request; called once at most
   */
  <Q, A> A around(Query<Q, A> query, Q request, Function<Q, A> rest);
}
