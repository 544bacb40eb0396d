package com.gyroscops.payments.benchmarks;

/** A question about the servers' speed, answered on a stack of its own. */
interface Benchmark {

  /** Measures and reports. Blocks for some times the settings' length. */
  void run(Settings settings, Report report) throws Exception;
}
