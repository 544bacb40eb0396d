package com.gyroscops.payments.stack;

/** A kind of server of the stack. */
public enum ServerKind {
  WRITE_SERVER("write-server"),
  READ_SERVER("read-server");

  private final String label;

  ServerKind(String label) {
    this.label = label;
  }

  /** Its name: that of its module, its jar and, with a number, its replicas. */
  public String label() {
    return label;
  }
}
