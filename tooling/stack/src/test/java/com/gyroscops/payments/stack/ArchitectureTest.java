package com.gyroscops.payments.stack;

import com.gyroscops.payments.testing.FloorPlan;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Dependencies point one way: the stack, its engines, processes. */
class ArchitectureTest {

  @Test
  void engines_know_processes_alone_and_those_nobody() {
    new FloorPlan("com.gyroscops.payments.stack").checkKnows(Map.of("engine", Set.of("process")));
  }
}
