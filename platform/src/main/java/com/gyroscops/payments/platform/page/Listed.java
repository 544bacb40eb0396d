package com.gyroscops.payments.platform.page;

import java.util.function.Function;

/** An element of a list and its place there. */
public record Listed<T>(T element, PageKey key) {

  /** Another element in its place. */
  public <R> Listed<R> map(Function<T, R> change) {
    return new Listed<>(change.apply(element), key);
  }
}
