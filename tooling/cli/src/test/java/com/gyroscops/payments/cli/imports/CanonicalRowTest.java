package com.gyroscops.payments.cli.imports;

import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.cli.imports.ImportRow.Sendable;
import com.gyroscops.payments.cli.imports.ImportRow.Unusable;
import com.gyroscops.payments.contract.Currencies;
import com.gyroscops.payments.testing.Seed;
import com.gyroscops.payments.v1.Command;
import com.gyroscops.payments.v1.CommandContext;
import java.io.IOException;
import java.io.StringReader;
import java.math.BigDecimal;
import java.text.Normalizer;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A row is what it says, however it is spelled. */
final class CanonicalRowTest {

  private static final String HEADER =
      "command,payment_id,organization_id,user_id,amount,currency,description,correlation_id,reason,"
          + "occurred_at\n";

  /** Servers keep outcomes under these ids: what is spelled so keeps them across versions. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "create,pay-1,org,user-1,15.30,GBP,WHITE LANTERN,invoice-1,,2010-12-01T08:26:00Z | ad7b50cc0c4d88c9e2ce5f9f870a4e4c",
        "process,pay-1,org,user-1,15.30,GBP,,invoice-1,,2010-12-01T08:26:00Z | 4f2dcb3f8a54c47fbfda7b734cbd7d4f",
        "process,pay-1,org,,,,,,, | 2bec09b225dfd5f62ab742975c9f57f3",
        "update,pay-1,org,user-2,,,Łódź,,, | dc8851b7fd49cfdacec7bec8037df314",
        "fail,pay-2,org,,,,,,the card was declined, | d3f9bbe4315ccbc93f66b437ead28482",
        "refund,pay-1,org,,5.00,GBP,,,,2010-12-01T23:00:00.123456Z | a15da4a843ea413a279b4b989e641ab5",
        "refund,pay-1,org,,1500,JPY,,,, | 8ef00997ffa454795b94aa6550253bcc",
        "refund,pay-1,org,,0.005,KWD,,,,2010-12-01T23:00:00.500Z | 9fadebaaee839b4babfe293e146f411d",
        "delete,pay-2,org,,,,,,by mistake, | d7ad8aaa3d858e6cd0dcb3b9c0bcefe5",
      })
  void a_row_that_is_spelled_so_keeps_its_request_id(String row, String id) throws Exception {
    assertThat(ids(HEADER + row.strip() + "\n")).containsExactly(id);
  }

  @Test
  void the_second_of_two_equal_rows_keeps_its_request_id_too() throws Exception {
    String refund = "refund,pay-1,org,,5.00,GBP,,,,\n";
    assertThat(ids(HEADER + refund + refund))
        .containsExactly("f710aae4f0c7f53ed0a203064f45a21e", "2b466c3ab2934793cfdb959192853891");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "5.00,GBP,,,,2010-12-01T23:00:00Z | 5.0,GBP,,,,2010-12-01T23:00:00Z",
        "5.00,GBP,,,,2010-12-01T23:00:00Z | 5,GBP,,,,2010-12-01T23:00:00Z",
        "5.00,GBP,,,,2010-12-01T23:00:00Z | 005.00,GBP,,,,2010-12-01T23:00:00Z",
        "5.00,GBP,,,,2010-12-01T23:00:00Z | 5.00,GBP,,,,2010-12-02T00:00:00+01:00",
        "5.00,GBP,,,,2010-12-01T23:00:00Z | 5.00,GBP,,,,2010-12-01T23:00Z",
        "5.00,GBP,,,,2010-12-01T23:00:00Z | 5.00,GBP,,,,2010-12-01T23:00:00.000000999Z",
        "5.00,GBP,,,,2010-12-01T23:00:00Z | ~ 5.00 ~,GBP,,,,~2010-12-01T23:00:00Z ~",
      })
  void a_refund_in_another_spelling_is_the_same_refund(String one, String other) throws Exception {
    assertThat(commands(HEADER + "refund,pay-1,org,," + other.replace('~', '"') + "\n"))
        .isEqualTo(commands(HEADER + "refund,pay-1,org,," + one + "\n"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"refund", "process"})
  void free_text_makes_no_other_movement_of_money(String command) throws Exception {
    String row = command + ",pay-1,org,,5.00,GBP,%s,,%s,\n";
    List<String> plain = ids(HEADER + row.formatted("", ""));
    assertThat(ids(HEADER + row.formatted("", "broken"))).isEqualTo(plain);
    assertThat(ids(HEADER + row.formatted("a lamp", "too late"))).isEqualTo(plain);
  }

  @Test
  void equal_movements_are_counted_whatever_their_text() throws Exception {
    String refunds =
        "refund,pay-1,org,,5.0,GBP,,,broken,\nrefund,pay-1,org,,5.00,GBP,,,too late,\n";
    assertThat(ids(HEADER + refunds))
        .doesNotHaveDuplicates()
        .isEqualTo(ids(HEADER + "refund,pay-1,org,,5,GBP,,,,\nrefund,pay-1,org,,5,GBP,,,,\n"));
  }

  @Test
  void another_text_makes_another_failure() throws Exception {
    String row = "fail,pay-1,org,,,,,,%s,\n";
    assertThat(ids(HEADER + row.formatted("one"))).isNotEqualTo(ids(HEADER + row.formatted("two")));
  }

  @Test
  void a_row_that_is_wrong_changes_no_other_rows_id() throws Exception {
    String refund = "refund,pay-1,org,,5.00,GBP,,,,\n";
    String tooShort = "refund,pay-1,org,,5.00,GBP\n";
    assertThat(ids(HEADER + tooShort + refund)).isEqualTo(ids(HEADER + refund));
    assertThat(ids(HEADER + refund + refund)).startsWith(ids(HEADER + refund).getFirst());
  }

  @Test
  void a_request_id_of_the_files_own_takes_precedence() throws Exception {
    String header = HEADER.strip() + ",request_id\n";
    String refund = "refund,pay-1,org,,5.00,GBP,,,,";
    List<Command> commands =
        commands(header + refund + ",mine-1\n" + refund + ",\n" + refund + ", mine-2 \n");
    assertThat(commands).extracting(it -> context(it).getRequestId()).contains("mine-1", "mine-2");
    assertThat(commands.getFirst().getRefund().getRefundId()).isEqualTo("mine-1");
    // What has an id of its own is no occurrence of the others.
    assertThat(context(commands.get(1)).getRequestId())
        .isEqualTo(ids(HEADER + refund + "\n").getFirst());
  }

  @Test
  void a_request_id_that_is_none_costs_its_row() throws Exception {
    String text = HEADER.strip() + ",request_id\nrefund,pay-1,org,,5.00,GBP,,,,,not an id\n";
    assertThat(rows(text))
        .singleElement()
        .isInstanceOfSatisfying(
            Unusable.class, row -> assertThat(row.rejection().field()).isEqualTo("request_id"));
  }

  /** The invariant: a file saved by another program is the same file. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void a_file_that_another_program_saved_makes_the_same_commands(long seed) throws Exception {
    Random random = Seed.random(seed);
    List<Map<String, String>> rows = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      rows.add(row(random));
    }
    List<Command> commands = commands(csv(CanonicalRow.COLUMNS, rows, "\n", random, false));
    assertThat(commands).hasSize(rows.size());
    for (int i = 0; i < 3; i++) {
      List<String> columns = new ArrayList<>(CanonicalRow.COLUMNS);
      Collections.shuffle(columns, random);
      String lineEnd = List.of("\n", "\r\n", "\r").get(random.nextInt(3));
      String saved =
          (random.nextBoolean() ? "\uFEFF" : "") + csv(columns, rows, lineEnd, random, true);
      assertThat(commands(saved))
          .describedAs("seed %d, file:%n%s", seed, saved)
          .isEqualTo(commands);
    }
  }

  /** Few payments, amounts and times, so that rows repeat. */
  private static Map<String, String> row(Random random) {
    Map<String, String> row = new HashMap<>();
    String command =
        List.of("create", "update", "process", "fail", "refund", "delete").get(random.nextInt(6));
    row.put("command", command);
    row.put("payment_id", "pay-" + random.nextInt(3));
    row.put("organization_id", "org");
    row.put("user_id", random.nextBoolean() ? "user-1" : "");
    row.put("description", List.of("Łódź", "caf\u00e9", "two\nlines", "Å").get(random.nextInt(4)));
    row.put("reason", List.of("", "na\u00efve", "said \"no\", twice").get(random.nextInt(3)));
    row.put("correlation_id", random.nextBoolean() ? "order-1" : "");
    String currency = List.of("GBP", "JPY", "KWD", "UYW").get(random.nextInt(4));
    int places = Currencies.exponent(currency).orElseThrow();
    row.put("currency", currency);
    row.put("amount", BigDecimal.valueOf(random.nextInt(3) * 50L + 500, places).toPlainString());
    row.put(
        "occurred_at",
        random.nextBoolean()
            ? ""
            : Instant.ofEpochSecond(1_291_191_960 + random.nextInt(3))
                .plusNanos(random.nextInt(3) * 1_500_000L)
                .toString());
    return row;
  }

