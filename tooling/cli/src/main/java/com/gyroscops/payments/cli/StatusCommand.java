package com.gyroscops.payments.cli;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.gyroscops.payments.cli.client.Clients;
import com.gyroscops.payments.stack.Engine;
import com.gyroscops.payments.stack.Feature;
import com.gyroscops.payments.stack.ServerKind;
import com.gyroscops.payments.stack.StackFolder;
import com.gyroscops.payments.stack.StackState;
import com.gyroscops.payments.stack.StackView;
import com.gyroscops.payments.stack.SupervisorClient;
import com.gyroscops.payments.stack.process.Metrics;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Tells what runs, whether it serves, and how far each source has come. */
@Command(
    name = "status",
    description = "What runs, whether it is ready, and how far the read side is behind.")
final class StatusCommand implements Callable<Integer> {

  private static final int NOT_READY = 3;
  private static final int HEALTH_SECONDS_MAX = 2;

  @Spec private @Nullable CommandSpec spec;

  @Mixin private StackOptions stack = new StackOptions();

  @Option(names = "--json", description = "One JSON object.")
  private boolean json;

  private record Component(StackView.Part part, String health) {
    boolean ready() {
      return part.isRunning() && (health.equals("SERVING") || health.equals(EngineProbe.ANSWERS));
    }
  }

  /**
   * How far a source has come, as a read-server tells.
   *
   * @param health {@code CURRENT}, {@code BEHIND}, or {@code NOT_REPORTED} where the read-server
   *     tells nothing of a source that the stack has
   * @param position empty if not told; likewise the others
   */
  record Progress(
      String replica,
      String source,
      String health,
      OptionalLong position,
      OptionalLong behind,
      OptionalDouble oldestAgeSeconds) {}

  private record Report(
      String supervisor,
      List<Component> components,
      OptionalDouble head,
      List<Progress> sources,
      List<String> troubles,
      @Nullable String aheadOfTime) {
    boolean ready() {
      return supervisor.equals("running")
          && !components.isEmpty()
          && components.stream().allMatch(Component::ready);
    }
  }

  @Override
  public Integer call() throws Exception {
    PrintWriter out = java.util.Objects.requireNonNull(spec).commandLine().getOut();
    Optional<StackFolder> folder = StackFolder.existing(stack.dataDirectory);
    Report report = folder.isEmpty() ? nothing() : report(folder.get());
    if (json) {
      out.println(new Gson().toJson(toJson(report)));
    } else {
      print(out, report);
    }
    out.flush();
    return report.ready() ? 0 : NOT_READY;
  }

  private static Report nothing() {
    return new Report("not running", List.of(), OptionalDouble.empty(), List.of(), List.of(), null);
  }

  private static Report report(StackFolder folder) throws IOException, InterruptedException {
    Optional<StackView> view = new SupervisorClient(folder).view();
    if (view.isEmpty()) {
      return orphans(folder);
    }
    List<Component> components = new ArrayList<>();
    List<Progress> sources = new ArrayList<>();
    List<String> troubles = new ArrayList<>();
    OptionalDouble head = OptionalDouble.empty();
    for (StackView.Part part : view.get().parts()) {
      components.add(new Component(part, health(part)));
      if (part.httpPort() != 0 && part.isRunning()) {
        try {
          Metrics metrics = Metrics.read(part.httpPort());
          OptionalDouble position = metrics.max("payments_log_head_position");
          if (position.isPresent()) {
            head = OptionalDouble.of(Math.max(head.orElse(0), position.getAsDouble()));
          }
          databaseTroubles(metrics).stream()
              .filter(trouble -> !troubles.contains(trouble))
              .forEach(troubles::add);
          if (part.name().startsWith(ServerKind.READ_SERVER.label())) {
            sources.addAll(progress(part.name(), metrics, view.get().plan().features()));
          }
        } catch (IOException e) {
          troubles.add(part.name() + " gives no metrics: " + e.getMessage());
        }
      }
    }
    return new Report("running", components, head, sources, troubles, view.get().aheadOfTime());
  }

