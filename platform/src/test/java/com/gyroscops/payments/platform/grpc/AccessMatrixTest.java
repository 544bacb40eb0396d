package com.gyroscops.payments.platform.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.internal.v1.EventFeedServiceGrpc;
import com.gyroscops.payments.internal.v1.ReadAdminServiceGrpc;
import com.gyroscops.payments.internal.v1.ReadPaymentResponse;
import com.gyroscops.payments.platform.access.Access;
import com.gyroscops.payments.platform.access.AccessLog;
import com.gyroscops.payments.platform.access.AccessMode;
import com.gyroscops.payments.platform.access.AccessRule;
import com.gyroscops.payments.platform.access.AccessRules;
import com.gyroscops.payments.platform.access.ApiKey;
import com.gyroscops.payments.platform.access.ApiKeys;
import com.gyroscops.payments.platform.access.Issuer;
import com.gyroscops.payments.platform.access.JwtCallers;
import com.gyroscops.payments.platform.access.KeyList;
import com.gyroscops.payments.platform.access.Scope;
import com.gyroscops.payments.v1.CommandServiceGrpc;
import com.gyroscops.payments.v1.CreatePaymentRequest;
import com.gyroscops.payments.v1.GetPaymentResponse;
import com.gyroscops.payments.v1.ImportServiceGrpc;
import com.gyroscops.payments.v1.ListImportsRequest;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PersonalData;
import com.gyroscops.payments.v1.QueryServiceGrpc;
import com.gyroscops.payments.v1.ReportServiceGrpc;
import com.gyroscops.payments.v1.SubmitCommandRequest;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.source.ImmutableJWKSet;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.ServerCall;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.net.URI;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every RPC of the contracts with every kind of credential, against a server whose services note
 * that they were reached. Invariant: a call whose caller may not make it reaches no service, and so
 * no cache and no store.
 */
class AccessMatrixTest {

  private static final List<ServiceDescriptor> SERVICES =
      List.of(
          CommandServiceGrpc.getServiceDescriptor(),
          ImportServiceGrpc.getServiceDescriptor(),
          QueryServiceGrpc.getServiceDescriptor(),
          ReportServiceGrpc.getServiceDescriptor(),
          EventFeedServiceGrpc.getServiceDescriptor(),
          ReadAdminServiceGrpc.getServiceDescriptor());

  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
  private static final GetPaymentResponse ANSWER =
      GetPaymentResponse.newBuilder()
          .setPayment(
              Payment.newBuilder()
                  .setOrganizationId("acme")
                  .setPersonalData(PersonalData.newBuilder().setUserId("canary")))
          .build();

  private static final ReadPaymentResponse FEED_ANSWER =
      ReadPaymentResponse.newBuilder().setPayment(ANSWER.getPayment()).build();

  private static final Set<String> reached = ConcurrentHashMap.newKeySet();
  private static final List<String> audit = new CopyOnWriteArrayList<>();
  private static final Map<Set<Scope>, ApiKey> keyWithout = new LinkedHashMap<>();
  private static final List<KeyList.Entry> entries = new ArrayList<>();
  private static final ApiKeys keys = new ApiKeys(Clock.systemUTC());

  private static ECKey signing;
  private static ApiKey right;
  private static ApiKey stranger;
  private static ApiKey impersonal;
  private static ApiKey feed;
  private static JwtCallers jwts;
  private static Server server;
  private static ManagedChannel channel;

  @BeforeAll
  static void start() throws Exception {
    signing = new ECKeyGenerator(Curve.P_256).keyID("k").generate();
    right = key("right", grants(Set.of(), "acme", "-"));
    stranger = key("stranger", grants(Set.of(), "globex"));
    feed = key("feed", List.of("-:feed"));
    impersonal = key("impersonal", grants(Set.of(Scope.PERSONAL_READ), "acme"));
    for (MethodDescriptor<?, ?> method : methods().toList()) {
      Set<Scope> needed = needed(method);
      if (!keyWithout.containsKey(needed)) {
        keyWithout.put(needed, key("without-" + keyWithout.size(), grants(needed, "acme", "-")));
      }
    }
    keys.replace(new KeyList(entries));
    jwts =
        new JwtCallers(
            Clock.systemUTC(),
            "payments",
            Map.of(
                new Issuer("id", "https://id.example.com", URI.create("file:/none")),
                new ImmutableJWKSet<>(new JWKSet(signing.toPublicJWK()))));
    server = server(AccessMode.REQUIRED);
    channel = channel(server);
  }

