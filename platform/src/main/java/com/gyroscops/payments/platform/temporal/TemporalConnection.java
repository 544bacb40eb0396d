package com.gyroscops.payments.platform.temporal;

import com.uber.m3.tally.RootScopeBuilder;
import com.uber.m3.tally.Scope;
import com.uber.m3.tally.ScopeCloseException;
import com.uber.m3.util.Duration;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContextBuilder;
import io.micrometer.core.instrument.MeterRegistry;
import io.temporal.api.enums.v1.WorkflowIdConflictPolicy;
import io.temporal.api.enums.v1.WorkflowIdReusePolicy;
import io.temporal.api.workflowservice.v1.DescribeNamespaceRequest;
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
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A server's connection to Temporal. Does not need Temporal to be there when it is made, nor later:
 * workers begin and go on as soon as it is. Payloads are messages alone. For concurrent use.
 */
public final class TemporalConnection implements AutoCloseable {

  /** How long a start of a workflow, or a question, may take before it counts as failed. */
  private static final java.time.Duration START_MAX = java.time.Duration.ofSeconds(3);

  /** Workflow steps that a server decides at once; they take no more than a moment. */
  private static final int WORKFLOW_TASKS_MAX = 64;

  private static final int POLLERS = 4;
  private static final java.time.Duration CONNECT_AGAIN = java.time.Duration.ofSeconds(1);
  private static final java.time.Duration DRAIN_MAX = java.time.Duration.ofSeconds(5);
  private static final double METRICS_SECONDS = 10;
  private static final Logger LOG = LoggerFactory.getLogger(TemporalConnection.class);

  private final TemporalSettings settings;
  private final WorkflowServiceStubs stubs;
  private final WorkflowClient client;
  private final WorkerFactory workers;
  private final Scope metrics;
  private @Nullable Thread starting;
  private volatile boolean closing;

  /**
   * @param identity of this server, as Temporal shows it
   * @throws IllegalStateException if a TLS file cannot be used
   */
  public TemporalConnection(TemporalSettings settings, String identity, MeterRegistry registry) {
    this.settings = settings;
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
                .setIdentity(identity)
                .setDataConverter(
                    new DefaultDataConverter(
                        new NullPayloadConverter(), new ProtobufPayloadConverter()))
                .build());
    workers = WorkerFactory.newInstance(client);
  }

  static WorkflowServiceStubsOptions stubsOptions(TemporalSettings settings, Scope metrics) {
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
    TemporalSettings.ApiKey apiKey = settings.apiKey();
    if (apiKey != null) {
      options.addApiKey(apiKey::value);
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
   * Has this server run some activities from a task queue of their own, so that they neither take
   * the places of others nor wait for those; as soon as it works. To be called before {@link
   * #work}.
   *
   * @param suffix of that queue's name, after the name of the one that the settings name
   * @param activitiesMax most of these activities that run at once
   */
  public void workApart(String suffix, int activitiesMax, Object activities) {
    if (settings.workers()) {
      newWorker(settings.taskQueue() + suffix, activitiesMax)
          .registerActivitiesImplementations(activities);
    }
  }

  /**
   * Has this server work from now on, if its settings say so. To be called once.
   *
   * @param activitiesMax most activities that run at once
   * @param activities runs them
   * @param workflows implementations
   */
  public void work(int activitiesMax, Object activities, Class<?>... workflows) {
    if (!settings.workers()) {
      return;
    }
    Worker worker = newWorker(settings.taskQueue(), activitiesMax);
    worker.registerWorkflowImplementationTypes(workflows);
    worker.registerActivitiesImplementations(activities);
    starting = Thread.ofVirtual().name("temporal-start").start(this::startWorkers);
  }

  private Worker newWorker(String taskQueue, int activitiesMax) {
    return workers.newWorker(
        taskQueue,
        WorkerOptions.newBuilder()
            .setMaxConcurrentActivityExecutionSize(activitiesMax)
            .setMaxConcurrentWorkflowTaskExecutionSize(WORKFLOW_TASKS_MAX)
            .setMaxConcurrentActivityTaskPollers(POLLERS)
            .setMaxConcurrentWorkflowTaskPollers(POLLERS)
            .setUsingVirtualThreads(true)
            .build());
  }

  /**
   * The factory asks Temporal for the namespace before it starts, and fails where it is not there.
   */
  private void startWorkers() {
    boolean told = false;
    while (!closing) {
      try {
        workers.start();
        LOG.info("works on task queue {}", settings.taskQueue());
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

  /** For stubs of workflows. */
  public WorkflowClient client() {
    return client;
  }

  /**
   * Options of a workflow of which one runs at a time for each id; one that has ended may be
   * started anew.
   */
  public WorkflowOptions.Builder options(String workflowId) {
    return WorkflowOptions.newBuilder()
        .setWorkflowId(workflowId)
        .setTaskQueue(settings.taskQueue())
        .setWorkflowIdReusePolicy(WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE)
        .setWorkflowIdConflictPolicy(
            WorkflowIdConflictPolicy.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING);
  }

  /**
   * Starts a workflow by {@code start}, which calls a stub; without effect where it runs already.
   * Blocks for a few seconds at most.
   *
   * @throws TemporalUnavailableException if Temporal does not take it
   */
  public static void start(Runnable start) {
    try {
      start.run();
    } catch (WorkflowExecutionAlreadyStarted e) {
      LOG.debug("it runs already", e);
    } catch (WorkflowServiceException e) {
      throw unavailable(e.getCause() == null ? e : e.getCause());
    }
  }

  /**
   * Asks Temporal whether it is there and has the namespace. Blocks for a few seconds at most.
   *
   * @throws TemporalUnavailableException if not
   */
  public void check() {
    try {
      var _ =
          stubs
              .blockingStub()
              .withDeadlineAfter(START_MAX.toMillis(), TimeUnit.MILLISECONDS)
              .describeNamespace(
                  DescribeNamespaceRequest.newBuilder().setNamespace(settings.namespace()).build());
    } catch (StatusRuntimeException e) {
      throw unavailable(e);
    }
  }

  private static TemporalUnavailableException unavailable(Throwable cause) {
    return new TemporalUnavailableException(String.valueOf(cause.getMessage()), cause);
  }

  /** Lets the activities that run end, or tells them to, and disconnects. */
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
    } catch (ScopeCloseException e) {
      LOG.warn("Temporal's metrics do not end", e);
    }
  }
}