  /** What a server tells of its database that somebody should look into. */
  static List<String> databaseTroubles(Metrics metrics) {
    List<String> troubles = new ArrayList<>();
    OptionalLong room = whole(metrics.max("payments_log_partitions_room_events"));
    OptionalLong wanted = whole(metrics.max("payments_log_partitions_room_wanted_events"));
    if (room.isPresent() && wanted.isPresent() && room.getAsLong() < wanted.getAsLong() / 2) {
      troubles.add(
          String.format(
              Locale.ROOT,
              "partitions of the log have room for %d events instead of %d; no command is taken"
                  + " after that",
              room.getAsLong(),
              wanted.getAsLong()));
    }
    for (Metrics.Sample held : metrics.named("payments_database_snapshot_held_seconds")) {
      troubles.add(
          String.format(
              Locale.ROOT,
              "dead rows cannot be removed: a snapshot is held for %d s by %s, pid %s (%s)",
              (long) held.value(),
              held.labels().getOrDefault("application", ""),
              held.labels().getOrDefault("pid", ""),
              held.labels().getOrDefault("kind", "")));
    }
    return troubles;
  }

  /** What is known without a supervisor: processes that it left. */
  private static Report orphans(StackFolder folder) throws IOException {
    List<Component> components = new ArrayList<>();
    Optional<StackState> state = folder.state();
    if (state.isEmpty()) {
      return nothing();
    }
    for (StackState.Ran ran : state.get().servers()) {
      String alive = ran.alive().isPresent() ? "running" : "gone";
      components.add(
          new Component(
              new StackView.Part(ran.name(), ran.pid(), alive, 0, 0, 0, 0, 0, false), ""));
    }
    return new Report(
        "gone",
        components,
        OptionalDouble.empty(),
        List.of(),
        List.of("the supervisor died; ./payments up ends what it left and starts again"),
        null);
  }

  /**
   * Sources of a read-server: those it tells of, and those it should.
   *
   * @param expected besides sql
   */
  static List<Progress> progress(String replica, Metrics metrics, Set<Feature> expected) {
    Set<String> names = new TreeSet<>();
    names.add("sql");
    expected.stream().filter(Feature::isSource).forEach(source -> names.add(source.label()));
    metrics
        .named("payments_source_position")
        .forEach(sample -> names.add(sample.labels().getOrDefault("source", "")));
    return names.stream().map(source -> progress(replica, source, metrics)).toList();
  }

  private static Progress progress(String replica, String source, Metrics metrics) {
    OptionalLong position = whole(metrics.value("payments_source_position", "source", source));
    OptionalLong behind = whole(metrics.value("payments_source_events_behind", "source", source));
    String health;
    if (position.isEmpty() || behind.isEmpty()) {
      health = "NOT_REPORTED";
    } else {
      health = behind.getAsLong() == 0 ? "CURRENT" : "BEHIND";
    }
    OptionalDouble age =
        metrics.value("payments_source_oldest_unapplied_age_seconds", "source", source);
    boolean hasAge = age.isPresent() && Double.isFinite(age.getAsDouble());
    return new Progress(
        replica, source, health, position, behind, hasAge ? age : OptionalDouble.empty());
  }

  /** A gauge whose object is gone is no number. */
  private static OptionalLong whole(OptionalDouble value) {
    return value.isPresent() && Double.isFinite(value.getAsDouble())
        ? OptionalLong.of((long) value.getAsDouble())
        : OptionalLong.empty();
  }

  private static String health(StackView.Part part) throws InterruptedException {
    Optional<Engine> engine = Engine.of(part.name());
    return engine.isPresent()
        ? EngineProbe.health(engine.get(), part.port())
        : health(part.grpcPort());
  }

  private static String health(int grpcPort) throws InterruptedException {
    ManagedChannel channel = Clients.failingFast("127.0.0.1:" + grpcPort);
    try {
      return HealthGrpc.newBlockingStub(channel)
          .withDeadlineAfter(HEALTH_SECONDS_MAX, TimeUnit.SECONDS)
          .check(HealthCheckRequest.getDefaultInstance())
          .getStatus()
          .name();
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode().name();
    } finally {
      channel.shutdownNow().awaitTermination(1, TimeUnit.SECONDS);
    }
  }

