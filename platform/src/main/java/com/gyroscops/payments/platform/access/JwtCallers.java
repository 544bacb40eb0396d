package com.gyroscops.payments.platform.access;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.gyroscops.payments.platform.hash.Sha256;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.jwt.proc.BadJWTException;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import com.nimbusds.jwt.proc.ExpiredJWTException;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Knows callers by JWTs (RFC 7519) that an issuer signed, by ES256, RS256 or PS256. Required are
 * {@code iss}, {@code sub}, {@code aud} and {@code exp}, which lies at most an hour after {@code
 * iat}; grants are the claim {@value #GRANTS}, a list of {@code organization:scope}. Clocks may
 * differ by 30 seconds. What a token turned out to be is kept for five minutes at most. For
 * concurrent use.
 */
public final class JwtCallers implements Authenticator {

  /** The claim with the grants. */
  public static final String GRANTS = "gyroscops_orgs";

  /** How far clocks may differ. */
  static final Duration SKEW = Duration.ofSeconds(30);

  /** Longest life of a token: it cannot be revoked. */
  static final Duration LIFETIME_MAX = Duration.ofHours(1);

  /** How long a verdict is kept. */
  static final Duration KEPT = Duration.ofMinutes(5);

  /** Most verdicts that are kept. */
  static final int KEPT_MAX = 10_000;

  /** Longest {@code sub}. */
  private static final int SUBJECT_LENGTH_MAX = 90;

  private static final Set<JWSAlgorithm> ALGORITHMS =
      Set.of(JWSAlgorithm.ES256, JWSAlgorithm.RS256, JWSAlgorithm.PS256);

  private static final Logger LOG = LoggerFactory.getLogger(JwtCallers.class);

  private final Clock clock;
  private final Map<String, Trusted> issuers = new HashMap<>();
  private final Set<String> unknownScopes = ConcurrentHashMap.newKeySet();
  private final Cache<String, Caller> kept =
      Caffeine.newBuilder().maximumSize(KEPT_MAX).expireAfterWrite(KEPT).build();

  /** Grows each time the keys change. */
  private final AtomicLong generation = new AtomicLong();

  private record Trusted(Issuer issuer, DefaultJWTProcessor<SecurityContext> processor) {}

  /**
   * @param audience what {@code aud} must name
   * @param keys of each issuer; must answer at once
   */
  public JwtCallers(Clock clock, String audience, Map<Issuer, JWKSource<SecurityContext>> keys) {
    this.clock = clock;
    keys.forEach((issuer, source) ->
        issuers.put(issuer.issuer(), new Trusted(issuer, processor(audience, issuer, source))));
  }

  private DefaultJWTProcessor<SecurityContext> processor(
      String audience, Issuer issuer, JWKSource<SecurityContext> keys) {
    var processor = new DefaultJWTProcessor<SecurityContext>();
    processor.setJWSTypeVerifier(
        new DefaultJOSEObjectTypeVerifier<>(
            JOSEObjectType.JWT, new JOSEObjectType("at+jwt"), null));
    processor.setJWSKeySelector(new JWSVerificationKeySelector<>(ALGORITHMS, keys));
    var claims =
        new com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier<SecurityContext>(
            audience,
            new JWTClaimsSet.Builder().issuer(issuer.issuer()).build(),
            Set.of("sub", "exp", "iat")) {
          @Override
          protected Date currentTime() {
            return Date.from(clock.instant());
          }
        };
    claims.setMaxClockSkew((int) SKEW.toSeconds());
    processor.setJWTClaimsSetVerifier(claims);
    return processor;
  }

  /** Forgets what tokens turned out to be: keys have changed. */
  public void forget() {
    generation.incrementAndGet();
    kept.invalidateAll();
  }

  @Override
  public Optional<Verdict> verify(String bearer) {
    if (bearer.chars().filter(it -> it == '.').count() != 2) {
      return Optional.empty();
    }
    String digest =
        Base64.getEncoder().encodeToString(Sha256.of(bearer.getBytes(StandardCharsets.UTF_8)));
    @Nullable Caller known = kept.getIfPresent(digest);
    if (known != null) {
      return Optional.of(
          clock.instant().isBefore(known.expiresAt())
              ? new Verdict.Known(known)
              : new Verdict.Refused(AccessErrors.expired(), "expired"));
    }
    long before = generation.get();
    Verdict verdict = look(bearer);
    if (verdict instanceof Verdict.Known(Caller caller)) {
      kept.put(digest, caller);
      if (generation.get() != before) {
        // By keys of before, perhaps, and kept after all others were forgotten.
        kept.invalidate(digest);
      }
    }
    return Optional.of(verdict);
  }

  private Verdict look(String bearer) {
    try {
      SignedJWT token = SignedJWT.parse(bearer);
      JWTClaimsSet unverified = token.getJWTClaimsSet();
      Trusted trusted = unverified == null ? null : issuers.get(unverified.getIssuer());
      if (trusted == null) {
        return refused("an issuer that is not trusted");
      }
      return caller(trusted.issuer(), trusted.processor().process(token, null));
    } catch (ExpiredJWTException e) {
      return new Verdict.Refused(AccessErrors.expired(), why(e));
    } catch (ParseException | BadJOSEException | JOSEException | RuntimeException e) {
      // Whatever is in a token, a call ends as one whose credential is none.
      return refused(why(e));
    }
  }

  private Verdict caller(Issuer issuer, JWTClaimsSet claims)
      throws ParseException, BadJWTException {
    @Nullable Date exp = claims.getExpirationTime();
    @Nullable Date iat = claims.getIssueTime();
    @Nullable String subject = claims.getSubject();
    if (exp == null || iat == null || subject == null) {
      return refused("exp, iat or sub is null");
    }
    Instant expires = exp.toInstant();
    Instant issued = iat.toInstant();
    if (Duration.between(issued, expires).compareTo(LIFETIME_MAX) > 0) {
      return refused("lives for longer than an hour");
    }
    if (issued.isAfter(clock.instant().plus(SKEW))) {
      return refused("issued in the future");
    }
    if (subject.isEmpty()
        || subject.length() > SUBJECT_LENGTH_MAX
        || subject.chars().anyMatch(Character::isISOControl)) {
      return refused("sub has not 1 to " + SUBJECT_LENGTH_MAX + " printable characters");
    }
    @Nullable List<String> grants = claims.getStringListClaim(GRANTS);
    return new Verdict.Known(
        new Caller(
            issuer.name() + ":" + subject,
            Grants.parse(grants == null ? List.of() : grants, this::unknown),
            expires.plus(SKEW)));
  }

  private void unknown(String scope) {
    if (unknownScopes.size() < Scope.values().length && unknownScopes.add(scope)) {
      LOG.warn("a token grants {}, a scope that this version does not know and denies", scope);
    }
  }

  private static Verdict refused(String why) {
    return new Verdict.Refused(AccessErrors.invalid(), why);
  }

  private static String why(Exception e) {
    return String.valueOf(e.getMessage());
  }
}
