package com.gyroscops.payments.write.api;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.google.protobuf.UnknownFieldSet;
import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.stack.engine.LocalTemporal;
import com.gyroscops.payments.stack.process.FreePorts;
import com.gyroscops.payments.v1.Amount;
import com.gyroscops.payments.v1.CancelImportRequest;
import com.gyroscops.payments.v1.Command;
import com.gyroscops.payments.v1.CommandContext;
import com.gyroscops.payments.v1.CreatePaymentRequest;
import com.gyroscops.payments.v1.GetImportRequest;
import com.gyroscops.payments.v1.Import;
import com.gyroscops.payments.v1.ImportRejection;
import com.gyroscops.payments.v1.ImportRow;
import com.gyroscops.payments.v1.ImportServiceGrpc;
import com.gyroscops.payments.v1.ImportServiceGrpc.ImportServiceBlockingStub;
import com.gyroscops.payments.v1.ImportState;
import com.gyroscops.payments.v1.ListImportRejectionsRequest;
import com.gyroscops.payments.v1.ListImportRejectionsResponse;
import com.gyroscops.payments.v1.ListImportsRequest;
import com.gyroscops.payments.v1.ListImportsResponse;
import com.gyroscops.payments.v1.StartImportRequest;
import com.gyroscops.payments.v1.UploadImportRequest;
import com.gyroscops.payments.write.eventstore.postgres.TestDatabase;
import com.zaxxer.hikari.HikariDataSource;
import io.grpc.Status.Code;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Imports as a client sees them: real server, real database, real Temporal. */
@Tag("engines")
class ImportServiceTest {

  private static final int ENOUGH_SECONDS = 60;

  /** Few, so that imports at once fill it. */
  private static final int QUEUE_PLACES = 512;

  /** How many at once, each of a chunk of 500 rows; the long form has 256. */
  private static final String IMPORTS = "payments.imports";

  private static final int IMPORTS_DEFAULT = 24;

  private static HikariDataSource pool;
  private static LocalTemporal temporal;
  private static TestServer server;

  @BeforeAll
  static void start() throws Exception {
    pool = TestDatabase.open();
    temporal = LocalTemporal.temporary();
    server =
        new TestServer(
            pool.getJdbcUrl(),
            Map.of(
                "payments.temporal.address",
                temporal.address(),
                "payments.queue-commands-max",
                QUEUE_PLACES));
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
    temporal.close();
    pool.close();
  }

  private static ImportServiceBlockingStub imports(TestServer of) {
    return ImportServiceGrpc.newBlockingStub(of.commandChannel())
        .withDeadlineAfter(ENOUGH_SECONDS, TimeUnit.SECONDS);
  }

  private static ImportServiceBlockingStub imports() {
    return imports(server);
  }

  private static String id() {
    return UUID.randomUUID().toString();
  }

  /** A row that creates a payment, which is valid unless its amount is nothing. */
  private static ImportRow row(long row, String payment, long minorUnits) {
    return ImportRow.newBuilder()
        .setRow(row)
        .setCommand(
            Command.newBuilder()
                .setCreate(
                    CreatePaymentRequest.newBuilder()
                        .setContext(CommandContext.newBuilder().setRequestId(id()))
                        .setOrganizationId("acme")
                        .setPaymentId(payment)
                        .setAmount(
                            Amount.newBuilder().setMinorUnits(minorUnits).setCurrencyCode("EUR"))))
        .build();
  }

  private static UploadImportRequest chunk(String importId, int chunk, List<ImportRow> rows) {
    return UploadImportRequest.newBuilder()
        .setImportId(importId)
        .setChunk(chunk)
        .addAllRows(rows)
        .build();
  }

  private static Import start(ImportServiceBlockingStub imports, String importId, int chunks) {
    return imports
        .startImport(
            StartImportRequest.newBuilder().setImportId(importId).setChunks(chunks).build())
        .getImport();
  }

  private static Import get(String importId) {
    return imports()
        .getImport(GetImportRequest.newBuilder().setImportId(importId).build())
        .getImport();
  }

  private static Import awaitEnd(String importId) {
    eventually(
        "the import ends",
        Duration.ofMinutes(3),
        () -> get(importId).getState() != ImportState.IMPORT_STATE_RUNNING);
    return get(importId);
  }

