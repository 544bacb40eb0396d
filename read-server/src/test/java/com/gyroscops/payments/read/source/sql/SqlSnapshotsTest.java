package com.gyroscops.payments.read.source.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.gyroscops.payments.contract.Lineage;
import com.gyroscops.payments.read.ReadDatabase;
import com.gyroscops.payments.read.SampleLog;
import com.gyroscops.payments.read.source.ApplyOutcome;
import com.gyroscops.payments.read.source.Snapshots;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.read.source.SourceUnavailableException;
import com.gyroscops.payments.testing.Seed;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SqlSnapshotsTest {

  private final SampleLog log = new SampleLog("payments", "epoch-1");
  private ReadDatabase database;
  private SqlSource sql;

  @BeforeEach
  void start() throws Exception {
    database = ReadDatabase.fresh();
    sql = database.source();
  }

  @AfterEach
  void stop() {
    sql.close();
    database.close();
  }

  private SourcePosition apply() throws SourceUnavailableException {
    SourcePosition at = sql.position();
    ApplyOutcome outcome = sql.apply(1, at, log.after(at.position()));
    return ((ApplyOutcome.Applied) outcome).at();
  }

  @Test
  void positionAndPaymentsAreOfOneSnapshotWhateverIsAppliedMeanwhile() throws Exception {
    Random random = Seed.random(1);
    sql.takeOver(1);
    sql.begin(1, "payments", Lineage.of("epoch-1"), 0);
    log.random(random, 3_000);
    SourcePosition before = apply();
    List<Payment> expected = log.payments();
    List<SourcePosition> positions = new ArrayList<>();
    List<Payment> payments = new ArrayList<>();
    new SqlSnapshots(database.dataSource())
        .read(
            new Snapshots.Receiver() {
              @Override
              public boolean start(SourcePosition at) {
                positions.add(at);
                return applyMore();
              }

              @Override
              public boolean payment(Payment payment) {
                payments.add(payment);
                return payments.size() % 500 != 0 || applyMore();
              }

              @Override
              public void parked(PaymentEvent event) {
                throw new IllegalStateException("nothing is parked");
              }

              private boolean applyMore() {
                log.random(random, 100);
                try {
                  apply();
                  return true;
                } catch (SourceUnavailableException e) {
                  throw new IllegalStateException(e);
                }
              }
            });
    assertThat(positions).containsExactly(before);
    assertThat(payments).containsExactlyInAnyOrderElementsOf(expected);
    assertThat(sql.position().position()).isGreaterThan(3_000);
  }

  @Test
  void aSourceThatIsBeingFilledHasNoSnapshot() throws Exception {
    SqlSnapshots snapshots = new SqlSnapshots(database.dataSource());
    assertThatThrownBy(() -> snapshots.read(refusing()))
        .isInstanceOf(SourceUnavailableException.class);
    sql.takeOver(1);
    sql.begin(1, "payments", Lineage.of("epoch-1"), 10);
    assertThatThrownBy(() -> snapshots.read(refusing()))
        .isInstanceOf(SourceUnavailableException.class);
  }

  private static Snapshots.Receiver refusing() {
    return new Snapshots.Receiver() {
      @Override
      public boolean start(SourcePosition at) {
        throw new IllegalStateException("no snapshot was expected");
      }

      @Override
      public boolean payment(Payment payment) {
        throw new IllegalStateException("no payment was expected");
      }

      @Override
      public void parked(PaymentEvent event) {
        throw new IllegalStateException("no event was expected");
      }
    };
  }
}