  private static ApiKey key(String id, List<String> grants) {
    ApiKey key = ApiKey.generate(id);
    entries.add(new KeyList.Entry(id, key.hash(), Instant.MAX, grants));
    return key;
  }

  /** All scopes in these organizations but some, and but those that include them. */
  private static List<String> grants(Set<Scope> without, String... organizations) {
    return Arrays.stream(Scope.values())
        .filter(it -> !without.contains(it))
        .filter(it ->
            !without.contains(Scope.PAYMENTS_READ)
                || (it != Scope.PAYMENTS_WRITE && it != Scope.PAYMENTS_REFUND))
        .flatMap(it -> Arrays.stream(organizations).map(of -> of + ":" + it.text()))
        .toList();
  }

  private static Set<Scope> needed(MethodDescriptor<?, ?> method) {
    return switch (AccessRules.of(method.getFullMethodName()).orElseThrow()) {
      case AccessRule.Deployment(Scope scope) -> Set.of(scope);
      case AccessRule.Demanded(Set<Scope> scopes, var _) -> scopes;
      case AccessRule.WithinService(Set<Scope> scopes) -> scopes;
      case AccessRule.Open _, AccessRule.Known _ -> throw new AssertionError(method);
    };
  }

  private static Server server(AccessMode mode) throws Exception {
    ServerBuilder<?> builder =
        GrpcTransport.defaults("127.0.0.1", 0)
            .newServer(
                Runnable::run,
                new Access(
                    mode, List.of(keys, jwts), new AccessLog(Clock.systemUTC(), audit::add)));
    SERVICES.forEach(service -> builder.addService(noting(service)));
    return builder.build().start();
  }

  private static ManagedChannel channel(Server of) {
    return NettyChannelBuilder.forAddress("127.0.0.1", of.getPort()).usePlaintext().build();
  }

  private static ServerServiceDefinition noting(ServiceDescriptor service) {
    ServerServiceDefinition.Builder definition = ServerServiceDefinition.builder(service);
    service.getMethods().forEach(method -> addNoting(definition, method));
    return definition.build();
  }

  private static <Q, A> void addNoting(
      ServerServiceDefinition.Builder definition, MethodDescriptor<Q, A> method) {
    definition.addMethod(
        method,
        (call, _) -> {
          call.request(1);
          return new ServerCall.Listener<>() {
            @Override
            public void onMessage(Q message) {
              reached.add(method.getFullMethodName());
            }

            @Override
            @SuppressWarnings("unchecked")
            public void onHalfClose() {
              call.sendHeaders(new Metadata());
              call.sendMessage(
                  switch (method.getFullMethodName().replaceFirst(".*/", "")) {
                    case "GetPayment" -> (A) ANSWER;
                    case "ReadPayment" -> (A) FEED_ANSWER;
                    default ->
                        ((PrototypeMarshaller<A>) method.getResponseMarshaller())
                            .getMessagePrototype();
                  });
              call.close(Status.OK, new Metadata());
            }
          };
        });
  }

  @AfterAll
  static void stop() {
    channel.shutdownNow();
    server.shutdownNow();
  }

  static Stream<MethodDescriptor<?, ?>> methods() {
    return SERVICES.stream().flatMap(service -> service.getMethods().stream());
  }

