package com.gyroscops.payments.platform.access;

/** Whether callers have to say who they are. */
public enum AccessMode {
  /** Everybody may do everything, and nobody is asked. */
  OFF,
  /** Everybody may do everything; what would be denied is noted, as before a change-over. */
  OBSERVE,
  /** Whoever may not do what it asks for is denied. */
  REQUIRED
}
