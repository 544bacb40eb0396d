package com.gyroscops.payments.read;

import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PersonalData;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The commands of a real retailer, or the small made-up ones of the repository, as the events that
 * the write side would have made of them.
 */
final class RetailLog {

  private static final int HEADER = 1;
  private static final int COLUMNS = 10;

  /** Digits of the one currency of the file, GBP. */
  private static final int EXPONENT = 2;

  private static final Path SMALL = Path.of("../tooling/cli/src/test/resources");
  private static final char NOT_UTF_8 = '\uFFFD';
  private static final Set<String> NAMES = Set.of("create", "process", "refund");
  private static final Pattern IDENTIFIER = Pattern.compile("[A-Za-z0-9._-]+");
  private static final Pattern AMOUNT = Pattern.compile("[0-9]{1,15}(\\.[0-9]{1,2})?");
  private static final Pattern ACCEPTED = Pattern.compile("\"accepted\": *([0-9]+)");

  private RetailLog() {}

  /** Reads the real file or, where that is not there, the small one. */
  static SampleLog read() throws IOException {
    Path folder = Path.of(System.getProperty("payments.retail.dir", "../../shared/data"));
    Path file = folder.resolve("retail-commands.csv");
    Path expected = folder.resolve("retail-expected.json");
    if (!Files.exists(file) || !Files.exists(expected)) {
      System.out.printf(
          "no real input in %s, which -Dpayments.retail.dir names: the small one of %s is used%n",
          folder, SMALL);
      file = SMALL.resolve("dirty-commands.csv");
      expected = SMALL.resolve("dirty-expected.json");
    }
    SampleLog log = new SampleLog("payments", "epoch-1");
    Map<String, Long> left = new HashMap<>();
    // Bytes that are not UTF-8 cost their row.
    new String(Files.readAllBytes(file), StandardCharsets.UTF_8)
        .lines()
        .skip(HEADER)
        .map(RetailLog::columns)
        .filter(RetailLog::isCommand)
        .forEach(columns -> append(log, left, columns));
    assertThat(log.head()).as("accepted commands").isEqualTo(accepted(expected));
    return log;
  }

  /** Whether an import makes a command of it; the rest is dirt. */
  private static boolean isCommand(List<String> columns) {
    return columns.size() == COLUMNS
        && NAMES.contains(columns.getFirst())
        && IDENTIFIER.matcher(columns.get(1)).matches()
        && !columns.get(2).isEmpty()
        && AMOUNT.matcher(columns.get(4)).matches()
        && columns.get(5).equals("GBP")
        && columns.stream().noneMatch(column -> column.indexOf(NOT_UTF_8) >= 0)
        && !columns.get(9).equals("soon");
  }

  private static long accepted(Path expected) throws IOException {
    Matcher number = ACCEPTED.matcher(Files.readString(expected));
    assertThat(number.find()).isTrue();
    return Long.parseLong(number.group(1));
  }

  /**
   * Appends what a command leads to; one that is not valid leads to nothing.
   *
   * @param left what can still be refunded of each payment
   */
  private static void append(SampleLog log, Map<String, Long> left, List<String> columns) {
    String id = columns.get(1);
    String organization = columns.get(2);
    String payment = organization + "/" + id;
    long amount = new BigDecimal(columns.get(4)).movePointRight(EXPONENT).longValueExact();
    long at = ChronoUnit.MICROS.between(Instant.EPOCH, Instant.parse(columns.get(9)));
    if (columns.getFirst().equals("create")) {
      if (amount > 0) {
        log.create(
            Payment.newBuilder()
                .setOrganizationId(organization)
                .setPaymentId(id)
                .setAmount(SampleLog.amount(amount, columns.get(5)))
                .setPersonalData(
                    PersonalData.newBuilder()
                        .setUserId(columns.get(3))
                        .setDescription(columns.get(6)))
                .setCorrelationId(columns.get(7))
                .setEffectiveTime(SampleLog.time(at))
                .build());
        left.put(payment, amount);
      }
      return;
    }
    Long open = left.get(payment);
    if (open == null) {
      return;
    }
    switch (columns.getFirst()) {
      case "process" -> log.process(organization, id);
      case "refund" -> {
        if (amount <= open) {
          log.refund(organization, id, amount, at);
          left.put(payment, open - amount);
        }
      }
      default -> throw new IllegalArgumentException("unknown command in " + columns);
    }
  }

  /** The columns of a line in which commas may be quoted and quotes doubled. */
  private static List<String> columns(String line) {
    List<String> columns = new ArrayList<>();
    StringBuilder column = new StringBuilder();
    boolean quoted = false;
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      if (c == '"' && quoted && i + 1 < line.length() && line.charAt(i + 1) == '"') {
        column.append(c);
        i++;
      } else if (c == '"') {
        quoted = !quoted;
      } else if (c == ',' && !quoted) {
        columns.add(column.toString());
        column.setLength(0);
      } else {
        column.append(c);
      }
    }
    columns.add(column.toString());
    columns.replaceAll(String::strip);
    return columns;
  }
}
