package com.gyroscops.payments.write.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.internal.v1.EventFeedServiceGrpc;
import com.gyroscops.payments.internal.v1.GetHeadRequest;
import com.gyroscops.payments.internal.v1.ReadPaymentRequest;
import com.gyroscops.payments.platform.access.ApiKey;
import com.gyroscops.payments.platform.access.KeyList;
import com.gyroscops.payments.platform.config.NotStartedException;
import com.gyroscops.payments.platform.grpc.Credentials;
import com.gyroscops.payments.v1.CancelImportRequest;
import com.gyroscops.payments.v1.Command;
import com.gyroscops.payments.v1.CommandError;
import com.gyroscops.payments.v1.CommandOutcome;
import com.gyroscops.payments.v1.CommandServiceGrpc;
import com.gyroscops.payments.v1.CreatePaymentRequest;
import com.gyroscops.payments.v1.ExecuteBatchRequest;
import com.gyroscops.payments.v1.GetImportRequest;
import com.gyroscops.payments.v1.ImportRejection;
import com.gyroscops.payments.v1.ImportRow;
import com.gyroscops.payments.v1.ImportServiceGrpc;
import com.gyroscops.payments.v1.ListImportRejectionsRequest;
import com.gyroscops.payments.v1.ListImportRejectionsResponse;
import com.gyroscops.payments.v1.ListImportsRequest;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.v1.PersonalData;
import com.gyroscops.payments.v1.RefundPaymentRequest;
import com.gyroscops.payments.v1.StartImportRequest;
import com.gyroscops.payments.v1.StreamCommandsRequest;
import com.gyroscops.payments.v1.StreamCommandsResponse;
import com.gyroscops.payments.v1.UploadImportRequest;
import com.gyroscops.payments.write.eventstore.postgres.TestDatabase;
import com.zaxxer.hikari.HikariDataSource;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Status.Code;
import io.grpc.stub.StreamObserver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What only the services know of their callers: elements of messages, owners, actors. */
class AccessTest {

  private static final ApiKey ACME = ApiKey.generate("acme");
  private static final ApiKey GLOBEX = ApiKey.generate("globex");
  private static final ApiKey FEED = ApiKey.generate("feed");

  @TempDir private static Path folder;
  private static HikariDataSource pool;
  private static TestServer server;

  @BeforeAll
  static void start() throws Exception {
    pool = TestDatabase.open();
    server =
        new TestServer(
            pool.getJdbcUrl(),
            Map.of(
                "payments.access.mode",
                "required",
                "payments.access.api-keys-file",
                keys(
                        entry(ACME, "acme:payments.write", "acme:imports"),
                        entry(
                            GLOBEX,
                            "globex:payments.write",
                            "globex:payments.refund",
                            "globex:personal.read",
                            "globex:imports"),
                        entry(FEED, "-:feed"))
                    .toString()));
  }

  private static KeyList.Entry entry(ApiKey key, String... grants) {
    return new KeyList.Entry(key.id(), key.hash(), Instant.MAX, List.of(grants));
  }

  private static Path keys(KeyList.Entry... entries) throws Exception {
    Path file = folder.resolve("api-keys");
    Files.write(file, new KeyList(List.of(entries)).lines());
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    return file;
  }

  @AfterAll
  static void stop() {
    server.close();
    pool.close();
  }

  private static Channel as(ApiKey key, Channel channel) {
    return ClientInterceptors.intercept(channel, Credentials.ofApiKey(key.text()));
  }

