package com.gyroscops.payments.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ProgramsTest {

  @TempDir Path folder;

  private Path checkout = Path.of("");
  private StackFolder stack = new StackFolder(checkout);

  @BeforeEach
  void build() throws IOException {
    checkout = folder.resolve("checkout");
    stack = StackFolder.of(folder.resolve("data"));
    for (String jar :
        List.of(
            "tooling/cli/target/cli.jar",
            "tooling/cli/target/lib/picocli.jar",
            "write-server/target/write-server.jar",
            "write-server/target/lib/micronaut.jar",
            "read-server/target/read-server.jar",
            "read-server/target/lib/lucene.jar",
            "tooling/opensearch/target/lib/opensearch.jar",
            "tooling/temporal/target/lib/temporal.jar")) {
      Path file = checkout.resolve(jar);
      Files.createDirectories(file.getParent());
      Files.writeString(file, jar);
      Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2026-01-01T00:00:00Z")));
    }
  }

  @Test
  void the_same_jars_are_copied_once_with_their_times() throws IOException {
    Programs first = Programs.copied(checkout, stack);
    Programs second = Programs.copied(checkout, stack);

    assertThat(second).isEqualTo(first);
    assertThat(first.jar("write-server")).hasContent("write-server/target/write-server.jar");
    assertThat(Files.getLastModifiedTime(first.jar("cli")).toInstant())
        .isEqualTo(Instant.parse("2026-01-01T00:00:00Z"));
    assertThat(first.searchLibraries().resolve("opensearch.jar")).exists();
  }

  @Test
  void caches_of_other_jars_are_never_used_and_go_with_them() throws IOException {
    Programs before = Programs.copied(checkout, stack);
    AotCaches draft = before.caches().draft();
    for (String program : Programs.NAMES) {
      Files.writeString(draft.folder().resolve(program + ".aot"), "cache");
    }
    assertThat(before.caches().publish(draft, Programs.NAMES)).isEqualTo(15);
    assertThat(Programs.copied(checkout, stack).caches().options("read-server"))
        .singleElement()
        .asString()
        .startsWith("-XX:AOTCache=");

    Files.setLastModifiedTime(
        checkout.resolve("read-server/target/lib/lucene.jar"), FileTime.from(Instant.now()));
    Programs after = Programs.copied(checkout, stack);

    assertThat(after).isNotEqualTo(before);
    assertThat(after.caches().existFor(Programs.NAMES)).isFalse();
    assertThat(after.caches().options("read-server")).isEmpty();
    after.removeOthers();
    assertThat(before.folder()).doesNotExist();
    assertThat(after.jar("cli")).exists();
  }

  @Test
  void a_training_that_leaves_one_cache_out_gives_none() throws IOException {
    AotCaches caches = Programs.copied(checkout, stack).caches();
    AotCaches draft = caches.draft();
    Files.writeString(draft.folder().resolve("cli.aot"), "cache");

    assertThatThrownBy(() -> caches.publish(draft, Programs.NAMES))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("write-server left no");
    assertThat(caches.options("cli")).isEmpty();
  }

  @Test
  void caches_of_more_programs_join_those_that_are_there() throws IOException {
    AotCaches caches = Programs.copied(checkout, stack).caches();
    for (List<String> trained : List.of(Programs.NAMES, List.of("opensearch"))) {
      AotCaches draft = caches.draft();
      for (String program : trained) {
        Files.writeString(draft.folder().resolve(program + ".aot"), "cache");
      }
      caches.publish(draft, trained);
      assertThat(draft.folder()).doesNotExist();
    }
    assertThat(caches.existFor(List.of("cli", "write-server", "read-server", "opensearch")))
        .isTrue();
    caches.remove("cli");
    assertThat(caches.existFor(Programs.NAMES)).isFalse();
  }

  @Test
  void drafts_of_processes_that_are_gone_are_removed() throws IOException {
    AotCaches caches = Programs.copied(checkout, stack).caches();
    AotCaches own = caches.draft();
    long none = 999_999_999;
    Path abandoned =
        Files.createDirectory(own.folder().resolveSibling("aot-draft-" + none + "-123"));
    Files.writeString(abandoned.resolve("cli.aot"), "cache");

    caches.removeAbandonedDrafts();

    assertThat(abandoned).doesNotExist();
    assertThat(own.folder()).exists();
  }

  @Test
  void what_a_jvm_says_against_its_cache_is_found_and_nothing_else() throws IOException {
    Path log = folder.resolve("server.log");
    String before = "[0.038s][warning][aot] of the start before\n";
    Files.writeString(log, before + "10:15:00 WARN started\n");
    assertThat(AotCaches.refusal(log, before.length())).isEmpty();

    Files.writeString(
        log,
        before + "[0.038s][error  ][aot] the cache is of another JVM\n10:15:00 INFO started\n");
    assertThat(AotCaches.refusal(log, before.length())).contains("the cache is of another JVM");
  }
}
