package com.gyroscops.payments.cli;

import com.gyroscops.payments.stack.Engine;
import com.gyroscops.payments.stack.Feature;
import com.gyroscops.payments.stack.Notice;
import com.gyroscops.payments.stack.StackFolder;
import com.gyroscops.payments.stack.StackView;
import com.gyroscops.payments.stack.SupervisorClient;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** Starts what is missing of a stack. */
@Command(
    name = "up",
    description =
        "Starts PostgreSQL, Redis, OpenSearch, Temporal and the servers and waits until all are ready; on a stack that is up,"
            + " starts what is missing. Stays until Ctrl-C, which stops everything, or with"
            + " --detach returns.")
final class UpCommand implements Callable<Integer> {

  @Spec private @Nullable CommandSpec spec;

  @Mixin private StackOptions stack = new StackOptions();

  @Option(names = "--detach", description = "Return once all is ready.")
  private boolean detach;

  @Option(
      names = "--write-servers",
      paramLabel = "N",
      description = "Number of write-servers; default: as many as are up, or 1.")
  private @Nullable Integer writeServers;

  @Option(
      names = "--read-servers",
      paramLabel = "N",
      description = "Number of read-servers; default: as many as are up, or 1.")
  private @Nullable Integer readServers;

  @Option(
      names = "--port-offset",
      paramLabel = "K",
      description = "Added to every port, for a second stack beside another; default 0.")
  private @Nullable Integer portOffset;

  @Option(
      names = "--postgres-port",
      paramLabel = "P",
      description = "PostgreSQL's port before the offset; default 15432.")
  private @Nullable Integer postgresPort;

  @Option(
      names = "--without",
      paramLabel = "NAME",
      split = ",",
      converter = FeatureName.class,
      description =
          "What to leave out: redis, search, memory, temporal; repeatable or separated by commas."
              + " Default: those left out of what is up, or none.")
  private @Nullable Set<Feature> without;

  @Option(
      names = "--restart",
      negatable = true,
      description =
          "Whether to start again what ends by itself, after 1 s, 2 s, 4 s and so on, a minute at"
              + " most; default: as what is up does, or yes.")
  private @Nullable Boolean restart;

  /** Turns a name into a feature. */
  static final class FeatureName implements ITypeConverter<Feature> {
    @Override
    public Feature convert(String name) {
      try {
        return Feature.of(name.strip());
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(String.valueOf(e.getMessage()));
      }
    }
  }

  @Override
  public Integer call() throws Exception {
    PrintWriter out = java.util.Objects.requireNonNull(spec).commandLine().getOut();
    long start = System.nanoTime();
    StackFolder folder = StackFolder.of(stack.dataDirectory);
    Optional<String> unreadable = folder.unreadable();
    if (unreadable.isPresent()) {
      print(out, unreadable.get());
      return 1;
    }
    SupervisorClient supervisor = new SupervisorClient(folder);
    boolean wasUp = supervisor.living().isPresent();
    // Ctrl-C in a repair from beside leaves what was up before.
    Thread stopper =
        ShutdownHooks.add(
            "up-stop",
            () -> {
              if (!wasUp || !detach) {
                stop(supervisor, out);
              }
            });
    Notice end =
        supervisor.up(
            StackOptions.checkout(),
            writeServers,
            readServers,
            portOffset,
            postgresPort,
            without,
            restart,
            text -> print(out, text));
    StackView view = end.stack();
    if (end.failed() || view == null) {
      ShutdownHooks.remove(stopper);
      print(out, end.text());
      return 1;
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    print(out, String.format(Locale.ROOT, "ready after %.1f s", seconds));
    describe(out, folder, view);
    if (detach) {
      ShutdownHooks.remove(stopper);
      return 0;
    }
    print(out, "");
    print(out, "Ctrl-C stops everything; the data stays.");
    supervisor.follow(text -> print(out, text));
    ShutdownHooks.remove(stopper);
    return 0;
  }

  private static void stop(SupervisorClient supervisor, PrintWriter out) {
    try {
      print(out, "stopping ...");
      supervisor.down(text -> print(out, text));
    } catch (IOException | IllegalStateException e) {
      print(out, "not all was stopped: " + e.getMessage() + "; run ./payments down");
    }
  }

  private static void describe(PrintWriter out, StackFolder folder, StackView view) {
    print(out, "");
    for (StackView.Part part : view.parts()) {
      String where =
          Engine.of(part.name())
              .map(engine -> engine.address(part.port()))
              .orElseGet(() ->
                  "grpc 127.0.0.1:"
                      + part.grpcPort()
                      + "  internal :"
                      + part.internalPort()
                      + "  http :"
                      + part.httpPort());
      print(out, String.format(Locale.ROOT, "  %-15s %s", part.name(), where));
    }
    print(out, "  " + String.format(Locale.ROOT, "%-15s %s", "logs", folder.logs()));
    int write = grpcPort(view, "write-server-0");
    int read = grpcPort(view, "read-server-0");
    print(
        out,
        """

        Next, a command and a query:
          grpcurl -plaintext -d '{"context":{"request_id":"first-1"},"organization_id":"acme",\
        "payment_id":"pay-1","amount":{"minor_units":1999,"currency_code":"EUR"}}' \
        127.0.0.1:%d gyroscops.payments.v1.CommandService/CreatePayment
          grpcurl -plaintext -d '{"organization_id":"acme","payment_id":"pay-1"}' \
        127.0.0.1:%d gyroscops.payments.v1.QueryService/GetPayment
        or ./payments demo, ./payments import FILE, ./payments status, ./payments down.\
        """
            .formatted(write, read));
  }

  private static int grpcPort(StackView view, String name) {
    return view.parts().stream()
        .filter(part -> part.name().equals(name))
        .mapToInt(StackView.Part::grpcPort)
        .findFirst()
        .orElseThrow();
  }

  private static synchronized void print(PrintWriter out, String text) {
    out.println(text);
    out.flush();
  }
}
