package com.gyroscops.payments.read.api;

import com.gyroscops.payments.read.report.ReportDownload;
import com.gyroscops.payments.read.report.ReportErrors;
import com.gyroscops.payments.read.report.ReportStoreUnavailableException;
import com.gyroscops.payments.read.report.Reports;
import com.gyroscops.payments.v1.CancelReportRequest;
import com.gyroscops.payments.v1.CancelReportResponse;
import com.gyroscops.payments.v1.DownloadReportRequest;
import com.gyroscops.payments.v1.DownloadReportResponse;
import com.gyroscops.payments.v1.GetReportRequest;
import com.gyroscops.payments.v1.GetReportResponse;
import com.gyroscops.payments.v1.ListReportsRequest;
import com.gyroscops.payments.v1.ListReportsResponse;
import com.gyroscops.payments.v1.ReportServiceGrpc;
import com.gyroscops.payments.v1.StartReportRequest;
import com.gyroscops.payments.v1.StartReportResponse;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import jakarta.inject.Singleton;
import java.util.function.Supplier;

/**
 * ReportService as gRPC sees it. Calls block their thread; what they throw ends them, by the
 * server's {@code UnexpectedErrors}.
 */
@Singleton
public final class ReportEndpoint extends ReportServiceGrpc.ReportServiceImplBase {

  private final Reports reports;

  public ReportEndpoint(Reports reports) {
    this.reports = reports;
  }

  @Override
  public void startReport(StartReportRequest request, StreamObserver<StartReportResponse> call) {
    answer(call, () -> reports.start(request));
  }

  @Override
  public void getReport(GetReportRequest request, StreamObserver<GetReportResponse> call) {
    answer(call, () -> reports.get(request));
  }

  @Override
  public void listReports(ListReportsRequest request, StreamObserver<ListReportsResponse> call) {
    answer(call, () -> reports.list(request));
  }

  @Override
  public void cancelReport(CancelReportRequest request, StreamObserver<CancelReportResponse> call) {
    answer(call, () -> reports.cancel(request));
  }

  @Override
  public void downloadReport(
      DownloadReportRequest request, StreamObserver<DownloadReportResponse> observer) {
    var call = (ServerCallStreamObserver<DownloadReportResponse>) observer;
    ReportDownload download = asked(() -> reports.download(request));
    call.setOnCancelHandler(download::close);
    call.setOnReadyHandler(() -> send(download, call));
  }

  /** Sends as much as the caller takes now: the transport asks again when it takes more. */
  private static void send(
      ReportDownload download, ServerCallStreamObserver<DownloadReportResponse> call) {
    boolean sent = false;
    try {
      while (call.isReady() && !download.isFinished()) {
        call.onNext(download.next());
        if (download.isFinished()) {
          download.close();
          call.onCompleted();
        }
      }
      sent = true;
    } finally {
      if (!sent) {
        download.close();
      }
    }
  }

  private static <A> void answer(StreamObserver<A> call, Supplier<A> work) {
    call.onNext(asked(work));
    call.onCompleted();
  }

  private static <A> A asked(Supplier<A> work) {
    try {
      return work.get();
    } catch (ReportStoreUnavailableException _) {
      throw ReportErrors.storeUnavailable().toException();
    }
  }
}
