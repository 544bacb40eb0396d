package com.gyroscops.payments.platform.access;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import com.gyroscops.payments.internal.v1.EventFeedServiceGrpc;
import com.gyroscops.payments.internal.v1.ReadAdminServiceGrpc;
import com.gyroscops.payments.v1.AnalyticsDimension;
import com.gyroscops.payments.v1.AnalyticsReport;
import com.gyroscops.payments.v1.Command;
import com.gyroscops.payments.v1.CommandServiceGrpc;
import com.gyroscops.payments.v1.CreatePaymentRequest;
import com.gyroscops.payments.v1.GetPaymentAnalyticsRequest;
import com.gyroscops.payments.v1.GetPaymentRequest;
import com.gyroscops.payments.v1.ImportServiceGrpc;
import com.gyroscops.payments.v1.ListImportsRequest;
import com.gyroscops.payments.v1.PaymentFilter;
import com.gyroscops.payments.v1.PaymentsReport;
import com.gyroscops.payments.v1.QueryServiceGrpc;
import com.gyroscops.payments.v1.ReadOptions;
import com.gyroscops.payments.v1.ReadSource;
import com.gyroscops.payments.v1.RefundPaymentRequest;
import com.gyroscops.payments.v1.ReportServiceGrpc;
import com.gyroscops.payments.v1.ReportSpecification;
import com.gyroscops.payments.v1.SearchPaymentsRequest;
import com.gyroscops.payments.v1.StartReportRequest;
import com.gyroscops.payments.v1.SubmitCommandRequest;
import com.gyroscops.payments.v1.SuggestField;
import com.gyroscops.payments.v1.SuggestPaymentsRequest;
import io.grpc.MethodDescriptor;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class AccessRulesTest {

  private static Stream<String> methods() {
    return Stream.of(
            CommandServiceGrpc.getServiceDescriptor(),
            ImportServiceGrpc.getServiceDescriptor(),
            QueryServiceGrpc.getServiceDescriptor(),
            ReportServiceGrpc.getServiceDescriptor(),
            EventFeedServiceGrpc.getServiceDescriptor(),
            ReadAdminServiceGrpc.getServiceDescriptor())
        .flatMap(service -> service.getMethods().stream())
        .map(MethodDescriptor::getFullMethodName);
  }

  @ParameterizedTest
  @MethodSource("methods")
  void everyMethodOfTheContractsHasARuleThatAsksForAScope(String method) {
    assertThat(AccessRules.of(method).orElseThrow())
        .isNotInstanceOfAny(AccessRule.Open.class, AccessRule.Known.class);
  }

  @Test
  void aMethodWithoutARuleIsOpenToNobody() {
    assertThat(AccessRules.of("gyroscops.payments.v1.QueryService/GetSecrets")).isEmpty();
    assertThat(AccessRules.of("grpc.health.v1.Health/List")).isEmpty();
    assertThat(Access.denied(Caller.UNRESTRICTED, AccessRules.of("grpc.health.v1.Health/List")))
        .map(it -> it.reason())
        .contains("METHOD_DENIED");
    assertThat(AccessRules.of("grpc.health.v1.Health/Check")).contains(new AccessRule.Open());
    assertThat(AccessRules.of("grpc.reflection.v1.ServerReflection/ServerReflectionInfo"))
        .contains(new AccessRule.Known());
  }

  private static Arguments demand(String method, Message message, Demand... demands) {
    return Arguments.of(method, message, List.of(demands));
  }

  private static Demand acme(Scope scope) {
    return new Demand(scope, "acme");
  }

  private static Demand personal(String field) {
    return new Demand(Scope.PERSONAL_READ, "acme", field);
  }

  private static SearchPaymentsRequest search(PaymentFilter.Builder filter) {
    return SearchPaymentsRequest.newBuilder().setOrganizationId("acme").setFilter(filter).build();
  }

  private static StartReportRequest report(ReportSpecification.Builder specification) {
    return StartReportRequest.newBuilder()
        .setOrganizationId("acme")
        .setSpecification(specification)
        .build();
  }

  private static Stream<Arguments> demands() {
    String query = QueryServiceGrpc.SERVICE_NAME + "/";
    String command = CommandServiceGrpc.SERVICE_NAME + "/";
    GetPaymentRequest get = GetPaymentRequest.newBuilder().setOrganizationId("acme").build();
    Demand read = acme(Scope.PAYMENTS_READ);
    Demand reports = acme(Scope.REPORTS);
    return Stream.of(
        demand(query + "GetPayment", get, read),
        demand(
            query + "GetPayment",
            get.toBuilder().setReadOptions(ReadOptions.newBuilder().setExplain(true)).build(),
            read,
            new Demand(Scope.READ_SOURCE, "acme", "read_options.explain")),
        demand(
            query + "GetPayment",
            get.toBuilder()
                .setReadOptions(ReadOptions.newBuilder().setSource(ReadSource.READ_SOURCE_LOG))
                .build(),
            read,
            new Demand(Scope.READ_SOURCE, "acme", "read_options.source")),
        demand(query + "SearchPayments", search(PaymentFilter.newBuilder()), read),
        demand(
            query + "SearchPayments",
            search(PaymentFilter.newBuilder().setUserId("u")),
            read,
            personal("filter.user_id")),
        demand(
            query + "SearchPayments",
            search(PaymentFilter.newBuilder().putMetadata("a", "b")),
            read,
            personal("filter.metadata")),
        demand(
            query + "SearchPayments",
            search(PaymentFilter.newBuilder().setText("shoes")),
            read,
            personal("filter.text")),
        demand(
            query + "GetPaymentAnalytics",
            GetPaymentAnalyticsRequest.newBuilder()
                .setOrganizationId("acme")
                .addGroupBy(AnalyticsDimension.ANALYTICS_DIMENSION_USER)
                .build(),
            acme(Scope.STATISTICS_READ),
            personal("group_by")),
        demand(
            query + "SuggestPayments",
            SuggestPaymentsRequest.newBuilder().setOrganizationId("acme").build(),
            read,
            personal("field")),
        demand(
            query + "SuggestPayments",
            SuggestPaymentsRequest.newBuilder()
                .setOrganizationId("acme")
                .setField(SuggestField.SUGGEST_FIELD_MERCHANT_REFERENCE)
                .build(),
            read),
        demand(
            ReportServiceGrpc.SERVICE_NAME + "/StartReport",
            report(
                ReportSpecification.newBuilder()
                    .setPayments(
                        PaymentsReport.newBuilder()
                            .setFilter(PaymentFilter.newBuilder().setUserId("u")))),
            reports,
            personal("specification.payments.filter.user_id")),
        demand(
            ReportServiceGrpc.SERVICE_NAME + "/StartReport",
            report(
                ReportSpecification.newBuilder()
                    .setAnalytics(
                        AnalyticsReport.newBuilder()
                            .addGroupBy(AnalyticsDimension.ANALYTICS_DIMENSION_USER))),
            reports,
            personal("specification.analytics.group_by")),
        demand(
            command + "SubmitCommand",
            SubmitCommandRequest.newBuilder()
                .setCommand(
                    Command.newBuilder()
                        .setRefund(RefundPaymentRequest.newBuilder().setOrganizationId("acme")))
                .build(),
            acme(Scope.PAYMENTS_REFUND)),
        demand(
            command + "SubmitCommand",
            SubmitCommandRequest.newBuilder()
                .setCommand(
                    Command.newBuilder()
                        .setCreate(CreatePaymentRequest.newBuilder().setOrganizationId("acme")))
                .build(),
            acme(Scope.PAYMENTS_WRITE)),
        demand(
            ImportServiceGrpc.SERVICE_NAME + "/ListImports",
            ListImportsRequest.getDefaultInstance(),
            new Demand(Scope.IMPORTS, Grants.DEPLOYMENT)),
        demand(
            ImportServiceGrpc.SERVICE_NAME + "/ListImports",
            ListImportsRequest.newBuilder().setOwner("acme").build(),
            acme(Scope.IMPORTS)));
  }

  @ParameterizedTest
  @MethodSource("demands")
  void aMessageDemandsWhatItAsksFor(String method, Message message, List<Demand> demands) {
    var rule = (AccessRule.Demanded) AccessRules.of(method).orElseThrow();
    assertThat(rule.demands().apply(message)).isEqualTo(demands);
  }

  @Test
  void whoIsDeniedIsToldWhatIsMissingAndNothingOfOtherOrganizations() {
    Caller caller =
        new Caller(
            "key:shop",
            Grants.parse(List.of("acme:payments.read"), _ -> {}),
            java.time.Instant.MAX);
    assertThat(Access.denied(caller, List.of(acme(Scope.PAYMENTS_READ)))).isEmpty();
    assertThat(Access.denied(caller, List.of(acme(Scope.PAYMENTS_WRITE))))
        .map(it -> it.reason())
        .contains("SCOPE_DENIED");
    assertThat(Access.denied(caller, List.of(new Demand(Scope.PAYMENTS_READ, "globex"))))
        .map(it -> it.reason())
        .contains("ORGANIZATION_DENIED");
  }
}
