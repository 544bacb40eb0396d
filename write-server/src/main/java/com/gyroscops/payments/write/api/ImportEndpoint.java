package com.gyroscops.payments.write.api;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.contract.Violations;
import com.gyroscops.payments.platform.access.Demand;
import com.gyroscops.payments.platform.access.Grants;
import com.gyroscops.payments.platform.access.Scope;
import com.gyroscops.payments.platform.grpc.Callers;
import com.gyroscops.payments.platform.page.ListPage;
import com.gyroscops.payments.platform.page.ListTokens;
import com.gyroscops.payments.v1.CancelImportRequest;
import com.gyroscops.payments.v1.CancelImportResponse;
import com.gyroscops.payments.v1.CommandError;
import com.gyroscops.payments.v1.GetImportRequest;
import com.gyroscops.payments.v1.GetImportResponse;
import com.gyroscops.payments.v1.Import;
import com.gyroscops.payments.v1.ImportRejection;
import com.gyroscops.payments.v1.ImportRow;
import com.gyroscops.payments.v1.ImportServiceGrpc;
import com.gyroscops.payments.v1.ImportState;
import com.gyroscops.payments.v1.ListImportRejectionsRequest;
import com.gyroscops.payments.v1.ListImportRejectionsResponse;
import com.gyroscops.payments.v1.ListImportsRequest;
import com.gyroscops.payments.v1.ListImportsResponse;
import com.gyroscops.payments.v1.StartImportRequest;
import com.gyroscops.payments.v1.StartImportResponse;
import com.gyroscops.payments.v1.UploadImportRequest;
import com.gyroscops.payments.v1.UploadImportResponse;
import com.gyroscops.payments.write.command.CommandErrors;
import com.gyroscops.payments.write.imports.ImportStore;
import com.gyroscops.payments.write.imports.Imports;
import com.gyroscops.payments.write.submission.WorkflowLauncher;
import io.grpc.stub.StreamObserver;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** {@code ImportService} over gRPC. */
public final class ImportEndpoint extends ImportServiceGrpc.ImportServiceImplBase {

  /** Most rows of one chunk. */
  static final int CHUNK_ROWS_MAX = 500;

  /** Most chunks of one import: 10,000,000 rows. */
  static final int CHUNKS_MAX = 20_000;

  private final Imports imports;
  private final WorkflowLauncher launcher;
  private final ListTokens pageTokens;
  private final BlockingExecutor blocking;
  private final Supplier<String> actor;

  /**
   * @param actor who makes the current call; empty: not authenticated
   */
  public ImportEndpoint(
      Imports imports,
      WorkflowLauncher launcher,
      ListTokens pageTokens,
      BlockingExecutor blocking,
      Supplier<String> actor) {
    this.imports = imports;
    this.launcher = launcher;
    this.pageTokens = pageTokens;
    this.blocking = blocking;
    this.actor = actor;
  }

  @Override
  public void uploadImport(
      UploadImportRequest request, StreamObserver<UploadImportResponse> responses) {
    blocking.answer("UploadImport", responses, () -> upload(request));
  }

  private UploadImportResponse upload(UploadImportRequest request) {
    Violations violations =
        new Violations()
            .identifier("import_id", request.getImportId())
            .require(
                request.getChunk() >= 0 && request.getChunk() < CHUNKS_MAX,
                "chunk",
                "must be from 0 to " + (CHUNKS_MAX - 1))
            .require(
                request.getRowsCount() >= 1 && request.getRowsCount() <= CHUNK_ROWS_MAX,
                "rows",
                "must be 1 to " + CHUNK_ROWS_MAX + ", but are " + request.getRowsCount());
    checkOwner(violations, request.getOwner());
    Set<Long> seen = new HashSet<>();
    for (int i = 0; i < Math.min(request.getRowsCount(), CHUNK_ROWS_MAX); i++) {
      ImportRow row = request.getRows(i);
      violations
          .require(row.getRow() >= 1, "rows[" + i + "].row", "must be 1 or more")
          .require(seen.add(row.getRow()), "rows[" + i + "].row", "comes a second time")
          // A later version might take it for a command of an organization that nobody looked at.
          .known("rows[" + i + "].command.", row.getCommand());
    }
    violations.throwIfAny();
    requirePermitted(request);
    requireEngine();
    ImportStore.Upload upload =
        imports
            .upload(request, actor.get(), TraceContext.current())
            .orElseThrow(() -> CommandErrors.queueFull().toException());
    return switch (upload) {
      case KEPT, REPEATED ->
          UploadImportResponse.newBuilder()
              .setChunk(request.getChunk())
              .setReplayed(upload == ImportStore.Upload.REPEATED)
              .build();
      case DIFFERENT ->
          throw CommandErrors.importIdReused(request.getImportId(), request.getChunk())
              .toException();
      case OF_ANOTHER ->
          throw CommandErrors.importOfAnother(request.getImportId(), request.getChunk())
              .toException();
      case STARTED -> {
        String state = existing(request.getImportId()).getState().name();
        throw CommandErrors.importStarted(request.getImportId(), state).toException();
      }
    };
  }

  /** Of the import's owner, and row by row of the organizations that its commands name. */
  private static void requirePermitted(UploadImportRequest request) {
    denied(request.getOwner())
        .ifPresent(error -> {
          throw error.toException();
        });
    for (int i = 0; i < request.getRowsCount(); i++) {
      Optional<ApiError> denied = PermittedCommands.denied(request.getRows(i).getCommand());
      if (denied.isPresent()) {
        throw denied.get().at("rows[" + i + "].command").toException();
      }
    }
  }

