package com.gyroscops.payments.read.query;

import java.util.concurrent.Semaphore;
import java.util.function.Function;

/** Refuses queries when too many are under way already, before they cost anything. */
public final class BoundedQueries implements QueryMiddleware {

  /**
   * Most queries at once. A source works on about a dozen; with this many more waiting, at a
   * millisecond each, the last still waits well below a second, and each holds little memory.
   */
  public static final int QUERIES_MAX = 512;

  private final Semaphore free;

  /**
   * A limit.
   *
   * @param queriesMax {@link #QUERIES_MAX}, but for tests
   */
  public BoundedQueries(int queriesMax) {
    free = new Semaphore(queriesMax);
  }

  @Override
  public <Q, A> A around(Query<Q, A> query, Q request, Function<Q, A> rest) {
    if (!free.tryAcquire()) {
      throw QueryErrors.queueFull().toException();
    }
    try {
      return rest.apply(request);
    } finally {
      free.release();
    }
  }
}
