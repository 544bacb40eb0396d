package com.gyroscops.payments.write.app;

import com.fasterxml.uuid.Generators;
import com.fasterxml.uuid.impl.TimeBasedEpochGenerator;
import com.gyroscops.payments.platform.access.AccessConfiguration;
import com.gyroscops.payments.platform.access.OpenedAccess;
import com.gyroscops.payments.platform.grpc.Callers;
import com.gyroscops.payments.platform.grpc.GrpcTransport;
import com.gyroscops.payments.platform.grpc.InternalServer;
import com.gyroscops.payments.platform.grpc.ServingHealth;
import com.gyroscops.payments.platform.jdbc.HeldSnapshots;
import com.gyroscops.payments.platform.relay.Sink;
import com.gyroscops.payments.platform.temporal.TemporalConfiguration;
import com.gyroscops.payments.v1.CommandServiceGrpc;
import com.gyroscops.payments.v1.ImportServiceGrpc;
import com.gyroscops.payments.v1.WriteStrategy;
import com.gyroscops.payments.write.api.BlockingExecutor;
import com.gyroscops.payments.write.api.CommandEndpoint;
import com.gyroscops.payments.write.api.FeedEndpoint;
import com.gyroscops.payments.write.api.ImportEndpoint;
import com.gyroscops.payments.write.api.SubmissionService;
import com.gyroscops.payments.write.api.TraceContext;
import com.gyroscops.payments.write.command.CommandBatcher;
import com.gyroscops.payments.write.command.CommandHandler;
import com.gyroscops.payments.write.command.CommandReader;
import com.gyroscops.payments.write.command.MeteredHandler;
import com.gyroscops.payments.write.eventstore.EventStore;
import com.gyroscops.payments.write.eventstore.postgres.LogMaintenance;
import com.gyroscops.payments.write.eventstore.postgres.PostgresEventStore;
import com.gyroscops.payments.write.journal.Journal;
import com.gyroscops.payments.write.outbox.EventRelay;
import com.gyroscops.payments.write.outbox.OutboxTail;
import com.gyroscops.payments.write.outbox.SinkRunner;
import com.gyroscops.payments.write.outbox.SubscriberProgress;
import com.gyroscops.payments.write.outbox.postgres.CommitSignal;
import com.gyroscops.payments.write.outbox.postgres.PostgresProgress;
import com.gyroscops.payments.write.outbox.postgres.SinkLeases;
import com.gyroscops.payments.write.writethrough.ProgressPoller;
import com.gyroscops.payments.write.writethrough.SourceWaits;
import com.gyroscops.payments.write.writethrough.WriteRules;
import com.gyroscops.payments.write.writethrough.WriteThroughHandler;
import io.grpc.ServerBuilder;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Factory;
import io.micronaut.context.annotation.Primary;
import io.micronaut.context.annotation.Replaces;
import io.micronaut.data.connection.jdbc.advice.DelegatingDataSource;
import io.micronaut.grpc.server.GrpcServerBuilder;
import io.micronaut.management.health.indicator.HealthIndicator;
import io.micronaut.management.health.indicator.annotation.Readiness;
import io.micronaut.scheduling.TaskExecutors;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import javax.sql.DataSource;

/** Puts the write-server together; the order of its parts is the path of a command. */
@Factory
final class WriteServerWiring {

  @Singleton
  Clock clock() {
    return Clock.systemUTC();
  }

  /** UUIDv7, ascending within this process. */
  @Singleton
  TimeBasedEpochGenerator ids() {
    return Generators.timeBasedEpochGenerator();
  }

  @Singleton
  ServingHealth health() {
    return new ServingHealth(
        List.of(CommandServiceGrpc.SERVICE_NAME, ImportServiceGrpc.SERVICE_NAME));
  }

  @Singleton
  DrainNotice drainNotice(WriteServerSettings settings) {
    return () -> Thread.sleep(settings.drainNotice());
  }

  @Singleton
  @Primary
  EventStore eventStore(DataSource dataSource, WriteServerSettings settings) {
    return new PostgresEventStore(unwrapped(dataSource), settings.instanceId());
  }

