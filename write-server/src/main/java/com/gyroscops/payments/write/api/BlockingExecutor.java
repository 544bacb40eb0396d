package com.gyroscops.payments.write.api;

import com.gyroscops.payments.platform.grpc.UnexpectedErrors;
import com.gyroscops.payments.write.command.CommandErrors;
import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers calls whose work blocks, away from the network threads and in the call's context.
 *
 * @param executor for what blocks
 */
public record BlockingExecutor(Executor executor) {

  private static final Logger LOG = LoggerFactory.getLogger(BlockingExecutor.class);

  /** Work that blocks and answers, or fails. */
  interface Work {
    void run() throws Exception;
  }

  /** Answers a call with what the work gives. */
  <T> void answer(String name, StreamObserver<T> responses, Callable<T> work) {
    run(
        name,
        responses,
        () -> {
          responses.onNext(work.call());
          responses.onCompleted();
        });
  }

  /** Does a call's work, which answers it unless it fails. */
  void run(String name, StreamObserver<?> responses, Work work) {
    executor.execute(
        Context.current()
            .wrap(() -> {
              try {
                work.run();
              } catch (StatusRuntimeException e) {
                responses.onError(e);
              } catch (StoreUnavailableException e) {
                responses.onError(CommandErrors.storeUnavailable().toException());
              } catch (Exception e) {
                LOG.error("{} failed unexpectedly", name, e);
                responses.onError(UnexpectedErrors.hidden());
              }
            }));
  }
}
