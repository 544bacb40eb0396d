package com.gyroscops.payments.stack.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.stack.process.Processes;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engines")
final class LocalOpenSearchTest {

  private final HttpClient http = HttpClient.newHttpClient();
  @TempDir private Path folder;

  @Test
  void whatWasWrittenIsThereAfterItWasStoppedAndAfterItWasKilled() throws Exception {
    try (LocalOpenSearch search = start()) {
      assertThat(put(search, "/things/_doc/1", "{\"a\": 1}")).isEqualTo(201);
    }
    try (LocalOpenSearch search = start()) {
      assertThat(get(search, "/things/_doc/1")).contains("\"found\":true");
      search.process().destroyForcibly();
      assertThat(Processes.awaitEnd(List.of(search.process()), Duration.ofMinutes(1))).isTrue();
    }
    try (LocalOpenSearch search = start()) {
      assertThat(get(search, "/things/_doc/1")).contains("\"found\":true");
      assertThat(get(search, "/_nodes/_local/settings")).contains("\"http\"", "127.0.0.1");
    }
  }

  @Test
  void aTemporaryOneVanishes() throws Exception {
    LocalOpenSearch search = LocalOpenSearch.temporary();
    try (search) {
      assertThat(get(search, "/")).contains("opensearch");
    }
    assertThat(Processes.isRunning(search.process())).isFalse();
  }

  private LocalOpenSearch start() throws IOException {
    return LocalOpenSearch.start(folder.resolve("data"), 0, folder.resolve("log"));
  }

  private int put(LocalOpenSearch search, String path, String json) throws Exception {
    return http.send(
            HttpRequest.newBuilder(search.url().resolve(path))
                .header("Content-Type", "application/json")
                .PUT(HttpRequest.BodyPublishers.ofString(json))
                .build(),
            HttpResponse.BodyHandlers.ofString())
        .statusCode();
  }

  private String get(LocalOpenSearch search, String path) throws Exception {
    return http.send(
            HttpRequest.newBuilder(search.url().resolve(path)).build(),
            HttpResponse.BodyHandlers.ofString())
        .body();
  }
}
