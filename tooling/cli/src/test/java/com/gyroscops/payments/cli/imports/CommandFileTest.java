package com.gyroscops.payments.cli.imports;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.gyroscops.payments.cli.imports.ImportRow.Sendable;
import com.gyroscops.payments.cli.imports.ImportRow.Unusable;
import com.gyroscops.payments.v1.Amount;
import com.gyroscops.payments.v1.Command;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CommandFileTest {

  private static final String HEADER =
      "command,payment_id,organization_id,user_id,amount,currency,description,correlation_id,reason,"
          + "occurred_at\n";
  private static final String CREATE =
      "create,pay-1,org,user-1,15.30,GBP,WHITE LANTERN,invoice-1,,2010-12-01T08:26:00Z\n";
  private static final String PROCESS =
      "process,pay-1,org,user-1,15.30,GBP,,invoice-1,,2010-12-01T08:26:00Z\n";

  @Test
  void a_create_carries_all_that_its_row_says() throws Exception {
    Sendable row = (Sendable) rows(HEADER + CREATE).getFirst();
    var create = row.command().getCreate();

    assertThat(row.row()).isEqualTo(1);
    assertThat(row.line()).isEqualTo(2);
    assertThat(create.getOrganizationId()).isEqualTo("org");
    assertThat(create.getPaymentId()).isEqualTo("pay-1");
    assertThat(create.getAmount()).isEqualTo(amount(1530, "GBP"));
    assertThat(create.getPersonalData().getUserId()).isEqualTo("user-1");
    assertThat(create.getPersonalData().getDescription()).isEqualTo("WHITE LANTERN");
    assertThat(create.getContext().getCorrelationId()).isEqualTo("invoice-1");
    assertThat(create.getContext().getEffectiveTime().getSeconds()).isEqualTo(1_291_191_960L);
    assertThat(create.getContext().getRequestId()).matches("[0-9a-f]{32}");
  }

  @Test
  void every_command_has_its_row() throws Exception {
    List<Command> commands =
        sendable(
            HEADER
                + CREATE
                + PROCESS
                + "update,pay-1,org,user-2,,,,,,\n"
                + "fail,pay-2,org,,,,,,card_declined,\n"
                + "fail,pay-3,org,,,,,,the card was declined,\n"
                + "refund,pay-1,org,,2.50,GBP,,,broken,2010-12-02T00:00:00+01:00\n"
                + "refund,pay-1,org,,,,,,the rest,\n"
                + "delete,pay-2,org,,,,,,by mistake,\n");

    assertThat(commands.get(1).getProcess().getAmount()).isEqualTo(amount(1530, "GBP"));
    assertThat(commands.get(2).getUpdate().getUpdateMask().getPathsList())
        .containsExactly("personal_data.user_id");
    assertThat(commands.get(3).getFail().getFailure().getCode()).isEqualTo("card_declined");
    assertThat(commands.get(4).getFail().getFailure().getCode()).isEqualTo("UNSPECIFIED");
    assertThat(commands.get(4).getFail().getFailure().getPersonalData().getMessage())
        .isEqualTo("the card was declined");
    assertThat(commands.get(5).getRefund().getRefundId())
        .isEqualTo(commands.get(5).getRefund().getContext().getRequestId());
    assertThat(commands.get(6).getRefund().hasAmount()).isFalse();
    assertThat(commands.get(7).getDelete().getPersonalData().getReason()).isEqualTo("by mistake");
    assertThat(commands.get(7).getDelete().getContext().hasEffectiveTime()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "15.3, GBP, 1530",
    "15, GBP, 1500",
    "0.00, GBP, 0",
    "1500, JPY, 1500",
    "1.005, KWD, 1005",
    "92233720368547758.07, EUR, 9223372036854775807"
  })
  void amounts_become_minor_units_without_rounding(String text, String currency, long minorUnits)
      throws Exception {
    Command command = sendable(HEADER + createOf(text, currency)).getFirst();
    assertThat(command.getCreate().getAmount()).isEqualTo(amount(minorUnits, currency));
  }

  @ParameterizedTest
  @CsvSource({
    "10.005, GBP, amount",
    "10.000, GBP, amount",
    "1.5, JPY, amount",
    "-1.00, GBP, amount",
    "1e3, GBP, amount",
    "'1,000.00', GBP, amount",
    "abc, GBP, amount",
    "1.00, gbp, currency",
    "1.00, XYZ, currency",
    "1.00, XAU, currency",
    "1.00, '', currency",
    "'', GBP, amount",
    "92233720368547758.08, EUR, amount",
    "99999999999999999999, EUR, amount"
  })
  void amounts_that_are_none_cost_their_row(String text, String currency, String field)
      throws Exception {
    RowRejection rejection = rejections(HEADER + createOf(text, currency) + CREATE).getFirst();
    assertThat(rejection.field()).isEqualTo(field);
    assertThat(rejection.reason()).isEqualTo("FIELD_INVALID");
    assertThat(rejection.row()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "capture,pay-1,org,,1.00,GBP,,,, | command",
        "create,,org,,1.00,GBP,,,, | payment_id",
        "create,pay 1,org,,1.00,GBP,,,, | payment_id",
        "create,pay-1,,,1.00,GBP,,,, | organization_id",
        "create,pay-1,-,,1.00,GBP,,,, | organization_id",
        "create,pay-1,org,a/b,1.00,GBP,,,, | user_id",
        "create,pay-1,org,,1.00,GBP,,a b,, | correlation_id",
        "create,pay-1,org,,1.00,GBP,,,,yesterday | occurred_at",
        "create,pay-1,org,,1.00,GBP,,,,2010-12-01 08:26 | occurred_at",
        "create,pay-1,org,,1.00,GBP,,,,1969-12-31T23:59:59Z | occurred_at",
        "update,pay-1,org,,,,,,, | description",
      })
  void a_wrong_column_is_named(String line, String field) throws Exception {
    assertThat(rejections(HEADER + line.strip() + "\n").getFirst().field()).isEqualTo(field);
  }

  @Test
  void overlong_fields_are_told_together() throws Exception {
    String row = "create," + "p".repeat(65) + ",org,,1.00,GBP," + "d".repeat(1_001) + ",,,\n";
    RowRejection rejection = rejections(HEADER + row).getFirst();
    assertThat(rejection.field()).isEqualTo("payment_id");
    assertThat(rejection.message()).contains("65 characters").contains("1001 characters");
  }

  @Test
  void rows_with_too_few_or_too_many_columns_are_left_out_alone() throws Exception {
    String text = HEADER + "create,pay-1,org\n" + CREATE + CREATE.strip() + ",more\n";
    assertThat(rejections(text)).extracting(RowRejection::row).containsExactly(1L, 3L);
    assertThat(sendable(text)).hasSize(1);
  }

  @Test
  void columns_may_stand_in_any_order_and_others_among_them() throws Exception {
    String other =
        "currency,note,amount,organization_id,payment_id,Command,user_id,description,"
            + "correlation_id,reason,occurred_at\n"
            + "GBP,x,15.30,org,pay-1,create,user-1,WHITE LANTERN,invoice-1,,2010-12-01T08:26:00Z\n";
    assertThat(sendable(other)).isEqualTo(sendable(HEADER + CREATE));
  }

  @Test
  void a_row_keeps_its_request_id_wherever_it_stands() throws Exception {
    String inserted = "create,pay-0,org,,1.00,GBP,,,,\n";
    assertThat(sendable(HEADER + inserted + CREATE + PROCESS).subList(1, 3))
        .isEqualTo(sendable(HEADER + CREATE + PROCESS));
  }

  @Test
  void the_same_row_twice_is_two_commands_and_the_same_two_each_time() throws Exception {
    String refund = "refund,pay-1,org,,1.00,GBP,,,,\n";
    List<Command> commands = sendable(HEADER + refund + CREATE + refund);
    assertThat(commands.get(0).getRefund().getContext().getRequestId())
        .isNotEqualTo(commands.get(2).getRefund().getContext().getRequestId());
    assertThat(sendable(HEADER + refund + refund))
        .containsExactly(commands.get(0), commands.get(2));
  }

  @Test
  void values_that_only_read_alike_have_different_ids() throws Exception {
    List<Command> commands =
        sendable(
            HEADER + "create,pay-1,org,,1.00,GBP,ab,c,,\n" + "create,pay-1,org,,1.00,GBP,a,bc,,\n");
    assertThat(commands.get(0).getCreate().getContext().getRequestId())
        .isNotEqualTo(commands.get(1).getCreate().getContext().getRequestId());
  }

  @Test
  void a_byte_order_mark_and_quoted_line_breaks_are_read(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("commands.csv");
    Files.writeString(
        file, "\uFEFF" + HEADER + "create,pay-1,org,,1.00,GBP,\"two\nlines\",,,\n" + CREATE);
    try (CommandFile rows = CommandFile.open(file)) {
      Sendable first = (Sendable) rows.next();
      assertThat(first.command().getCreate().getPersonalData().getDescription())
          .isEqualTo("two\nlines");
      assertThat(((Sendable) rows.next()).row()).isEqualTo(2);
    }
  }

  @Test
  void bytes_that_are_not_utf_8_cost_their_row_alone(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("commands.csv");
    byte[] text =
        (HEADER + "create,pay-2,org,,1.00,GBP,caf#,,,\n" + CREATE)
            .getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    for (int i = 0; i < text.length; i++) {
      text[i] = text[i] == '#' ? (byte) 0xE9 : text[i];
    }
    Files.write(file, text);
    try (CommandFile rows = CommandFile.open(file)) {
      assertThat(((Unusable) rows.next()).rejection().field()).isEqualTo("description");
      assertThat(rows.next()).isInstanceOf(Sendable.class);
    }
  }

  @Test
  void a_file_without_a_needed_column_is_no_command_file() {
    assertThatThrownBy(() -> rows("a,b\n1,2\n"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no column command");
    assertThatThrownBy(() -> rows("command,command\n"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("header is wrong");
    assertThatThrownBy(() -> rows("")).isInstanceOf(IOException.class);
  }

  @Test
  void a_quote_that_never_closes_ends_the_file_with_its_line() {
    assertThatThrownBy(() -> rows(HEADER + CREATE + "create,\"pay-2,org\n"))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("line")
        .hasMessageContaining("not CSV");
  }

  private static String createOf(String amount, String currency) {
    return "create,pay-1,org,,\"" + amount + "\"," + currency + ",,,,\n";
  }

  private static Amount amount(long minorUnits, String currency) {
    return Amount.newBuilder().setMinorUnits(minorUnits).setCurrencyCode(currency).build();
  }

  private static List<ImportRow> rows(String text) throws IOException {
    List<ImportRow> rows = new ArrayList<>();
    try (CommandFile file = CommandFile.read(new StringReader(text))) {
      file.forEachRemaining(rows::add);
    }
    return rows;
  }

  private static List<Command> sendable(String text) throws IOException {
    return rows(text).stream()
        .filter(Sendable.class::isInstance)
        .map(row -> ((Sendable) row).command())
        .toList();
  }

  private static List<RowRejection> rejections(String text) throws IOException {
    return rows(text).stream()
        .filter(Unusable.class::isInstance)
        .map(row -> ((Unusable) row).rejection())
        .toList();
  }
}
