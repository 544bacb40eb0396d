package com.gyroscops.payments.benchmarks;

import com.gyroscops.payments.v1.Command;
import com.gyroscops.payments.v1.CreatePaymentRequest;
import io.grpc.ManagedChannel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;

/** Payments appended and processed before something is measured. */
final class Filling {

  private static final Duration FILL_MAX = Duration.ofMinutes(10);

  /** Payments remembered to ask for: the newest, those that a source of recent ones has too. */
  private static final int REMEMBERED_MAX = 20_000;

  private Filling() {}

  /** Appends payments without waiting for any source; the newest of them. */
  static List<CreatePaymentRequest> append(Stack stack, int payments) throws InterruptedException {
    Progress.say("filling in %,d payments", payments);
    ManagedChannel channel = stack.commands();
    Deque<CreatePaymentRequest> newest = new ArrayDeque<>();
    int[] created = new int[1];
    Iterator<Command> noted =
        Commands.pairs(
            Ids.RANDOM,
            () -> created[0] < payments,
            create -> {
              created[0]++;
              newest.add(create);
              if (newest.size() > REMEMBERED_MAX) {
                newest.remove();
              }
            });
    Measurement filled = StreamLoad.run(List.of(channel), List.of(noted), FILL_MAX);
    if (filled.failed() > 0) {
      throw new IllegalStateException(filled.failed() + " payments could not be filled in");
    }
    return new ArrayList<>(newest);
  }
}
