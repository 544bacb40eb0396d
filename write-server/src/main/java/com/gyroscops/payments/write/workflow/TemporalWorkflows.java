package com.gyroscops.payments.write.workflow;

import com.gyroscops.payments.workflow.v1.StartedImport;
import com.gyroscops.payments.workflow.v1.SubmittedCommand;
import com.gyroscops.payments.workflow.v1.SubmittedSettlement;
import com.gyroscops.payments.write.imports.ImportExecutor;
import com.gyroscops.payments.write.imports.ImportStarter;
import com.gyroscops.payments.write.settlement.Settlement;
import com.gyroscops.payments.write.settlement.SettlementExecutor;
import com.gyroscops.payments.write.settlement.SettlementStarter;
import com.gyroscops.payments.write.submission.Submission;
import com.gyroscops.payments.write.submission.SubmissionExecutor;
import com.gyroscops.payments.write.submission.WorkflowStarter;
import com.gyroscops.payments.write.submission.WorkflowsUnavailableException;
import com.uber.m3.tally.RootScopeBuilder;
import com.uber.m3.tally.Scope;
import com.uber.m3.util.Duration;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContextBuilder;
import io.micrometer.core.instrument.MeterRegistry;
import io.temporal.api.enums.v1.WorkflowIdConflictPolicy;
import io.temporal.api.enums.v1.WorkflowIdReusePolicy;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowClientOptions;
import io.temporal.client.WorkflowExecutionAlreadyStarted;
import io.temporal.client.WorkflowOptions;
import io.temporal.client.WorkflowServiceException;
import io.temporal.common.converter.DefaultDataConverter;
import io.temporal.common.converter.NullPayloadConverter;
import io.temporal.common.converter.ProtobufPayloadConverter;
import io.temporal.common.reporter.MicrometerClientStatsReporter;
import io.temporal.serviceclient.RpcRetryOptions;
import io.temporal.serviceclient.WorkflowServiceStubs;
import io.temporal.serviceclient.WorkflowServiceStubsOptions;
import io.temporal.worker.Worker;
import io.temporal.worker.WorkerFactory;
import io.temporal.worker.WorkerOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This server's side of Temporal: starts workflows, and works on them if it is to. Does not need
 * Temporal to be there when it starts, nor later: workers begin and go on as soon as it is. For
 * concurrent use.
 */
