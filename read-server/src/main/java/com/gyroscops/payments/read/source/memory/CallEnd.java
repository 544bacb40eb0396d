package com.gyroscops.payments.read.source.memory;

import com.gyroscops.payments.platform.grpc.Deadlines;
import io.grpc.Context;
import org.apache.lucene.index.QueryTimeout;

/** Notices that the call for which a query works has ended, by cancellation or deadline. */
final class CallEnd implements QueryTimeout {

  /** Ends the work for a call that has ended. */
  static final class Reached extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Reached() {
      super("the call has ended", null, false, false);
    }
  }

  private final Context call = Context.current();

  @Override
  public boolean shouldExit() {
    return Deadlines.isOver(call);
  }

  /** To be called every now and then, at the latest each few milliseconds. */
  void check() {
    if (shouldExit()) {
      throw new Reached();
    }
  }
}
