package com.gyroscops.payments.read.api;

import com.gyroscops.payments.contract.Violations;
import com.gyroscops.payments.internal.v1.ListSourcesRequest;
import com.gyroscops.payments.internal.v1.ListSourcesResponse;
import com.gyroscops.payments.internal.v1.OptimizeSourceRequest;
import com.gyroscops.payments.internal.v1.OptimizeSourceResponse;
import com.gyroscops.payments.internal.v1.ReadAdminServiceGrpc;
import com.gyroscops.payments.read.routing.SourceAdmin;
import com.gyroscops.payments.v1.ReadSource;
import io.grpc.stub.StreamObserver;

/** ReadAdminService as gRPC sees it, for an internal port. Calls block their thread. */
public final class ReadAdminEndpoint extends ReadAdminServiceGrpc.ReadAdminServiceImplBase {

  private final SourceAdmin admin;

  public ReadAdminEndpoint(SourceAdmin admin) {
    this.admin = admin;
  }

  @Override
  public void listSources(ListSourcesRequest request, StreamObserver<ListSourcesResponse> call) {
    call.onNext(ListSourcesResponse.newBuilder().addAllSources(admin.list()).build());
    call.onCompleted();
  }

  @Override
  public void optimizeSource(
      OptimizeSourceRequest request, StreamObserver<OptimizeSourceResponse> call) {
    ReadSource source = request.getSource();
    new Violations()
        .require(
            source != ReadSource.UNRECOGNIZED && source != ReadSource.READ_SOURCE_UNSPECIFIED,
            "source",
            "must be a read source")
        .throwIfAny();
    call.onNext(admin.optimize(source));
    call.onCompleted();
  }
}
