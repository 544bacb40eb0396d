package com.gyroscops.payments.read.source;

/** A question was put to a source that lacks the capability: a mistake of the caller. */
public final class IncapableException extends UnsupportedOperationException {

  private static final long serialVersionUID = 1L;

  IncapableException(PaymentSource source, Capability capability) {
    super(source.id() + " cannot " + capability);
  }
}
