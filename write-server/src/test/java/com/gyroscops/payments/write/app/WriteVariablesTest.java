package com.gyroscops.payments.write.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.gyroscops.payments.platform.config.Environment;
import com.gyroscops.payments.platform.config.NotStartedException;
import com.gyroscops.payments.write.command.SharedSources;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WriteVariablesTest {

  @Test
  void theDocumentationHasTheTableOfThem() throws Exception {
    assertThat(Files.readString(Path.of("../docs/configuration.md")))
        .contains("## write-server\n\n" + WriteVariables.all().table());
  }

  @Test
  void theConfigurationReadsNoneByItself() throws Exception {
    assertThat(Files.readString(Path.of("src/main/resources/application.yml")))
        .doesNotContainPattern("\\$\\{[A-Z]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "WRITE_THROUGH_SOURCES # sql,memory # ' names \"memory\"; the sources to wait for are {sources}, or none'",
        "WRITE_RULES # failed -> sqll # ' names \"sqll\"; the sources to wait for are {sources}, or none'",
      })
  void aSourceThatThereIsNotRefusesTheStart(String name, String value, String problem) {
    assertThatExceptionOfType(NotStartedException.class)
        .isThrownBy(() -> Environment.of(WriteVariables.all(), Map.of(name, value)))
        .withMessage(name + problem.replace("{sources}", String.join(", ", SharedSources.NAMES)))
        .satisfies(e -> assertThat(e.exitCode()).isEqualTo(NotStartedException.MISCONFIGURED));
  }
}
