package com.gyroscops.payments.read.source.search;

import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.read.Opened;
import com.gyroscops.payments.stack.engine.LocalElasticsearch;
import com.gyroscops.payments.stack.engine.LocalOpenSearch;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
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

  /** More than a term of the engine may have: a payment with such a description is parked. */
  static final String TOO_LONG = "x".repeat(40_000);

  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final AtomicInteger PREFIXES = new AtomicInteger();
  private static @Nullable URI shared;

  private SearchEngines() {}

  /**
   * Where it answers: at {@code payments.test.search.url} if that is set, else at one that is
   * started now and ends with the JVM; of the kind that {@code payments.test.search.engine} names.
   */
  public static synchronized URI shared() throws IOException {
    URI url = shared;
    if (url == null) {
      String given = System.getProperty("payments.test.search.url", "");
      url = given.isEmpty() ? start() : URI.create(given);
      shared = url;
    }
    return url;
  }

  private static URI start() throws IOException {
    return System.getProperty("payments.test.search.engine", "").equals("elasticsearch")
        ? LocalElasticsearch.temporary().url()
        : LocalOpenSearch.temporary().url();
  }

  /**
   * Asks the engine directly.
   *
   * @return its answer
   * @throws AssertionError it refuses
   */
  static String ask(URI url, String method, String path, String body)
      throws IOException, InterruptedException {
    HttpResponse<String> response =
        HTTP.send(
            HttpRequest.newBuilder(url.resolve(path))
                .header("Content-Type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(response.statusCode()).as(response.body()).isLessThan(300);
    return response.body();
  }

  /** Names of the indices and aliases that start with a prefix, as the engine lists them. */
  static List<String> names(URI url, String prefix) throws IOException, InterruptedException {
    List<String> names = new ArrayList<>();
    for (String what : List.of("indices?h=index", "aliases?h=alias")) {
      ask(url, "GET", "/_cat/" + what, "")
          .lines()
          .map(String::strip)
          .filter(it -> it.startsWith(prefix + "-"))
          .forEach(names::add);
    }
    return names.stream().sorted().toList();
  }

  /** A prefix that no other source has. */
  public static String newPrefix() {
    return "test-" + ProcessHandle.current().pid() + "-" + PREFIXES.incrementAndGet();
  }

  /** Sources that are closed at the end of a test. */
  static final class Sources {
    private final Opened opened = new Opened();

    /** A source that shows what it applied at once. */
    SearchSource open(URI url, String prefix) {
      return open(url, prefix, Duration.ZERO);
    }

    SearchSource open(URI url, String prefix, Duration refreshEvery) {
      return add(new SearchSource(url, "", "", prefix, refreshEvery, _ -> {}));
    }

    <T extends AutoCloseable> T add(T resource) {
      return opened.open(resource);
    }

    void closeAll() throws Exception {
      opened.close();
    }
  }
}
