package com.gyroscops.payments.read.query;

import com.gyroscops.payments.contract.Violations;
import com.gyroscops.payments.read.routing.Freshness;
import com.gyroscops.payments.read.routing.Routed;
import com.gyroscops.payments.read.routing.SourceRouter;
import com.gyroscops.payments.read.source.Analysis;
import com.gyroscops.payments.read.source.Capability;
import com.gyroscops.payments.read.source.Groups;
import com.gyroscops.payments.read.source.Percentile;
import com.gyroscops.payments.v1.AnalyticsDimension;
import com.gyroscops.payments.v1.AnalyticsGroup;
import com.gyroscops.payments.v1.AnalyticsOrder;
import com.gyroscops.payments.v1.AnalyticsPercentile;
import com.gyroscops.payments.v1.GetPaymentAnalyticsRequest;
import com.gyroscops.payments.v1.GetPaymentAnalyticsResponse;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.ZoneId;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Figures of the payments that match a filter, in groups.
 *
 * <p>Errors: OUT_OF_RANGE {@code TOO_MANY_GROUPS}; those of {@link SourceRouter#read}.
 */
public final class GetPaymentAnalytics
    extends SourceQuery<GetPaymentAnalyticsRequest, GetPaymentAnalyticsResponse> {

  private static final int GROUPS_DEFAULT = 100;

  /** Most groups of an answer: with ten percentiles each they are a few hundred KiB. */
  private static final int GROUPS_MAX = 1_000;

  private static final int PERCENTILES_MAX = 10;
  private static final ZoneId DEFAULT_ZONE = ZoneId.of("UTC");

  private static final Set<String> UNIVERSAL = Set.of("UTC", "GMT");

  /** Names that the JDK has and the IANA's data does not. */
  private static final String OWN_ZONES = "SystemV/";

  private static final Set<AnalyticsDimension> PERIODS =
      EnumSet.of(
          AnalyticsDimension.ANALYTICS_DIMENSION_DAY,
          AnalyticsDimension.ANALYTICS_DIMENSION_WEEK,
          AnalyticsDimension.ANALYTICS_DIMENSION_MONTH);

  public GetPaymentAnalytics(SourceRouter reads) {
    super(
        reads,
        GetPaymentAnalyticsResponse::getRead,
        CacheRules.of(
            CacheKind.ANALYTICS,
            request -> Optional.of(CacheScope.of(request.getOrganizationId())),
            GetPaymentAnalyticsRequest::getReadOptions,
            request -> request.toBuilder().clearReadOptions().build(),
            (answer, read) -> answer.toBuilder().setRead(read).build(),
            GetPaymentAnalyticsResponse.parser(),
            null));
  }

  @Override
  public GetPaymentAnalyticsResponse answer(GetPaymentAnalyticsRequest request) {
    Violations violations =
        new Violations().organization("organization_id", request.getOrganizationId());
    check(violations, "", request);
    Freshness.check(violations, request.getReadOptions());
    violations.throwIfAny();
    Analysis analysis = analysis(request);
    List<Capability> acceptable =
        request.getApproximate()
            ? List.of(Capability.ANALYZE, Capability.ANALYZE_APPROXIMATELY)
            : List.of(Capability.ANALYZE);
    Routed<Groups> routed =
        reads.read(request.getReadOptions(), acceptable, source -> source.analyze(analysis));
    return switch (routed.value()) {
      case Groups.TooMany() -> throw QueryErrors.tooManyGroups().toException();
      case Groups.Found found -> response(analysis, found, routed);
    };
  }

  /**
   * Notes what is wrong with what is to be computed.
   *
   * @param prefix of the fields' paths
   */
  public static void check(
      Violations violations, String prefix, GetPaymentAnalyticsRequest request) {
    Filters.check(violations, prefix + "filter", request.getFilter());
    Set<AnalyticsDimension> seen = EnumSet.noneOf(AnalyticsDimension.class);
    for (int i = 0; i < request.getGroupByCount(); i++) {
      AnalyticsDimension dimension = request.getGroupBy(i);
      String field = prefix + "group_by[" + i + "]";
      if (dimension == AnalyticsDimension.UNRECOGNIZED
          || dimension == AnalyticsDimension.ANALYTICS_DIMENSION_UNSPECIFIED) {
        violations.add(field, "is not a dimension");
      } else {
        violations.require(seen.add(dimension), field, "is named before already");
      }
    }
    seen.retainAll(PERIODS);
    violations
        .require(seen.size() <= 1, prefix + "group_by", "may name only one of DAY, WEEK and MONTH")
        .require(
            isZone(request.getTimeZone()),
            prefix + "time_zone",
            "is not an IANA name such as Europe/Paris: " + Violations.quote(request.getTimeZone()))
        .require(
            request.getPercentilesCount() <= PERCENTILES_MAX,
            prefix + "percentiles",
            "has " + request.getPercentilesCount() + " of them; at most 10 are allowed")
        .require(
            request.getGroupLimit() >= 0 && request.getGroupLimit() <= GROUPS_MAX,
            prefix + "group_limit",
            "must be 0 to " + GROUPS_MAX + ", but is " + request.getGroupLimit())
        .require(
            request.getOrder() != AnalyticsOrder.UNRECOGNIZED, prefix + "order", "is not an order");
    for (int i = 0; i < Math.min(request.getPercentilesCount(), PERCENTILES_MAX); i++) {
      double percentile = request.getPercentiles(i);
      violations.require(
          Percentile.isOne(percentile), prefix + "percentiles[" + i + "]", "must be 0.0001 to 100");
    }
  }

  /** Whether it names one zone to everyone, by a region and a place, or is UTC. */
  static boolean isZone(String name) {
    // Short names such as CET mean a zone to some and a fixed offset to others.
    return name.isEmpty()
        || UNIVERSAL.contains(name)
        || (name.contains("/")
            && ZoneId.getAvailableZoneIds().contains(name)
            && !name.startsWith(OWN_ZONES));
  }

  /** What a checked request asks for. */
  public static Analysis analysis(GetPaymentAnalyticsRequest request) {
    Set<AnalyticsDimension> by =
        request.getGroupByList().isEmpty() ? Set.of() : EnumSet.copyOf(request.getGroupByList());
    return new Analysis(
        Filters.read(request.getOrganizationId(), request.getFilter()),
        by.contains(AnalyticsDimension.ANALYTICS_DIMENSION_STATUS),
        by.contains(AnalyticsDimension.ANALYTICS_DIMENSION_USER),
        by.stream().flatMap(it -> period(it).stream()).findFirst(),
        request.getTimeZone().isEmpty() ? DEFAULT_ZONE : ZoneId.of(request.getTimeZone()),
        request.getPercentilesList().stream().map(Percentile::of).toList(),
        request.getOrder() == AnalyticsOrder.ANALYTICS_ORDER_COUNT
            ? Analysis.Order.COUNT
            : Analysis.Order.KEY,
        request.getGroupLimit() == 0 ? GROUPS_DEFAULT : request.getGroupLimit());
  }

  private static Optional<Analysis.Period> period(AnalyticsDimension dimension) {
    return switch (dimension) {
      case ANALYTICS_DIMENSION_DAY -> Optional.of(Analysis.Period.DAY);
      case ANALYTICS_DIMENSION_WEEK -> Optional.of(Analysis.Period.WEEK);
      case ANALYTICS_DIMENSION_MONTH -> Optional.of(Analysis.Period.MONTH);
      case ANALYTICS_DIMENSION_CURRENCY,
          ANALYTICS_DIMENSION_STATUS,
          ANALYTICS_DIMENSION_USER,
          ANALYTICS_DIMENSION_UNSPECIFIED,
          UNRECOGNIZED ->
          Optional.empty();
    };
  }

  private static GetPaymentAnalyticsResponse response(
      Analysis analysis, Groups.Found found, Routed<Groups> routed) {
    var response =
        GetPaymentAnalyticsResponse.newBuilder()
            .setTotalGroups(found.total())
            .setApproximate(routed.capability() == Capability.ANALYZE_APPROXIMATELY)
            .setRead(routed.read());
    found.groups().forEach(group -> response.addGroups(group(analysis, group)));
    return response.build();
  }

  /** A group as the contract has it. */
  public static AnalyticsGroup group(Analysis analysis, Groups.Group group) {
    boolean fits = group.sum().bitLength() < Long.SIZE;
    var answer =
        AnalyticsGroup.newBuilder()
            .setCurrencyCode(group.currency())
            .setPaymentCount(group.count())
            .setSumMinorUnits(fits ? group.sum().longValueExact() : 0)
            .setSumOutOfRange(!fits)
            .setAverageMinorUnits(average(group))
            .setMinMinorUnits(group.min())
            .setMaxMinorUnits(group.max());
    group.status().ifPresent(answer::setStatus);
    group.periodStart().ifPresent(day -> answer.setPeriodStartDate(day.toString()));
    group.userId().ifPresent(answer::setUserId);
    for (int i = 0; i < group.percentiles().size(); i++) {
      answer.addPercentiles(
          AnalyticsPercentile.newBuilder()
              .setPercentile(analysis.percentiles().get(i).percent())
              .setAmountMinorUnits(group.percentiles().get(i)));
    }
    return answer.build();
  }

  private static long average(Groups.Group group) {
    return new BigDecimal(group.sum())
        .divide(BigDecimal.valueOf(group.count()), 0, RoundingMode.HALF_EVEN)
        .longValueExact();
  }
}