  @Test
  void whatIsUploadedAndStartedIsExecuted() throws Exception {
    String id = id();
    for (int chunk = 0; chunk < 3; chunk++) {
      int first = chunk * 100 + 1;
      List<ImportRow> rows =
          IntStream.range(first, first + 100)
              .mapToObj(row -> row(row, id.substring(0, 8) + "." + row, row % 50 == 0 ? 0 : 100))
              .toList();
      assertThat(imports().uploadImport(chunk(id, chunk, rows)).getReplayed()).isFalse();
      assertThat(imports().uploadImport(chunk(id, chunk, rows)).getReplayed()).isTrue();
    }
    assertThat(get(id).getState()).isEqualTo(ImportState.IMPORT_STATE_UPLOADING);
    assertThat(start(imports(), id, 3).getState()).isNotEqualTo(ImportState.IMPORT_STATE_UPLOADING);
    assertThat(start(imports(), id, 3).hasStartTime()).isTrue();

    Import ended = awaitEnd(id);
    assertThat(ended.getState()).isEqualTo(ImportState.IMPORT_STATE_COMPLETED);
    assertThat(ended)
        .extracting(Import::getRows, Import::getAccepted, Import::getRejected, Import::getReplayed)
        .containsExactly(300L, 294L, 6L, 0L);
    assertThat(ended.hasEndTime()).isTrue();
    ListImportRejectionsResponse rejected = rejections(id, "");
    assertThat(rejected.getNextPageToken()).isEmpty();
    assertThat(rejected.getRejectionsList())
        .extracting(ImportRejection::getRow)
        .containsExactly(50L, 100L, 150L, 200L, 250L, 300L);
    assertThat(rejected.getRejections(0).getError().getViolations(0).getField())
        .isEqualTo("create.amount.minor_units");

    // Too late for anything else.
    assertThat(
            Requests.error(() -> imports().uploadImport(chunk(id, 3, List.of(row(301, "p", 1))))))
        .satisfies(it -> assertThat(it.reason()).isEqualTo("IMPORT_STARTED"))
        .satisfies(
            it -> assertThat(it.metadata()).containsEntry("state", "IMPORT_STATE_COMPLETED"));
    assertThat(
            imports()
                .cancelImport(CancelImportRequest.newBuilder().setImportId(id).build())
                .getImport()
                .getState())
        .isEqualTo(ImportState.IMPORT_STATE_COMPLETED);
  }

  /** Of which each would try its chunk again, and find its rows done, if it did not. */
  @Test
  void importsAtOnceWaitForRoom() throws Exception {
    int rows = 500;
    List<String> ids =
        IntStream.range(0, Integer.getInteger(IMPORTS, IMPORTS_DEFAULT))
            .mapToObj(_ -> id())
            .toList();
    for (String id : ids) {
      imports()
          .uploadImport(
              chunk(
                  id,
                  0,
                  IntStream.rangeClosed(1, rows)
                      .mapToObj(row -> row(row, id.substring(0, 18) + "." + row, 100))
                      .toList()));
    }

    ids.forEach(id -> start(imports(), id, 1));

    eventually(
        "all imports end",
        Duration.ofSeconds(ENOUGH_SECONDS + 15L * ids.size()),
        () ->
            ids.stream().allMatch(id -> get(id).getState() == ImportState.IMPORT_STATE_COMPLETED));
    assertThat(ids)
        .map(ImportServiceTest::get)
        .extracting(Import::getAccepted, Import::getRejected, Import::getReplayed)
        .containsOnly(tuple((long) rows, 0L, 0L));
  }

  @Test
  void startedWhileTemporalIsDownItIsExecutedLater() throws Exception {
    int port = FreePorts.next();
    try (TestServer other =
        new TestServer(
            pool.getJdbcUrl(), Map.of("payments.temporal.address", "127.0.0.1:" + port))) {
      String id = id();
      imports(other).uploadImport(chunk(id, 0, List.of(row(1, id, 100))));
      assertThat(start(imports(other), id, 1).getState())
          .isEqualTo(ImportState.IMPORT_STATE_RUNNING);
      // The other server's engine answers: its sweep starts what this one cannot.
      assertThat(awaitEnd(id).getAccepted()).isEqualTo(1);
    }
  }

  @Test
  void withoutAnEngineNothingIsAccepted() throws Exception {
    try (TestServer other = new TestServer(pool.getJdbcUrl(), Map.of())) {
      ApiError error =
          Requests.error(
              () -> imports(other).uploadImport(chunk(id(), 0, List.of(row(1, "p", 1)))));
      assertThat(error.code()).isEqualTo(Code.UNIMPLEMENTED);
      assertThat(error.reason()).isEqualTo("FEATURE_DISABLED");
      assertThat(error.metadata()).containsEntry("feature", "imports");
    }
  }

