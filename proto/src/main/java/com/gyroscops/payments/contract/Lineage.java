package com.gyroscops.payments.contract;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The present history of a log and those it came from.
 *
 * <p>A history is named by its epoch, a random id. A failover or a restore begins another one: it
 * shares the events up to some position with the one before, and what was written there after that
 * position is lost. {@link #holds} is the one place that decides whether something known of an
 * epoch and a position, be it a token, a page, a cached answer, a checkpoint or the end of a
 * journal, is part of the present history.
 *
 * @param epoch of the present history
 * @param ancestors earlier histories, oldest first: the oldest and the newest ones, {@value
 *     #ANCESTORS_MAX} at most. One that is not listed shares nothing as far as can be told.
 */
public record Lineage(String epoch, List<Ancestor> ancestors) {

  /** Most ancestors that are told of: each costs 50 bytes beside every checkpoint. */
  public static final int ANCESTORS_MAX = 64;

  /**
   * An earlier history.
   *
   * @param sharedPosition the present history holds its events up to here
   */
  public record Ancestor(String epoch, long sharedPosition) {
    public Ancestor {
      if (!isName(epoch) || sharedPosition < 0) {
        throw new IllegalArgumentException("not an ancestor: " + epoch + ":" + sharedPosition);
      }
    }
  }

  public Lineage {
    ancestors = List.copyOf(ancestors);
    if (!isName(epoch) || ancestors.size() > ANCESTORS_MAX) {
      throw new IllegalArgumentException(
          "not a lineage: " + epoch + " after " + ancestors.size() + " others");
    }
  }

  /** A history without ancestors. */
  public static Lineage of(String epoch) {
    return new Lineage(epoch, List.of());
  }

  /** As it travels: the present epoch, and the ancestors. */
  public static Lineage of(
      String epoch, List<com.gyroscops.payments.internal.v1.Ancestor> ancestors) {
    return new Lineage(
        epoch,
        ancestors.stream().map(it -> new Ancestor(it.getEpoch(), it.getSharedPosition())).toList());
  }

  /** The ancestors as they travel. */
  public List<com.gyroscops.payments.internal.v1.Ancestor> ancestorMessages() {
    return ancestors.stream()
        .map(it ->
            com.gyroscops.payments.internal.v1.Ancestor.newBuilder()
                .setEpoch(it.epoch())
                .setSharedPosition(it.sharedPosition())
                .build())
        .toList();
  }

  /**
   * Reads what {@link #ancestorsText} wrote.
   *
   * @throws IllegalArgumentException it is not of that form
   */
  public static Lineage parse(String epoch, String ancestorsText) {
    if (ancestorsText.isEmpty()) {
      return of(epoch);
    }
    List<Ancestor> ancestors = new ArrayList<>();
    for (String each : ancestorsText.split(",", -1)) {
      int colon = each.lastIndexOf(':');
      if (colon < 0) {
        throw new IllegalArgumentException("not ancestors: " + ancestorsText);
      }
      ancestors.add(
          new Ancestor(
              each.substring(0, colon), Long.parseLong(each, colon + 1, each.length(), 10)));
    }
    return new Lineage(epoch, ancestors);
  }

  /**
   * The ancestors as text, {@code epoch:position,epoch:position}: what is kept beside checkpoints.
   */
  public String ancestorsText() {
    return ancestors.stream()
        .map(it -> it.epoch() + ":" + it.sharedPosition())
        .collect(Collectors.joining(","));
  }

  /** The epoch of the oldest history: what all of them share begins there. */
  public String origin() {
    return ancestors.isEmpty() ? epoch : ancestors.getFirst().epoch();
  }

  /**
   * Whether what a history held at a position is part of the present one: all of what this one
   * holds, and of an ancestor what it shares. Whether the log has come that far yet is another
   * question.
   */
  public boolean holds(String ofEpoch, long position) {
    if (epoch.equals(ofEpoch)) {
      return true;
    }
    for (Ancestor ancestor : ancestors) {
      if (ancestor.epoch().equals(ofEpoch)) {
        return position <= ancestor.sharedPosition();
      }
    }
    return false;
  }

  /** Whether a history is among the earlier ones. */
  public boolean descendsFrom(String otherEpoch) {
    return ancestors.stream().anyMatch(it -> it.epoch().equals(otherEpoch));
  }

  private static boolean isName(String text) {
    return !text.isEmpty() && text.indexOf(',') < 0 && text.indexOf(':') < 0;
  }
}
