package com.gyroscops.payments.platform;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** Each package has one job and knows no server. */
class ArchitectureTest {

  private static final String PROJECT = "com.gyroscops.payments";
  private static final String ROOT = PROJECT + ".platform";
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages(ROOT);

  @Test
  void itKnowsNeitherServer() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(PROJECT + ".write..", PROJECT + ".read..")
        .check(CLASSES);
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching(ROOT + ".(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void whoVerifiesAJournalOrImplementsASinkNeedsNothingThatAServerBringsAlong() {
    noClasses()
        .that()
        .resideInAnyPackage(ROOT + ".journal", ROOT + ".relay")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.micronaut..", "io.temporal..", "com.zaxxer..", "org.postgresql..", "java.sql..")
        .check(CLASSES);
  }
}