  @Test
  void anImportIsNotAnother() {
    String id = id();
    imports().uploadImport(chunk(id, 0, List.of(row(1, "p", 1))));
    ApiError reused =
        Requests.error(() -> imports().uploadImport(chunk(id, 0, List.of(row(1, "q", 1)))));
    assertThat(reused.reason()).isEqualTo("IMPORT_ID_REUSED");
    assertThat(reused.code()).isEqualTo(Code.INVALID_ARGUMENT);
    ApiError incomplete = Requests.error(() -> start(imports(), id, 2));
    assertThat(incomplete.reason()).isEqualTo("IMPORT_INCOMPLETE");
    assertThat(incomplete.metadata()).containsEntry("chunks", "1");
    assertThat(
            imports()
                .cancelImport(CancelImportRequest.newBuilder().setImportId(id).build())
                .getImport()
                .getState())
        .isEqualTo(ImportState.IMPORT_STATE_CANCELLED);
    assertThat(Requests.error(() -> start(imports(), id, 1)).reason()).isEqualTo("IMPORT_STARTED");
  }

  private static UploadImportRequest owned(String importId, int chunk, String owner) {
    return chunk(importId, chunk, List.of(row(chunk + 1, "p", 1))).toBuilder()
        .setOwner(owner)
        .build();
  }

  @Test
  void anImportHasOneOwner() {
    String id = id();
    UploadImportRequest first = owned(id, 0, "acme");
    imports().uploadImport(first);
    assertThat(imports().uploadImport(first).getReplayed()).isTrue();
    assertThat(get(id).getOwner()).isEqualTo("acme");
    assertThat(get(id).getActor()).isEmpty();
    for (String other : List.of("", "other")) {
      ApiError reused = Requests.error(() -> imports().uploadImport(owned(id, 1, other)));
      assertThat(reused.code()).isEqualTo(Code.INVALID_ARGUMENT);
      assertThat(reused.reason()).isEqualTo("IMPORT_ID_REUSED");
      assertThat(reused.metadata()).containsEntry("field", "owner").containsEntry("chunk", "1");
    }
    assertThat(get(id).getChunks()).isEqualTo(1);
    String ownerless = id();
    imports().uploadImport(owned(ownerless, 0, ""));
    assertThat(get(ownerless).getOwner()).isEmpty();
    assertThat(Requests.error(() -> imports().uploadImport(owned(ownerless, 0, "acme"))).reason())
        .isEqualTo("IMPORT_ID_REUSED");
  }

  @Test
  void importsAreListedByOwnerAndStateTheNewestFirst() {
    try (HikariDataSource own = TestDatabase.open();
        TestServer other =
            new TestServer(own.getJdbcUrl(), Map.of("payments.temporal.address", "127.0.0.1:1"))) {
      imports(other).uploadImport(owned("i0", 0, ""));
      imports(other).uploadImport(owned("i1", 0, "acme"));
      imports(other).uploadImport(owned("i2", 0, "acme"));
      imports(other).uploadImport(owned("i2", 1, "acme"));
      imports(other).uploadImport(owned("i3", 0, "acme"));
      start(imports(other), "i1", 1);
      imports(other).cancelImport(CancelImportRequest.newBuilder().setImportId("i3").build());

      var list = ListImportsRequest.newBuilder().setPageSize(3);
      ListImportsResponse first = imports(other).listImports(list.build());
      assertThat(first.getImportsList())
          .extracting(Import::getImportId, Import::getChunks, Import::getOwner, Import::getState)
          .containsExactly(
              tuple("i3", 1, "acme", ImportState.IMPORT_STATE_CANCELLED),
              tuple("i2", 2, "acme", ImportState.IMPORT_STATE_UPLOADING),
              tuple("i1", 1, "acme", ImportState.IMPORT_STATE_RUNNING));
      list.setPageToken(first.getNextPageToken());
      ListImportsResponse second = imports(other).listImports(list.build());
      assertThat(second.getImportsList()).extracting(Import::getImportId).containsExactly("i0");
      assertThat(second.getNextPageToken()).isEmpty();
      assertThat(
              Requests.error(() -> imports(other).listImports(list.setOwner("").build())).reason())
          .isEqualTo("PAGE_TOKEN_INVALID");
      assertThat(imports(other).listImports(list.clearPageToken().build()).getImportsList())
          .extracting(Import::getImportId)
          .containsExactly("i0");
      list.setOwner("acme")
          .addStates(ImportState.IMPORT_STATE_RUNNING)
          .addStates(ImportState.IMPORT_STATE_CANCELLED);
      assertThat(imports(other).listImports(list.build()).getImportsList())
          .extracting(Import::getImportId)
          .containsExactly("i3", "i1");
    }
  }