  /** Why the current call may not work on imports of an owner; empty: it may. */
  private static Optional<ApiError> denied(String owner) {
    return Callers.denied(new Demand(Scope.IMPORTS, owner.isEmpty() ? Grants.DEPLOYMENT : owner));
  }

  @Override
  public void startImport(
      StartImportRequest request, StreamObserver<StartImportResponse> responses) {
    blocking.answer(
        "StartImport",
        responses,
        () -> StartImportResponse.newBuilder().setImport(start(request)).build());
  }

  private Import start(StartImportRequest request) {
    new Violations()
        .identifier("import_id", request.getImportId())
        .require(
            request.getChunks() >= 1 && request.getChunks() <= CHUNKS_MAX,
            "chunks",
            "must be from 1 to " + CHUNKS_MAX)
        .throwIfAny();
    var _ = existing(request.getImportId());
    requireEngine();
    ImportStore.Start start = imports.start(request.getImportId(), request.getChunks());
    Import now = existing(request.getImportId());
    return switch (start) {
      case STARTED, REPEATED -> now;
      case INCOMPLETE ->
          throw CommandErrors.importIncomplete(now.getImportId(), now.getChunks()).toException();
      case TOO_LATE ->
          throw CommandErrors.importStarted(now.getImportId(), now.getState().name()).toException();
      case UNKNOWN -> throw CommandErrors.importNotFound(request.getImportId()).toException();
    };
  }

  @Override
  public void getImport(GetImportRequest request, StreamObserver<GetImportResponse> responses) {
    blocking.answer(
        "GetImport",
        responses,
        () -> {
          requireNamed(request.getImportId());
          return GetImportResponse.newBuilder().setImport(existing(request.getImportId())).build();
        });
  }

  @Override
  public void listImports(
      ListImportsRequest request, StreamObserver<ListImportsResponse> responses) {
    blocking.answer("ListImports", responses, () -> list(request));
  }

  private ListImportsResponse list(ListImportsRequest request) {
    Violations violations = new Violations();
    checkOwner(violations, request.getOwner());
    ListPage.Cut<Import> cut =
        ListPage.read(
            pageTokens,
            request,
            violations,
            ListPage.specified(ImportState.getDescriptor()),
            (states, after, max) ->
                imports.list(request.hasOwner() ? request.getOwner() : null, states, after, max));
    return ListImportsResponse.newBuilder()
        .addAllImports(cut.elements())
        .setNextPageToken(cut.nextPageToken())
        .build();
  }

  private static void checkOwner(Violations violations, String owner) {
    if (!owner.isEmpty()) {
      violations.organization("owner", owner);
    }
  }

  @Override
  public void listImportRejections(
      ListImportRejectionsRequest request, StreamObserver<ListImportRejectionsResponse> responses) {
    blocking.answer("ListImportRejections", responses, () -> rejections(request));
  }

  private ListImportRejectionsResponse rejections(ListImportRejectionsRequest request) {
    requireNamed(request.getImportId());
    ListImportRejectionsRequest list = request.toBuilder().clearPageToken().build();
    int from = pageTokens.read(list, request.getPageToken());
    var _ = existing(request.getImportId());
    ImportStore.Rejections found =
        imports
            .rejections(request.getImportId(), from)
            .orElseThrow(() -> CommandErrors.importNotFound(request.getImportId()).toException());
    return ListImportRejectionsResponse.newBuilder()
        .addAllRejections(found.rejections().stream().map(ImportEndpoint::permitted).toList())
        .setNextPageToken(found.nextChunk().map(chunk -> pageTokens.write(list, chunk)).orElse(""))
        .build();
  }

  /** A row of an organization that the current call may not look into, without what is of it. */
  private static ImportRejection permitted(ImportRejection rejection) {
    Demand demand = new Demand(Scope.PAYMENTS_READ, rejection.getOrganizationId());
    return rejection.getOrganizationId().isEmpty() || Callers.may(demand)
        ? rejection
        : rejection.toBuilder()
            .clearPaymentId()
            .setError(
                CommandError.newBuilder()
                    .setCode(rejection.getError().getCode())
                    .setReason(rejection.getError().getReason()))
            .build();
  }

  @Override
  public void cancelImport(
      CancelImportRequest request, StreamObserver<CancelImportResponse> responses) {
    blocking.answer(
        "CancelImport",
        responses,
        () -> {
          requireNamed(request.getImportId());
          var _ = existing(request.getImportId());
          return CancelImportResponse.newBuilder()
              .setImport(
                  imports
                      .cancel(request.getImportId())
                      .orElseThrow(
                          () -> CommandErrors.importNotFound(request.getImportId()).toException()))
              .build();
        });
  }

  private void requireEngine() {
    if (!launcher.isEnabled()) {
      throw CommandErrors.withoutEngine("imports").toException();
    }
  }

  private static void requireNamed(String importId) {
    new Violations().identifier("import_id", importId).throwIfAny();
  }

  /** One that the current call may work on; of others it is told nothing. */
  private Import existing(String importId) {
    return imports
        .find(importId)
        .filter(found -> denied(found.getOwner()).isEmpty())
        .orElseThrow(() -> CommandErrors.importNotFound(importId).toException());
  }
}
