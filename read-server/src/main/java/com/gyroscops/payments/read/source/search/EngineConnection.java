package com.gyroscops.payments.read.source.search;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.gyroscops.payments.read.source.SourceUnavailableException;
import io.grpc.Context;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.hc.client5.http.async.AsyncExecCallback;
import org.apache.hc.client5.http.async.AsyncExecChain;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.async.HttpAsyncClientBuilder;
import org.apache.hc.client5.http.impl.nio.PoolingAsyncClientConnectionManagerBuilder;
import org.apache.hc.core5.concurrent.ComplexCancellable;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.HttpRequest;
import org.apache.hc.core5.http.message.BasicHeader;
import org.apache.hc.core5.http.nio.AsyncEntityProducer;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;
import org.opensearch.client.opensearch.generic.Body;
import org.opensearch.client.opensearch.generic.OpenSearchGenericClient;
import org.opensearch.client.opensearch.generic.Request;
import org.opensearch.client.opensearch.generic.Requests;
import org.opensearch.client.opensearch.generic.Response;
import org.opensearch.client.transport.OpenSearchTransport;
import org.opensearch.client.transport.httpclient5.ApacheHttpClient5TransportBuilder;
import org.opensearch.client.transport.httpclient5.ResponseException;

/**
 * HTTP to the engine: connects when first asked and again after every failure, waits for a bounded
 * time, and gives up what a call no longer waits for. Requests and answers are JSON as the engine's
 * API has it: the client's typed model refuses answers of engines that leave out a field. For
 * concurrent use.
 */
final class EngineConnection implements AutoCloseable {

  /** Most connections: those of the queries, and a few for the projector and for polls. */
  static final int CONNECTIONS_MAX = SearchIndexReader.REQUESTS_MAX + 4;

  private static final Duration CONNECT_MAX = Duration.ofSeconds(1);

  /** Behind every wait here: only what was given up and could not be cancelled gets there. */
  private static final Duration SILENCE_MAX = Duration.ofSeconds(60);

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Names a request in the engine's list of tasks. */
  private static final String TASK_ID = "X-Opaque-Id";

  /** What the engine said, whatever the status. */
  record Reply(int status, JsonNode body) {

    boolean isOk() {
      return status >= 200 && status < 300;
    }

    /** Type of the error, such as {@code index_not_found_exception}; empty: none. */
    String errorType() {
      return body.path("error").path("type").asText();
    }
  }

  private final OpenSearchTransport transport;
  private final OpenSearchGenericClient client;
  private final ConcurrentMap<String, ComplexCancellable> exchanges = new ConcurrentHashMap<>();
  private final AtomicLong requests = new AtomicLong();

  /**
   * @param url of any node; its path, if any, comes before that of every request
   * @param user for HTTP basic authentication; empty: none
   */
  EngineConnection(URI url, String user, String password) {
    HttpHost host;
    try {
      host =
          HttpHost.create(
              new URI(url.getScheme(), null, url.getHost(), url.getPort(), null, null, null));
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException("not a URL of a search engine: " + url, e);
    }
    ApacheHttpClient5TransportBuilder builder =
        ApacheHttpClient5TransportBuilder.builder(host)
            .setHttpClientConfigCallback(this::configure);
    if (url.getPath() != null && url.getPath().length() > 1) {
      builder.setPathPrefix(url.getPath());
    }
    if (!user.isEmpty()) {
      byte[] credentials = (user + ":" + password).getBytes(StandardCharsets.UTF_8);
      builder.setDefaultHeaders(
          new Header[] {
            new BasicHeader(
                HttpHeaders.AUTHORIZATION,
                "Basic " + Base64.getEncoder().encodeToString(credentials))
          });
    }
    transport = builder.build();
    client = new OpenSearchGenericClient(transport);
  }

  private HttpAsyncClientBuilder configure(HttpAsyncClientBuilder http) {
    return http.setConnectionManager(
            PoolingAsyncClientConnectionManagerBuilder.create()
                .setMaxConnTotal(CONNECTIONS_MAX)
                .setMaxConnPerRoute(CONNECTIONS_MAX)
                .setDefaultConnectionConfig(
                    ConnectionConfig.custom()
                        .setConnectTimeout(Timeout.of(CONNECT_MAX))
                        .setSocketTimeout(Timeout.of(SILENCE_MAX))
                        .build())
                .build())
        .setDefaultRequestConfig(
            RequestConfig.custom()
                .setConnectionRequestTimeout(Timeout.of(CONNECT_MAX))
                .setResponseTimeout(Timeout.of(SILENCE_MAX))
                .build())
        // Packing and unpacking cost more than they save between servers of one network.
        .disableContentCompression()
        // Whether to try again is for the caller, who knows what repeating does.
        .disableAutomaticRetries()
        .addExecInterceptorLast("cancellation", this::begin);
  }

  /**
   * Begins an exchange on a connection that stands, unless the one who asked is gone.
   *
   * <p>The client's own ways to cancel do not reach the exchange: its future does not, and its
   * record of steps holds the one that was noted last, which may be a lease or a connect that is
   * over. A connect that is cancelled leaves its connection open with nobody to close it. So lease
   * and connect, which are bounded, run to their end, and the exchange is cancelled by its number,
   * which every request has. A connection on which nothing was asked is given up all the same:
   * there are more of them than queries at a time, so it was nearly always made for this one.
   */
  private void begin(
      HttpRequest request,
      AsyncEntityProducer entity,
      AsyncExecChain.Scope scope,
      AsyncExecChain chain,
      AsyncExecCallback callback)
      throws HttpException, IOException {
    Header id = request.getFirstHeader(TASK_ID);
    ComplexCancellable exchange = id == null ? null : exchanges.get(id.getValue());
    if (exchange == null || exchange.isCancelled()) {
      scope.execRuntime.discardEndpoint();
      callback.failed(new InterruptedIOException("nobody waits for the answer any more"));
      return;
    }
    chain.proceed(
        request,
        entity,
        new AsyncExecChain.Scope(
            scope.exchangeId,
            scope.route,
            scope.originalRequest,
            exchange,
            scope.clientContext,
            scope.execRuntime,
            scope.scheduler,
            scope.execCount),
        callback);
  }

