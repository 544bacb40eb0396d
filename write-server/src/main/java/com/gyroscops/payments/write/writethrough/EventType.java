package com.gyroscops.payments.write.writethrough;

import com.gyroscops.payments.write.payment.PaymentCommand;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** Kinds of events, as rules name them. */
enum EventType {
  CREATED,
  UPDATED,
  PROCESSED,
  FAILED,
  REFUNDED,
  DELETED;

  /** What a command leads to. */
  static EventType of(PaymentCommand command) {
    return switch (command) {
      case PaymentCommand.Create _ -> CREATED;
      case PaymentCommand.Update _ -> UPDATED;
      case PaymentCommand.Process _ -> PROCESSED;
      case PaymentCommand.Fail _ -> FAILED;
      case PaymentCommand.Refund _ -> REFUNDED;
      case PaymentCommand.Delete _ -> DELETED;
    };
  }

  static Optional<EventType> named(String name) {
    return Arrays.stream(values()).filter(it -> it.label().equals(name)).findFirst();
  }

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
