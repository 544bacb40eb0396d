package com.gyroscops.payments.cli.imports;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.gyroscops.payments.cli.imports.ImportRow.Sendable;
import com.gyroscops.payments.testing.Seed;
import com.gyroscops.payments.v1.CommandServiceGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CommandImportTest {

  private static final String HEADER =
      "command,payment_id,organization_id,user_id,amount,currency,description,correlation_id,reason,"
          + "occurred_at\n";

  private final List<Server> servers = new ArrayList<>();
  private final List<ManagedChannel> channels = new ArrayList<>();
  private final Rejections rejections = new Rejections();

  private static final class Rejections implements ImportListener {
    final List<RowRejection> all = new ArrayList<>();
    final List<Long> known = new ArrayList<>();

    @Override
    public void rejected(RowRejection rejection) {
      all.add(rejection);
    }

    @Override
    public void known(long line) {
      known.add(line);
    }

    @Override
    public void advanced(long rows) {}

    @Override
    public void troubled(String what) {}
  }

  @AfterEach
  void close() {
    channels.forEach(ManagedChannel::shutdownNow);
    servers.forEach(Server::shutdownNow);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void whatever_fails_every_row_takes_effect_once_and_in_its_payments_order(long seed)
      throws Exception {
    NastyServers nasty = new NastyServers(seed, 0.08);
    serve(nasty, 1 + (int) (seed % 3));
    String file = file(Seed.random(seed), 150);

    ImportResult result = run(file, Duration.ofMinutes(2));

    assertThat(nasty.troubles).isPositive();
    assertThat(result.complete()).isTrue();
    assertThat(result.rows()).isEqualTo(rows(file).size());
    assertThat(result.accepted() + result.rejected()).isEqualTo(result.rows());
    assertThat(nasty.applied).isEqualTo(expected(file));
    // What this import sent again itself is replayed, but was not known.
    assertThat(result.known()).isZero();
    assertThat(rejections.all)
        .allMatch(rejection -> rejection.payment().startsWith("unknown"))
        .hasSize((int) result.rejected());
  }

  @Test
  void a_second_import_repeats_every_answer_and_changes_nothing() throws Exception {
    NastyServers calm = new NastyServers(1, 0);
    serve(calm, 2);
    String file = file(Seed.random(1), 300);
    ImportResult first = run(file, Duration.ofMinutes(2));
    var after = new HashMap<>(calm.applied);

    ImportResult second = run(file, Duration.ofMinutes(2));

    assertThat(first.replayed()).isZero();
    assertThat(second.replayed()).isEqualTo(second.rows());
    assertThat(second.known()).isEqualTo(second.rows());
    assertThat(second.accepted()).isEqualTo(first.accepted());
    assertThat(second.rejected()).isEqualTo(first.rejected());
    assertThat(calm.applied).isEqualTo(after);
  }

  @Test
  void a_file_that_was_saved_anew_refunds_nothing_twice_and_its_known_lines_are_told()
      throws Exception {
    NastyServers calm = new NastyServers(1, 0);
    serve(calm, 1);
    run(HEADER + create("pay-1") + "refund,pay-1,org,,5.00,GBP,,,,\n", Duration.ofMinutes(2));
    var after = new HashMap<>(calm.applied);

    ImportResult again =
        run(
            HEADER
                + create("pay-2")
                + "create,pay-1,org,,100,GBP,,,,\n"
                + "refund,pay-1,org,,5.0,GBP,,,,\n",
            Duration.ofMinutes(2));

    assertThat(calm.applied.get("pay-1")).isEqualTo(after.get("pay-1")).hasSize(2);
    assertThat(again).isEqualTo(new ImportResult(3, 3, 0, 2, 2, true));
    assertThat(rejections.known).containsExactlyInAnyOrder(3L, 4L);
  }

  @Test
  void rows_that_are_no_commands_are_counted_and_told() throws Exception {
    serve(new NastyServers(1, 0), 1);
    String file = HEADER + create("pay-1") + "create,pay-2,org,,1.005,GBP,,,,\n" + create("pay-3");

    ImportResult result = run(file, Duration.ofMinutes(2));

    assertThat(result).isEqualTo(new ImportResult(3, 2, 1, 0, 0, true));
    assertThat(rejections.all)
        .singleElement()
        .satisfies(rejection -> assertThat(rejection.row()).isEqualTo(2));
  }

  @Test
  void without_any_progress_it_gives_up_and_says_why() throws Exception {
    serve(new NastyServers(1, 1), 1);
    assertThatThrownBy(() -> run(HEADER + create("pay-1"), Duration.ZERO))
        .isInstanceOf(ImportStuckException.class)
        .hasMessageContaining("again");
  }

  @Test
  void a_server_without_the_service_is_told_at_once() throws Exception {
    Server server = InProcessServerBuilder.forName("empty").build().start();
    servers.add(server);
    channels.add(InProcessChannelBuilder.forName("empty").build());
    assertThatThrownBy(() -> run(HEADER + create("pay-1"), Duration.ofMinutes(10)))
        .isInstanceOf(ImportStuckException.class)
        .hasMessageContaining("UNIMPLEMENTED");
  }

  @Test
  void what_stands_before_unreadable_lines_is_still_carried_out() throws Exception {
    NastyServers calm = new NastyServers(1, 0);
    serve(calm, 1);
    assertThatThrownBy(
            () -> run(HEADER + create("pay-1") + "create,\"pay-2,org\n", Duration.ofMinutes(2)))
        .isInstanceOf(UncheckedIOException.class);
    assertThat(calm.applied).containsOnlyKeys("pay-1");
  }

  private void serve(NastyServers nasty, int count) throws IOException {
    for (int i = 0; i < count; i++) {
      CommandServiceGrpc.CommandServiceImplBase service = nasty.server();
      String name = "nasty-" + System.identityHashCode(nasty) + "-" + i;
      servers.add(InProcessServerBuilder.forName(name).addService(service).build().start());
      channels.add(InProcessChannelBuilder.forName(name).build());
    }
  }

  private ImportResult run(String file, Duration giveUpAfter)
      throws ImportStuckException, InterruptedException, IOException {
    var settings =
        new ImportSettings(
            64,
            256,
            giveUpAfter,
            // What is not answered is dropped by its server.
            Duration.ofMinutes(1),
            Duration.ofMillis(1),
            Duration.ofMillis(8));
    Iterator<ImportRow> rows = CommandFile.read(new StringReader(file));
    return new CommandImport(rows, channels, settings, rejections).run();
  }

  /** Creates, each followed by refunds near and far, and refunds of payments that do not exist. */
  private static String file(Random random, int payments) {
    StringBuilder text = new StringBuilder(HEADER);
    for (int i = 0; i < payments; i++) {
      text.append(create("pay-" + i));
      for (int n = random.nextInt(4); n > 0; n--) {
        int which = random.nextBoolean() ? i : random.nextInt(i + 1);
        text.append("refund,pay-").append(which).append(",org,,1.00,GBP,,,,\n");
      }
      if (random.nextInt(10) == 0) {
        text.append("refund,unknown-").append(i).append(",org,,1.00,GBP,,,,\n");
      }
    }
    return text.toString();
  }

  private static String create(String payment) {
    return "create," + payment + ",org,,100.00,GBP,,,,\n";
  }

  private static Map<String, List<String>> expected(String file) throws IOException {
    Map<String, List<String>> expected = new HashMap<>();
    for (ImportRow row : rows(file)) {
      Sendable sendable = (Sendable) row;
      String payment = sendable.key().payment();
      if (!payment.startsWith("unknown")) {
        expected
            .computeIfAbsent(payment, key -> new ArrayList<>())
            .add(NastyServers.context(sendable.command()).getRequestId());
      }
    }
    return expected;
  }

  private static List<ImportRow> rows(String file) throws IOException {
    List<ImportRow> rows = new ArrayList<>();
    CommandFile.read(new StringReader(file)).forEachRemaining(rows::add);
    return rows;
  }
}
