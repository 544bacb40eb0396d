package com.gyroscops.payments.cli;

import com.gyroscops.payments.stack.Replica;
import com.gyroscops.payments.stack.ServerKind;
import com.gyroscops.payments.stack.StackFolder;
import com.gyroscops.payments.stack.SupervisorClient;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The servers of a stack that is up, as gRPC targets. */
final class Targets {

  private Targets() {}

  /**
   * Those of one kind.
   *
   * @throws IOException if no stack is up in the folder
   */
  static List<String> of(Path dataDirectory, ServerKind kind) throws IOException {
    Optional<StackFolder> folder = StackFolder.existing(dataDirectory);
    var state = folder.isEmpty() ? null : new SupervisorClient(folder.get()).living().orElse(null);
    if (state == null) {
      throw new IOException(
          "no stack is up in " + dataDirectory + ": run ./payments up --detach first");
    }
    return state.plan().replicas(kind).stream()
        .map(Replica::grpcPort)
        .map(port -> "127.0.0.1:" + port)
        .toList();
  }
}
