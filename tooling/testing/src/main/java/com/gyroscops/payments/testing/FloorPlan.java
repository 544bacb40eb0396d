package com.gyroscops.payments.testing;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The floor plan of a server: a folder for each capability, with adapters as folders below it, and
 * {@code app}, the process, which wires them.
 */
public final class FloorPlan {

  private static final String PROCESS = "app";

  private final String root;
  private final JavaClasses classes;

  /**
   * @param root the package that has the folders
   */
  public FloorPlan(String root) {
    this.root = root;
    classes =
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(root);
  }

  /** All classes but those of tests. */
  public JavaClasses classes() {
    return classes;
  }

  /** The package of a folder. */
  public String folder(String name) {
    return root + "." + name;
  }

  /** Nobody knows the process. */
  public void checkProcess() {
    checkKnownOnlyTo(PROCESS);
  }

  /** Nobody knows an adapter but the process: not its port, and no other adapter. */
  public void checkAdapters() {
    folders().filter(FloorPlan::isAdapter).forEach(each -> checkKnownOnlyTo(each, PROCESS));
  }

  /** Nobody but the users of a folder, and itself, knows it. */
  public void checkKnownOnlyTo(String folder, String... users) {
    noClasses()
        .that()
        .resideOutsideOfPackages(
            Stream.concat(Stream.of(folder), Stream.of(users))
                .map(this::folder)
                .toArray(String[]::new))
        .should()
        .dependOnClassesThat()
        .resideInAPackage(folder(folder))
        .check(classes);
  }

  /**
   * Each folder knows no others than those drawn, and an adapter its port besides.
   *
   * @param drawn those that a folder knows; none for a folder that is not in it
   */
  public void checkKnows(Map<String, Set<String>> drawn) {
    folders()
        .filter(each -> !each.equals(PROCESS))
        .forEach(each -> checkKnowsOnly(each, drawn.getOrDefault(each, Set.of())));
  }

  private void checkKnowsOnly(String folder, Set<String> others) {
    String[] known =
        Stream.concat(
                isAdapter(folder)
                    ? Stream.of(folder, folder.substring(0, folder.lastIndexOf('.')))
                    : Stream.of(folder),
                others.stream())
            .map(this::folder)
            .toArray(String[]::new);
    ArchRuleDefinition.classes()
        .that()
        .resideInAPackage(folder(folder))
        .should()
        .onlyDependOnClassesThat(resideOutsideOfPackage(root + "..").or(resideInAnyPackage(known)))
        .check(classes);
  }

  private static boolean isAdapter(String folder) {
    return folder.contains(".");
  }

  private Stream<String> folders() {
    return classes.stream()
        .map(each -> each.getPackageName())
        .filter(each -> each.startsWith(root + "."))
        .map(each -> each.substring(root.length() + 1))
        .collect(Collectors.toSet())
        .stream()
        .sorted();
  }
}
