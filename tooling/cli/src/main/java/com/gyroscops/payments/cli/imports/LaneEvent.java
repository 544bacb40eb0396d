package com.gyroscops.payments.cli.imports;

import com.gyroscops.payments.v1.StreamCommandsResponse;
import io.grpc.Status;

/**
 * What gRPC's threads leave for the import's thread. {@code stream} tells a lane's streams apart.
 */
sealed interface LaneEvent {

  /** More may be sent. */
  record Ready() implements LaneEvent {}

  /** An outcome came. */
  record Answered(Lane lane, int stream, StreamCommandsResponse response) implements LaneEvent {}

  /** The stream ended; OK, too, is an end. */
  record Broken(Lane lane, int stream, Status status) implements LaneEvent {}
}
