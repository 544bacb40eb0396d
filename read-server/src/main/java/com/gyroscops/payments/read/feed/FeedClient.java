package com.gyroscops.payments.read.feed;

import com.gyroscops.payments.contract.Lineage;
import com.gyroscops.payments.contract.LogHead;
import com.gyroscops.payments.internal.v1.EventFeedServiceGrpc;
import com.gyroscops.payments.internal.v1.GetHeadRequest;
import com.gyroscops.payments.internal.v1.ReadPaymentRequest;
import com.gyroscops.payments.internal.v1.ReadPaymentResponse;
import com.gyroscops.payments.internal.v1.SubscribeStart;
import com.gyroscops.payments.platform.grpc.Credentials;
import io.grpc.Deadline;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The feed, served by any of several write-servers: what one cannot answer is asked of the next.
 * For concurrent use.
 */
public final class FeedClient implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(FeedClient.class);

  /** Largest message taken: a batch is about 1 MiB, or one event of whatever size. */
  private static final int MESSAGE_BYTES_MAX = 16 * 1024 * 1024;

  /** Silence after which a connection is probed; servers allow one probe in 5 s. */
  static final int KEEP_ALIVE_SECONDS = 10;

  /** Silence, after a probe, that ends a connection. */
  static final int KEEP_ALIVE_TIMEOUT_SECONDS = 5;

  private static final int CLOSE_WAIT_SECONDS = 2;

  private final List<ManagedChannel> channels;
  private final AtomicInteger current = new AtomicInteger();

  /**
   * A client of these servers.
   *
   * @param channels one for each server, in order of preference; closed with this
   */
  public FeedClient(List<ManagedChannel> channels) {
    if (channels.isEmpty()) {
      throw new IllegalArgumentException("the feed needs at least one target");
    }
    this.channels = List.copyOf(channels);
  }

  /** A client of servers that ask nobody who it is. */
  public static FeedClient to(List<String> targets) {
    return to(targets, "");
  }

  /**
   * A client of servers that speak plain text, as on an internal port.
   *
   * @param apiKey what it shows them; empty: nothing
   */
  public static FeedClient to(List<String> targets, String apiKey) {
    return new FeedClient(targets.stream().map(target -> channel(target, apiKey)).toList());
  }

  private static ManagedChannel channel(String target, String apiKey) {
    return NettyChannelBuilder.forTarget(target)
        .intercept(Credentials.ofApiKey(apiKey))
        .usePlaintext()
        .maxInboundMessageSize(MESSAGE_BYTES_MAX)
        .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
        .keepAliveTimeout(KEEP_ALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS)
        .directExecutor()
        .build();
  }

  /** The log's head: everything committed before the call is at or below it. */
  public LogHead head(Deadline deadline) throws FeedUnavailableException {
    var response = ask(deadline, feed -> feed.getHead(GetHeadRequest.getDefaultInstance()));
    return new LogHead(
        response.getLogId(),
        Lineage.of(response.getEpoch(), response.getAncestorsList()),
        response.getPosition());
  }

  /** The newest state of one payment, from the log itself. */
  public ReadPaymentResponse readPayment(String organizationId, String paymentId, Deadline deadline)
      throws FeedUnavailableException {
    var request =
        ReadPaymentRequest.newBuilder()
            .setOrganizationId(organizationId)
            .setPaymentId(paymentId)
            .build();
    return ask(deadline, feed -> feed.readPayment(request));
  }

  /** Subscribes at the current server. Does not wait for it. */
  public FeedSubscription subscribe(SubscribeStart start) {
    int index = current.get();
    ManagedChannel channel = channels.get(index);
    return FeedSubscription.open(
        EventFeedServiceGrpc.newStub(channel),
        start,
        () -> giveUpOn(index),
        // Not over the same connection again, which may be half open.
        channel::enterIdle);
  }

  private <T> T ask(
      Deadline deadline, Function<EventFeedServiceGrpc.EventFeedServiceBlockingStub, T> question)
      throws FeedUnavailableException {
    StatusRuntimeException last = null;
    for (int attempt = 0; attempt < channels.size(); attempt++) {
      int index = current.get();
      try {
        return question.apply(
            EventFeedServiceGrpc.newBlockingStub(channels.get(index)).withDeadline(deadline));
      } catch (StatusRuntimeException e) {
        last = e;
        if (deadline.isExpired()) {
          break;
        }
        giveUpOn(index);
      }
    }
    if (last == null) {
      throw new FeedUnavailableException("no time is left to ask the feed");
    }
    throw new FeedUnavailableException(
        "no server of the feed answers: %s %s"
            .formatted(last.getStatus().getCode(), last.getStatus().getDescription()),
        last);
  }

  private void giveUpOn(int index) {
    int next = (index + 1) % channels.size();
    if (next != index && current.compareAndSet(index, next)) {
      LOG.debug("turning from feed target {} to {}", index, next);
    }
  }

  @Override
  public void close() {
    channels.forEach(ManagedChannel::shutdownNow);
    for (ManagedChannel channel : channels) {
      try {
        channel.awaitTermination(CLOSE_WAIT_SECONDS, TimeUnit.SECONDS);
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
