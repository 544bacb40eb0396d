package com.gyroscops.payments.platform.access;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.gyroscops.payments.internal.v1.EventFeedServiceGrpc;
import com.gyroscops.payments.internal.v1.ReadAdminServiceGrpc;
import com.gyroscops.payments.platform.access.AccessRule.Demanded;
import com.gyroscops.payments.platform.access.AccessRule.Deployment;
import com.gyroscops.payments.platform.access.AccessRule.Known;
import com.gyroscops.payments.platform.access.AccessRule.Open;
import com.gyroscops.payments.platform.access.AccessRule.WithinService;
import com.gyroscops.payments.v1.AnalyticsDimension;
import com.gyroscops.payments.v1.CommandServiceGrpc;
import com.gyroscops.payments.v1.ImportServiceGrpc;
import com.gyroscops.payments.v1.ListImportsRequest;
import com.gyroscops.payments.v1.PaymentFilter;
import com.gyroscops.payments.v1.QueryServiceGrpc;
import com.gyroscops.payments.v1.ReadOptions;
import com.gyroscops.payments.v1.ReadSource;
import com.gyroscops.payments.v1.ReportServiceGrpc;
import com.gyroscops.payments.v1.ReportSpecification;
import com.gyroscops.payments.v1.StartReportRequest;
import com.gyroscops.payments.v1.SubmitCommandRequest;
import com.gyroscops.payments.v1.SuggestField;
import com.gyroscops.payments.v1.SuggestPaymentsRequest;
import io.grpc.MethodDescriptor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * What each RPC of the contracts asks of its caller: the one table of it. A method that is not in
 * it is open to nobody.
 */
public final class AccessRules {

  private static final String ORGANIZATION = "organization_id";
  private static final String READ_OPTIONS = "read_options";
  private static final String FILTER = "filter";
  private static final String GROUP_BY = "group_by";
  private static final String REFLECTION = "grpc.reflection.";
  private static final String HEALTH = "grpc.health.v1.Health/";

  private static final Map<String, AccessRule> RULES = new HashMap<>();

  static {
    // Known names alone are answered; load balancers and clients' health checks send no credential.
    put(HEALTH + "Check", new Open());
    put(HEALTH + "Watch", new Open());

    commands("CreatePayment", Scope.PAYMENTS_WRITE);
    commands("UpdatePayment", Scope.PAYMENTS_WRITE);
    commands("ProcessPayment", Scope.PAYMENTS_WRITE);
    commands("FailPayment", Scope.PAYMENTS_WRITE);
    commands("RefundPayment", Scope.PAYMENTS_REFUND);
    commands("DeletePayment", Scope.PAYMENTS_WRITE);
    commands("GetCommand", Scope.PAYMENTS_READ);
    commands("WaitCommand", Scope.PAYMENTS_READ);
    commands("ListSubmittedCommands", Scope.PAYMENTS_READ);
    commands("CancelCommand", Scope.PAYMENTS_WRITE);
    settles("SettleInvoice");
    commands("GetInvoiceSettlement", Scope.PAYMENTS_READ);
    commands("ListInvoiceSettlements", Scope.PAYMENTS_READ);
    settles("CancelInvoiceSettlement");
    put(
        CommandServiceGrpc.SERVICE_NAME + "/SubmitCommand",
        new Demanded(
            Set.of(Scope.PAYMENTS_WRITE, Scope.PAYMENTS_REFUND),
            it ->
                CommandAccess.demand(((SubmitCommandRequest) it).getCommand()).stream().toList()));
    for (String each : List.of("ExecuteBatch", "StreamCommands")) {
      put(
          CommandServiceGrpc.SERVICE_NAME + "/" + each,
          new WithinService(Set.of(Scope.PAYMENTS_WRITE, Scope.PAYMENTS_REFUND)));
    }

    // An import belongs to its owner, which its upload names and the others have looked up.
    for (String each :
        List.of(
            "UploadImport", "StartImport", "GetImport", "ListImportRejections", "CancelImport")) {
      put(ImportServiceGrpc.SERVICE_NAME + "/" + each, new WithinService(Set.of(Scope.IMPORTS)));
    }
    put(
        ImportServiceGrpc.SERVICE_NAME + "/ListImports",
        new Demanded(
            Set.of(Scope.IMPORTS),
            it -> List.of(new Demand(Scope.IMPORTS, owner((ListImportsRequest) it)))));

    queries("GetPayment", Scope.PAYMENTS_READ);
    queries("BatchGetPayments", Scope.PAYMENTS_READ);
    queries("SearchPayments", Scope.PAYMENTS_READ);
    queries("GetPaymentStatistics", Scope.STATISTICS_READ);
    queries("GetPaymentHistory", Scope.PAYMENTS_READ);
    queries("GetPaymentTimeline", Scope.PAYMENTS_READ);
    queries("GetPaymentAnalytics", Scope.STATISTICS_READ);
    queries("SuggestPayments", Scope.PAYMENTS_READ);
    queries("WatchPayments", Scope.PAYMENTS_READ);

    for (String each :
        List.of("StartReport", "GetReport", "ListReports", "DownloadReport", "CancelReport")) {
      ofOrganization(ReportServiceGrpc.SERVICE_NAME + "/" + each, Scope.REPORTS);
    }

    all(EventFeedServiceGrpc.getServiceDescriptor(), new Deployment(Scope.FEED));
    all(ReadAdminServiceGrpc.getServiceDescriptor(), new Deployment(Scope.OPERATOR));
  }

