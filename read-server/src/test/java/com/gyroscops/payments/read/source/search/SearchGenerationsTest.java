package com.gyroscops.payments.read.source.search;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.gyroscops.payments.read.SampleLog;
import com.gyroscops.payments.read.source.Answer;
import com.gyroscops.payments.read.source.ApplyOutcome;
import com.gyroscops.payments.read.source.Filter;
import com.gyroscops.payments.read.source.NumberField;
import com.gyroscops.payments.read.source.PaymentSearch;
import com.gyroscops.payments.read.source.SearchPage;
import com.gyroscops.payments.read.source.SourcePosition;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Position and data of an answer are of one generation, though the searches for them are two where
 * payments are parked.
 *
 * <p>In a cluster a node may learn between the two that another generation took the place; here a
 * proxy before the engine puts them apart, and has it happen in between.
 */
@Tag("engines")
class SearchGenerationsTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private static final int PAYMENTS = 5;

  private final SearchEngines.Sources sources = new SearchEngines.Sources();
  private final SampleLog log = new SampleLog("payments", "epoch-1");
  private final String prefix = SearchEngines.newPrefix();

  /** Done once, between the first search of a request and the others. */
  private final AtomicReference<Optional<Callable<?>>> meanwhile =
      new AtomicReference<>(Optional.empty());

  /** Of the proxy, whose client learns only that there is no answer. */
  private final List<Throwable> failures = new CopyOnWriteArrayList<>();

  private final AtomicInteger requests = new AtomicInteger();
  private URI engine;
  private HttpServer proxy;
  private SearchSource writer;
  private SearchSource reader;

  @BeforeEach
  void start() throws Exception {
    engine = SearchEngines.shared();
    proxy = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    proxy.createContext("/", this::forward);
    proxy.start();
    writer = sources.open(engine, prefix);
    reader = sources.open(URI.create("http://127.0.0.1:" + proxy.getAddress().getPort()), prefix);
    for (int i = 0; i < PAYMENTS; i++) {
      log.create("acme", "p" + i);
    }
    log.create("other", "p1");
    log.update("other", "p1", SearchEngines.TOO_LONG);
  }

  @AfterEach
  void close() throws Exception {
    sources.closeAll();
    proxy.stop(0);
    assertThat(failures).isEmpty();
  }

  private void forward(HttpExchange exchange) {
    try (exchange) {
      String body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
      URI path = exchange.getRequestURI();
      requests.incrementAndGet();
      int first = endOfFirst(body);
      ObjectNode found = put(exchange, path, body.substring(0, first));
      if (first < body.length()) {
        Optional<Callable<?>> then = meanwhile.getAndSet(Optional.empty());
        if (then.isPresent()) {
          then.get().call();
        }
        JsonNode others = put(exchange, path, body.substring(first)).path("responses");
        others.forEach(((ArrayNode) found.path("responses"))::add);
      }
      byte[] answer = JSON.writeValueAsBytes(found);
      exchange.getResponseHeaders().add("Content-Type", "application/json");
      exchange.sendResponseHeaders(200, answer.length);
      exchange.getResponseBody().write(answer);
    } catch (Exception | AssertionError e) {
      failures.add(e);
    }
  }

  /** Where the first of several searches ends, each of which has two lines. */
  private static int endOfFirst(String body) {
    int first = body.indexOf('\n');
    return first < 0 ? body.length() : body.indexOf('\n', first + 1) + 1;
  }

  private ObjectNode put(HttpExchange exchange, URI path, String body) throws Exception {
    HttpResponse<String> response =
        HTTP.send(
            HttpRequest.newBuilder(engine.resolve(path))
                .header("Content-Type", exchange.getRequestHeaders().getFirst("Content-Type"))
                .method(exchange.getRequestMethod(), HttpRequest.BodyPublishers.ofString(body))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return (ObjectNode) JSON.readTree(response.body());
  }

  private void fill() throws Exception {
    SourcePosition start = writer.begin(1, log.logId(), log.lineage(), 0).orElseThrow();
    assertThat(writer.apply(1, start, log.events())).isInstanceOf(ApplyOutcome.Applied.class);
  }

  private Answer<SearchPage> search() {
    return reader.search(
        new PaymentSearch(Filter.all("acme"), NumberField.EFFECTIVE_TIME, true, null, 100, 0));
  }

  private void assertAllIsFound() {
    assertThat(search())
        .isInstanceOfSatisfying(
            Answer.Data.class,
            data -> {
              assertThat(data.at().position()).isEqualTo(log.head());
              assertThat(((SearchPage) data.value()).payments()).hasSize(PAYMENTS);
            });
  }

  @Test
  void aGenerationThatIsEmptyYetIsNotTakenForTheOneWhosePositionWasRead() throws Exception {
    assertThat(writer.takeOver(1)).contains(SourcePosition.NOWHERE);
    fill();
    assertAllIsFound();
    meanwhile.set(Optional.of(() -> writer.startOver(1)));
    assertThat(search()).isInstanceOf(Answer.NotReady.class);
    fill();
    assertAllIsFound();
  }

  @Test
  void aGenerationThatIsFilledMeanwhileAnswersInstead() throws Exception {
    assertThat(writer.takeOver(1)).contains(SourcePosition.NOWHERE);
    fill();
    assertAllIsFound();
    meanwhile.set(
        Optional.of(() -> {
          assertThat(writer.startOver(1)).contains(SourcePosition.NOWHERE);
          fill();
          return true;
        }));
    int before = requests.get();
    assertAllIsFound();
    assertThat(requests.get() - before).as("of two generations, looked up, of one").isEqualTo(3);
    int after = requests.get();
    assertAllIsFound();
    assertThat(requests.get() - after).as("once known").isEqualTo(1);
  }
}