  /** A request of acme, wherever the method has it. */
  private static Object request(MethodDescriptor<?, ?> method) {
    Message prototype =
        (Message) ((PrototypeMarshaller<?>) method.getRequestMarshaller()).getMessagePrototype();
    if (prototype instanceof SubmitCommandRequest) {
      SubmitCommandRequest.Builder submit = SubmitCommandRequest.newBuilder();
      submit
          .getCommandBuilder()
          .setCreate(CreatePaymentRequest.newBuilder().setOrganizationId("acme"));
      return submit.build();
    }
    if (prototype instanceof ListImportsRequest) {
      return ListImportsRequest.newBuilder().setOwner("acme").build();
    }
    FieldDescriptor organization =
        prototype.getDescriptorForType().findFieldByName("organization_id");
    return organization == null
        ? prototype
        : prototype.newBuilderForType().setField(organization, "acme").build();
  }

  /** How a call ended, and what it was answered last. */
  private record Ended(Status status, Metadata trailers, Object answer) {
    String reason() {
      return ApiError.from(new StatusException(status, trailers)).orElseThrow().reason();
    }
  }

  private static Ended call(MethodDescriptor<?, ?> method, String authorization) throws Exception {
    return call(channel, method, authorization);
  }

  private static <Q, A> Ended call(
      ManagedChannel by, MethodDescriptor<Q, A> method, String authorization) throws Exception {
    ClientCall<Q, A> call = by.newCall(method, CallOptions.DEFAULT);
    CompletableFuture<Ended> ended = new CompletableFuture<>();
    Metadata headers = new Metadata();
    if (!authorization.isEmpty()) {
      headers.put(AUTHORIZATION, authorization);
    }
    call.start(
        new ClientCall.Listener<>() {
          private Object answer = "";

          @Override
          public void onMessage(A message) {
            answer = message;
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            ended.complete(new Ended(status, trailers, answer));
          }
        },
        headers);
    call.request(2);
    @SuppressWarnings("unchecked")
    Q request = (Q) request(method);
    call.sendMessage(request);
    call.halfClose();
    return ended.get(60, TimeUnit.SECONDS);
  }

  private static String bearer(ApiKey key) {
    return "Bearer " + key.text();
  }

  private static JWTClaimsSet.Builder claims() {
    Instant now = Instant.now();
    return new JWTClaimsSet.Builder()
        .issuer("https://id.example.com")
        .audience("payments")
        .subject("alice")
        .issueTime(Date.from(now))
        .expirationTime(Date.from(now.plusSeconds(600)))
        .claim(JwtCallers.GRANTS, grants(Set.of(), "acme", "-"));
  }

  private static String jwt(JWTClaimsSet claims) throws Exception {
    SignedJWT token =
        new SignedJWT(new JWSHeader.Builder(JWSAlgorithm.ES256).keyID("k").build(), claims);
    token.sign(new ECDSASigner(signing));
    return "Bearer " + token.serialize();
  }

  /** Credentials that are nobody's. */
  private static Map<String, String> nobodys() throws Exception {
    Instant past = Instant.now().minusSeconds(120);
    Map<String, String> credentials = new LinkedHashMap<>();
    credentials.put("none", "");
    credentials.put("another scheme", "Basic YTpi");
    credentials.put("nonsense", "Bearer nonsense");
    credentials.put("too long", "Bearer a." + "b".repeat(9_000) + ".c");
    credentials.put("a key that was revoked", bearer(ApiKey.generate("right")));
    credentials.put("a key of another installation", bearer(ApiKey.generate("elsewhere")));
    credentials.put(
        "expired",
        jwt(
            claims()
                .issueTime(Date.from(past.minusSeconds(60)))
                .expirationTime(Date.from(past))
                .build()));
    credentials.put("of another audience", jwt(claims().audience("others").build()));
    credentials.put("of another issuer", jwt(claims().issuer("https://evil.example").build()));
    credentials.put("unsigned", "Bearer " + new PlainJWT(claims().build()).serialize());
    return credentials;
  }

