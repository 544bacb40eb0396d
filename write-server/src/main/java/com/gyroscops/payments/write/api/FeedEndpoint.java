package com.gyroscops.payments.write.api;

import com.gyroscops.payments.contract.LogHead;
import com.gyroscops.payments.contract.Violations;
import com.gyroscops.payments.internal.v1.EventFeedServiceGrpc;
import com.gyroscops.payments.internal.v1.GetHeadRequest;
import com.gyroscops.payments.internal.v1.GetHeadResponse;
import com.gyroscops.payments.internal.v1.ReadPaymentRequest;
import com.gyroscops.payments.internal.v1.ReadPaymentResponse;
import com.gyroscops.payments.internal.v1.SubscribeRequest;
import com.gyroscops.payments.internal.v1.SubscribeResponse;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.write.command.CommandErrors;
import com.gyroscops.payments.write.eventstore.EventStore;
import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import com.gyroscops.payments.write.outbox.EventRelay;
import com.gyroscops.payments.write.payment.PaymentKey;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.function.Supplier;

/** {@code EventFeedService} over gRPC, on the internal port. Blocks its thread. */
public final class FeedEndpoint extends EventFeedServiceGrpc.EventFeedServiceImplBase {

  private final EventStore store;
  private final EventRelay relay;

  public FeedEndpoint(EventStore store, EventRelay relay) {
    this.store = store;
    this.relay = relay;
  }

  @Override
  public StreamObserver<SubscribeRequest> subscribe(StreamObserver<SubscribeResponse> responses) {
    return relay.subscribe((ServerCallStreamObserver<SubscribeResponse>) responses);
  }

  @Override
  public void getHead(GetHeadRequest request, StreamObserver<GetHeadResponse> responses) {
    answer(
        responses,
        () -> {
          LogHead head = store.head();
          return GetHeadResponse.newBuilder()
              .setLogId(head.logId())
              .setEpoch(head.epoch())
              .setPosition(head.position())
              .addAllAncestors(head.lineage().ancestorMessages())
              .build();
        });
  }

  @Override
  public void readPayment(
      ReadPaymentRequest request, StreamObserver<ReadPaymentResponse> responses) {
    new Violations()
        .organization("organization_id", request.getOrganizationId())
        .identifier("payment_id", request.getPaymentId())
        .throwIfAny();
    answer(
        responses,
        () -> {
          var key = new PaymentKey(request.getOrganizationId(), request.getPaymentId());
          EventStore.Newest found = store.newest(List.of(key));
          LogHead head = found.head();
          PaymentEvent newest = found.events().get(key);
          var response =
              ReadPaymentResponse.newBuilder()
                  .setLogId(head.logId())
                  .setEpoch(head.epoch())
                  .setPosition(head.position())
                  .addAllAncestors(head.lineage().ancestorMessages());
          if (newest != null) {
            response.setPayment(newest.getPayment());
          }
          return response.build();
        });
  }

  private static <T> void answer(StreamObserver<T> responses, Supplier<T> read) {
    try {
      responses.onNext(read.get());
      responses.onCompleted();
    } catch (StoreUnavailableException e) {
      responses.onError(CommandErrors.storeUnavailable().toException());
    }
  }
}
