package com.gyroscops.payments.read.app;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.read.ReadDatabase;
import com.gyroscops.payments.read.RunningReplica;
import com.gyroscops.payments.read.SampleLog;
import com.gyroscops.payments.read.ScriptedFeed;
import com.gyroscops.payments.stack.engine.LocalPostgres;
import com.gyroscops.payments.testing.Seed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryWiringTest {

  @TempDir private Path folder;
  private final SampleLog log = new SampleLog("payments", "epoch-1").random(Seed.random(1), 500);

  private RunningReplica replica(ScriptedFeed feed, int paymentsMax) throws Exception {
    LocalPostgres postgres = ReadDatabase.shared();
    return RunningReplica.start(
        ReadDatabase.settings(postgres, ReadDatabase.newDatabase(postgres)),
        feed,
        Map.of("memory.payments-max", paymentsMax, "memory.folder", folder.toString()));
  }

  @Test
  void aReplicaFillsItsMemorySourceAndShowsItAndCleansUpBehindItself() throws Exception {
    try (ScriptedFeed feed = new ScriptedFeed(log)) {
      feed.publish();
      try (RunningReplica replica = replica(feed, 1_000)) {
        eventually(
            "memory holds all payments",
            () ->
                replica
                    .get("/prometheus")
                    .body()
                    .contains("\npayments_memory_payments " + (double) log.payments().size()));
        assertThat(replica.get("/prometheus").body())
            .contains("\npayments_memory_withdrawn 0.0")
            .contains("payments_source_position{source=\"memory\"");
      }
      try (var left = Files.list(folder)) {
        assertThat(left).isEmpty();
      }
    }
  }

  @Test
  void aReplicaThatMayHoldNoneHasNoMemorySource() throws Exception {
    try (ScriptedFeed feed = new ScriptedFeed(log)) {
      feed.publish();
      try (RunningReplica replica = replica(feed, 0)) {
        eventually("it serves", replica::isServing);
        assertThat(replica.get("/prometheus").body()).doesNotContain("payments_memory");
      }
      assertThat(feed.starts()).noneMatch(it -> it.getSource().equals("memory"));
    }
  }
}
