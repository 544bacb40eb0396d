package com.gyroscops.payments.write.api;

import com.gyroscops.payments.contract.temporal.TemporalConnection;
import com.gyroscops.payments.write.command.CommandHandler;
import com.gyroscops.payments.write.command.CommandReader;
import com.gyroscops.payments.write.eventstore.EventStore;
import com.gyroscops.payments.write.eventstore.postgres.PostgresEventStore;
import com.gyroscops.payments.write.settlement.Settlement;
import com.gyroscops.payments.write.settlement.SettlementExecutor;
import com.gyroscops.payments.write.settlement.SettlementStarter;
import com.gyroscops.payments.write.settlement.SettlementStore;
import com.gyroscops.payments.write.settlement.Settlements;
import com.gyroscops.payments.write.settlement.postgres.PostgresSettlements;
import com.gyroscops.payments.write.submission.OutcomeWatch;
import com.gyroscops.payments.write.submission.Submission;
import com.gyroscops.payments.write.submission.SubmissionExecutor;
import com.gyroscops.payments.write.submission.SubmissionStore;
import com.gyroscops.payments.write.submission.Submissions;
import com.gyroscops.payments.write.submission.WorkflowLauncher;
import com.gyroscops.payments.write.submission.WorkflowStarter;
import com.gyroscops.payments.write.submission.postgres.PostgresSubmissions;
import com.gyroscops.payments.write.workflow.TemporalWorkflows;
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
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;

/** Puts together what executes commands later. */
@Factory
final class SubmissionFactory {

  /** The event store by way of connections that commands and subscribers do not need. */
  @Singleton
  @Named("submissions")
  EventStore eventStore(@Named("submissions") DataSource dataSource, Settings settings) {
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

  @Singleton
  SubmissionExecutor submissionExecutor(
      @Named("submissions") EventStore store,
      SubmissionStore submissions,
      CommandReader reader,
      CommandHandler commands) {
    return new SubmissionExecutor(store, submissions, reader, commands);
  }

  @Singleton
  SettlementExecutor settlementExecutor(
      SettlementStore settlements, CommandReader reader, CommandHandler commands) {
    return new SettlementExecutor(settlements, reader, commands);
  }

  @Context
  @Bean(preDestroy = "close")
  @Requires(property = "payments.temporal.address", pattern = ".+")
  TemporalWorkflows temporal(
      TemporalConfiguration configuration,
      Settings settings,
      SubmissionExecutor submissions,
      SettlementExecutor settlements,
      MeterRegistry registry) {
    return new TemporalWorkflows(
        new TemporalConnection(configuration.settings(), settings.instanceId(), registry),
        submissions,
        settlements);
  }

  @Singleton
  WorkflowLauncher workflowLauncher(
      Optional<TemporalWorkflows> temporal,
      SubmissionStore submissions,
      SettlementStore settlements,
      @Named(TaskExecutors.VIRTUAL) ExecutorService virtualThreads) {
    WorkflowLauncher.Accepted openSubmissions =
        (max, again) ->
            submissions.due(max, again).stream()
                .<Runnable>map(due -> () -> starter(temporal).start(due))
                .toList();
    WorkflowLauncher.Accepted openSettlements =
        (max, again) ->
            settlements.due(max, again).stream()
                .<Runnable>map(due -> () -> settlementStarter(temporal).start(due))
                .toList();
    return new WorkflowLauncher(
        temporal.isPresent(), List.of(openSubmissions, openSettlements), virtualThreads);
  }

  /** Only asked where there is an engine: nothing is accepted without one. */
  private static WorkflowStarter starter(Optional<TemporalWorkflows> temporal) {
    return temporal.orElseThrow();
  }

  private static SettlementStarter settlementStarter(Optional<TemporalWorkflows> temporal) {
    return temporal.orElseThrow();
  }

  @Singleton
  Submissions submissions(
      @Named("submissions") EventStore store,
      SubmissionStore submissions,
      Optional<TemporalWorkflows> temporal,
      WorkflowLauncher launcher,
      MeterRegistry registry) {
    Submissions all =
        new Submissions(
            store,
            submissions,
            (Submission.Reference submission) -> starter(temporal).start(submission),
            launcher);
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
      SettlementStore settlements,
      Optional<TemporalWorkflows> temporal,
      WorkflowLauncher launcher,
      MeterRegistry registry) {
    Settlements all =
        new Settlements(
            settlements,
            (Settlement settlement) -> settlementStarter(temporal).start(settlement),
            launcher);
    registry.gauge("payments.settlements.open", all, Settlements::open);
    return all;
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
  SubmissionCalls submissionCalls(
      CommandReader reader,
      Submissions submissions,
      Settlements settlements,
      OutcomeWatch outcomes,
      WorkflowLauncher launcher) {
    return new SubmissionCalls(
        reader, submissions, settlements, outcomes, launcher, TraceContext::current);
  }
}
