package com.gyroscops.payments.write;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/**
 * Dependencies point one way: api, workflow, settlement and imports, submission, journal and
 * through, outbox, command, eventstore, payment.
 */
class ArchitectureTest {

  private static final String ROOT = "com.gyroscops.payments.write";
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(ROOT);

  @Test
  void theDomainKnowsTheJdkAlone() {
    classes()
        .that()
        .resideInAPackage(ROOT + ".payment")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(ROOT + ".payment", "java..", "org.jspecify..")
        .check(CLASSES);
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching(ROOT + ".(**)").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void nobodyBehindTheEdgeKnowsTheEdge() {
    noClasses()
        .that()
        .resideOutsideOfPackage(ROOT + ".api")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(ROOT + ".api")
        .check(CLASSES);
  }

  @Test
  void onlyTheEdgeKnowsWhatWaitsBehindTheCommit() {
    noClasses()
        .that()
        .resideOutsideOfPackages(ROOT + ".api", ROOT + ".through")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(ROOT + ".through")
        .check(CLASSES);
  }

  @Test
  void adaptersAreKnownOnlyWhereTheyAreWired() {
    noClasses()
        .that()
        .resideOutsideOfPackages(ROOT + ".api", "..postgres", "..memory")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("..postgres", "..memory")
        .check(CLASSES);
  }

  @Test
  void nobodyButTheEdgeKnowsTheJournal() {
    noClasses()
        .that()
        .resideOutsideOfPackages(ROOT + ".api", ROOT + ".journal..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(ROOT + ".journal..")
        .check(CLASSES);
  }

  @Test
  void siblingAdaptersAreStrangers() {
    noClasses()
        .that()
        .resideInAPackage("..eventstore.postgres")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("..eventstore.memory")
        .check(CLASSES);
  }

  @Test
  void onlyTheEdgeAndTheAdaptersKnowTheFramework() {
    noClasses()
        .that()
        .resideOutsideOfPackages(ROOT, ROOT + ".api", "..postgres")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.micronaut..", "java.sql..", "javax.sql..")
        .check(CLASSES);
  }

  @Test
  void onlyWorkflowsKnowTemporal() {
    noClasses()
        .that()
        .resideOutsideOfPackages(ROOT + ".workflow")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.temporal..")
        .check(CLASSES);
  }

  @Test
  void workflowsAreKnownOnlyWhereTheyAreWired() {
    noClasses()
        .that()
        .resideOutsideOfPackages(ROOT + ".api", ROOT + ".workflow")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(ROOT + ".workflow")
        .check(CLASSES);
  }
}