  private AccessRules() {}

  /**
   * The rule for a method.
   *
   * @param method its full name, as in {@code gyroscops.payments.v1.QueryService/GetPayment}
   * @return empty: it is open to nobody
   */
  public static Optional<AccessRule> of(String method) {
    // What tools ask before they call anything: they send their credential with it.
    return method.startsWith(REFLECTION)
        ? Optional.of(new Known())
        : Optional.ofNullable(RULES.get(method));
  }

  private static void put(String method, AccessRule rule) {
    RULES.put(method, rule);
  }

  private static void all(io.grpc.ServiceDescriptor service, AccessRule rule) {
    for (MethodDescriptor<?, ?> method : service.getMethods()) {
      put(method.getFullMethodName(), rule);
    }
  }

  private static void commands(String method, Scope scope) {
    ofOrganization(CommandServiceGrpc.SERVICE_NAME + "/" + method, scope);
  }

  /** What processes payments and, where not all of them can be, refunds them. */
  private static void settles(String method) {
    put(
        CommandServiceGrpc.SERVICE_NAME + "/" + method,
        new Demanded(
            Set.of(Scope.PAYMENTS_WRITE),
            it ->
                List.of(
                    new Demand(Scope.PAYMENTS_WRITE, organization(it)),
                    new Demand(Scope.PAYMENTS_REFUND, organization(it)))));
  }

  private static void queries(String method, Scope scope) {
    ofOrganization(QueryServiceGrpc.SERVICE_NAME + "/" + method, scope);
  }

  /** A method whose messages name an organization, and what else they may ask for there. */
  private static void ofOrganization(String method, Scope scope) {
    put(method, new Demanded(Set.of(scope), it -> demands(scope, it)));
  }

  private static List<Demand> demands(Scope scope, Message message) {
    String organization = organization(message);
    List<Demand> demands = new ArrayList<>(2);
    demands.add(new Demand(scope, organization));
    options(message)
        .filter(it -> it.getExplain() || it.getSource() != ReadSource.READ_SOURCE_UNSPECIFIED)
        .ifPresent(it ->
            demands.add(
                new Demand(
                    Scope.READ_SOURCE,
                    organization,
                    READ_OPTIONS + (it.getExplain() ? ".explain" : ".source"))));
    personal(message)
        .ifPresent(field -> demands.add(new Demand(Scope.PERSONAL_READ, organization, field)));
    return demands;
  }

  /** What a message says in its field organization_id. */
  static String organization(Message message) {
    return (String) message.getField(field(message, ORGANIZATION).orElseThrow());
  }

  /** An import without an owner is of the deployment, and so is the list of all of them. */
  private static String owner(ListImportsRequest request) {
    return request.getOwner().isEmpty() ? Grants.DEPLOYMENT : request.getOwner();
  }

  private static Optional<ReadOptions> options(Message message) {
    return field(message, READ_OPTIONS).map(it -> (ReadOptions) message.getField(it));
  }

  /** The field by which a message asks by what is personal, and so learns of it. */
  private static Optional<String> personal(Message message) {
    if (message instanceof StartReportRequest start) {
      ReportSpecification specification = start.getSpecification();
      return switch (specification.getReportCase()) {
        case PAYMENTS -> filterAt("specification.payments.", specification.getPayments());
        case ANALYTICS -> filterAt("specification.analytics.", specification.getAnalytics());
        case EVENTS, REPORT_NOT_SET -> Optional.empty();
      };
    }
    if (message instanceof SuggestPaymentsRequest suggest) {
      SuggestField field = suggest.getField();
      return field == SuggestField.SUGGEST_FIELD_MERCHANT_REFERENCE
              || field == SuggestField.SUGGEST_FIELD_PROVIDER_REFERENCE
          ? Optional.empty()
          : Optional.of("field");
    }
    return filterAt("", message);
  }

  /** Likewise of a message that may have a filter and groups. */
  private static Optional<String> filterAt(String at, Message message) {
    Optional<PaymentFilter> filter =
        field(message, FILTER).map(it -> (PaymentFilter) message.getField(it));
    Function<String, String> path = name -> at + FILTER + "." + name;
    if (filter.isPresent()) {
      // Words are looked for in descriptions and metadata, too.
      if (!filter.get().getUserId().isEmpty()) {
        return Optional.of(path.apply("user_id"));
      }
      if (filter.get().getMetadataCount() > 0) {
        return Optional.of(path.apply("metadata"));
      }
      if (!filter.get().getText().isEmpty()) {
        return Optional.of(path.apply("text"));
      }
    }
    return field(message, GROUP_BY)
        .filter(it ->
            ((List<?>) message.getField(it))
                .contains(AnalyticsDimension.ANALYTICS_DIMENSION_USER.getValueDescriptor()))
        .map(_ -> at + GROUP_BY);
  }

  private static Optional<FieldDescriptor> field(Message message, String name) {
    return Optional.ofNullable(message.getDescriptorForType().findFieldByName(name));
  }
}
