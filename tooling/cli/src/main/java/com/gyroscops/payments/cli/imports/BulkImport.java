package com.gyroscops.payments.cli.imports;

import com.gyroscops.payments.cli.imports.ImportRow.Sendable;
import com.gyroscops.payments.cli.imports.ImportRow.Unusable;
import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.platform.hash.Sha256;
import com.gyroscops.payments.platform.retry.Backoff;
import com.gyroscops.payments.v1.CancelImportRequest;
import com.gyroscops.payments.v1.GetImportRequest;
import com.gyroscops.payments.v1.Import;
import com.gyroscops.payments.v1.ImportRejection;
import com.gyroscops.payments.v1.ImportServiceGrpc;
import com.gyroscops.payments.v1.ImportServiceGrpc.ImportServiceBlockingStub;
import com.gyroscops.payments.v1.ListImportRejectionsRequest;
import com.gyroscops.payments.v1.ListImportRejectionsResponse;
import com.gyroscops.payments.v1.ListImportsRequest;
import com.gyroscops.payments.v1.ListImportsResponse;
import com.gyroscops.payments.v1.StartImportRequest;
import com.gyroscops.payments.v1.UploadImportRequest;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Imports that the servers carry out by themselves: uploads, starts and asks after them, at
 * whichever server answers. Every call may be repeated. For one thread.
 */
public final class BulkImport {

  /** As the service takes them. */
  static final int CHUNK_ROWS = 500;

  private static final int CALL_SECONDS_MAX = 10;
  private static final Set<Status.Code> REPEATABLE =
      Set.of(
          Status.Code.UNAVAILABLE,
          Status.Code.RESOURCE_EXHAUSTED,
          Status.Code.DEADLINE_EXCEEDED,
          Status.Code.CANCELLED);

  private final List<? extends Channel> servers;
  private final ImportSettings settings;
  private final ImportListener listener;
  private int server;

  public BulkImport(
      List<? extends Channel> servers, ImportSettings settings, ImportListener listener) {
    this.servers = List.copyOf(servers);
    this.settings = settings;
    this.listener = listener;
  }

  /** The id of a file's import, a digest of its bytes: the same file is imported once. */
  public static String idOf(Path file) throws IOException {
    MessageDigest sha = Sha256.begin();
    try (InputStream in = new DigestInputStream(Files.newInputStream(file), sha)) {
      in.transferTo(OutputStream.nullOutputStream());
    }
    return RequestIds.hex(sha.digest());
  }

  /**
   * What was uploaded.
   *
   * @param started the import, which goes on by itself
   * @param unusable rows of the file that make no command, and were left out
   */
  public record Uploaded(Import started, long unusable) {}

  /**
   * Uploads a file's rows and starts their import, unless it was started before.
   *
   * @throws StatusRuntimeException if the servers refuse it, or none answers for too long
   * @throws IOException if there is no row to import
   */
  public Uploaded upload(String importId, CommandFile rows) throws IOException {
    Optional<Import> earlier = find(importId);
    boolean upload = earlier.isEmpty() || !earlier.get().hasStartTime();
    var chunk = UploadImportRequest.newBuilder().setImportId(importId);
    int chunks = 0;
    long read = 0;
    long unusable = 0;
    while (rows.hasNext()) {
      switch (rows.next()) {
        case Unusable(RowRejection rejection) -> {
          unusable++;
          listener.rejected(rejection);
        }
        case Sendable row -> {
          chunk.addRows(
              com.gyroscops.payments.v1.ImportRow.newBuilder()
                  .setRow(row.row())
                  .setCommand(row.command()));
          if (chunk.getRowsCount() == CHUNK_ROWS) {
            send(chunk.setChunk(chunks++), upload);
          }
        }
      }
      listener.advanced(++read);
    }
    if (chunk.getRowsCount() > 0) {
      send(chunk.setChunk(chunks++), upload);
    }
    if (chunks == 0) {
      throw new IOException("there is no row to import");
    }
    StartImportRequest start =
        StartImportRequest.newBuilder().setImportId(importId).setChunks(chunks).build();
    return new Uploaded(call(stub -> stub.startImport(start)).getImport(), unusable);
  }

  private void send(UploadImportRequest.Builder chunk, boolean upload) {
    UploadImportRequest request = chunk.build();
    chunk.clearRows();
    if (upload) {
      var _ = call(stub -> stub.uploadImport(request));
    }
  }

  /** An import as it is now; empty if the servers know none of that id. */
  public Optional<Import> find(String importId) {
    GetImportRequest request = GetImportRequest.newBuilder().setImportId(importId).build();
    try {
      return Optional.of(call(stub -> stub.getImport(request)).getImport());
    } catch (StatusRuntimeException e) {
      if (ApiError.from(e).filter(it -> it.reason().equals("IMPORT_NOT_FOUND")).isPresent()) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Tells of every import that the servers know, the newest first. */
  public void list(Consumer<Import> told) {
    var request = ListImportsRequest.newBuilder();
    do {
      ListImportsRequest page = request.build();
      ListImportsResponse found = call(stub -> stub.listImports(page));
      found.getImportsList().forEach(told);
      request.setPageToken(found.getNextPageToken());
    } while (!request.getPageToken().isEmpty());
  }

  /** Ends an import, unless it has ended; as it is then. */
  public Import cancel(String importId) {
    CancelImportRequest request = CancelImportRequest.newBuilder().setImportId(importId).build();
    return call(stub -> stub.cancelImport(request)).getImport();
  }

  /** Tells the listener of every row that the servers rejected so far. */
  public void rejections(String importId) {
    var request = ListImportRejectionsRequest.newBuilder().setImportId(importId);
    do {
      ListImportRejectionsRequest page = request.build();
      ListImportRejectionsResponse found = call(stub -> stub.listImportRejections(page));
      found.getRejectionsList().forEach(it -> listener.rejected(rejection(it)));
      request.setPageToken(found.getNextPageToken());
    } while (!request.getPageToken().isEmpty());
  }

  private static RowRejection rejection(ImportRejection rejection) {
    return RowRejection.of(
        rejection.getRow(),
        0,
        rejection.getCommand(),
        rejection.getOrganizationId(),
        rejection.getPaymentId(),
        rejection.getError());
  }

  /** Asks one server, then the next, until one answers or it has taken too long. */
  private <T> T call(Function<ImportServiceBlockingStub, T> call) {
    long start = System.nanoTime();
    for (int attempt = 1; ; attempt++) {
      Channel to = servers.get(server % servers.size());
      try {
        return call.apply(
            ImportServiceGrpc.newBlockingStub(to)
                .withDeadlineAfter(CALL_SECONDS_MAX, TimeUnit.SECONDS));
      } catch (StatusRuntimeException e) {
        if (!REPEATABLE.contains(e.getStatus().getCode())
            || System.nanoTime() - start > settings.giveUpAfter().toNanos()) {
          throw e;
        }
        listener.troubled(to.authority() + ": " + e.getStatus());
        server++;
        pause(Backoff.delay(attempt, settings.backoffMin(), settings.backoffMax()));
      }
    }
  }

  private static void pause(Duration wait) {
    try {
      Thread.sleep(wait);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Status.CANCELLED.withDescription("interrupted").withCause(e).asRuntimeException();
    }
  }
}