public final class TemporalWorkflows
    implements WorkflowStarter, SettlementStarter, ImportStarter, AutoCloseable {

  /** Most activities that this server runs at once: a fraction of the command queue. */
  private static final int ACTIVITIES_MAX = 256;

  /** Most workflow steps that this server decides at once; they take no more than a moment. */
  private static final int WORKFLOW_TASKS_MAX = 64;

  private static final int POLLERS = 4;

  /** How long one start of a workflow may take before it counts as failed. */
  private static final java.time.Duration START_MAX = java.time.Duration.ofSeconds(3);

  /** A workflow that has not ended by then is started again from its row. */
  private static final java.time.Duration GRACE = java.time.Duration.ofMinutes(10);

  private static final java.time.Duration CONNECT_AGAIN = java.time.Duration.ofSeconds(1);
  private static final java.time.Duration DRAIN_MAX = java.time.Duration.ofSeconds(5);
  private static final double METRICS_SECONDS = 10;
  private static final Logger LOG = LoggerFactory.getLogger(TemporalWorkflows.class);

  private final WorkflowServiceStubs stubs;
  private final WorkflowClient client;
  private final WorkerFactory workers;
  private final String taskQueue;
  private final Scope metrics;
  private final @Nullable Thread starting;
  private volatile boolean closing;

  /**
   * @throws UncheckedIOException if a TLS file cannot be read
   */
  public TemporalWorkflows(
      TemporalSettings settings,
      String instanceId,
      SubmissionExecutor submissions,
      SettlementExecutor settlements,
      ImportExecutor imports,
      MeterRegistry registry) {
    taskQueue = settings.taskQueue();
    metrics =
        new RootScopeBuilder()
            .reporter(new MicrometerClientStatsReporter(registry))
            .reportEvery(Duration.ofSeconds(METRICS_SECONDS));
    stubs = WorkflowServiceStubs.newServiceStubs(stubsOptions(settings, metrics));
    client =
        WorkflowClient.newInstance(
            stubs,
            WorkflowClientOptions.newBuilder()
                .setNamespace(settings.namespace())
                .setIdentity(instanceId)
                .setDataConverter(
                    new DefaultDataConverter(
                        new NullPayloadConverter(), new ProtobufPayloadConverter()))
                .build());
    workers = WorkerFactory.newInstance(client);
    if (settings.workers()) {
      register(new Activities(submissions, settlements, imports));
      starting = Thread.ofVirtual().name("temporal-start").start(this::startWorkers);
    } else {
      starting = null;
    }
  }

  private void register(Activities activities) {
    Worker worker =
        workers.newWorker(
            taskQueue,
            WorkerOptions.newBuilder()
                .setMaxConcurrentActivityExecutionSize(ACTIVITIES_MAX)
                .setMaxConcurrentWorkflowTaskExecutionSize(WORKFLOW_TASKS_MAX)
                .setMaxConcurrentActivityTaskPollers(POLLERS)
                .setMaxConcurrentWorkflowTaskPollers(POLLERS)
                .setUsingVirtualThreads(true)
                .build());
    worker.registerWorkflowImplementationTypes(
        CommandWorkflowImpl.class, SettlementWorkflowImpl.class, ImportWorkflowImpl.class);
    worker.registerActivitiesImplementations(activities);
  }

  private static WorkflowServiceStubsOptions stubsOptions(
      TemporalSettings settings, Scope metrics) {
    WorkflowServiceStubsOptions.Builder options =
        WorkflowServiceStubsOptions.newBuilder()
            .setTarget(settings.address())
            .setMetricsScope(metrics)
            .setRpcRetryOptions(
                RpcRetryOptions.newBuilder().setExpiration(START_MAX).validateBuildWithDefaults());
    TemporalSettings.Tls tls = settings.tls();
    if (tls != null) {
      options.setSslContext(sslContext(tls));
    }
    return options.build();
  }

  private static SslContext sslContext(TemporalSettings.Tls tls) {
    try {
      SslContextBuilder builder = GrpcSslContexts.forClient();
      if (tls.authorities() != null) {
        builder.trustManager(tls.authorities().toFile());
      }
      if (tls.certificate() != null && tls.key() != null) {
        builder.keyManager(tls.certificate().toFile(), tls.key().toFile());
      }
      return builder.build();
    } catch (IOException | IllegalArgumentException e) {
      throw new IllegalStateException(
          "cannot use the TLS files for Temporal: " + e.getMessage(), e);
    }
  }

  /**
   * The factory asks Temporal for the namespace before it starts, and fails where it is not there.
   */
  private void startWorkers() {
    boolean told = false;
    while (!closing) {
      try {
        workers.start();
        LOG.info("works on task queue {}", taskQueue);
        return;
      } catch (RuntimeException e) {
        if (!told) {
          LOG.warn(
              "Temporal (TEMPORAL_ADDRESS) does not answer; workers start once it does: {}",
              e.getMessage());
          told = true;
        }
      }
      try {
        Thread.sleep(CONNECT_AGAIN);
      } catch (InterruptedException e) {
        return; // Closing.
      }
    }
  }

  @Override
  public void start(Submission.Reference submission) {
    java.time.Duration timeout = submission.executionTimeout();
    CommandWorkflow workflow =
        client.newWorkflowStub(
            CommandWorkflow.class,
            options("command/" + submission.organizationId() + "/" + submission.requestId())
                .setWorkflowRunTimeout(timeout.plus(GRACE))
                .build());
    SubmittedCommand command =
        SubmittedCommand.newBuilder()
            .setOrganizationId(submission.organizationId())
            .setRequestId(submission.requestId())
            .setExecutionTimeout(
                com.google.protobuf.Duration.newBuilder().setSeconds(timeout.toSeconds()))
            .build();
    start(() -> WorkflowClient.start(workflow::execute, command));
  }

  @Override
  public void start(Settlement settlement) {
    var progress = settlement.progress();
    SettlementWorkflow workflow =
        client.newWorkflowStub(
            SettlementWorkflow.class,
            options("settlement/" + progress.getOrganizationId() + "/" + progress.getRequestId())
                .build());
    SubmittedSettlement submitted =
        SubmittedSettlement.newBuilder()
            .setOrganizationId(progress.getOrganizationId())
            .setRequestId(progress.getRequestId())
            .setPayments(progress.getPaymentsCount())
            .build();
    start(() -> WorkflowClient.start(workflow::settle, submitted));
  }

  @Override
  public void start(String importId) {
    ImportWorkflow workflow =
        client.newWorkflowStub(ImportWorkflow.class, options("import/" + importId).build());
    StartedImport started = StartedImport.newBuilder().setImportId(importId).build();
    start(() -> WorkflowClient.start(workflow::execute, started));
  }

  /** One workflow at a time for each thing; one that has ended may be started anew. */
  private WorkflowOptions.Builder options(String id) {
    return WorkflowOptions.newBuilder()
        .setWorkflowId(id)
        .setTaskQueue(taskQueue)
        .setWorkflowIdReusePolicy(WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE)
        .setWorkflowIdConflictPolicy(
            WorkflowIdConflictPolicy.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING);
  }

  private static void start(Runnable start) {
    try {
      start.run();
    } catch (WorkflowExecutionAlreadyStarted e) {
      LOG.debug("it runs already", e);
    } catch (WorkflowServiceException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new WorkflowsUnavailableException(String.valueOf(cause.getMessage()), e);
    }
  }

  /** Lets the activities that run end, and disconnects. */
  @Override
  public void close() {
    closing = true;
    if (starting != null) {
      starting.interrupt();
    }
    workers.shutdown();
    workers.awaitTermination(DRAIN_MAX.toSeconds(), TimeUnit.SECONDS);
    stubs.shutdownNow();
    try {
      metrics.close();
    } catch (Exception e) {
      LOG.warn("Temporal's metrics do not end", e);
    }
  }
}