  private static String csv(
      List<String> columns,
      List<Map<String, String>> rows,
      String lineEnd,
      Random random,
      boolean anew) {
    StringBuilder text = new StringBuilder(String.join(",", columns)).append(lineEnd);
    for (Map<String, String> row : rows) {
      List<String> cells = new ArrayList<>();
      for (String column : columns) {
        String value = row.getOrDefault(column, "");
        cells.add(cell(anew ? anew(column, value, lineEnd, random) : value, random));
      }
      text.append(String.join(",", cells)).append(lineEnd);
    }
    return text.toString();
  }

  private static String cell(String value, Random random) {
    boolean quoted =
        random.nextBoolean() || value.chars().anyMatch(c -> c == ',' || c == '"' || c < ' ');
    return quoted ? "\"" + value.replace("\"", "\"\"") + "\"" : value;
  }

  private static String anew(String column, String value, String lineEnd, Random random) {
    if (value.isEmpty()) {
      return random.nextInt(4) == 0 ? " " : "";
    }
    String other =
        switch (column) {
          case "amount" -> amount(value, random);
          case "occurred_at" -> time(Instant.parse(value), random);
          case "description", "reason" ->
              Normalizer.normalize(
                      value, random.nextBoolean() ? Normalizer.Form.NFC : Normalizer.Form.NFD)
                  .replace("\n", lineEnd);
          default -> value;
        };
    List<String> blanks = List.of("", " ", "\t", "\u00a0 ");
    return blanks.get(random.nextInt(4)) + other + blanks.get(random.nextInt(4));
  }

