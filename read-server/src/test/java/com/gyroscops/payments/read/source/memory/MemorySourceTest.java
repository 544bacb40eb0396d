package com.gyroscops.payments.read.source.memory;

import com.gyroscops.payments.read.source.Capability;
import com.gyroscops.payments.read.source.PaymentSource;
import com.gyroscops.payments.read.source.PaymentSourceContract;
import com.gyroscops.payments.read.source.SourcePosition;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

class MemorySourceTest extends PaymentSourceContract {

  @TempDir private Path folder;
  private final List<MemorySource> opened = new ArrayList<>();

  @AfterEach
  void close() {
    opened.forEach(MemorySource::close);
  }

  /** Filled from the feed's beginning, for there is nothing that a snapshot could be of. */
  @Override
  protected PaymentSource newSource() {
    MemorySource source = source(folder);
    opened.add(source);
    return source;
  }

  MemorySource source(Path in) {
    return new MemorySource(receiver -> receiver.start(SourcePosition.NOWHERE), in, 1_000_000);
  }

  @Override
  protected Set<Capability> capabilities() {
    return Set.of(
        Capability.FIND,
        Capability.SEARCH,
        Capability.AGGREGATE,
        Capability.ANALYZE,
        Capability.SUGGEST);
  }
}