  /** The same store by way of connections that commands do not need. */
  @Singleton
  @Named("reads")
  EventStore eventStoreForReads(
      @Named("reads") DataSource dataSource, WriteServerSettings settings) {
    return new PostgresEventStore(unwrapped(dataSource), settings.instanceId());
  }

  @Singleton
  LogMaintenance logMaintenance(DataSource dataSource, WriteServerSettings settings) {
    return new LogMaintenance(
        unwrapped(dataSource), settings.requestRetention(), settings.partitionEvents());
  }

  @Singleton
  HeldSnapshots heldSnapshots(DataSource dataSource) {
    return new HeldSnapshots(unwrapped(dataSource), System::nanoTime);
  }

  @Singleton
  @Bean(preDestroy = "close")
  OutboxTail outboxTail(EventStore store) {
    return new OutboxTail(store);
  }

  @Context
  @Bean(preDestroy = "close")
  CommitSignal commitSignal(
      DataSource dataSource,
      OutboxTail tail,
      SubscriberProgress progress,
      WriteServerSettings settings) {
    return new CommitSignal(unwrapped(dataSource), tail, progress, settings.instanceId());
  }

  @Singleton
  SubscriberProgress.Store progressStore(DataSource dataSource) {
    return new PostgresProgress(unwrapped(dataSource));
  }

  @Singleton
  SubscriberProgress subscriberProgress(SubscriberProgress.Store store) {
    return new SubscriberProgress(store, System::nanoTime);
  }

  /** At once, so that rules that make no sense keep the server from starting. */
  @Context
  WriteRules writeRules(WriteRuleSettings settings, TemporalConfiguration temporal) {
    WriteRules rules = settings.parse();
    if (rules.isBehind(WriteStrategy.WRITE_STRATEGY_UNSPECIFIED) && !temporal.isEnabled()) {
      throw new IllegalArgumentException(
          "WRITE_STRATEGY_DEFAULT is WRITE_BEHIND, which needs TEMPORAL_ADDRESS");
    }
    return rules;
  }

  @Singleton
  SourceWaits sourceWaits(
      WriteRuleSettings settings,
      @Named(TaskExecutors.VIRTUAL) ExecutorService virtualThreads,
      MeterRegistry registry) {
    SourceWaits waits = new SourceWaits(settings.waitsMax(), System::nanoTime, virtualThreads);
    registry.gauge("payments.write.through.waiting", waits, SourceWaits::count);
    return waits;
  }

  @Context
  @Bean(preDestroy = "close")
  ProgressPoller progressRounds(
      SubscriberProgress progress,
      SubscriberProgress.Store store,
      SourceWaits waits,
      OutboxTail tail) {
    return new ProgressPoller(progress, store, waits, () -> tail.head().lineage(), System::nanoTime)
        .start();
  }

  @Singleton
  EventRelay eventRelay(
      @Named("reads") EventStore store, OutboxTail tail, SubscriberProgress progress, Clock clock) {
    return new EventRelay(store, tail, progress, clock);
  }

  @Singleton
  @Bean(preDestroy = "close")
  CommandBatcher commandBatcher(
      EventStore store,
      OutboxTail tail,
      Clock clock,
      TimeBasedEpochGenerator ids,
      @Named(TaskExecutors.VIRTUAL) ExecutorService virtualThreads,
      WriteServerSettings settings,
      MeterRegistry registry) {
    DistributionSummary sizes = registry.summary("payments.batch.commands");
    CommandBatcher batcher =
        new CommandBatcher(
            store,
            tail,
            clock,
            ids::generate,
            virtualThreads,
            sizes::record,
            settings.queueCommandsMax());
    registry.gauge("payments.commands.waiting", batcher, CommandBatcher::waiting);
    return batcher;
  }