  private static String amount(String value, Random random) {
    BigDecimal amount = new BigDecimal(value);
    BigDecimal shortest = amount.stripTrailingZeros();
    int least = Math.max(0, shortest.scale());
    int places = least + random.nextInt(amount.scale() - least + 1);
    return "0".repeat(random.nextInt(3)) + amount.setScale(places).toPlainString();
  }

  private static String time(Instant time, Random random) {
    ZoneOffset offset = ZoneOffset.ofTotalSeconds(900 * (random.nextInt(97) - 48));
    String text = DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(time.atOffset(offset));
    return random.nextBoolean() ? text : time.plusNanos(random.nextInt(1_000)).toString();
  }

  private static CommandContext context(Command command) {
    return switch (command.getCommandCase()) {
      case CREATE -> command.getCreate().getContext();
      case UPDATE -> command.getUpdate().getContext();
      case PROCESS -> command.getProcess().getContext();
      case FAIL -> command.getFail().getContext();
      case REFUND -> command.getRefund().getContext();
      case DELETE -> command.getDelete().getContext();
      case COMMAND_NOT_SET -> throw new AssertionError("no command");
    };
  }

  private static List<String> ids(String text) throws IOException {
    return commands(text).stream().map(it -> context(it).getRequestId()).toList();
  }

  private static List<Command> commands(String text) throws IOException {
    return rows(text).stream()
        .filter(Sendable.class::isInstance)
        .map(row -> ((Sendable) row).command())
        .toList();
  }

  private static List<ImportRow> rows(String text) throws IOException {
    List<ImportRow> rows = new ArrayList<>();
    try (CommandFile file = CommandFile.read(new StringReader(text))) {
      file.forEachRemaining(rows::add);
    }
    return rows;
  }
}