  /** Asks with a JSON body. */
  Reply ask(String method, String path, Map<String, String> parameters, Object body, Duration max)
      throws SourceUnavailableException {
    return send(
        method, path, parameters, Optional.of(Body.from(json(body), "application/json")), max);
  }

  /** Asks without a body. */
  Reply ask(String method, String path, Map<String, String> parameters, Duration max)
      throws SourceUnavailableException {
    return send(method, path, parameters, Optional.empty(), max);
  }

  /** Asks with a body of one JSON value a line. */
  Reply askLines(String path, Map<String, String> parameters, byte[] lines, Duration max)
      throws SourceUnavailableException {
    return send(
        "POST", path, parameters, Optional.of(Body.from(lines, "application/x-ndjson")), max);
  }

  /** The bytes of a value as JSON. */
  static byte[] json(Object value) {
    try {
      return JSON.writeValueAsBytes(value);
    } catch (IOException e) {
      throw new IllegalArgumentException("not a value that JSON knows", e);
    }
  }

  /**
   * @throws SourceUnavailableException no answer within {@code max}, or a status that says try
   *     later
   * @throws CancellationException the call that this is for has ended
   */
  private Reply send(
      String method, String path, Map<String, String> parameters, Optional<Body> body, Duration max)
      throws SourceUnavailableException {
    String id = "payments-" + requests.incrementAndGet();
    ComplexCancellable exchange = new ComplexCancellable();
    exchanges.put(id, exchange);
    boolean complete = false;
    try {
      Request request = Requests.create(method, path, List.of(), parameters, body.orElse(null));
      CompletableFuture<Response> answer =
          client
              // A request's own headers are left out by this transport.
              .withTransportOptions(transport.options().with(it -> it.addHeader(TASK_ID, id)))
              .executeAsync(request);
      Reply reply = await(answer, max);
      complete = true;
      return checked(reply);
    } finally {
      exchanges.remove(id);
      if (!complete) {
        exchange.cancel();
      }
    }
  }

  /** The answer, whatever the status; see {@link #send} for what it throws. */
  private static Reply await(CompletableFuture<Response> answer, Duration max)
      throws SourceUnavailableException {
    Context call = Context.current();
    Context.CancellationListener ended = _ -> answer.cancel(false);
    // Runs at once if the call has ended already.
    call.addListener(ended, Runnable::run);
    try (Response response = answer.get(max.toNanos(), TimeUnit.NANOSECONDS)) {
      return new Reply(response.getStatus(), read(response));
    } catch (ExecutionException e) {
      if (e.getCause() instanceof ResponseException refused) {
        // The transport takes some statuses for failures, and tells the body in words alone.
        String message = String.valueOf(refused.getMessage());
        return new Reply(refused.status(), JSON.getNodeFactory().textNode(message));
      }
      throw unavailable(e.getCause() == null ? e : e.getCause());
    } catch (TimeoutException e) {
      throw new SourceUnavailableException("the search engine says nothing for " + max, e);
    } catch (IOException e) {
      throw unavailable(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SourceUnavailableException("interrupted", e);
    } finally {
      call.removeListener(ended);
    }
  }

  private static JsonNode read(Response response) throws IOException {
    Optional<Body> body = response.getBody();
    if (body.isEmpty()) {
      return JSON.nullNode();
    }
    try (InputStream stream = body.get().body()) {
      return orNull(JSON.readTree(stream));
    }
  }

  private static JsonNode orNull(@Nullable JsonNode node) {
    return node == null ? JSON.nullNode() : node;
  }

  private static Reply checked(Reply reply) throws SourceUnavailableException {
    if (isTransient(reply.status())) {
      throw unavailable(reply.status(), reply.body());
    }
    return reply;
  }

  /**
   * Whether a status says that the engine is away, overloaded, full, or closed to this user for
   * now: the request is not at fault. Blocks of a full disk are 429 or 403.
   */
  static boolean isTransient(int status) {
    return status >= 500 || status == 429 || status == 408 || status == 403 || status == 401;
  }

  /** The exception for a transient status. */
  static SourceUnavailableException unavailable(int status, JsonNode body) {
    return unavailable(new IOException("status " + status + ": " + shortened(body)));
  }

  private static SourceUnavailableException unavailable(Throwable cause) {
    return new SourceUnavailableException(
        "the search engine (SEARCH_URL) does not answer: " + cause.getMessage(), cause);
  }

  /** For what no retry helps: a request that does not fit the engine or the index. */
  static IllegalStateException broken(int status, JsonNode body) {
    return new IllegalStateException(
        "the search engine refuses with status " + status + ": " + shortened(body));
  }

  /** The start of what the engine says of an error. */
  static String shortened(JsonNode error) {
    String text = error.toString();
    return text.length() <= ERROR_LENGTH_MAX ? text : text.substring(0, ERROR_LENGTH_MAX);
  }

  /** An engine's error may repeat the request, and nests causes. */
  private static final int ERROR_LENGTH_MAX = 1_000;

  @Override
  public void close() {
    try {
      transport.close();
    } catch (IOException e) {
      System.getLogger(EngineConnection.class.getName())
          .log(System.Logger.Level.DEBUG, "closing the connections failed", e);
    }
  }
}
