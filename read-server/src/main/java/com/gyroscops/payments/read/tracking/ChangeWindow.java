package com.gyroscops.payments.read.tracking;

import com.gyroscops.payments.contract.ConsistencyTokens;
import com.gyroscops.payments.contract.Lineage;
import com.gyroscops.payments.contract.LogHead;
import com.gyroscops.payments.v1.PaymentEvent;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/**
 * A stretch of one log's history, from where this replica began to follow it without a gap: where
 * each organization and each payment changed last, and the newest events. One thread appends; any
 * number reads.
 *
 * <p><b>Invariant:</b> {@link #unchangedUntil} never says that something is unchanged up to a
 * position if there is an event of it after the position given and up to that one. It may say that
 * something changed that did not.
 *
 * <p>That is so because an event's place is written before the position that covers it, and read
 * after it; because a place only grows; and because what was before the start counts as changed at
 * the start. Last changes are kept in tables of a fixed size, by hash: whatever shares a place
 * counts as changed together. Such a table needs no eviction, costs the same for any number of
 * payments, and forgets less than a map of the same size.
 */
public final class ChangeWindow {

  /**
   * Places for organizations, a power of two: with a thousand busy ones, one in sixty-five others
   * shares a place with one of them. 512 KiB.
   */
  static final int ORGANIZATION_PLACES = 1 << 16;

  /**
   * Places for payments, a power of two: at 1,000 changes a second, one payment in twenty shares a
   * place with one that changed in the last minute. 8 MiB.
   */
  static final int PAYMENT_PLACES = 1 << 20;

  /** {@link #unchangedUntil}: it changed, or may have. */
  public static final long CHANGED = -1;

  private record Token(String epoch, long position, String text) {}

  private final String logId;
  private final long start;
  private final String startEventId;
  private final long divergedMillis;
  private final AtomicLongArray organizations = new AtomicLongArray(ORGANIZATION_PLACES);
  private final AtomicLongArray payments = new AtomicLongArray(PAYMENT_PLACES);
  private final EventRing ring;
  // Changes before the first event of a later history is appended.
  private volatile Lineage lineage;
  private volatile long position;
  private volatile @Nullable Token token;

  /** A stretch after which another history did not come before, as far as this replica knows. */
  public static ChangeWindow from(LogHead start) {
    return from(start, "");
  }

  /**
   * Likewise, where the event is known that it starts after.
   *
   * @param startEventId its id; empty: it cannot be gone on from before an event is appended
   */
  static ChangeWindow from(LogHead start, String startEventId) {
    return new ChangeWindow(start, startEventId, 0, EventRing.EVENTS_MAX, EventRing.BYTES_MAX);
  }

  /**
   * A stretch that replaces one whose history turned out to be lost.
   *
   * @param nowMillis the time by the wall clock
   */
  public static ChangeWindow afterDivergence(LogHead start, long nowMillis) {
    return afterDivergence(start, "", nowMillis);
  }

  static ChangeWindow afterDivergence(LogHead start, String startEventId, long nowMillis) {
    return new ChangeWindow(
        start, startEventId, nowMillis, EventRing.EVENTS_MAX, EventRing.BYTES_MAX);
  }

  /**
   * @param eventsMax most events to remember
   * @param bytesMax most bytes of them
   */
  ChangeWindow(LogHead start, long divergedMillis, int eventsMax, long bytesMax) {
    this(start, "", divergedMillis, eventsMax, bytesMax);
  }

  private ChangeWindow(
      LogHead start, String startEventId, long divergedMillis, int eventsMax, long bytesMax) {
    this.logId = start.logId();
    this.lineage = start.lineage();
    this.start = start.position();
    this.startEventId = startEventId;
    this.divergedMillis = divergedMillis;
    ring = new EventRing(start.position(), eventsMax, bytesMax);
    position = this.start;
  }

  /** A stretch that remembers few events. */
  public static ChangeWindow small(LogHead start, int eventsMax) {
    return new ChangeWindow(start, 0, eventsMax, EventRing.BYTES_MAX);
  }

