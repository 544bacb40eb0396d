package com.gyroscops.payments.read.source.search;

import com.gyroscops.payments.localstack.LocalOpenSearch;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The engine that tests share, one for the whole JVM, and sources in it whose indices are their
 * own.
 */
public final class SearchEngines {

  private static final AtomicInteger PREFIXES = new AtomicInteger();
  private static @Nullable URI shared;

  private SearchEngines() {}

  /**
   * Where it answers: at {@code payments.test.search.url} if that is set, else at one that is
   * started now and ends with the JVM.
   */
  public static synchronized URI shared() throws IOException {
    URI url = shared;
    if (url == null) {
      String given = System.getProperty("payments.test.search.url", "");
      url = given.isEmpty() ? LocalOpenSearch.temporary().url() : URI.create(given);
      shared = url;
    }
    return url;
  }

  /** A prefix that no other source has. */
  public static String newPrefix() {
    return "test-" + ProcessHandle.current().pid() + "-" + PREFIXES.incrementAndGet();
  }

  /** Sources that are closed at the end of a test. */
  static final class Sources {
    private final List<AutoCloseable> opened = new ArrayList<>();

    /** A source that shows what it applied at once. */
    SearchSource open(URI url, String prefix) {
      return open(url, prefix, Duration.ZERO);
    }

    SearchSource open(URI url, String prefix, Duration refreshEvery) {
      return add(new SearchSource(url, "", "", prefix, refreshEvery, _ -> {}));
    }

    <T extends AutoCloseable> T add(T resource) {
      opened.add(resource);
      return resource;
    }

    void closeAll() throws Exception {
      for (AutoCloseable each : opened.reversed()) {
        each.close();
      }
      opened.clear();
    }
  }
}