  @Context
  @Bean(preDestroy = "close")
  JournalKeeping journalKeeping(
      JournalSettings rules,
      @Named("reads") EventStore store,
      OutboxTail tail,
      SinkLeases leases,
      WriteServerSettings settings,
      MeterRegistry registry) {
    if (!rules.isKept()) {
      return new JournalKeeping(Optional.empty(), false);
    }
    Sink journal =
        new Journal(Path.of(rules.folder()).toAbsolutePath(), rules.segmentBytes(), registry);
    SinkRunner runner =
        new SinkRunner(
            journal,
            rules.behindEventsMax(),
            store,
            tail,
            leases.of(journal.name()),
            settings.instanceId(),
            SinkRunner.RETRY);
    runner.measure(registry);
    return new JournalKeeping(Optional.of(runner), rules.required());
  }

  @Singleton
  @Readiness
  HealthIndicator journalHealth(JournalKeeping keeping) {
    return new SinkHealth(Journal.NAME, keeping.journal());
  }

  /** What every command passes, whoever sends it. */
  @Singleton
  @Primary
  CommandHandler commands(CommandBatcher batcher, JournalKeeping journal, MeterRegistry registry) {
    return new MeteredHandler(journal.before(batcher), registry);
  }

  @Singleton
  CommandReader commandReader(Clock clock) {
    return new CommandReader(clock, TraceContext::current, Callers::actor);
  }

  /** Not the primary handler: what is executed behind waits for no source. */
  @Singleton
  @Bean(typed = WriteThroughHandler.class)
  WriteThroughHandler throughHandler(
      CommandHandler commands,
      WriteRules rules,
      SourceWaits waits,
      WriteRuleSettings settings,
      MeterRegistry registry) {
    return new WriteThroughHandler(commands, rules, waits, settings.waitMax(), registry);
  }

  @Singleton
  CommandEndpoint commandEndpoint(
      CommandReader reader,
      WriteThroughHandler commands,
      CommandBatcher batcher,
      SubmissionService submissions,
      WriteRules rules,
      @Named(TaskExecutors.VIRTUAL) ExecutorService virtualThreads) {
    return new CommandEndpoint(
        reader,
        commands,
        rules,
        batcher::whenRoom,
        submissions,
        new BlockingExecutor(virtualThreads));
  }

  @Singleton
  FeedEndpoint feedEndpoint(@Named("reads") EventStore store, EventRelay relay) {
    return new FeedEndpoint(store, relay);
  }

  @Singleton
  @Bean(preDestroy = "close")
  OpenedAccess access(AccessConfiguration configuration, Clock clock, MeterRegistry registry) {
    return new OpenedAccess(configuration, clock).measured(registry);
  }

  /**
   * The public server's builder. micronaut-grpc's own is replaced, for it builds on the Netty that
   * is not shaded and would serve the internal services here as well. Calls run on the network
   * threads: nothing that they do blocks.
   */
  @Singleton
  @Replaces(bean = ServerBuilder.class, factory = GrpcServerBuilder.class)
  ServerBuilder<?> publicServer(
      WriteServerSettings settings,
      CommandEndpoint commands,
      ImportEndpoint imports,
      ServingHealth health,
      OpenedAccess access) {
    Executor networkThread = Runnable::run;
    return GrpcTransport.defaults(settings.host(), settings.grpcPort())
        .newServer(networkThread, access.access())
        .addService(commands)
        .addService(imports)
        .addService(health.service())
        .intercept(new TraceContext());
  }

  /** Stops after the public one, so that the last events leave too. */
  @Context
  @Bean(preDestroy = "close")
  InternalServer internalServer(
      WriteServerSettings settings,
      FeedEndpoint feed,
      EventRelay relay,
      ServingHealth health,
      OpenedAccess access,
      @Named(TaskExecutors.VIRTUAL) ExecutorService virtualThreads) {
    return new InternalServer(
            GrpcTransport.internal(settings.host(), settings.internalGrpcPort())
                .newServer(virtualThreads, access.access())
                .addService(feed)
                .addService(health.service())
                .build(),
            relay::close)
        .start();
  }

  /** The pool itself: the proxy around it ties connections to Micronaut's transactions. */
  private static DataSource unwrapped(DataSource dataSource) {
    return DelegatingDataSource.unwrapDataSource(dataSource);
  }
}
