package com.gyroscops.payments.read.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.gyroscops.payments.contract.SourceNames;
import com.gyroscops.payments.platform.config.Environment;
import com.gyroscops.payments.platform.config.NotStartedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReadVariablesTest {

  @Test
  void theDocumentationHasTheTableOfThem() throws Exception {
    assertThat(Files.readString(Path.of("../docs/configuration.md")))
        .contains("## read-server\n\n" + ReadVariables.all().table());
  }

  @Test
  void theConfigurationReadsNoneByItself() throws Exception {
    assertThat(Files.readString(Path.of("src/main/resources/application.properties")))
        .doesNotContainPattern("\\$\\{[A-Z]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "ROUTING_FIND # sql,none # ' names \"none\"; the sources are {sources}'",
        "ROUTING_CRITICAL # log # ' names \"log\"; the sources are {sources}'",
      })
  void aSourceThatThereIsNotRefusesTheStart(String name, String value, String problem) {
    assertThatExceptionOfType(NotStartedException.class)
        .isThrownBy(() ->
            Environment.of(
                ReadVariables.all(),
                Map.of(
                    "FEED_TARGETS",
                    "a:1",
                    "PAGE_TOKEN_SECRET",
                    "a secret of the tests",
                    name,
                    value)))
        .withMessage(
            name
                + problem.replace(
                    "{sources}",
                    SourceNames.STORES.stream()
                        .map(SourceNames::of)
                        .collect(Collectors.joining(", "))))
        .satisfies(e -> assertThat(e.exitCode()).isEqualTo(NotStartedException.MISCONFIGURED));
  }
}