  static List<Arguments> bad() {
    ImportRow good = row(1, "p", 1);
    return List.of(
        bad("import_id", it -> it.uploadImport(chunk("", 0, List.of(good)))),
        bad("import_id", it -> it.uploadImport(chunk("a b", 0, List.of(good)))),
        bad("chunk", it -> it.uploadImport(chunk("i", -1, List.of(good)))),
        bad("chunk", it -> it.uploadImport(chunk("i", 20_000, List.of(good)))),
        bad("rows", it -> it.uploadImport(chunk("i", 0, List.of()))),
        bad(
            "rows",
            it ->
                it.uploadImport(
                    chunk(
                        "i",
                        0,
                        IntStream.rangeClosed(1, 501).mapToObj(n -> row(n, "p", 1)).toList()))),
        bad("rows[1].row", it -> it.uploadImport(chunk("i", 0, List.of(good, good)))),
        bad("rows[0].row", it -> it.uploadImport(chunk("i", 0, List.of(row(0, "p", 1))))),
        bad(
            "rows[0].command.99",
            it ->
                it.uploadImport(
                    chunk(
                        "i",
                        0,
                        List.of(
                            good.toBuilder()
                                .setCommand(
                                    good.getCommand().toBuilder()
                                        .setUnknownFields(
                                            UnknownFieldSet.newBuilder()
                                                .addField(
                                                    99,
                                                    UnknownFieldSet.Field.newBuilder()
                                                        .addVarint(1)
                                                        .build())
                                                .build()))
                                .build())))),
        bad("chunks", it -> start(it, "i", 0)),
        bad("owner", it -> it.uploadImport(owned("i", 0, "a b"))),
        bad("owner", it -> it.uploadImport(owned("i", 0, "-"))),
        bad("owner", it -> it.uploadImport(owned("i", 0, "o".repeat(65)))),
        bad("owner", it -> it.listImports(ListImportsRequest.newBuilder().setOwner("-").build())),
        bad(
            "page_size",
            it -> it.listImports(ListImportsRequest.newBuilder().setPageSize(-1).build())),
        bad(
            "states[0]",
            it -> it.listImports(ListImportsRequest.newBuilder().addStatesValue(9).build())),
        bad(
            "page_token",
            it -> it.listImports(ListImportsRequest.newBuilder().setPageToken("next").build())),
        bad(
            "page_token",
            it ->
                it.listImportRejections(
                    ListImportRejectionsRequest.newBuilder()
                        .setImportId("i")
                        .setPageToken("next")
                        .build())));
  }

  private static Arguments bad(String field, Consumer<ImportServiceBlockingStub> call) {
    return Arguments.of(field, call);
  }

  @ParameterizedTest
  @MethodSource("bad")
  void badInputNamesTheField(String field, Consumer<ImportServiceBlockingStub> call) {
    ApiError error = Requests.error(() -> call.accept(imports()));
    assertThat(error.code()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(error.violations()).singleElement().extracting("field").isEqualTo(field);
  }

  @Test
  void rejectionsComeInPagesWhoseTokensAreOfThatImportAlone() {
    String id = id();
    int chunks = 6;
    for (int chunk = 0; chunk < chunks; chunk++) {
      imports().uploadImport(chunk(id, chunk, List.of(row(chunk + 1, id.substring(0, 8), 0))));
    }
    start(imports(), id, chunks);
    assertThat(awaitEnd(id).getRejected()).isEqualTo(chunks);

    List<Long> rows = new ArrayList<>();
    List<String> tokens = new ArrayList<>(List.of(""));
    do {
      ListImportRejectionsResponse page = rejections(id, tokens.getLast());
      page.getRejectionsList().forEach(it -> rows.add(it.getRow()));
      tokens.add(page.getNextPageToken());
    } while (!tokens.getLast().isEmpty());
    assertThat(rows).containsExactly(1L, 2L, 3L, 4L, 5L, 6L);
    assertThat(tokens).hasSize(3);

    String second = tokens.get(1);
    for (Runnable call :
        List.<Runnable>of(
            () -> rejections(id(), second),
            () -> rejections(id, "4"),
            () -> rejections(id, second.substring(1)))) {
      assertThat(Requests.error(call).reason()).isEqualTo("PAGE_TOKEN_INVALID");
    }
  }

  private static ListImportRejectionsResponse rejections(String id, String pageToken) {
    return imports()
        .listImportRejections(
            ListImportRejectionsRequest.newBuilder()
                .setImportId(id)
                .setPageToken(pageToken)
                .build());
  }

  @Test
  void whatIsUnknownIsNotFound() {
    List<Runnable> calls =
        List.of(
            () -> get("unknown"),
            () -> start(imports(), "unknown", 1),
            () ->
                imports()
                    .cancelImport(CancelImportRequest.newBuilder().setImportId("unknown").build()),
            () ->
                imports()
                    .listImportRejections(
                        ListImportRejectionsRequest.newBuilder().setImportId("unknown").build()));
    assertThat(calls)
        .allSatisfy(
            call -> assertThat(Requests.error(call).reason()).isEqualTo("IMPORT_NOT_FOUND"));
  }
}