  private static CommandServiceGrpc.CommandServiceBlockingStub commands(ApiKey key) {
    return CommandServiceGrpc.newBlockingStub(as(key, server.commandChannel()))
        .withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  private static ImportServiceGrpc.ImportServiceBlockingStub imports(ApiKey key) {
    return ImportServiceGrpc.newBlockingStub(as(key, server.commandChannel()))
        .withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  private static CreatePaymentRequest create(String organization, String payment) {
    return Requests.create(payment).toBuilder()
        .setOrganizationId(organization)
        .setPersonalData(PersonalData.newBuilder().setUserId("canary"))
        .build();
  }

  private static Command command(String organization, String payment) {
    return Command.newBuilder().setCreate(create(organization, payment)).build();
  }

  private static Command refund(String organization, String payment) {
    return Command.newBuilder()
        .setRefund(
            RefundPaymentRequest.newBuilder()
                .setContext(Requests.context())
                .setOrganizationId(organization)
                .setPaymentId(payment))
        .build();
  }

  private static String id() {
    return UUID.randomUUID().toString();
  }

  /** Events of a payment, in their order. */
  private static List<PaymentEvent> events(String payment) throws Exception {
    List<PaymentEvent> found = new ArrayList<>();
    try (Connection connection = pool.getConnection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("select payload from events order by position")) {
      while (row.next()) {
        PaymentEvent event = PaymentEvent.parseFrom(row.getBytes(1));
        if (event.getPaymentId().equals(payment)) {
          found.add(event);
        }
      }
    }
    return found;
  }

  private static String reason(CommandOutcome outcome) {
    return outcome.hasError() ? outcome.getError().getReason() : "";
  }

  /** What the caller of acme, who may not refund, is answered to commands of two organizations. */
  private static List<Command> mixed(String id) {
    return List.of(
        command("acme", id),
        command("globex", id + "-foreign"),
        refund("acme", id),
        command("acme", id + "-2"));
  }

  private static final List<String> REASONS =
      List.of("", "ORGANIZATION_DENIED", "SCOPE_DENIED", "");

  @Test
  void ofABatchEachCommandIsOfItsOrganization() throws Exception {
    String id = id();
    var answer =
        commands(ACME)
            .executeBatch(ExecuteBatchRequest.newBuilder().addAllCommands(mixed(id)).build());
    assertThat(answer.getOutcomesList()).extracting(AccessTest::reason).isEqualTo(REASONS);
    assertThat(answer.getOutcomes(1).getError().getCode())
        .isEqualTo(Code.PERMISSION_DENIED.value());
    assertThat(answer.toString()).doesNotContain("canary");
    assertThat(events(id)).hasSize(1);
    assertThat(events(id + "-foreign")).isEmpty();
  }

  @Test
  void aStreamGoesOnAfterACommandThatIsDenied() throws Exception {
    String id = id();
    Map<Long, String> reasons = new TreeMap<>();
    CompletableFuture<Void> ended = new CompletableFuture<>();
    StreamObserver<StreamCommandsRequest> requests =
        CommandServiceGrpc.newStub(as(ACME, server.commandChannel()))
            .streamCommands(
                new StreamObserver<>() {
                  @Override
                  public void onNext(StreamCommandsResponse response) {
                    reasons.put(response.getSequence(), reason(response.getOutcome()));
                  }

                  @Override
                  public void onError(Throwable failure) {
                    ended.completeExceptionally(failure);
                  }

                  @Override
                  public void onCompleted() {
                    ended.complete(null);
                  }
                });
    List<Command> commands = mixed(id);
    for (int i = 0; i < commands.size(); i++) {
      requests.onNext(
          StreamCommandsRequest.newBuilder().setSequence(i).setCommand(commands.get(i)).build());
    }
    requests.onCompleted();
    ended.get(60, TimeUnit.SECONDS);
    assertThat(reasons.values()).containsExactlyElementsOf(REASONS);
    assertThat(events(id + "-foreign")).isEmpty();
  }

  @Test
  void anEventNotesItsActorAndARepetitionIsNoOthers() throws Exception {
    String id = id();
    var created = commands(GLOBEX).createPayment(create("globex", id));
    assertThat(created.getPayment().getPersonalData().getUserId()).isEqualTo("canary");
    assertThat(events(id)).extracting(PaymentEvent::getActor).containsExactly("key:globex");
    // The outcome that is stored is not told to another organization's caller.
    assertThat(Requests.error(() -> commands(ACME).createPayment(create("globex", id))).reason())
        .isEqualTo("ORGANIZATION_DENIED");
  }

  @Test
  void whatIsPersonalIsNotToldToWhomWritesAndMayNotSeeIt() {
    String id = id();
    var first = commands(ACME).createPayment(create("acme", id));
    var replayed = commands(ACME).createPayment(create("acme", id));
    assertThat(first.getPayment().getPaymentId()).isEqualTo(id);
    assertThat(first.toString() + replayed).doesNotContain("canary");
    assertThat(replayed.getReceipt().getReplayed()).isTrue();
  }

  private static UploadImportRequest upload(String id, String owner, Command... commands) {
    UploadImportRequest.Builder upload =
        UploadImportRequest.newBuilder().setImportId(id).setOwner(owner);
    for (int i = 0; i < commands.length; i++) {
      upload.addRows(ImportRow.newBuilder().setRow(i + 1).setCommand(commands[i]));
    }
    return upload.build();
  }

  @Test
  void anImportWithARowThatItsCallerMayNotAskForIsNotKept() {
    String id = id();
    ApiError error =
        Requests.error(() ->
            imports(ACME)
                .uploadImport(upload(id, "acme", command("acme", id), command("globex", id))));
    assertThat(error.reason()).isEqualTo("ORGANIZATION_DENIED");
    assertThat(error.metadata()).containsEntry("field", "rows[1].command");
    assertThat(
            Requests.error(() ->
                    imports(ACME).getImport(GetImportRequest.newBuilder().setImportId(id).build()))
                .reason())
        .isEqualTo("IMPORT_NOT_FOUND");
    for (String owner : List.of("globex", "")) {
      assertThat(
              Requests.error(
                      () -> imports(ACME).uploadImport(upload(id, owner, command("acme", id))))
                  .code())
          .isEqualTo(Code.PERMISSION_DENIED);
    }
  }

  /** Uploads need an engine, which this server has none of: one that is there is made by hand. */
  private static void insertImport(String id, String owner) throws Exception {
    try (Connection connection = pool.getConnection();
        var insert =
            connection.prepareStatement(
                "insert into imports (import_id, traceparent, owner) values (?, '', ?)")) {
      insert.setString(1, id);
      insert.setString(2, owner);
      insert.executeUpdate();
    }
  }

  @Test
  void ofAnothersImportNothingIsToldAndNothingIsDoneToIt() throws Exception {
    String id = id();
    insertImport(id, "globex");
    List<Runnable> calls =
        List.of(
            () -> imports(ACME).getImport(GetImportRequest.newBuilder().setImportId(id).build()),
            () ->
                imports(ACME)
                    .startImport(
                        StartImportRequest.newBuilder().setImportId(id).setChunks(1).build()),
            () ->
                imports(ACME)
                    .cancelImport(CancelImportRequest.newBuilder().setImportId(id).build()),
            () ->
                imports(ACME)
                    .listImportRejections(
                        ListImportRejectionsRequest.newBuilder().setImportId(id).build()));
    for (Runnable call : calls) {
      assertThat(Requests.error(call).reason()).isEqualTo("IMPORT_NOT_FOUND");
    }
    var found = imports(GLOBEX).getImport(GetImportRequest.newBuilder().setImportId(id).build());
    assertThat(found.getImport().hasEndTime()).isFalse();
    assertThat(
            imports(GLOBEX)
                .listImports(ListImportsRequest.newBuilder().setOwner("globex").build())
                .getImportsList())
        .anyMatch(it -> it.getImportId().equals(id));
    for (ListImportsRequest list :
        List.of(
            ListImportsRequest.getDefaultInstance(),
            ListImportsRequest.newBuilder().setOwner("globex").build())) {
      assertThat(Requests.error(() -> imports(ACME).listImports(list)).code())
          .isEqualTo(Code.PERMISSION_DENIED);
    }
  }

  @Test
  void ofARejectedRowOfAnotherOrganizationOnlyTheReasonIsTold() throws Exception {
    String id = id();
    insertImport(id, "acme");
    CommandError error =
        CommandError.newBuilder()
            .setCode(Code.FAILED_PRECONDITION.value())
            .setReason("REFUND_EXCEEDS_REMAINING")
            .putMetadata("remaining_minor_units", "1234")
            .build();
    ListImportRejectionsResponse stored =
        ListImportRejectionsResponse.newBuilder()
            .addRejections(
                ImportRejection.newBuilder()
                    .setRow(1)
                    .setOrganizationId("globex")
                    .setPaymentId("theirs")
                    .setError(error))
            .addRejections(
                ImportRejection.newBuilder()
                    .setRow(2)
                    .setOrganizationId("acme")
                    .setPaymentId("ours")
                    .setError(error))
            .build();
    try (Connection connection = pool.getConnection();
        var insert =
            connection.prepareStatement(
                "insert into import_chunks (import_id, chunk, row_count, digest, accepted,"
                    + " rejected, replayed, rejections) values (?, 0, 2, '', 0, 2, 0, ?)")) {
      insert.setString(1, id);
      insert.setBytes(2, stored.toByteArray());
      insert.executeUpdate();
    }
    var told =
        imports(ACME)
            .listImportRejections(ListImportRejectionsRequest.newBuilder().setImportId(id).build());
    assertThat(told.getRejections(0).getError().getReason()).isEqualTo("REFUND_EXCEEDS_REMAINING");
    assertThat(told.getRejections(0).toString()).doesNotContain("theirs", "1234");
    assertThat(told.getRejections(1)).isEqualTo(stored.getRejections(1));
  }

  @Test
  void theFeedIsOfThoseAloneWhoMayFollowIt() {
    Channel internal = server.feed().getChannel();
    for (ApiKey key : List.of(ACME, GLOBEX)) {
      assertThat(
              Requests.error(() ->
                      EventFeedServiceGrpc.newBlockingStub(as(key, internal))
                          .getHead(GetHeadRequest.getDefaultInstance()))
                  .code())
          .isEqualTo(Code.PERMISSION_DENIED);
    }
    assertThat(
            Requests.error(() -> server.feed().getHead(GetHeadRequest.getDefaultInstance())).code())
        .isEqualTo(Code.UNAUTHENTICATED);
    String id = id();
    var _ = commands(ACME).createPayment(create("acme", id));
    EventFeedServiceGrpc.EventFeedServiceBlockingStub feed =
        EventFeedServiceGrpc.newBlockingStub(as(FEED, internal));
    assertThat(feed.getHead(GetHeadRequest.getDefaultInstance()).getEpoch()).isNotEmpty();
    // All of it: sources keep what is personal for those who may see it.
    assertThat(
            feed.readPayment(
                    ReadPaymentRequest.newBuilder()
                        .setOrganizationId("acme")
                        .setPaymentId(id)
                        .build())
                .getPayment()
                .getPersonalData()
                .getUserId())
        .isEqualTo("canary");
  }

  @Test
  void aServerThatKnowsNobodyAndAsksForCallersDoesNotStart() {
    assertThatThrownBy(() ->
            new TestServer(pool.getJdbcUrl(), Map.of("payments.access.mode", "required")).close())
        .satisfies(failure ->
            assertThat(NotStartedException.ofSettings(failure))
                .get()
                .extracting(NotStartedException::getMessage)
                .asString()
                .startsWith("AUTH is required, and neither API_KEYS_FILE nor AUTH_ISSUERS"));
  }
}
