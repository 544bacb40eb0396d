package com.gyroscops.payments.write.command;

import com.gyroscops.payments.v1.ReadSource;
import com.gyroscops.payments.v1.WriteStrategy;
import io.grpc.Deadline;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * When a caller wants its answer.
 *
 * @param strategy unspecified: the server decides
 * @param sources under WRITE_THROUGH: those to wait for; empty: the server decides
 * @param deadline of the call; null: it has none
 */
public record AckPolicy(
    WriteStrategy strategy, Set<ReadSource> sources, @Nullable Deadline deadline) {

  /** As the server decides. */
  public static final AckPolicy UNSPECIFIED =
      new AckPolicy(WriteStrategy.WRITE_STRATEGY_UNSPECIFIED, Set.of(), null);

  public AckPolicy {
    sources = Set.copyOf(sources);
  }
}
