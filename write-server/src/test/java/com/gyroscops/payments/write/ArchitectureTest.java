package com.gyroscops.payments.write;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.gyroscops.payments.testing.FloorPlan;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Dependencies point one way: app, api, workflow, settlement and imports, submission, journal and
 * writethrough, outbox, command, eventstore, payment.
 */
class ArchitectureTest {

  private static final String ROOT = "com.gyroscops.payments.write";

  /** Who knows whom. Payment knows nobody. */
  private static final Map<String, Set<String>> KNOWS =
      Map.ofEntries(
          Map.entry(
              "api",
              Set.of(
                  "command",
                  "eventstore",
                  "imports",
                  "outbox",
                  "payment",
                  "settlement",
                  "submission",
                  "writethrough")),
          Map.entry("command", Set.of("eventstore", "payment")),
          Map.entry("eventstore", Set.of("payment")),
          Map.entry("eventstore.memory", Set.of("payment")),
          Map.entry("eventstore.postgres", Set.of("payment", "postgres")),
          Map.entry("imports", Set.of("command", "eventstore", "payment", "submission")),
          Map.entry("imports.postgres", Set.of("command", "payment", "postgres")),
          Map.entry("journal", Set.of("command", "outbox")),
          Map.entry("outbox", Set.of("command", "eventstore")),
          Map.entry("outbox.postgres", Set.of("eventstore")),
          Map.entry("postgres", Set.of("eventstore")),
          Map.entry("settlement", Set.of("command", "eventstore", "submission")),
          Map.entry("settlement.postgres", Set.of("postgres")),
          Map.entry("submission", Set.of("command", "eventstore", "payment")),
          Map.entry("submission.postgres", Set.of("postgres")),
          Map.entry("workflow", Set.of("imports", "settlement", "submission")),
          Map.entry("writethrough", Set.of("command", "eventstore", "outbox", "payment")));

  private static final FloorPlan PLAN = new FloorPlan(ROOT);

  @Test
  void foldersKnowEachOtherAsDrawn() {
    PLAN.checkKnows(KNOWS);
  }

  @Test
  void theDomainKnowsTheJdkAlone() {
    classes()
        .that()
        .resideInAPackage(ROOT + ".payment")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(ROOT + ".payment", "java..", "org.jspecify..")
        .check(PLAN.classes());
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching(ROOT + ".(**)").should().beFreeOfCycles().check(PLAN.classes());
  }

  @Test
  void nobodyKnowsTheProcessAndOnlyItKnowsTheEndpoints() {
    PLAN.checkProcess();
    PLAN.checkKnownOnlyTo("api", "app");
  }

  @Test
  void adaptersAreKnownOnlyWhereTheyAreWired() {
    PLAN.checkAdapters();
  }

  @Test
  void whatWaitsBehindTheCommitAndTheJournalAreKnownAtTheEdgeAlone() {
    PLAN.checkKnownOnlyTo("writethrough", "api", "app");
    PLAN.checkKnownOnlyTo("journal", "app");
    PLAN.checkKnownOnlyTo("workflow", "app");
  }

  @Test
  void onlyTheProcessAndTheAdaptersKnowTheFramework() {
    noClasses()
        .that()
        .resideOutsideOfPackages(ROOT + ".app", "..postgres")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.micronaut..", "java.sql..", "javax.sql..")
        .check(PLAN.classes());
  }

  @Test
  void onlyWorkflowsKnowTemporal() {
    noClasses()
        .that()
        .resideOutsideOfPackages(ROOT + ".workflow")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.temporal..")
        .check(PLAN.classes());
  }
}
