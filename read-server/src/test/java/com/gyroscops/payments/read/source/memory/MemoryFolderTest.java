package com.gyroscops.payments.read.source.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryFolderTest {

  @TempDir private Path shared;

  @Test
  void whatAKilledProcessLeftIsDeletedAndWhatALivingOneUsesStays() throws Exception {
    Path left = shared.resolve("index-left");
    Files.createDirectories(left.resolve("1"));
    Files.writeString(left.resolve("lock"), "");
    Files.writeString(left.resolve("1").resolve("_0.cfs"), "left");
    Files.createDirectories(shared.resolve("of somebody else"));
    try (MemoryFolder first = MemoryFolder.in(shared)) {
      assertThat(left).doesNotExist();
      Files.createDirectories(first.next());
      try (MemoryFolder second = MemoryFolder.in(shared)) {
        assertThat(second.next()).isNotEqualTo(first.next());
        assertThat(shared).isDirectoryContaining(it -> first.next().startsWith(it));
      }
    }
    assertThat(shared.resolve("of somebody else")).exists();
    try (var entries = Files.list(shared)) {
      assertThat(entries).hasSize(1);
    }
  }
}
