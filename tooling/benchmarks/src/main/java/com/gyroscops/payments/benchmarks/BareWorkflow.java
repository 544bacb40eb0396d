package com.gyroscops.payments.benchmarks;

import io.temporal.activity.ActivityInterface;
import io.temporal.activity.ActivityOptions;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowOptions;
import io.temporal.serviceclient.WorkflowServiceStubs;
import io.temporal.serviceclient.WorkflowServiceStubsOptions;
import io.temporal.worker.Worker;
import io.temporal.worker.WorkerFactory;
import io.temporal.worker.WorkerOptions;
import io.temporal.workflow.Workflow;
import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;
import java.time.Duration;
import java.util.UUID;

/** A workflow of one activity that does nothing, with its worker in this process. */
final class BareWorkflow implements AutoCloseable {

  private static final String QUEUE = "bare";

  /** Does nothing, once. */
  @WorkflowInterface
  public interface OneStep {
    /** Ends after its activity. */
    @WorkflowMethod
    void run(String id);
  }

  /** What it does. */
  @ActivityInterface
  public interface Nothing {
    /** Does nothing. */
    void nothing(String id);
  }

  /** {@link OneStep}. */
  public static final class OneStepImpl implements OneStep {
    private final Nothing activity =
        Workflow.newActivityStub(
            Nothing.class,
            ActivityOptions.newBuilder().setStartToCloseTimeout(Duration.ofMinutes(1)).build());

    @Override
    public void run(String id) {
      activity.nothing(id);
    }
  }

  private final WorkflowServiceStubs stubs;
  private final WorkflowClient client;
  private final WorkerFactory workers;

  BareWorkflow(String address) {
    stubs =
        WorkflowServiceStubs.newServiceStubs(
            WorkflowServiceStubsOptions.newBuilder().setTarget(address).build());
    client = WorkflowClient.newInstance(stubs);
    workers = WorkerFactory.newInstance(client);
    // Numbers as the write-server's.
    Worker worker =
        workers.newWorker(
            QUEUE,
            WorkerOptions.newBuilder()
                .setMaxConcurrentActivityExecutionSize(256)
                .setMaxConcurrentWorkflowTaskExecutionSize(64)
                .setMaxConcurrentActivityTaskPollers(4)
                .setMaxConcurrentWorkflowTaskPollers(4)
                .setUsingVirtualThreads(true)
                .build());
    worker.registerWorkflowImplementationTypes(OneStepImpl.class);
    Nothing nothing = _ -> {};
    worker.registerActivitiesImplementations(nothing);
    workers.start();
  }

  /** Runs one to its end. */
  void run() {
    String id = UUID.randomUUID().toString();
    client
        .newWorkflowStub(
            OneStep.class,
            WorkflowOptions.newBuilder().setWorkflowId(id).setTaskQueue(QUEUE).build())
        .run(id);
  }

  @Override
  public void close() {
    workers.shutdownNow();
    stubs.shutdownNow();
  }
}
