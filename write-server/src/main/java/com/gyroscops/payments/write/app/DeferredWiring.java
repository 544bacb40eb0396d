package com.gyroscops.payments.write.app;

import com.gyroscops.payments.platform.grpc.Callers;
import com.gyroscops.payments.platform.page.ListTokens;
import com.gyroscops.payments.platform.temporal.TemporalConfiguration;
import com.gyroscops.payments.platform.temporal.TemporalConnection;
import com.gyroscops.payments.write.api.BlockingExecutor;
import com.gyroscops.payments.write.api.ImportEndpoint;
import com.gyroscops.payments.write.api.SubmissionService;
import com.gyroscops.payments.write.api.TraceContext;
import com.gyroscops.payments.write.command.CommandBatcher;
import com.gyroscops.payments.write.command.CommandHandler;
import com.gyroscops.payments.write.command.CommandReader;
import com.gyroscops.payments.write.command.PatientHandler;
import com.gyroscops.payments.write.eventstore.EventStore;
import com.gyroscops.payments.write.eventstore.postgres.PostgresEventStore;
import com.gyroscops.payments.write.imports.ImportExecutor;
import com.gyroscops.payments.write.imports.ImportStarter;
import com.gyroscops.payments.write.imports.ImportStore;
import com.gyroscops.payments.write.imports.Imports;
import com.gyroscops.payments.write.imports.postgres.PostgresImports;
import com.gyroscops.payments.write.postgres.PageTokenKey;
import com.gyroscops.payments.write.settlement.SettlementExecutor;
import com.gyroscops.payments.write.settlement.SettlementStarter;
import com.gyroscops.payments.write.settlement.SettlementStore;
import com.gyroscops.payments.write.settlement.Settlements;
import com.gyroscops.payments.write.settlement.postgres.PostgresSettlements;
import com.gyroscops.payments.write.submission.OutcomeWatch;
import com.gyroscops.payments.write.submission.SubmissionExecutor;
import com.gyroscops.payments.write.submission.SubmissionStore;
import com.gyroscops.payments.write.submission.Submissions;
import com.gyroscops.payments.write.submission.WorkflowLauncher;
import com.gyroscops.payments.write.submission.WorkflowStarter;
import com.gyroscops.payments.write.submission.postgres.PostgresSubmissions;
import com.gyroscops.payments.write.workflow.TemporalWorkflows;
import com.gyroscops.payments.write.writethrough.WriteThroughHandler;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Factory;
import io.micronaut.context.annotation.Requires;
import io.micronaut.data.connection.jdbc.advice.DelegatingDataSource;
import io.micronaut.scheduling.TaskExecutors;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import javax.sql.DataSource;

/** Puts together what executes commands later. */
@Factory
final class DeferredWiring {

  /** The event store by way of connections that commands and subscribers do not need. */
  @Singleton
  @Named("submissions")
  EventStore eventStore(@Named("submissions") DataSource dataSource, WriteServerSettings settings) {
    return new PostgresEventStore(
        DelegatingDataSource.unwrapDataSource(dataSource), settings.instanceId());
  }

  @Singleton
  SubmissionStore submissionStore(@Named("submissions") DataSource dataSource) {
    return new PostgresSubmissions(DelegatingDataSource.unwrapDataSource(dataSource));
  }

  @Singleton
  SettlementStore settlementStore(@Named("submissions") DataSource dataSource, Clock clock) {
    return new PostgresSettlements(DelegatingDataSource.unwrapDataSource(dataSource), clock);
  }

  /** What is executed behind waits for room, as streams do: nobody is there to send it again. */
  @Singleton
  @Bean(typed = PatientHandler.class)
  PatientHandler patientHandler(CommandHandler commands, CommandBatcher batcher) {
    return new PatientHandler(commands, batcher::whenRoom);
  }

  @Singleton
  SubmissionExecutor submissionExecutor(
      @Named("submissions") EventStore store,
      SubmissionStore submissions,
      CommandReader reader,
      PatientHandler commands) {
    return new SubmissionExecutor(store, submissions, reader, commands);
  }

  @Singleton
  SettlementExecutor settlementExecutor(
      @Named("submissions") EventStore store,
      SettlementStore settlements,
      CommandReader reader,
      PatientHandler commands) {
    return new SettlementExecutor(store, settlements, reader, commands);
  }

  @Singleton
  ImportStore importStore(@Named("submissions") DataSource dataSource) {
    return new PostgresImports(DelegatingDataSource.unwrapDataSource(dataSource));
  }

  @Singleton
  ImportExecutor importExecutor(
      @Named("submissions") EventStore store,
      ImportStore imports,
      CommandReader reader,
      PatientHandler commands,
      @Named(TaskExecutors.VIRTUAL) ExecutorService virtualThreads) {
    return new ImportExecutor(store, imports, reader, commands, virtualThreads);
  }

