package com.gyroscops.payments.cli.load;

import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientStreamTracer;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts, below a channel's retries, how often calls are sent, and what became of the attempts that
 * failed. For concurrent use.
 */
public final class Attempts implements ClientInterceptor {

  private final Map<String, LongAdder> retried = new ConcurrentSkipListMap<>();
  private final Map<String, LongAdder> servers = new ConcurrentSkipListMap<>();
  private final Map<String, LongAdder> outcomes = new ConcurrentSkipListMap<>();

  @Override
  public <Q, A> ClientCall<Q, A> interceptCall(
      MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
    String name = Objects.requireNonNull(method.getBareMethodName());
    AtomicBoolean again = new AtomicBoolean();
    return next.newCall(
        method,
        options.withStreamTracerFactory(
            new ClientStreamTracer.Factory() {
              @Override
              public ClientStreamTracer newClientStreamTracer(
                  ClientStreamTracer.StreamInfo info, Metadata headers) {
                // One that no server took up is sent anew by the library, whatever it is.
                boolean isRetry = info.getPreviousAttempts() > 0 && !info.isTransparentRetry();
                if (isRetry && again.compareAndSet(false, true)) {
                  count(retried, name);
                }
                return new Attempt(name);
              }
            }));
  }

  /** Calls that were sent more than once, by method. */
  public Map<String, Long> retried() {
    return sums(retried);
  }

  /** Attempts by the address that they were sent to. */
  public Map<String, Long> servers() {
    return sums(servers);
  }

  /** Attempts that failed, by method, status and, where it is short, what it says. */
  public Map<String, Long> failures() {
    return sums(outcomes);
  }

  private static Map<String, Long> sums(Map<String, LongAdder> counts) {
    Map<String, Long> sums = new TreeMap<>();
    counts.forEach((name, count) -> sums.put(name, count.sum()));
    return sums;
  }

  private static void count(Map<String, LongAdder> counts, String name) {
    counts.computeIfAbsent(name, _ -> new LongAdder()).increment();
  }

  private final class Attempt extends ClientStreamTracer {

    private static final int DESCRIPTION_MAX = 60;

    private final String method;

    Attempt(String method) {
      this.method = method;
    }

    @Override
    public void streamCreated(Attributes transport, Metadata headers) {
      count(servers, String.valueOf(transport.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR)));
    }

    @Override
    public void streamClosed(Status status) {
      if (!status.isOk()) {
        String said = Objects.requireNonNullElse(status.getDescription(), "");
        String brief = said.substring(0, Math.min(said.length(), DESCRIPTION_MAX));
        // Digits are ports and positions, which would make each an outcome of its own.
        count(outcomes, method + " " + status.getCode() + " " + brief.replaceAll("\\d+", "N"));
      }
    }
  }
}
