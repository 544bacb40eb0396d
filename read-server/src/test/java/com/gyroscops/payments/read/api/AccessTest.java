package com.gyroscops.payments.read.api;

import static com.gyroscops.payments.read.UntilFresh.untilFresh;
import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.contract.ConsistencyTokens;
import com.gyroscops.payments.internal.v1.ListSourcesRequest;
import com.gyroscops.payments.internal.v1.ReadAdminServiceGrpc;
import com.gyroscops.payments.platform.access.ApiKey;
import com.gyroscops.payments.platform.access.KeyList;
import com.gyroscops.payments.platform.grpc.Credentials;
import com.gyroscops.payments.read.ReplicaTest;
import com.gyroscops.payments.read.RunningReplica;
import com.gyroscops.payments.v1.CacheLevel;
import com.gyroscops.payments.v1.GetPaymentRequest;
import com.gyroscops.payments.v1.GetPaymentResponse;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.v1.PaymentFilter;
import com.gyroscops.payments.v1.QueryServiceGrpc;
import com.gyroscops.payments.v1.SearchPaymentsRequest;
import com.gyroscops.payments.v1.WatchPaymentsRequest;
import com.gyroscops.payments.v1.WatchPaymentsResponse;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a cache, a watch and an internal port tell to whom. */
class AccessTest extends ReplicaTest {

  private static final ApiKey WHOLE = ApiKey.generate("whole");
  private static final ApiKey IMPERSONAL = ApiKey.generate("impersonal");
  private static final ApiKey STRANGER = ApiKey.generate("stranger");
  private static final ApiKey OPERATOR = ApiKey.generate("operator");

  @TempDir private Path folder;
  private RunningReplica replica;

  @BeforeEach
  void start() throws Exception {
    Path file = folder.resolve("api-keys");
    Files.write(
        file,
        new KeyList(
                List.of(
                    entry(WHOLE, "acme:payments.read", "acme:personal.read"),
                    entry(IMPERSONAL, "acme:payments.read"),
                    entry(STRANGER, "globex:payments.read", "globex:personal.read"),
                    entry(OPERATOR, "-:operator")))
            .lines());
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    replica =
        caching(
            Map.of(
                "payments.access.mode",
                "required",
                "payments.access.api-keys-file",
                file.toString()));
  }

  private static KeyList.Entry entry(ApiKey key, String... grants) {
    return new KeyList.Entry(key.id(), key.hash(), Instant.MAX, List.of(grants));
  }

  @AfterEach
  void stop() {
    replica.close();
  }

  private static Channel as(ApiKey key, Channel channel) {
    return ClientInterceptors.intercept(channel, Credentials.ofApiKey(key.text()));
  }

  private QueryServiceGrpc.QueryServiceBlockingStub queries(ApiKey key) {
    return QueryServiceGrpc.newBlockingStub(as(key, replica.channel()))
        .withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  private GetPaymentResponse get(ApiKey key) {
    return queries(key)
        .getPayment(
            GetPaymentRequest.newBuilder().setOrganizationId("acme").setPaymentId("p1").build());
  }

  private static ApiError error(Runnable call) {
    return ApiError.from(
            Objects.requireNonNull(
                catchThrowableOfType(StatusRuntimeException.class, call::run), "not refused"))
        .orElseThrow();
  }

  @Test
  void whatIsCachedForOneCallerIsToldToNoneWhoMayNotSeeIt() throws Exception {
    PaymentEvent event = log.update("acme", "p1", "canary");
    feed.publish();
    eventually(
        "L1 gives it",
        () -> {
          GetPaymentResponse answer = untilFresh(() -> get(WHOLE));
          return answer.getPayment().equals(event.getPayment())
              && answer.getRead().getCache() == CacheLevel.CACHE_LEVEL_L1;
        });
    assertThat(error(() -> get(STRANGER)).reason()).isEqualTo("ORGANIZATION_DENIED");
    GetPaymentResponse masked = get(IMPERSONAL);
    assertThat(masked.getRead().getCache()).isEqualTo(CacheLevel.CACHE_LEVEL_L1);
    assertThat(masked.toString()).doesNotContain("canary");
    assertThat(masked.getPayment().getVersion()).isEqualTo(2);
    assertThat(get(WHOLE).getPayment()).isEqualTo(event.getPayment());
  }

  @Test
  void whoMayNotSeeWhatIsPersonalMayNotAskByIt() {
    SearchPaymentsRequest search =
        SearchPaymentsRequest.newBuilder()
            .setOrganizationId("acme")
            .setFilter(PaymentFilter.newBuilder().setUserId("user-1"))
            .build();
    ApiError error = error(() -> queries(IMPERSONAL).searchPayments(search));
    assertThat(error.code()).isEqualTo(Code.PERMISSION_DENIED);
    assertThat(error.message()).startsWith("filter.user_id: personal.read");
    assertThat(queries(WHOLE).searchPayments(search).getPaymentsList()).isEmpty();
  }

  @Test
  void aWatchHasNothingPersonalForWhoMayNotSeeIt() throws Exception {
    WatchPaymentsRequest watch =
        WatchPaymentsRequest.newBuilder()
            .setOrganizationId("acme")
            .setResumeToken(ConsistencyTokens.encode("payments", "epoch-1", 1))
            .build();
    log.update("acme", "p1", "canary");
    feed.publish();
    Iterator<WatchPaymentsResponse> whole = queries(WHOLE).watchPayments(watch);
    assertThat(firstEvent(whole).toString()).contains("canary");
    Iterator<WatchPaymentsResponse> masked = queries(IMPERSONAL).watchPayments(watch);
    PaymentEvent event = firstEvent(masked);
    assertThat(event.toString()).doesNotContain("canary");
    assertThat(event.getPosition()).isEqualTo(2);
    assertThat(error(() -> firstEvent(queries(STRANGER).watchPayments(watch))).reason())
        .isEqualTo("ORGANIZATION_DENIED");
  }

  private static PaymentEvent firstEvent(Iterator<WatchPaymentsResponse> watch) {
    WatchPaymentsResponse next = watch.next();
    while (next.getEventsList().isEmpty()) {
      next = watch.next();
    }
    return next.getEvents(0);
  }

  @Test
  void administrationIsTheOperatorsAlone() {
    ManagedChannel internal = replica.internalChannel();
    try {
      assertThat(
              error(() ->
                      ReadAdminServiceGrpc.newBlockingStub(as(WHOLE, internal))
                          .listSources(ListSourcesRequest.getDefaultInstance()))
                  .code())
          .isEqualTo(Code.PERMISSION_DENIED);
      assertThat(
              ReadAdminServiceGrpc.newBlockingStub(as(OPERATOR, internal))
                  .listSources(ListSourcesRequest.getDefaultInstance())
                  .getSourcesList())
          .isNotEmpty();
    } finally {
      internal.shutdownNow();
    }
  }
}