  public String logId() {
    return logId;
  }

  /** Of the history that the newest events are of. */
  public String epoch() {
    return lineage.epoch();
  }

  /** Whether what a log's epoch held at a position is part of this history. */
  public boolean holds(String otherLogId, String otherEpoch, long otherPosition) {
    return logId.equals(otherLogId) && lineage.holds(otherEpoch, otherPosition);
  }

  /**
   * Goes on in a later history of the log, which holds all that was appended. Readers may know of
   * positions of the earlier one that it does not: whoever keeps a position keeps its epoch, and
   * asks {@link #holds} after reading what follows it.
   *
   * @throws IllegalArgumentException the later history does not hold all of it
   */
  public void continueIn(Lineage later) {
    if (!later.holds(epoch(), position)) {
      throw new IllegalArgumentException(later + " does not hold " + epoch() + ":" + position);
    }
    lineage = later;
  }

  /**
   * When a history was lost that this stretch came after, in milliseconds since 1970 by the wall
   * clock; 0: none that this replica knows of.
   */
  public long divergedMillis() {
    return divergedMillis;
  }

  /** Everything up to here has been appended, or came before the start. */
  public long position() {
    return position;
  }

  /** The consistency token of a position, in this history or an earlier one. */
  public String token(String epoch, long at) {
    Token last = token;
    if (last == null || last.position() != at || !last.epoch().equals(epoch)) {
      last = new Token(epoch, at, ConsistencyTokens.encode(logId, epoch, at));
      token = last;
    }
    return last.text();
  }

  /**
   * The newest position, {@code since} or later, such that nothing happened in between to the
   * organization, or to the one payment; {@link #CHANGED} if something happened after {@code
   * since}, or may have.
   *
   * @param paymentId empty: all of the organization's
   */
  public long unchangedUntil(long since, String organizationId, String paymentId) {
    // First, so that every change up to it is seen.
    long until = position;
    long changed =
        paymentId.isEmpty()
            ? organizations.get(place(organizationId))
            : payments.get(place(organizationId, paymentId));
    return Math.max(changed, start) <= since ? Math.max(until, since) : CHANGED;
  }

  /**
   * Takes up the events that follow the position.
   *
   * @throws IllegalArgumentException there is a gap, or a repetition
   */
  public void append(List<PaymentEvent> events) {
    long last = position;
    for (PaymentEvent event : events) {
      if (event.getPosition() != last + 1) {
        throw new IllegalArgumentException(
            "event " + event.getPosition() + " does not follow " + last);
      }
      int organization = place(event.getOrganizationId());
      last = event.getPosition();
      ring.add(event, organizations.get(organization));
      organizations.set(organization, last);
      payments.set(place(event.getOrganizationId(), event.getPaymentId()), last);
    }
    position = last;
  }

  /**
   * The events of an organization, or of one of its payments, after a position, the first {@code
   * limit} of them.
   *
   * @param paymentId empty: all of the organization's
   */
  public EventSlice after(long since, String organizationId, String paymentId, int limit) {
    long until = position;
    long newest = organizations.get(place(organizationId));
    return ring.after(since, newest, Math.max(until, newest), organizationId, paymentId, limit);
  }

  /** Id of the newest event; empty at 0, and where it is not known. */
  String newestEventId() {
    String newest = ring.newestId();
    return newest.isEmpty() ? startEventId : newest;
  }

  private static int place(String organizationId) {
    return mixed(organizationId.hashCode()) & (ORGANIZATION_PLACES - 1);
  }

  private static int place(String organizationId, String paymentId) {
    return mixed(31 * mixed(organizationId.hashCode()) + paymentId.hashCode())
        & (PAYMENT_PLACES - 1);
  }

  /** Spreads hash codes of strings that differ little; the finalizer of MurmurHash3. */
  private static int mixed(int hash) {
    int h = hash;
    h = (h ^ (h >>> 16)) * 0x85ebca6b;
    h = (h ^ (h >>> 13)) * 0xc2b2ae35;
    return h ^ (h >>> 16);
  }
}