  @ParameterizedTest
  @MethodSource("methods")
  void whoMayNotMakeACallReachesNothing(MethodDescriptor<?, ?> method) throws Exception {
    reached.clear();
    for (Map.Entry<String, String> credential : nobodys().entrySet()) {
      Ended ended = call(method, credential.getValue());
      assertThat(ended.status().getCode()).as(credential.getKey()).isEqualTo(Code.UNAUTHENTICATED);
      assertThat(ended.reason()).startsWith("CREDENTIAL_");
    }
    ApiKey without = Objects.requireNonNull(keyWithout.get(needed(method)));
    Ended denied = call(method, bearer(without));
    assertThat(denied.status().getCode()).isEqualTo(Code.PERMISSION_DENIED);
    assertThat(denied.reason()).isEqualTo("SCOPE_DENIED");
    if (!(AccessRules.of(method.getFullMethodName()).orElseThrow()
        instanceof AccessRule.WithinService)) {
      Ended foreign = call(method, bearer(stranger));
      assertThat(foreign.status().getCode()).isEqualTo(Code.PERMISSION_DENIED);
      assertThat(foreign.reason()).isIn("ORGANIZATION_DENIED", "SCOPE_DENIED");
    }
    assertThat(reached).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("methods")
  void whoMayMakeACallReachesItsService(MethodDescriptor<?, ?> method) throws Exception {
    for (String credential : List.of(bearer(right), jwt(claims().build()))) {
      reached.clear();
      Ended ended = call(method, credential);
      assertThat(ended.status().getCode()).as(ended.toString()).isEqualTo(Code.OK);
      assertThat(reached).containsExactly(method.getFullMethodName());
    }
  }

  @Test
  void whoMayNotSeeWhatIsPersonalIsAnsweredWithoutIt() throws Exception {
    MethodDescriptor<?, ?> get = QueryServiceGrpc.getGetPaymentMethod();
    assertThat(call(get, bearer(right)).answer()).isEqualTo(ANSWER);
    GetPaymentResponse masked = (GetPaymentResponse) call(get, bearer(impersonal)).answer();
    assertThat(masked.toString()).doesNotContain("canary");
    assertThat(masked.getPayment().getOrganizationId()).isEqualTo("acme");
  }

  @Test
  void whoKeepsTheSourcesIsSentAllOfIt() throws Exception {
    MethodDescriptor<?, ?> read = EventFeedServiceGrpc.getReadPaymentMethod();
    assertThat(call(read, bearer(feed)).answer()).isEqualTo(FEED_ANSWER);
  }

  @Test
  void whatWouldBeTakenOutOfAnAnswerIsNotedToo() throws Exception {
    Server observing = server(AccessMode.OBSERVE);
    ManagedChannel by = channel(observing);
    try {
      audit.clear();
      MethodDescriptor<?, ?> get = QueryServiceGrpc.getGetPaymentMethod();
      assertThat(call(by, get, bearer(impersonal)).answer()).isEqualTo(ANSWER);
      assertThat(audit).singleElement().asString().contains("would_deny", "personal.read");
    } finally {
      by.shutdownNow();
      observing.shutdownNow();
    }
  }

  @Test
  void observedEverythingPassesAndIsNoted() throws Exception {
    Server observing = server(AccessMode.OBSERVE);
    ManagedChannel by = channel(observing);
    try {
      for (MethodDescriptor<?, ?> method : methods().toList()) {
        for (String credential : List.of("", bearer(stranger))) {
          reached.clear();
          audit.clear();
          assertThat(call(by, method, credential).status().getCode()).isEqualTo(Code.OK);
          assertThat(reached).containsExactly(method.getFullMethodName());
          boolean noted =
              credential.isEmpty()
                  || !(AccessRules.of(method.getFullMethodName()).orElseThrow()
                      instanceof AccessRule.WithinService);
          assertThat(audit).hasSize(noted ? 1 : 0).allMatch(it -> it.contains("would_deny"));
        }
      }
      MethodDescriptor<?, ?> get = QueryServiceGrpc.getGetPaymentMethod();
      assertThat(call(by, get, "").answer()).isEqualTo(ANSWER);
    } finally {
      by.shutdownNow();
      observing.shutdownNow();
    }
  }
}
