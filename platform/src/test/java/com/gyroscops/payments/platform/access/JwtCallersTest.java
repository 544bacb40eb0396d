package com.gyroscops.payments.platform.access;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.gyroscops.payments.platform.access.Authenticator.Verdict;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jose.jwk.source.ImmutableJWKSet;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JwtCallersTest {

  private static final Instant NOW = Instant.parse("2026-11-30T12:00:00Z");
  private static final Issuer ISSUER =
      new Issuer("id", "https://id.example.com", URI.create("file:/none"));
  private static final Duration AWAIT_MAX = Duration.ofMinutes(1);

  private static ECKey ec;
  private static RSAKey rsa;
  private static ECKey stranger;

  @TempDir private Path folder;

  @BeforeAll
  static void keys() throws Exception {
    ec = new ECKeyGenerator(Curve.P_256).keyID("ec").generate();
    rsa = new RSAKeyGenerator(2048).keyID("rsa").generate();
    stranger = new ECKeyGenerator(Curve.P_256).keyID("ec").generate();
  }

  private static JwtCallers callers() {
    return callersOf(ec, rsa);
  }

  private static JwtCallers callersOf(JWK... keys) {
    return new JwtCallers(
        Clock.fixed(NOW, ZoneOffset.UTC),
        "payments",
        Map.of(ISSUER, new ImmutableJWKSet<>(new JWKSet(List.of(keys)).toPublicJWKSet())));
  }

  private static JWTClaimsSet.Builder claims() {
    return new JWTClaimsSet.Builder()
        .issuer("https://id.example.com")
        .audience("payments")
        .subject("alice")
        .issueTime(Date.from(NOW))
        .expirationTime(Date.from(NOW.plusSeconds(600)))
        .claim(JwtCallers.GRANTS, List.of("acme:payments.read", "-:statistics.read"));
  }

  private static String signed(JWTClaimsSet claims, JWSAlgorithm algorithm, String id, JWSSigner by)
      throws Exception {
    SignedJWT token = new SignedJWT(new JWSHeader.Builder(algorithm).keyID(id).build(), claims);
    token.sign(by);
    return token.serialize();
  }

  private static String token(Consumer<JWTClaimsSet.Builder> change) throws Exception {
    JWTClaimsSet.Builder claims = claims();
    change.accept(claims);
    return signed(claims.build(), JWSAlgorithm.ES256, "ec", new ECDSASigner(ec));
  }

  /** A token that is signed and says some things as no library would write them. */
  private static String unchecked(String changes) throws Exception {
    Map<String, Object> payload = new HashMap<>(claims().build().toJSONObject());
    payload.putAll(JSONObjectUtils.parse(changes));
    JWSObject token =
        new JWSObject(
            new JWSHeader.Builder(JWSAlgorithm.ES256).keyID("ec").build(),
            new Payload(JSONObjectUtils.toJSONString(payload)));
    token.sign(new ECDSASigner(ec));
    return token.serialize();
  }

  private static Caller caller(JwtCallers of, String token) {
    Verdict verdict = of.verify(token).orElseThrow();
    assertThat(verdict).isInstanceOf(Verdict.Known.class);
    return ((Verdict.Known) verdict).caller();
  }

  private static String reason(JwtCallers of, String token) {
    Verdict verdict = of.verify(token).orElseThrow();
    assertThat(verdict).isInstanceOf(Verdict.Refused.class);
    return ((Verdict.Refused) verdict).error().reason();
  }

  @Test
  void aTokenIsItsSubjectsUntilItExpires() throws Exception {
    JwtCallers callers = callers();
    String token = token(_ -> {});
    for (int i = 0; i < 2; i++) {
      Caller caller = caller(callers, token);
      assertThat(caller.actor()).isEqualTo("id:alice");
      assertThat(caller.may(Scope.PAYMENTS_READ, "acme")).isTrue();
      assertThat(caller.may(Scope.PAYMENTS_READ, "globex")).isFalse();
      assertThat(caller.may(Scope.STATISTICS_READ, Grants.DEPLOYMENT)).isTrue();
      assertThat(caller.expiresAt()).isEqualTo(NOW.plusSeconds(630));
    }
  }

  @Test
  void rsaIsTakenToo() throws Exception {
    for (JWSAlgorithm algorithm : List.of(JWSAlgorithm.RS256, JWSAlgorithm.PS256)) {
      String token = signed(claims().build(), algorithm, "rsa", new RSASSASigner(rsa));
      assertThat(caller(callers(), token).actor()).isEqualTo("id:alice");
    }
  }

  @Test
  void clocksMayDifferByThirtySecondsAndNoMore() throws Exception {
    String late = token(it -> it.expirationTime(Date.from(NOW.minusSeconds(29))));
    assertThat(caller(callers(), late).actor()).isEqualTo("id:alice");
    String later = token(it -> it.expirationTime(Date.from(NOW.minusSeconds(31))));
    assertThat(reason(callers(), later)).isEqualTo("CREDENTIAL_EXPIRED");
    String early = token(it -> it.issueTime(Date.from(NOW.plusSeconds(29))));
    assertThat(caller(callers(), early).actor()).isEqualTo("id:alice");
    String earlier = token(it -> it.issueTime(Date.from(NOW.plusSeconds(31))));
    assertThat(reason(callers(), earlier)).isEqualTo("CREDENTIAL_INVALID");
    String notYet = token(it -> it.notBeforeTime(Date.from(NOW.plusSeconds(31))));
    assertThat(reason(callers(), notYet)).isEqualTo("CREDENTIAL_INVALID");
  }

  @Test
  void whatIsWrongIsNobodys() throws Exception {
    List<String> wrong =
        List.of(
            token(it -> it.audience("others")),
            token(it -> it.audience((String) null)),
            token(it -> it.issuer("https://id.example.com.evil.example")),
            token(it -> it.issuer(null)),
            token(it -> it.subject(null)),
            token(it -> it.subject("")),
            token(it -> it.subject("a".repeat(91))),
            token(it -> it.subject("a\u0000b")),
            unchecked("{\"sub\":null}"),
            unchecked("{\"exp\":null}"),
            unchecked("{\"iat\":null}"),
            unchecked("{\"exp\":\"soon\"}"),
            unchecked("{\"gyroscops_orgs\":[\"acme:payments.read\",null]}"),
            unchecked("{\"gyroscops_orgs\":[1]}"),
            token(it -> it.expirationTime(null)),
            token(it -> it.issueTime(null)),
            token(it -> it.expirationTime(Date.from(NOW.plusSeconds(3_601)))),
            token(it -> it.claim(JwtCallers.GRANTS, List.of("acme"))),
            token(it -> it.claim(JwtCallers.GRANTS, "acme:payments.read")),
            signed(claims().build(), JWSAlgorithm.ES256, "ec", new ECDSASigner(stranger)),
            // The public key as a secret: the algorithm is not the sender's to choose.
            signed(
                claims().build(),
                JWSAlgorithm.HS256,
                "rsa",
                new MACSigner(rsa.toRSAPublicKey().getEncoded())),
            new PlainJWT(claims().build()).serialize(),
            "a.b.c",
            "..");
    for (String token : wrong) {
      assertThat(reason(callers(), token)).as(token).isEqualTo("CREDENTIAL_INVALID");
    }
    assertThat(callers().verify("no token")).isEmpty();
  }

  @Test
  void aTokenWithoutGrantsMayNothing() throws Exception {
    Caller caller = caller(callers(), token(it -> it.claim(JwtCallers.GRANTS, null)));
    for (Scope scope : Scope.values()) {
      assertThat(caller.grants().allowSomewhere(scope)).isFalse();
    }
  }

  @Test
  void keysThatChangeActAndThoseThatCannotBeReadStay() throws Exception {
    Path file = folder.resolve("keys.json");
    Files.writeString(file, new JWKSet(ec.toPublicJWK()).toString());
    Issuer issuer = new Issuer("id", "https://id.example.com", file.toUri());
    JwtCallers[] of = new JwtCallers[1];
    try (IssuerKeys keys =
        new IssuerKeys(
            issuer,
            () -> {
              if (of[0] != null) {
                of[0].forget();
              }
            })) {
      JwtCallers callers =
          new JwtCallers(
              Clock.fixed(NOW, ZoneOffset.UTC), "payments", Map.of(issuer, keys.source()));
      of[0] = callers;
      String old = token(_ -> {});
      String next = signed(claims().build(), JWSAlgorithm.RS256, "rsa", new RSASSASigner(rsa));
      assertThat(caller(callers, old).actor()).isEqualTo("id:alice");
      assertThat(reason(callers, next)).isEqualTo("CREDENTIAL_INVALID");

      Files.writeString(file, new JWKSet(rsa.toPublicJWK()).toString());
      eventually(
          "the new key is taken",
          AWAIT_MAX,
          () -> callers.verify(next).orElseThrow() instanceof Verdict.Known);
      // Known for as long as it takes to forget what tokens turned out to be.
      eventually(
          "the old key is taken no more",
          AWAIT_MAX,
          () -> callers.verify(old).orElseThrow() instanceof Verdict.Refused);

      Files.delete(file);
      eventually("it is missed", AWAIT_MAX, () -> keys.ageSeconds() > 3);
      assertThat(caller(callers, next).actor()).isEqualTo("id:alice");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "id",
        "id https://id.example.com",
        "ID https://id.example.com https://id.example.com/keys",
        "key https://id.example.com https://id.example.com/keys",
        "id https://id.example.com http://id.example.com/keys",
        "a https://a.example https://a.example/k, a https://b.example https://b.example/k",
        "a https://a.example https://a.example/k, b https://a.example https://b.example/k"
      })
  void issuersThatAreWrongAreRefused(String text) {
    assertThatThrownBy(() -> Issuer.parse("AUTH_ISSUERS", text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("AUTH_ISSUERS ");
  }

  @Test
  void issuersAreReadInTheirOrder() {
    assertThat(
            Issuer.parse(
                "AUTH_ISSUERS",
                "a https://a.example https://a.example/k, b https://b.example file:/etc/b.json"))
        .extracting(Issuer::name)
        .containsExactly("a", "b");
    assertThat(Issuer.parse("AUTH_ISSUERS", " ")).isEmpty();
  }
}
