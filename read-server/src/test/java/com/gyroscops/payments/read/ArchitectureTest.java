package com.gyroscops.payments.read;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ArchitectureTest {

  private static final String ROOT = "com.gyroscops.payments.read";

  private static final String[] ADAPTERS = {
    "source.memory", "source.redis", "source.search", "source.sql"
  };

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages(ROOT);

  @Test
  void thePortKnowsNoneOfItsUsersAndNoAdapter() {
    mayNotKnow("source", "projection", "feed", "routing", "query", "api");
    mayNotKnow("source", ADAPTERS);
  }

  @Test
  void anAdapterKnowsItsPortAloneAndNoOtherAdapter() {
    for (String adapter : ADAPTERS) {
      mayNotKnow(adapter, "projection", "feed", "routing", "query", "api");
      mayNotKnow(
          adapter,
          Arrays.stream(ADAPTERS).filter(other -> !other.equals(adapter)).toArray(String[]::new));
    }
  }

  @Test
  void theRedisSourceKnowsItsPortAndRedisAlone() {
    mayNotKnow("source.redis", "source.sql", "projection", "feed", "query", "api");
    mayNotKnow("redis", "source..", "projection", "feed", "query", "api");
  }

  @Test
  void theFeedKnowsNobody() {
    mayNotKnow("feed", "source..", "projection", "routing", "query", "api");
  }

  @Test
  void projectionsAndQueriesAreStrangersAndKnowNoAdapter() {
    mayNotKnow("projection", "routing", "query", "api");
    mayNotKnow("projection", ADAPTERS);
    mayNotKnow("query", "projection", "api");
    mayNotKnow("query", ADAPTERS);
  }

  @Test
  void routingKnowsNoAdapterAndOfProjectionsOnlyWhichThereAre() {
    mayNotKnow("routing", "query", "api");
    mayNotKnow("routing", ADAPTERS);
    noClasses()
        .that()
        .resideInAPackage(ROOT + ".routing")
        .and()
        .haveNameNotMatching(".*\\.RoutedSource")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(ROOT + ".projection")
        .check(CLASSES);
  }

  @Test
  void theTrackerKnowsTheFeedAlone() {
    mayNotKnow("tracking", "source..", "projection", "routing", "query", "cache..", "watch", "api");
  }

  @Test
  void cacheAndWatchesAreStrangersAndKnowNoAdapter() {
    mayNotKnow("cache", "cache.redis", "redis", "projection", "watch", "api");
    mayNotKnow("cache", ADAPTERS);
    mayNotKnow(
        "cache.redis", "source..", "projection", "feed", "query", "tracking", "watch", "api");
    mayNotKnow("watch", "cache..", "redis", "projection", "query", "api");
    mayNotKnow("watch", ADAPTERS);
  }

  @Test
  void reportsKnowQueriesAndThePortAloneAndTheirAdaptersAreStrangers() {
    mayNotKnow("report", "report.postgres", "report.workflow", "database");
    mayNotKnow("report..", "projection", "feed", "tracking", "cache..", "watch", "redis", "api");
    mayNotKnow("report..", ADAPTERS);
    mayNotKnow("report.postgres", "report.workflow", "source..", "query", "routing");
    mayNotKnow("report.workflow", "report.postgres", "source..", "query", "routing", "database");
    mayNotKnow("query", "report..");
    mayNotKnow("database", "source..", "report..", "query", "api");
  }

  @Test
  void onlyWorkflowsKnowTemporal() {
    noClasses()
        .that()
        .resideOutsideOfPackage(ROOT + ".report.workflow")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.temporal..")
        .check(CLASSES);
  }

  @Test
  void theEndpointsAreOutsideAndKnowQueriesAndTheAdministrationOfSourcesAlone() {
    mayNotKnow("api", "source..", "projection", "feed");
  }

  @Test
  void onlyTheWiringKnowsTheWholeAndNobodyKnowsTheWiring() {
    noClasses()
        .that()
        .resideInAnyPackage(
            ROOT + ".api..",
            ROOT + ".cache..",
            ROOT + ".watch..",
            ROOT + ".report..",
            ROOT + ".database..",
            ROOT + ".tracking..",
            ROOT + ".query..",
            ROOT + ".routing..",
            ROOT + ".projection..",
            ROOT + ".feed..",
            ROOT + ".source..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(ROOT)
        .check(CLASSES);
  }

  @Test
  void queriesAndPortKnowNeitherMicronautNorTheDatabase() {
    noClasses()
        .that()
        .resideInAnyPackage(
            ROOT + ".query",
            ROOT + ".routing",
            ROOT + ".source",
            ROOT + ".feed",
            ROOT + ".tracking",
            ROOT + ".cache",
            ROOT + ".report",
            ROOT + ".watch")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.micronaut..", "java.sql..", "javax.sql..", "org.postgresql..")
        .check(CLASSES);
  }

  @Test
  void thereAreNoCyclesBetweenFolders() {
    slices().matching(ROOT + ".(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  private static void mayNotKnow(String folder, String... others) {
    for (String other : others) {
      noClasses()
          .that()
          .resideInAPackage(ROOT + "." + folder)
          .should()
          .dependOnClassesThat()
          .resideInAPackage(ROOT + "." + other)
          .check(CLASSES);
    }
  }
}
