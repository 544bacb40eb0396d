package com.gyroscops.payments.read;

import static com.gyroscops.payments.read.UntilFresh.untilFresh;
import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.gyroscops.payments.read.source.search.SearchEngines;
import com.gyroscops.payments.stack.engine.LocalOpenSearch;
import com.gyroscops.payments.stack.process.FreePorts;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentFilter;
import com.gyroscops.payments.v1.ReadOptions;
import com.gyroscops.payments.v1.ReadSource;
import com.gyroscops.payments.v1.SearchPaymentsRequest;
import com.gyroscops.payments.v1.SearchPaymentsResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole replica with a search engine among its sources. */
@Tag("engines")
class SearchReplicaTest extends ReplicaTest {

  @Override
  protected void fill(SampleLog empty) {
    super.fill(empty);
    empty.update("acme", "p1", "Crème brûlée for two");
  }

  private RunningReplica replica(String url) {
    return starting(Map.of("search.url", url, "search.index-prefix", SearchEngines.newPrefix()));
  }

  /** Where the replica knows the source to stand; -1: it has none. */
  private static double position(RunningReplica replica, String which) throws Exception {
    return replica.metric("payments_source_" + which + "{source=\"search\"");
  }

  private static SearchPaymentsResponse search(RunningReplica replica, ReadSource source) {
    ReadOptions options = RunningReplica.fullyConsistent().toBuilder().setSource(source).build();
    return untilFresh(() ->
        replica
            .queries()
            .searchPayments(
                SearchPaymentsRequest.newBuilder()
                    .setOrganizationId("acme")
                    .setFilter(PaymentFilter.newBuilder().setText("creme brul*"))
                    .setReadOptions(options)
                    .build()));
  }

  @Test
  void aReplicaAnswersFromTheEngineAndShowsBothOfItsPositions() throws Exception {
    try (RunningReplica replica = replica(SearchEngines.shared().toString())) {
      eventually("it serves", replica::isServing);
      eventually("searches see the head", () -> position(replica, "position") == 2);
      eventually("it is applied", () -> position(replica, "indexed_position") == 2);
      SearchPaymentsResponse found = search(replica, ReadSource.READ_SOURCE_SEARCH);
      assertThat(found.getRead().getSource()).isEqualTo(ReadSource.READ_SOURCE_SEARCH);
      assertThat(found.getPaymentsList())
          .extracting(Payment::getPaymentId, Payment::getVersion)
          .containsExactly(tuple("p1", 2L));
    }
  }

  @Test
  void aReplicaServesWithoutTheEngineAndTakesItUpWhenItIsThere(@TempDir Path folder)
      throws Exception {
    int port = FreePorts.next();
    try (RunningReplica replica = replica("http://127.0.0.1:" + port)) {
      eventually("it serves", replica::isServing);
      SearchPaymentsResponse found = search(replica, ReadSource.READ_SOURCE_UNSPECIFIED);
      assertThat(found.getRead().getSource()).isNotEqualTo(ReadSource.READ_SOURCE_SEARCH);
      assertThat(found.getPaymentsList()).hasSize(1);
      try (LocalOpenSearch engine =
          LocalOpenSearch.start(folder.resolve("data"), port, folder.resolve("log"))) {
        assertThat(engine.port()).isEqualTo(port);
        eventually(
            "searches see the head",
            Duration.ofMinutes(2),
            () -> position(replica, "position") == 2);
        assertThat(search(replica, ReadSource.READ_SOURCE_SEARCH).getPaymentsList()).hasSize(1);
      }
      assertThat(search(replica, ReadSource.READ_SOURCE_UNSPECIFIED).getPaymentsList()).hasSize(1);
    }
  }

  @Test
  void withoutAUrlThereIsNoSuchSource() throws Exception {
    try (RunningReplica replica = replica("")) {
      eventually("it serves", replica::isServing);
      assertThat(position(replica, "position")).isNegative();
    }
  }
}
