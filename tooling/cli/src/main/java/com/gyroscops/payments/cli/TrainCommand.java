package com.gyroscops.payments.cli;

import com.gyroscops.payments.cli.client.Clients;
import com.gyroscops.payments.cli.demo.Demo;
import com.gyroscops.payments.stack.Feature;
import com.gyroscops.payments.stack.Replica;
import com.gyroscops.payments.stack.StackFolder;
import com.gyroscops.payments.stack.Trainer;
import com.gyroscops.payments.stack.Training;
import com.gyroscops.payments.stack.process.Metrics;
import com.gyroscops.payments.v1.CommandServiceGrpc;
import com.gyroscops.payments.v1.QueryServiceGrpc;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * What a supervisor runs, as a process of its own, to train ahead-of-time caches: the demo, again
 * and again, through a stack of its own. It ends with the supervisor.
 */
@Command(name = "train", hidden = true, description = "Trains ahead-of-time caches of the JVM.")
final class TrainCommand implements Callable<Integer> {

  /** By then both servers have answered each call that the demo makes some hundred times. */
  private static final int ROUNDS = 20;

  private static final int PAYMENTS = 20;

  @Option(names = "--data-dir", required = true)
  Path dataDirectory = Path.of("");

  @Option(names = "--programs", required = true)
  Path programs = Path.of("");

  @Option(names = "--output", required = true)
  Path output = Path.of("");

  /** May be empty. */
  @Option(names = "--without", required = true)
  String without = "";

  @Override
  public Integer call() throws Exception {
    Thread.ofPlatform().daemon().name("supervisor-gone").start(TrainCommand::endWithSupervisor);
    Trainer.run(
        StackFolder.of(dataDirectory),
        programs,
        output,
        Arrays.stream(without.split(",", -1))
            .filter(name -> !name.isEmpty())
            .map(Feature::of)
            .collect(Collectors.toSet()),
        TrainCommand::load,
        System.out::println);
    return 0;
  }

  private static void load(Replica writeServer, Replica readServer)
      throws IOException, InterruptedException {
    ManagedChannel write = Clients.retrying("127.0.0.1:" + writeServer.grpcPort());
    ManagedChannel read = Clients.retrying("127.0.0.1:" + readServer.grpcPort());
    try {
      for (int round = 1; round <= ROUNDS; round++) {
        new Demo(
                CommandServiceGrpc.newBlockingStub(write),
                QueryServiceGrpc.newBlockingStub(read),
                "training-" + round,
                round,
                new PrintWriter(Writer.nullWriter()))
            .run(PAYMENTS);
      }
      // What status asks.
      Metrics.read(writeServer.httpPort());
      Metrics.read(readServer.httpPort());
    } finally {
      write.shutdownNow();
      read.shutdownNow();
    }
  }

  /** Its end closes the input of this process; whatever this one started goes with it. */
  private static void endWithSupervisor() {
    try {
      // Nothing is ever said.
      long _ = System.in.transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      System.out.println("the supervisor cannot be heard any more: " + e);
    }
    try {
      Training.endTrainer();
    } catch (IOException e) {
      System.out.println("not ended at once: " + e);
      Runtime.getRuntime().halt(1);
    }
  }
}
