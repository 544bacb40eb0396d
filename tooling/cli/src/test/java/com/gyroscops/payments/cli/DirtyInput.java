package com.gyroscops.payments.cli;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import java.io.ByteArrayOutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * A small file of commands, made up, with every kind of dirt that an import tells of, and what must
 * come of it. Always the same: it stands in the repository, for whoever has no real input.
 */
final class DirtyInput {

  static final String COMMANDS = "dirty-commands.csv";
  static final String EXPECTED = "dirty-expected.json";

  private static final int PAYMENTS = 600;
  private static final int SECONDS_BETWEEN = 97;
  private static final Instant START = Instant.parse("2025-03-30T00:30:00Z");
  private static final List<String> ORGANIZATIONS =
      List.of("org-north", "org-east", "org-south", "org-west");
  private static final List<String> THINGS =
      List.of(
          "blue kettle",
          "LAMP, GREEN",
          "a \"good\" chair",
          "Bücherregal 1,80 m",
          "  thé à la menthe ",
          "",
          "椅子",
          "pen; red | black");

  private static final class Figures {
    private long payments;
    private long grossMinor;
    private long refundedMinor;
  }

  private final Random random = new Random(20_250_330);
  private final ByteArrayOutputStream csv = new ByteArrayOutputStream();
  private final Map<String, Figures> figures = new TreeMap<>();
  private final Map<String, Integer> commands = new TreeMap<>();
  private int accepted;
  private int rejected;
  private Instant now = START;

  private DirtyInput() {
    line(
        "command,payment_id,organization_id,user_id,amount,currency,description,correlation_id,"
            + "reason,occurred_at",
        StandardCharsets.UTF_8);
    for (int i = 1; i <= PAYMENTS; i++) {
      payment("made-up-" + i);
      if (i % 20 == 0) {
        refused(i);
      }
      if (i % 40 == 0) {
        unusable(i / 40);
      }
    }
  }

  static DirtyInput generate() {
    return new DirtyInput();
  }

  byte[] commands() {
    return csv.toByteArray();
  }

  String expected() {
    JsonObject names = new JsonObject();
    commands.forEach(names::addProperty);
    JsonObject organizations = new JsonObject();
    figures.forEach((name, each) -> {
      JsonObject organization = new JsonObject();
      organization.addProperty("payments", each.payments);
      organization.addProperty("gross_minor", each.grossMinor);
      organization.addProperty("refunded_minor", each.refundedMinor);
      organizations.add(name, organization);
    });
    JsonObject all = new JsonObject();
    all.add("commands", names);
    all.addProperty("rejected", rejected);
    all.addProperty("accepted", accepted);
    all.addProperty("payments", PAYMENTS);
    all.add("by_org", organizations);
    return new GsonBuilder().setPrettyPrinting().create().toJson(all) + "\n";
  }

  /** A payment that is made, processed and at times given back, in whole or in parts. */
  private void payment(String id) {
    String organization = ORGANIZATIONS.get(random.nextInt(ORGANIZATIONS.size()));
    long minor = 1L + random.nextInt(random.nextInt(10) == 0 ? 1_000_000 : 10_000);
    Figures figure = figures.computeIfAbsent(organization, _ -> new Figures());
    figure.payments++;
    figure.grossMinor += minor;
    now = now.plusSeconds(1 + random.nextInt(SECONDS_BETWEEN));
    row("create", id, organization, amount(minor), THINGS.get(random.nextInt(THINGS.size())), "");
    row("process", id, organization, amount(minor), "", "");
    accepted += 2;
    long left = minor;
    while (left > 0 && random.nextInt(8) == 0) {
      long back = 1 + random.nextLong(left);
      left -= back;
      figure.refundedMinor += back;
      row("refund", id, organization, amount(back), "", "came back, " + left + " left");
      accepted++;
    }
  }

  /** Rows that are well written, and that the server refuses. */
  private void refused(int number) {
    String organization = ORGANIZATIONS.get(random.nextInt(ORGANIZATIONS.size()));
    row("create", "nothing-" + number, organization, "0.00", "worth nothing", "");
    row("process", "nothing-" + number, organization, "0.00", "", "");
    row("refund", "unknown-" + number, organization, amount(number), "", "of what?");
    rejected += 3;
  }

  /** A row that makes no command. */
  private void unusable(int kind) {
    String id = "unusable-" + kind;
    switch (kind) {
      case 1 -> row("chrage", id, "org-north", "1.00", "", "");
      case 2 -> row("create", id, "org-north", "12,50", "", "");
      case 3 -> row("create", id, "org-north", "1.005", "", "");
      case 4 -> row("create", id, "org-north", "-3.00", "", "");
      case 5 -> row("create", id, "org-north", "", "", "");
      case 6 -> row("create", id, "org-north", "99999999999999999.00", "", "");
      case 7 -> row("create", id, "", "1.00", "", "");
      case 8 -> row("create", "", "org-north", "1.00", "", "");
      case 9 -> row("create", "no identifier!", "org-north", "1.00", "", "");
      case 10 -> line("create," + id + ",org-north,user-1,1.00,GPB,,,,", StandardCharsets.UTF_8);
      case 11 ->
          line("create," + id + ",org-north,user-1,1.00,GBP,,,,soon", StandardCharsets.UTF_8);
      case 12 -> line("create," + id + ",org-north,user-1,1.00,GBP", StandardCharsets.UTF_8);
      case 13 -> line("create," + id + ",org-north,u,1.00,GBP,a,b,c,,d", StandardCharsets.UTF_8);
      case 14 ->
          line("create," + id + ",org-north,user-1,1.00,GBP,Möbel,,,", StandardCharsets.ISO_8859_1);
      default -> line("create," + id + ",org-north,user-1,1.00,,,,,", StandardCharsets.UTF_8);
    }
    rejected++;
  }

  private void row(
      String command,
      String id,
      String organization,
      String amount,
      String description,
      String reason) {
    commands.merge(command, 1, Integer::sum);
    List<String> columns = new ArrayList<>();
    columns.add(command);
    columns.add(id);
    columns.add(organization);
    columns.add("user-" + random.nextInt(50));
    columns.add(amount);
    columns.add("GBP");
    columns.add(description);
    columns.add("order-" + now.getEpochSecond() / 300);
    columns.add(reason);
    columns.add(time());
    line(
        String.join(",", columns.stream().map(DirtyInput::quoted).toList()),
        StandardCharsets.UTF_8);
  }

  /** One amount in more than one spelling. */
  private String amount(long minor) {
    String text = "%d.%02d".formatted(minor / 100, minor % 100);
    return switch (random.nextInt(12)) {
      case 0 -> "0" + text;
      case 1 -> " " + text;
      case 2 -> minor % 100 == 0 ? Long.toString(minor / 100) : text;
      default -> text;
    };
  }

  /** One time in more than one spelling. */
  private String time() {
    return switch (random.nextInt(6)) {
      case 0 -> now.toString().replace("Z", "+00:00");
      case 1 -> now.plusSeconds(7_200).toString().replace("Z", "+02:00");
      case 2 -> now.toString().replace("Z", ".000Z");
      default -> now.toString();
    };
  }

  private static String quoted(String value) {
    return value.contains(",") || value.contains("\"")
        ? '"' + value.replace("\"", "\"\"") + '"'
        : value;
  }

  private void line(String text, Charset charset) {
    csv.writeBytes((text + "\n").getBytes(charset));
  }
}
