package com.gyroscops.payments.platform.relay;

import com.gyroscops.payments.v1.PaymentEvent;
import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * A store that follows the log and answers no queries. It keeps its checkpoint inside itself, so
 * that whoever opens it finds out from it alone where to go on.
 *
 * <p>One runner at a time opens it, and keeps at most one session open. A runner may have lost its
 * lease without noticing: what then keeps two from writing is up to the sink.
 *
 * <p>Its text form is its name and where it is, for the log.
 */
public interface Sink {

  /** Its name in metrics ({@code payments.<name>.position}), health, threads and messages. */
  String name();

  /**
   * Takes the store, finds its checkpoint, has {@code log} compare that with the log, and goes on
   * from there. Repairs what an earlier failure left, but nothing before the log has agreed.
   *
   * @throws SinkRefusedException it must not be written to as it is: nothing was changed
   * @throws HistoryDivergedException of these: it holds what the log's present history does not
   */
  Session open(SinkLog log) throws IOException, SinkRefusedException;

  /**
   * Where a sink stands in a log.
   *
   * @param origin of the log's first history
   * @param epoch of the history that the position was applied of
   * @param position newest event applied, 1 or more
   * @param eventId id of that event
   */
  record Checkpoint(String logId, String origin, String epoch, long position, String eventId) {}

  /**
   * A sink that is being written to. Not for concurrent use, and of no use once it has thrown: the
   * sink is opened anew.
   */
  interface Session extends Closeable {

    /** Of the history that the log had when the session was opened, whose events it takes. */
    String epoch();

    /** Newest event that is durable; 0: none is. */
    long position();

    /** Id of that event; empty at 0. */
    String eventId();

    /** What there is to know of that position besides, by name, for people. */
    default Map<String, String> details() {
      return Map.of();
    }

    /**
     * Applies the events that follow {@link #position}, and returns once they are durable.
     *
     * @param events in order, without gaps; one or more
     * @throws IOException some may have been applied, and need not be durable
     */
    void apply(List<PaymentEvent> events) throws IOException;
  }
}
