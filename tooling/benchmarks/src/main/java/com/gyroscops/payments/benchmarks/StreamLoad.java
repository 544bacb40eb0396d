package com.gyroscops.payments.benchmarks;

import com.gyroscops.payments.v1.Command;
import com.gyroscops.payments.v1.CommandServiceGrpc;
import com.gyroscops.payments.v1.StreamCommandsRequest;
import com.gyroscops.payments.v1.StreamCommandsResponse;
import io.grpc.Channel;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Load by StreamCommands: a bounded number of unanswered commands on each of several streams. */
final class StreamLoad {

  /** Unanswered commands of a stream: as many as the write-server reads ahead. */
  static final int IN_FLIGHT_MAX = 1_024;

  private StreamLoad() {}

  /**
   * Sends all commands, each source by a stream and a connection of its own, and awaits their
   * outcomes.
   *
   * @param patience longest time for all of it
   */
  static Measurement run(
      List<? extends Channel> channels,
      List<? extends Iterator<Command>> sources,
      Duration patience)
      throws InterruptedException {
    Tally tally = new Tally();
    CountDownLatch done = new CountDownLatch(sources.size());
    for (int i = 0; i < sources.size(); i++) {
      CommandServiceGrpc.newStub(channels.get(i))
          .streamCommands(new Stream(sources.get(i), tally, done));
    }
    if (!done.await(patience.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new IllegalStateException(
          done.getCount() + " streams did not end within " + patience + ", " + tally.calls());
    }
    return tally.result();
  }

  /** One stream. Its lock keeps the order of commands. */
  private static final class Stream
      implements ClientResponseObserver<StreamCommandsRequest, StreamCommandsResponse> {

    private final Iterator<Command> commands;
    private final Tally tally;
    private final CountDownLatch done;
    private @Nullable ClientCallStreamObserver<StreamCommandsRequest> requests;
    private int inFlight;
    private boolean halfClosed;

    Stream(Iterator<Command> commands, Tally tally, CountDownLatch done) {
      this.commands = commands;
      this.tally = tally;
      this.done = done;
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<StreamCommandsRequest> call) {
      requests = call;
      call.setOnReadyHandler(this::fill);
    }

    private synchronized void fill() {
      ClientCallStreamObserver<StreamCommandsRequest> call = requests;
      if (call == null || halfClosed) {
        return;
      }
      while (inFlight < IN_FLIGHT_MAX && commands.hasNext()) {
        inFlight++;
        call.onNext(request(commands.next()));
      }
      if (!commands.hasNext()) {
        halfClosed = true;
        call.onCompleted();
      }
    }

    /** The sequence, which comes back with the outcome, is the time of sending. */
    private static StreamCommandsRequest request(Command command) {
      return StreamCommandsRequest.newBuilder()
          .setCommand(command)
          .setSequence(System.nanoTime())
          .build();
    }

    @Override
    public void onNext(StreamCommandsResponse response) {
      if (response.getOutcome().hasSuccess()) {
        tally.succeeded(System.nanoTime() - response.getSequence());
      } else {
        tally.failed(response.getOutcome().getError().getReason());
      }
      synchronized (this) {
        inFlight--;
      }
      fill();
    }

    @Override
    public synchronized void onError(Throwable failure) {
      // At least this attempt failed, even with nothing unanswered.
      tally.failed(Math.max(1, inFlight), failure.toString());
      halfClosed = true;
      done.countDown();
    }

    @Override
    public synchronized void onCompleted() {
      if (inFlight > 0) {
        tally.failed(inFlight, "the stream ended without their outcomes");
      }
      done.countDown();
    }
  }
}
