package com.gyroscops.payments.read.source;

import java.util.function.Function;

/**
 * What a source answers to a question: data with the position it is of, or why there is none. Never
 * an empty result for a failure.
 *
 * @param <T> type of the data
 */
public sealed interface Answer<T> {

  /**
   * Data of one snapshot.
   *
   * @param at where the source stood in that same snapshot
   */
  record Data<T>(T value, SourcePosition at) implements Answer<T> {
    @Override
    public <R> Data<R> map(Function<? super T, ? extends R> change) {
      return new Data<>(change.apply(value), at);
    }
  }

  /** Events that the answer would need are parked. */
  record Incomplete<T>(SourcePosition at) implements Answer<T> {}

  /**
   * The source holds some payments only, and not all of those asked for; whether they exist is
   * open.
   */
  record NotHeld<T>(SourcePosition at) implements Answer<T> {}

  /**
   * The source computed what it cannot be exact about, though its capability demands that of this
   * part; another source may be.
   */
  record Inexact<T>(SourcePosition at) implements Answer<T> {}

  /** The source is being filled, or belongs to no log yet. */
  record NotReady<T>(SourcePosition at) implements Answer<T> {}

  /** The store does not answer. */
  record Unavailable<T>(Exception cause) implements Answer<T> {}

  /** The call ended, by cancellation or deadline, or took longer than any call may. */
  record Stopped<T>() implements Answer<T> {}

  /** The same answer with other data. */
  default <R> Answer<R> map(Function<? super T, ? extends R> change) {
    return switch (this) {
      case Data<T> data -> data.map(change);
      case Incomplete<T>(SourcePosition at) -> new Incomplete<>(at);
      case NotHeld<T>(SourcePosition at) -> new NotHeld<>(at);
      case Inexact<T>(SourcePosition at) -> new Inexact<>(at);
      case NotReady<T>(SourcePosition at) -> new NotReady<>(at);
      case Unavailable<T>(Exception cause) -> new Unavailable<>(cause);
      case Stopped<T>() -> new Stopped<>();
    };
  }
}
