package com.gyroscops.payments.stack;

/** A kind of server of the stack. */
public enum ServerKind {
  WRITE_SERVER("write-server", "payments_write"),
  READ_SERVER("read-server", "payments_read");

  private final String label;
  private final String database;

  ServerKind(String label, String database) {
    this.label = label;
    this.database = database;
  }

  /** Its name: that of its module, its jar and, with a number, its replicas. */
  public String label() {
    return label;
  }

  /** Name of its database. */
  public String database() {
    return database;
  }
}
