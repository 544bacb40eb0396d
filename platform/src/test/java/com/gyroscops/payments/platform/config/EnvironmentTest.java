package com.gyroscops.payments.platform.config;

import static com.gyroscops.payments.platform.config.Variable.optional;
import static com.gyroscops.payments.platform.config.Variable.required;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EnvironmentTest {

  private static final List<Variable> ALL =
      List.of(
          optional("HOST", "host", "0.0.0.0", new Rule.Interface(), "where"),
          optional("PORT", "port", "50051", new Rule.Port(), "the port"),
          optional(
              "NAME",
              "name",
              "n-${random.uuid}",
              new Rule.Text("a name", Pattern.compile("[a-z]+")),
              "the name"),
          optional("PASSWORD", "password", "", new Rule.Secret(0), "the password"),
          required("KEY", "key", new Rule.Secret(4), "the key"));

  private static final Map<String, Rule> RULES =
      Map.of(
          "whole", new Rule.Whole(-2, 10),
          "span", new Rule.Span(Duration.ofSeconds(1), Duration.ofDays(2)),
          "flag", new Rule.Flag(),
          "word", new Rule.OneOf(List.of("a", "b")),
          "one", new Rule.Servers(1),
          "servers", new Rule.Servers(3),
          "url", new Rule.Url(List.of("http", "https"), false),
          "database", new Rule.DatabaseUrl(),
          "file", new Rule.ReadableFile("a file"),
          "secret", new Rule.Secret(4));

  @TempDir Path folder;

  private static Variables variables() {
    return new Variables(ALL);
  }

  @ParameterizedTest
  @CsvSource({
    "whole,-2",
    "whole,10",
    "span,1s",
    "span,1000ms",
    "span,48h",
    "span,PT1H30M",
    "flag,true",
    "flag,false",
    "word,b",
    "one,localhost:1",
    "one,''",
    "servers,'a:1, dns:///b.c:65535,[::1]:3'",
    "url,''",
    "url,https://h:9200/path",
    "database,jdbc:postgresql://h/db",
    "database,'jdbc:postgresql://h:5432,[::1]:5433/db?password=x'",
    "file,''",
    "file,/",
    "secret,",
    "secret,1234"
  })
  void whatAVariableMayHold(String rule, String value) {
    assertThat(requireNonNull(RULES.get(rule)).problem("X", value == null ? "" : value)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "whole,11",
    "whole,-3",
    "whole,1.5",
    "whole,''",
    "whole,99999999999999999999",
    "span,999ms",
    "span,3d",
    "span,5",
    "span,5x",
    "span,-1s",
    "span,PT",
    "span,''",
    "flag,yes",
    "flag,TRUE",
    "flag,''",
    "word,c",
    "word,''",
    "one,'a:1,b:2'",
    "one,a",
    "one,a:0",
    "one,a:65536",
    "one,http://a:1",
    "servers,'a:1,,b:2'",
    "servers,'a:1,b:1,c:1,d:1'",
    "url,h:9200",
    "url,ftp://h",
    "url,http://",
    "url,http://h:99999",
    "url,:",
    "database,postgres://u:p@h/db",
    "database,jdbc:postgresql://u:p@h/db",
    "database,jdbc:postgresql://h",
    "database,''",
    "database,jdbc:postgresql://h:70000/db",
    "file,/no/such/file",
    "secret,123"
  })
  void whatAVariableMayNotHoldIsToldWithItsNameInOneLine(String rule, String value) {
    assertThat(requireNonNull(RULES.get(rule)).problem("X", value))
        .hasValueSatisfying(
            problem -> assertThat(problem).startsWith("X ").hasLineCount(1).hasSizeLessThan(200));
  }

  @Test
  void whatIsToldOfAValueIsShortAndStaysInItsLine() {
    assertThat(new Rule.Flag().problem("X", "a\nb" + "c".repeat(1_000)))
        .hasValueSatisfying(
            problem -> assertThat(problem).contains("a?bccc").hasLineCount(1).hasSizeLessThan(150));
  }

  @Test
  void aValueIsWhatIsSetOrTheDefaultAndBecomesASetting() throws Exception {
    Environment environment = Environment.of(variables(), Map.of("PORT", "7", "KEY", "12345"));
    assertThat(environment.value("PORT")).isEqualTo("7");
    assertThat(environment.value("NAME")).isEqualTo("n-${random.uuid}");
    assertThat(environment.value("PASSWORD")).isEmpty();
    assertThat(environment.settings())
        .isEqualTo(
            Map.of(
                "host", "0.0.0.0",
                "port", "7",
                "name", "n-${random.uuid}",
                "password", "",
                "key", "12345"));
    assertThat(variables().defaults())
        .isEqualTo(
            Map.of("host", "0.0.0.0", "port", "50051", "name", "n-${random.uuid}", "password", ""));
  }

  @Test
  void aSecretMayBeAFileAndLosesTheLineBreakAtItsEnd() throws Exception {
    Path file = Files.writeString(folder.resolve("key"), " 12\n34 \r\n");
    Environment environment = Environment.of(variables(), Map.of("KEY_FILE", file.toString()));
    assertThat(environment.value("KEY")).isEqualTo(" 12\n34 ");
    assertThat(environment.settings()).containsEntry("key", " 12\n34 ");
  }

  @Test
  void allThatIsWrongIsToldAtOnceAndNoSecret() throws Exception {
    Path file = Files.writeString(folder.resolve("key"), "abc\n");
    Map<String, String> set =
        Map.of(
            "PORT",
            "x",
            "NAME",
            "",
            "PASSWORD",
            "s3cret",
            "PASSWORD_FILE",
            "/tmp",
            "KEY_FILE",
            file.toString());
    assertThatExceptionOfType(NotStartedException.class)
        .isThrownBy(() -> Environment.of(variables(), set))
        .satisfies(e -> {
          assertThat(e.exitCode()).isEqualTo(NotStartedException.MISCONFIGURED);
          assertThat(e)
              .hasMessage(
                  "PORT must be a port, 1 to 65535, but is \"x\"; NAME must be a name, but is \"\";"
                      + " PASSWORD and PASSWORD_FILE are both set; one of them must go;"
                      + " KEY must have 4 bytes or more, not 3");
        });
  }

  @Test
  void aFileThatHoldsNoSecretIsNamed() throws Exception {
    Path large = Files.write(folder.resolve("large"), new byte[Environment.FILE_BYTES_MAX + 1]);
    Path empty = Files.writeString(folder.resolve("empty"), "\n\n");
    Map.of(
            large.toString(),
            "has more than",
            empty.toString(),
            "is empty",
            folder.toString(),
            "cannot be read",
            "/no/such/file",
            "does not exist")
        .forEach((file, what) ->
            assertThatThrownBy(() -> Environment.of(variables(), Map.of("KEY_FILE", file)))
                .isInstanceOf(NotStartedException.class)
                .hasMessageStartingWith("KEY_FILE names " + file + ", which " + what));
  }

  @Test
  void whatIsRequiredMayNotBeMissing() {
    for (Map<String, String> set : List.of(Map.<String, String>of(), Map.of("KEY", " "))) {
      assertThatThrownBy(() -> Environment.of(variables(), set))
          .isInstanceOf(NotStartedException.class)
          .hasMessage("KEY (or KEY_FILE) is required: the key");
    }
  }

  @Test
  void aPortInUseIsToldWithItsVariable() throws Exception {
    // One that is free again may be taken by something else on this machine; not all of them are.
    boolean free = false;
    for (int attempt = 0; attempt < 10 && !free; attempt++) {
      free = isFreeAfterUse();
    }
    assertThat(free).isTrue();
  }

  private static boolean isFreeAfterUse() throws Exception {
    Environment environment;
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = Integer.toString(taken.getLocalPort());
      environment =
          Environment.of(variables(), Map.of("HOST", "127.0.0.1", "PORT", port, "KEY", "1234"));
      assertThatExceptionOfType(NotStartedException.class)
          .isThrownBy(environment::requireFreePorts)
          .withMessageContaining("PORT is " + port)
          .satisfies(e -> assertThat(e.exitCode()).isEqualTo(NotStartedException.UNAVAILABLE));
    }
    try {
      environment.requireFreePorts();
      environment.requireFreePorts();
      return true;
    } catch (NotStartedException _) {
      return false;
    }
  }

  @Test
  void aVariableAndASettingAreDeclaredOnce() {
    for (Variable again :
        List.of(
            optional("PORT", "port-again", "1", new Rule.Port(), "again"),
            optional("PORT_AGAIN", "port", "1", new Rule.Port(), "again"))) {
      assertThatThrownBy(
              () -> new Variables(Stream.concat(ALL.stream(), Stream.of(again)).toList()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(again.name());
    }
  }

  @Test
  void aDefaultIsWhatItsVariableMayHold() {
    assertThatThrownBy(() -> optional("PORT", "port", "0", new Rule.Port(), "the port"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the default of PORT must be a port, 1 to 65535, but is \"0\"");
  }

  @Test
  void theTableTellsOfEachWhatItsDeclarationSays() {
    assertThat(variables().table())
        .contains("| `PORT` | `50051` | 1 to 65535 | the port |")
        .contains("| `PASSWORD` or `PASSWORD_FILE` | none | secret | the password |")
        .contains("| `KEY` or `KEY_FILE` | none: required | secret, 4 bytes or more | the key |");
  }
}
