package com.gyroscops.payments.cli;

import com.gyroscops.payments.cli.client.Clients;
import com.gyroscops.payments.cli.demo.Demo;
import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.stack.ServerKind;
import com.gyroscops.payments.v1.CommandServiceGrpc;
import com.gyroscops.payments.v1.QueryServiceGrpc;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Plays payments through both servers. */
@Command(
    name = "demo",
    description = "Makes payments through the write-server and reads them from the read-server.")
final class DemoCommand implements Callable<Integer> {

  /** Above it nobody reads what is printed. */
  private static final int PAYMENTS_MAX = 10_000;

  @Spec private @Nullable CommandSpec spec;

  @Mixin private StackOptions stack = new StackOptions();

  @Option(
      names = "--seed",
      defaultValue = "1",
      description = "The same seed makes the same payments, in a new organization each time.")
  private long seed;

  @Option(
      names = "--payments",
      paramLabel = "N",
      defaultValue = "8",
      description = "Number of payments, 4 to 10000; default ${DEFAULT-VALUE}.")
  private int payments;

  @Override
  public Integer call() throws Exception {
    CommandSpec command = java.util.Objects.requireNonNull(spec);
    if (payments < Demo.PAYMENTS_MIN || payments > PAYMENTS_MAX) {
      throw new ParameterException(
          command.commandLine(), "--payments takes 4 to 10000, not " + payments);
    }
    PrintWriter out = command.commandLine().getOut();
    String run = String.format(Locale.ROOT, "%06x", ThreadLocalRandom.current().nextInt(1 << 24));
    ManagedChannel write = channel(ServerKind.WRITE_SERVER);
    ManagedChannel read = channel(ServerKind.READ_SERVER);
    try {
      new Demo(
              CommandServiceGrpc.newBlockingStub(write),
              QueryServiceGrpc.newBlockingStub(read),
              "demo-" + seed + "-" + run,
              seed,
              out)
          .run(payments);
      return 0;
    } catch (StatusRuntimeException e) {
      String reason = ApiError.from(e).map(error -> error.reason() + ": ").orElse("");
      throw new IOException("a call failed: " + reason + e.getMessage(), e);
    } finally {
      write.shutdownNow().awaitTermination(1, TimeUnit.SECONDS);
      read.shutdownNow().awaitTermination(1, TimeUnit.SECONDS);
    }
  }

  private ManagedChannel channel(ServerKind kind) throws IOException {
    return Clients.retrying(Targets.of(stack.dataDirectory, kind).getFirst());
  }
}
