package com.gyroscops.payments.read;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.gyroscops.payments.testing.FloorPlan;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ArchitectureTest {

  private static final String ROOT = "com.gyroscops.payments.read";

  /** Who knows whom. Feed, source, redis and database know nobody, an adapter its port alone. */
  private static final Map<String, Set<String>> KNOWS =
      Map.ofEntries(
          Map.entry("api", Set.of("query", "report", "routing", "watch")),
          Map.entry("cache", Set.of("feed", "query", "routing", "source", "tracking")),
          Map.entry("cache.redis", Set.of("redis")),
          Map.entry("projection", Set.of("feed", "source")),
          Map.entry("query", Set.of("feed", "routing", "source")),
          Map.entry("report", Set.of("query", "source")),
          Map.entry("report.postgres", Set.of("database")),
          Map.entry("routing", Set.of("feed", "projection", "source")),
          Map.entry("source.redis", Set.of("redis")),
          Map.entry("source.sql", Set.of("database")),
          Map.entry("tracking", Set.of("feed")),
          Map.entry("watch", Set.of("feed", "routing", "source", "tracking")));

  private static final FloorPlan PLAN = new FloorPlan(ROOT);

  @Test
  void foldersKnowEachOtherAsDrawnAndAnAdapterItsPortAlone() {
    PLAN.checkKnows(KNOWS);
  }

  @Test
  void onlyTheProcessKnowsAdapters() {
    PLAN.checkAdapters();
  }

  @Test
  void nobodyKnowsTheProcess() {
    PLAN.checkProcess();
  }

  @Test
  void routingKnowsOfProjectionsOnlyWhichThereAre() {
    noClasses()
        .that()
        .resideInAPackage(ROOT + ".routing")
        .and()
        .haveNameNotMatching(".*\\.RoutedSource")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(ROOT + ".projection")
        .check(PLAN.classes());
  }

  @Test
  void onlyWorkflowsKnowTemporal() {
    noClasses()
        .that()
        .resideOutsideOfPackage(ROOT + ".report.workflow")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.temporal..")
        .check(PLAN.classes());
  }

  @Test
  void onlyEdgesLeasesAndAdaptersKnowMicronautOrTheDatabase() {
    noClasses()
        .that()
        .resideOutsideOfPackages(
            ROOT + ".app", ROOT + ".api", ROOT + ".projection", ROOT + ".database", ROOT + ".*.*")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.micronaut..", "java.sql..", "javax.sql..", "org.postgresql..")
        .check(PLAN.classes());
  }

  @Test
  void thereAreNoCyclesBetweenFolders() {
    slices().matching(ROOT + ".(*)..").should().beFreeOfCycles().check(PLAN.classes());
  }
}
