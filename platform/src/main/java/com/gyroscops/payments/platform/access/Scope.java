package com.gyroscops.payments.platform.access;

import java.util.Arrays;
import java.util.Optional;

/** What a caller may be allowed in an organization, or in the deployment as a whole. */
public enum Scope {
  /** Look up, search, watch payments, their history and what became of commands. */
  PAYMENTS_READ("payments.read"),
  /** Every command but refunds; what it answers is read, so it includes {@link #PAYMENTS_READ}. */
  PAYMENTS_WRITE("payments.write"),
  /** Refunds; likewise. */
  PAYMENTS_REFUND("payments.refund"),
  /** See what is personal, and ask by it. */
  PERSONAL_READ("personal.read"),
  /** Counts and sums. */
  STATISTICS_READ("statistics.read"),
  /** Start, list, download and cancel reports. */
  REPORTS("reports"),
  /** Upload, start, look at and cancel imports; their rows need what their commands need. */
  IMPORTS("imports"),
  /** Choose the source that answers a query, and have routing explained. */
  READ_SOURCE("read.source"),
  /** Follow the log and report progress. Of the deployment alone. */
  FEED("feed"),
  /** Administration. Of the deployment alone. */
  OPERATOR("operator");

  private final String text;

  Scope(String text) {
    this.text = text;
  }

  /** The scope of a name; empty: there is none such. */
  public static Optional<Scope> of(String text) {
    return Arrays.stream(values()).filter(it -> it.text.equals(text)).findFirst();
  }

  /** Its name, as grants have it. */
  public String text() {
    return text;
  }

  /** Whether who has this scope may do what asks for another. */
  boolean includes(Scope other) {
    return this == other
        || (other == PAYMENTS_READ && (this == PAYMENTS_WRITE || this == PAYMENTS_REFUND));
  }
}