  private void print(PrintWriter out, Report report) {
    out.println("supervisor " + report.supervisor() + "; data in " + stack.dataDirectory);
    if (!report.components().isEmpty()) {
      out.printf(
          "%n%-16s %8s  %-20s %-12s %8s  %s%n",
          "component", "pid", "state", "health", "restarts", "ports");
    }
    for (Component component : report.components()) {
      StackView.Part part = component.part();
      out.printf(
          "%-16s %8d  %-20s %-12s %8d  %s%n",
          part.name(), part.pid(), part.state(), component.health(), part.restarts(), ports(part));
    }
    if (report.head().isPresent()) {
      out.printf(Locale.ROOT, "%nlog head %d%n", (long) report.head().getAsDouble());
    }
    for (Progress progress : report.sources()) {
      out.println(line(progress));
    }
    if (report.aheadOfTime() != null) {
      out.println("ahead-of-time caches: " + report.aheadOfTime());
    }
    report.troubles().forEach(out::println);
  }

  private static String line(Progress progress) {
    StringBuilder line = new StringBuilder();
    line.append(
        String.format(
            Locale.ROOT,
            "%-16s source %-8s %-12s",
            progress.replica(),
            progress.source(),
            progress.health()));
    progress.position().ifPresent(position -> line.append(" position ").append(position));
    progress
        .behind()
        .ifPresent(behind -> line.append(", ").append(behind).append(" events behind"));
    progress
        .oldestAgeSeconds()
        .ifPresent(
            age -> line.append(String.format(Locale.ROOT, ", oldest unapplied %.1f s", age)));
    return line.toString().stripTrailing();
  }

  private static String ports(StackView.Part part) {
    List<String> ports = new ArrayList<>();
    addPort(ports, "", part.port());
    addPort(ports, "grpc ", part.grpcPort());
    addPort(ports, "internal ", part.internalPort());
    addPort(ports, "http ", part.httpPort());
    return String.join(", ", ports);
  }

  private static void addPort(List<String> ports, String label, int port) {
    if (port != 0) {
      ports.add(label + port);
    }
  }

  private JsonObject toJson(Report report) {
    JsonObject object = new JsonObject();
    object.addProperty("ready", report.ready());
    object.addProperty("data_dir", stack.dataDirectory.toString());
    object.addProperty("supervisor", report.supervisor());
    JsonArray components = new JsonArray();
    for (Component component : report.components()) {
      StackView.Part part = component.part();
      JsonObject element = new JsonObject();
      element.addProperty("name", part.name());
      element.addProperty("pid", part.pid());
      element.addProperty("state", part.state());
      element.addProperty("health", component.health());
      element.addProperty("ready", component.ready());
      element.addProperty("restarts", part.restarts());
      addPort(element, "port", part.port());
      addPort(element, "grpc_port", part.grpcPort());
      addPort(element, "internal_port", part.internalPort());
      addPort(element, "http_port", part.httpPort());
      if (part.grpcPort() != 0) {
        element.addProperty("ahead_of_time", part.aheadOfTime());
      }
      components.add(element);
    }
    object.add("components", components);
    if (report.aheadOfTime() != null) {
      object.addProperty("ahead_of_time", report.aheadOfTime());
    }
    report.head().ifPresent(head -> object.addProperty("head_position", (long) head));
    JsonArray sources = new JsonArray();
    for (Progress progress : report.sources()) {
      JsonObject element = new JsonObject();
      element.addProperty("replica", progress.replica());
      element.addProperty("source", progress.source());
      element.addProperty("health", progress.health());
      progress.position().ifPresent(it -> element.addProperty("position", it));
      progress.behind().ifPresent(it -> element.addProperty("events_behind", it));
      progress
          .oldestAgeSeconds()
          .ifPresent(it -> element.addProperty("oldest_unapplied_age_seconds", it));
      sources.add(element);
    }
    object.add("sources", sources);
    JsonArray troubles = new JsonArray();
    report.troubles().forEach(troubles::add);
    object.add("troubles", troubles);
    return object;
  }

  private static void addPort(JsonObject element, String name, int port) {
    if (port != 0) {
      element.addProperty(name, port);
    }
  }
}
