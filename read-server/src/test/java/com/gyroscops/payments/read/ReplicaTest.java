package com.gyroscops.payments.read;

import static com.gyroscops.payments.testing.Eventually.eventually;

import com.gyroscops.payments.v1.GetPaymentRequest;
import com.gyroscops.payments.v1.GetPaymentResponse;
import com.gyroscops.payments.v1.ReadOptions;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** What tests of whole replicas begin with: a log, its feed, and a database of their own. */
public abstract class ReplicaTest {

  protected final SampleLog log = new SampleLog("payments", "epoch-1");
  protected ScriptedFeed feed;
  protected String database;
  protected Map<String, Object> settings;

  @BeforeEach
  void openLogAndDatabase() throws Exception {
    fill(log);
    feed = new ScriptedFeed(log);
    database = ReadDatabase.newDatabase(ReadDatabase.shared());
    settings = ReadDatabase.settings(ReadDatabase.shared(), database);
  }

  @AfterEach
  void closeFeed() {
    feed.close();
  }

  /** What the log holds before any replica starts: payment p1 of acme, at position 1. */
  protected void fill(SampleLog empty) {
    empty.create("acme", "p1");
  }

  /** Starts a replica, which the caller closes; it may not serve yet. */
  protected final RunningReplica starting(Map<String, Object> more) {
    return RunningReplica.start(settings, feed, more);
  }

  /** Starts a replica and waits until it serves. */
  protected final RunningReplica serving(Map<String, Object> more) throws Exception {
    RunningReplica replica = starting(more);
    eventually("it serves", replica::isServing);
    return replica;
  }

  /** Starts a replica and waits until it serves and hears of changes, so that it may cache. */
  protected final RunningReplica caching(Map<String, Object> more) throws Exception {
    RunningReplica replica = serving(more);
    eventually("it hears changes", () -> replica.metric("payments_tracker_up") == 1);
    return replica;
  }

  /** Asks a replica for the payment that the log begins with. */
  protected static GetPaymentResponse get(RunningReplica replica, ReadOptions options) {
    return replica
        .queries()
        .getPayment(
            GetPaymentRequest.newBuilder()
                .setOrganizationId("acme")
                .setPaymentId("p1")
                .setReadOptions(options)
                .build());
  }
}
