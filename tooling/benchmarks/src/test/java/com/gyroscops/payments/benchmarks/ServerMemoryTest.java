package com.gyroscops.payments.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.stack.process.Metrics;
import org.junit.jupiter.api.Test;

class ServerMemoryTest {

  private static final Metrics METRICS =
      Metrics.parse(
          """
          # HELP jvm_memory_used_bytes The amount of used memory
          # TYPE jvm_memory_used_bytes gauge
          jvm_memory_used_bytes{area="heap",id="G1 Eden Space",} 1.048576E7
          jvm_memory_used_bytes{area="heap",id="G1 Old Gen"} 2048
          jvm_memory_used_bytes{area="nonheap",id="Metaspace"} 9.9E9
          jvm_memory_max_bytes{area="heap",id="G1 Eden Space"} -1.0
          jvm_memory_max_bytes{area="heap",id="G1 Old Gen"} 5.36870912E8
          """);

  @Test
  void theHeapIsTheSumOfItsAreas() {
    assertThat(ServerMemory.heapBytes(METRICS, "jvm_memory_used_bytes")).isEqualTo(10_487_808);
  }

  @Test
  void anAreaWithoutALimitOfItsOwnAddsNothing() {
    assertThat(ServerMemory.heapBytes(METRICS, "jvm_memory_max_bytes")).isEqualTo(536_870_912);
  }

  @Test
  void thePeakComesFromTheSystemWhereItTells() {
    assertThat(ServerMemory.rssPeakBytes("Name:\tjava\nVmHWM:\t  300 kB\nVmRSS:\t 200 kB\n"))
        .hasValue(307_200);
    assertThat(ServerMemory.rssPeakBytes("")).isEmpty();
  }
}
