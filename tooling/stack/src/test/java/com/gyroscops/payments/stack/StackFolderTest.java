package com.gyroscops.payments.stack;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StackFolderTest {

  @TempDir private Path directory;

  @Test
  void aFolderThatIsMadeCanBeReadAndReadAgain() throws IOException {
    assertThat(StackFolder.of(directory.resolve("data")).unreadable()).isEmpty();
    Files.createDirectories(directory.resolve("data/postgres"));
    assertThat(StackFolder.of(directory.resolve("data")).unreadable()).isEmpty();
  }

  @Test
  void dataOfBeforeThatWasNotedSaysHowToBeginAnew() throws IOException {
    Files.createDirectories(directory.resolve("data/postgres"));
    StackFolder folder = StackFolder.of(directory.resolve("data"));
    assertThat(folder.unreadable())
        .hasValueSatisfying(it ->
            assertThat(it).contains("version 1", "rm -r " + folder.root()).doesNotContain("\n"));
  }

  @Test
  void dataOfALaterVersionIsNotReadEither() throws IOException {
    StackFolder folder = StackFolder.of(directory.resolve("data"));
    Files.writeString(folder.root().resolve("version"), "3\n");
    assertThat(folder.unreadable()).isPresent();
  }
}