  @Context
  @Bean(preDestroy = "close", typed = TemporalWorkflows.class)
  @Requires(property = "payments.temporal.address", pattern = ".+")
  TemporalWorkflows temporal(
      TemporalConfiguration configuration,
      WriteServerSettings settings,
      SubmissionExecutor submissions,
      SettlementExecutor settlements,
      ImportExecutor imports,
      MeterRegistry registry) {
    return new TemporalWorkflows(
        new TemporalConnection(configuration.settings(""), settings.instanceId(), registry),
        submissions,
        settlements,
        imports);
  }

  /** Only asked where there is an engine: nothing is accepted without one. */
  @Singleton
  WorkflowStarter workflowStarter(Optional<TemporalWorkflows> temporal) {
    return submission -> temporal.orElseThrow().start(submission);
  }

  /** As {@link #workflowStarter}. */
  @Singleton
  SettlementStarter settlementStarter(Optional<TemporalWorkflows> temporal) {
    return settlement -> temporal.orElseThrow().start(settlement);
  }

  /** As {@link #workflowStarter}. */
  @Singleton
  ImportStarter importStarter(Optional<TemporalWorkflows> temporal) {
    return importId -> temporal.orElseThrow().start(importId);
  }

  @Singleton
  WorkflowLauncher workflowLauncher(
      TemporalConfiguration configuration,
      WorkflowStarter submissionStarter,
      SubmissionStore submissions,
      SettlementStarter settlementStarter,
      SettlementStore settlements,
      ImportStarter importStarter,
      ImportStore imports,
      @Named(TaskExecutors.VIRTUAL) ExecutorService virtualThreads) {
    return new WorkflowLauncher(
        configuration.isEnabled(),
        List.of(
            accepted(submissions::due, submissionStarter::start),
            accepted(settlements::due, settlementStarter::start),
            accepted(imports::due, importStarter::start)),
        virtualThreads);
  }

  private static <T> WorkflowLauncher.Accepted accepted(
      BiFunction<Integer, Duration, List<T>> due, Consumer<T> starter) {
    return (max, again) ->
        due.apply(max, again).stream().<Runnable>map(it -> () -> starter.accept(it)).toList();
  }

  @Singleton
  Submissions submissions(
      @Named("submissions") EventStore store,
      SubmissionStore submissions,
      WorkflowStarter workflows,
      WorkflowLauncher launcher,
      MeterRegistry registry) {
    Submissions all = new Submissions(store, submissions, workflows, launcher);
    registry.gauge("payments.submissions.open", all, it -> it.backlog().open());
    TimeGauge.builder(
            "payments.submissions.oldest",
            () -> all.backlog().oldest().toMillis(),
            TimeUnit.MILLISECONDS)
        .description("Age of the submission that has waited longest")
        .register(registry);
    return all;
  }

  @Singleton
  Settlements settlements(
      @Named("submissions") EventStore store,
      SubmissionStore submissions,
      SettlementStore settlements,
      SettlementStarter workflows,
      WorkflowLauncher launcher,
      MeterRegistry registry) {
    Settlements all = new Settlements(store, submissions, settlements, workflows, launcher);
    registry.gauge("payments.settlements.open", all, Settlements::open);
    return all;
  }

  @Singleton
  Imports imports(
      ImportStore imports,
      ImportStarter workflows,
      WorkflowLauncher launcher,
      MeterRegistry registry) {
    Imports all = new Imports(imports, workflows, launcher);
    registry.gauge("payments.imports.open", all, Imports::open);
    return all;
  }

  @Singleton
  ListTokens listTokens(@Named("submissions") DataSource dataSource) {
    return new ListTokens(new PageTokenKey(DelegatingDataSource.unwrapDataSource(dataSource)));
  }

  @Singleton
  ImportEndpoint importEndpoint(
      Imports imports,
      WorkflowLauncher launcher,
      ListTokens pageTokens,
      @Named(TaskExecutors.VIRTUAL) ExecutorService virtualThreads) {
    return new ImportEndpoint(
        imports, launcher, pageTokens, new BlockingExecutor(virtualThreads), Callers::actor);
  }

  @Singleton
  @Bean(preDestroy = "close")
  OutcomeWatch outcomeWatch(
      @Named("submissions") EventStore store,
      @Named(TaskExecutors.VIRTUAL) ExecutorService virtualThreads,
      MeterRegistry registry) {
    OutcomeWatch watch = new OutcomeWatch(store, virtualThreads);
    registry.gauge("payments.submissions.waiters", watch, OutcomeWatch::waiters);
    return watch;
  }

  @Singleton
  SubmissionService submissionCalls(
      CommandReader reader,
      Submissions submissions,
      Settlements settlements,
      OutcomeWatch outcomes,
      WriteThroughHandler through,
      WorkflowLauncher launcher,
      ListTokens pageTokens) {
    return new SubmissionService(
        reader,
        submissions,
        settlements,
        outcomes,
        through,
        launcher,
        pageTokens,
        Callers::actor,
        TraceContext::current);
  }
}
