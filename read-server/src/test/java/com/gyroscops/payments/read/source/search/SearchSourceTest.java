package com.gyroscops.payments.read.source.search;

import com.gyroscops.payments.read.source.Capability;
import com.gyroscops.payments.read.source.PaymentSource;
import com.gyroscops.payments.read.source.PaymentSourceContract;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;

/** What the source does as all sources do. */
@Tag("engines")
class SearchSourceTest extends PaymentSourceContract {

  private final SearchEngines.Sources sources = new SearchEngines.Sources();

  @AfterEach
  void close() throws Exception {
    sources.closeAll();
  }

  @Override
  protected Set<Capability> capabilities() {
    return EnumSet.of(Capability.SEARCH, Capability.SUGGEST, Capability.ANALYZE_APPROXIMATELY);
  }

  @Override
  protected PaymentSource newSource() throws Exception {
    return sources.open(SearchEngines.shared(), SearchEngines.newPrefix());
  }

  @Override
  protected boolean mayShowMoreThanItClaims() {
    return true;
  }
}
