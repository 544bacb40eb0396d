package com.gyroscops.payments.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import com.gyroscops.payments.cli.imports.ImportResult;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

final class ImportReportTest {

  private static String report(boolean json, List<Long> known) throws IOException {
    StringWriter out = new StringWriter();
    try (ImportReport report = new ImportReport(new PrintWriter(out, true), json, null, 0)) {
      known.forEach(report::known);
      report.end(new ImportResult(9, 9, 0, known.size(), known.size(), true));
    }
    return out.toString();
  }

  @Test
  void known_rows_are_counted_and_listed_by_line() throws Exception {
    assertThat(report(false, List.of(9L, 2L, 4L, 3L, 7L)))
        .contains("5 known from an earlier import", "on lines 2-4, 7, 9");
    var json = JsonParser.parseString(report(true, List.of(9L, 2L, 4L, 3L, 7L))).getAsJsonObject();
    assertThat(json.get("known").getAsLong()).isEqualTo(5);
    assertThat(json.get("known_lines")).hasToString("[\"2-4\",\"7\",\"9\"]");
  }

  @Test
  void where_nothing_was_known_nothing_is_said_of_it() throws Exception {
    assertThat(report(false, List.of())).doesNotContain("known");
    assertThat(report(true, List.of())).contains("\"known\":0", "\"known_lines\":[]");
  }

  @Test
  void people_are_shown_the_first_ranges_and_programs_all() throws Exception {
    List<Long> apart = LongStream.range(0, 30).map(n -> 2 * n + 2).boxed().toList();
    assertThat(report(false, apart)).contains(" 2, 4, ", " 40, ... (--json").doesNotContain("42");
    assertThat(report(true, apart)).contains("\"60\"");
  }
}
