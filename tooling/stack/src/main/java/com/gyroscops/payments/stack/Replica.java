package com.gyroscops.payments.stack;

/**
 * One server of a plan.
 *
 * @param index from 0, among those of its kind
 * @param internalPort of a write-server's event feed, of a read-server's administration
 */
public record Replica(ServerKind kind, int index, int grpcPort, int internalPort, int httpPort) {

  /** Unique in its stack. */
  public String name() {
    return kind.label() + "-" + index;
  }
}
