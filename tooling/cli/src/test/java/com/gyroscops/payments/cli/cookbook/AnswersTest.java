package com.gyroscops.payments.cli.cookbook;

import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.contract.ConsistencyTokens;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AnswersTest {

  private static final String ID = "01a1feb8-a491-7380-90ec-b2f507ce4169";
  private static final String OTHER_ID = "01a1feb8-a491-7380-90ec-000000000000";

  private final Answers answers = new Answers();

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "{\"a\": 1}; {\"a\": 1}",
        "{\"t\": \"2026-11-21T15:27:56.049Z\"}; {\"t\": \"2027-01-01T00:00:00Z\"}",
        "{\"d\": \"2026-11-21\"}; {\"d\": \"2027-01-01\"}",
        "{\"id\": \"x." + ID + ".p0\"}; {\"id\": \"x." + OTHER_ID + ".p0\"}",
        "{\"position\": \"12\"}; {\"position\": \"7\"}",
        "{\"read\": {\"source\": \"READ_SOURCE_SQL\"}}; {\"read\": {\"source\": \"READ_SOURCE_REDIS\","
            + " \"cache\": \"CACHE_LEVEL_L1\"}}",
        "{\"a\": 1} {\"b\": 2}; {\"b\": 2} {\"a\": 1} {\"a\": 1}",
        "some text; some text",
      })
  void whatMayVaryDoes(String printed, String actual) {
    assertThat(answers.difference(printed, actual)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "{\"a\": 1}; {\"a\": 2}; .a is 2, not 1",
        "{\"a\": \"1\"}; {\"a\": 1}; .a is 1, not \"1\"",
        "{\"a\": {\"b\": 1}}; {\"a\": {}}; .a.b is missing",
        "{\"a\": {}}; {\"a\": {\"b\": 1}}; .a.b is not printed",
        "{\"a\": [1]}; {\"a\": [1, 2]}; .a has 2 elements, not 1",
        "{\"a\": {}}; {\"a\": []}; .a is of another kind",
        "{\"t\": \"2026-11-21T15:27:56Z\"}; {\"t\": \"now\"}; .t is \"now\", not \"2026-11-21T15:27:56Z\"",
        "{\"position\": \"12\"}; {\"position\": 12}; .position is 12, not \"12\"",
        "{\"source\": \"READ_SOURCE_SQL\"}; {\"source\": \"READ_SOURCE_LOG\"}; .source is",
        "{\"a\": 1} {\"b\": 2}; {\"a\": 1}; did not come: {\"b\":2}",
        "{\"a\": 1}; {\"a\": 1} {\"b\": 2}; is not printed: {\"b\":2}",
        "some text; other text; another text",
        "{\"a\": 1}; ``; not JSON",
        "{\"a\": 1}; {\"a\": ; not JSON",
      })
  void whatMustNotVaryIsTold(String printed, String actual, String difference) {
    assertThat(answers.difference(printed, actual).orElseThrow()).startsWith(difference);
  }

  @Test
  void whatIsPrintedInAnAnswerIsReplacedInLaterCommands() {
    String token = ConsistencyTokens.encode("main", "e", 7);
    String otherToken = ConsistencyTokens.encode("main", "f", 9);
    String printed = "{\"id\": \"%s\", \"token\": \"%s\", \"name\": \"pay-1\"}";

    assertThat(
            answers.difference(
                printed.formatted(ID, token), printed.formatted(OTHER_ID, otherToken)))
        .isEmpty();

    assertThat(answers.own(ID + " " + token + " pay-1"))
        .isEqualTo(OTHER_ID + " " + otherToken + " pay-1");
    assertThat(answers.printed(OTHER_ID)).isEqualTo(ID);
  }

  @Test
  void nothingIsLearntFromAnAnswerThatDiffers() {
    String printed = "{\"id\": \"%s\", \"n\": %d}";
    assertThat(answers.difference(printed.formatted(ID, 1), printed.formatted(OTHER_ID, 2)))
        .isPresent();
    assertThat(answers.own(ID)).isEqualTo(ID);
  }
}
