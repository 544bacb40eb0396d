package com.gyroscops.payments.platform.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.contract.Violations;
import com.gyroscops.payments.v1.ListInvoiceSettlementsRequest;
import com.gyroscops.payments.v1.ListReportsRequest;
import com.gyroscops.payments.v1.Report;
import com.gyroscops.payments.v1.ReportState;
import com.gyroscops.payments.v1.SettlementState;
import io.grpc.StatusRuntimeException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ListPageTest {

  private static final Instant TIME = Instant.parse("2026-11-30T20:00:00.123456Z");

  private static final ListTokens TOKENS = tokens("a key of the tests");

  private static final ListReportsRequest REQUEST =
      ListReportsRequest.newBuilder()
          .setOrganizationId("acme")
          .addStates(ReportState.REPORT_STATE_RUNNING)
          .setPageSize(2)
          .build();

  private static ListTokens tokens(String key) {
    return new ListTokens(() -> key.getBytes(StandardCharsets.UTF_8));
  }

  private static List<Listed<Report>> reports(int count) {
    return IntStream.range(0, count)
        .mapToObj(i ->
            new Listed<>(
                Report.newBuilder().setReportId("r" + i).build(),
                new PageKey(TIME.minusSeconds(i), "r" + i)))
        .toList();
  }

  private static ListPage page(ListReportsRequest request) {
    return ListPage.of(TOKENS, request, new Violations());
  }

  private static String nextToken() {
    return page(REQUEST).cut(reports(3)).nextPageToken();
  }

  private static ApiError error(Runnable call) {
    return ApiError.from(
            (Throwable)
                Objects.requireNonNull(
                    catchThrowableOfType(StatusRuntimeException.class, call::run),
                    "it did not fail"))
        .orElseThrow();
  }

  private static void isRefused(ListReportsRequest request) {
    ApiError error = error(() -> page(request));
    assertThat(error.reason()).isEqualTo("PAGE_TOKEN_INVALID");
    assertThat(error.violations()).singleElement().extracting("field").isEqualTo("page_token");
  }

  @ParameterizedTest
  @CsvSource({"0, 51", "1, 2", "200, 201", "201, 201", "2147483647, 201"})
  void oneMoreThanThePageIsFetched(int asked, int fetched) {
    assertThat(page(REQUEST.toBuilder().setPageSize(asked).build()).fetch()).isEqualTo(fetched);
  }

  @Test
  void aNegativeSizeIsToldTogetherWithAllElse() {
    ListReportsRequest request =
        REQUEST.toBuilder().setOrganizationId("").setPageSize(-1).addStatesValue(99).build();
    ApiError error =
        error(() -> {
          Violations violations =
              new Violations().organization("organization_id", request.getOrganizationId());
          var _ =
              ListPage.states(
                  violations,
                  request.getStatesValueList(),
                  ListPage.specified(ReportState.getDescriptor()));
          ListPage.of(TOKENS, request, violations);
        });
    assertThat(error.reason()).isEqualTo("FIELD_INVALID");
    assertThat(error.violations())
        .extracting(ApiError.FieldViolation::field)
        .containsExactly("organization_id", "states[1]", "page_size");
  }

  @Test
  void noStateMeansAllOfThem() {
    assertThat(
            ListPage.states(
                new Violations(), List.of(), ListPage.specified(ReportState.getDescriptor())))
        .containsExactly(1, 2, 3, 4, 5);
    assertThat(
            ListPage.states(
                new Violations(),
                List.of(5, 1, 5),
                ListPage.specified(ReportState.getDescriptor())))
        .containsExactly(5, 1);
  }

  @Test
  void theFirstPageBeginsBeforeEverything() {
    assertThat(page(REQUEST).after()).isEqualTo(PageKey.START);
  }

  @Test
  void aPageGoesOnAfterTheLastElementOfTheOneBefore() {
    ListPage.Cut<Report> cut = page(REQUEST).cut(reports(3));
    assertThat(cut.elements()).extracting(Report::getReportId).containsExactly("r0", "r1");
    ListPage next =
        page(REQUEST.toBuilder().setPageSize(7).setPageToken(cut.nextPageToken()).build());
    assertThat(next.after()).isEqualTo(new PageKey(TIME.minusSeconds(1), "r1"));
    assertThat(next.cut(reports(2)).nextPageToken()).isEmpty();
  }

  @Test
  void largeElementsMakeShorterPages() {
    Report large = Report.newBuilder().setReadAt("x".repeat(2 * 1024 * 1024)).build();
    List<Listed<Report>> found =
        reports(3).stream().map(each -> new Listed<>(large, each.key())).toList();
    ListPage.Cut<Report> cut = page(REQUEST).cut(found);
    assertThat(cut.elements()).hasSize(1);
    assertThat(cut.nextPageToken()).isNotEmpty();
  }

  @Test
  void aTokenBelongsToItsListAndItsArguments() {
    String token = nextToken();
    isRefused(REQUEST.toBuilder().setOrganizationId("other").setPageToken(token).build());
    isRefused(REQUEST.toBuilder().clearStates().setPageToken(token).build());
    ListInvoiceSettlementsRequest other =
        ListInvoiceSettlementsRequest.newBuilder()
            .setOrganizationId("acme")
            .addStates(SettlementState.SETTLEMENT_STATE_SETTLING)
            .setPageToken(token)
            .build();
    assertThat(error(() -> ListPage.of(TOKENS, other, new Violations())).reason())
        .isEqualTo("PAGE_TOKEN_INVALID");
  }

  @Test
  void whatIsNoTokenIsRefused() {
    String token = nextToken();
    isRefused(REQUEST.toBuilder().setPageToken("next").build());
    isRefused(REQUEST.toBuilder().setPageToken("?").build());
    isRefused(REQUEST.toBuilder().setPageToken(token.repeat(10)).build());
    isRefused(REQUEST.toBuilder().setPageToken(token.substring(0, token.length() - 4)).build());
    isRefused(
        REQUEST.toBuilder()
            .setPageToken((token.charAt(0) == 'A' ? "B" : "A") + token.substring(1))
            .build());
    String foreign =
        ListPage.of(tokens("another key of the tests"), REQUEST, new Violations())
            .cut(reports(3))
            .nextPageToken();
    isRefused(REQUEST.toBuilder().setPageToken(foreign).build());
  }
}
