package com.gyroscops.payments.platform.access;

import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.proc.SecurityContext;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A server's {@link Access}, and what keeps its keys in step until it is closed. For concurrent
 * use.
 */
public final class OpenedAccess implements AutoCloseable {

  /** The audit log: configure it apart from the rest. */
  public static final String LOGGER = "payments.access";

  private static final Logger AUDIT = LoggerFactory.getLogger(LOGGER);

  private final Access access;
  private final List<IssuerKeys> issuerKeys = new ArrayList<>();
  private final List<KeyFile> keyFiles = new ArrayList<>();

  /**
   * Reads and fetches keys.
   *
   * @throws IllegalArgumentException if variables, or a file that one of them names, are wrong;
   *     names the variable
   */
  public OpenedAccess(AccessConfiguration configuration, Clock clock) {
    AccessMode mode = AccessMode.valueOf(configuration.mode().toUpperCase(Locale.ROOT));
    List<Issuer> issuers = Issuer.parse("AUTH_ISSUERS", configuration.issuers());
    if (mode != AccessMode.OFF && issuers.isEmpty() && configuration.apiKeysFile().isEmpty()) {
      throw new IllegalArgumentException(
          "AUTH is %s, and neither API_KEYS_FILE nor AUTH_ISSUERS says who may call"
              .formatted(configuration.mode()));
    }
    List<Authenticator> authenticators = new ArrayList<>();
    if (mode != AccessMode.OFF && !configuration.apiKeysFile().isEmpty()) {
      authenticators.add(apiKeys(configuration.apiKeysFile(), clock));
    }
    if (mode != AccessMode.OFF && !issuers.isEmpty()) {
      authenticators.add(jwts(issuers, configuration.audience(), clock));
    }
    access = new Access(mode, authenticators, new AccessLog(clock, AUDIT::warn));
  }

  private ApiKeys apiKeys(String file, Clock clock) {
    ApiKeys keys = new ApiKeys(clock);
    try {
      keyFiles.add(new KeyFile(Path.of(file), keys));
      return keys;
    } catch (IOException e) {
      // The message alone: what it says is what there is to know.
      throw new IllegalArgumentException(
          "API_KEYS_FILE names %s, which cannot be read".formatted(file));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "API_KEYS_FILE names %s: %s".formatted(file, e.getMessage()));
    }
  }

  private JwtCallers jwts(List<Issuer> issuers, String audience, Clock clock) {
    Map<Issuer, JWKSource<SecurityContext>> sources = new HashMap<>();
    List<Runnable> forget = new CopyOnWriteArrayList<>();
    for (Issuer issuer : issuers) {
      IssuerKeys keys = new IssuerKeys(issuer, () -> forget.forEach(Runnable::run));
      issuerKeys.add(keys);
      sources.put(issuer, keys.source());
    }
    JwtCallers callers = new JwtCallers(clock, audience, sources);
    forget.add(callers::forget);
    return callers;
  }

  /** Shows how old the lists of keys are, where there are any. */
  public OpenedAccess measured(MeterRegistry registry) {
    if (!keyFiles.isEmpty()) {
      registry.gauge("payments.access.api.keys.age.seconds", this, OpenedAccess::apiKeysAge);
    }
    if (!issuerKeys.isEmpty()) {
      registry.gauge("payments.access.issuer.keys.age.seconds", this, OpenedAccess::issuerKeysAge);
    }
    return this;
  }

  private double apiKeysAge() {
    return keyFiles.stream().mapToDouble(KeyFile::ageSeconds).max().orElse(0);
  }

  private double issuerKeysAge() {
    return issuerKeys.stream().mapToDouble(IssuerKeys::ageSeconds).max().orElse(0);
  }

  /** Lets calls in. */
  public Access access() {
    return access;
  }

  @Override
  public void close() {
    keyFiles.forEach(KeyFile::close);
    issuerKeys.forEach(IssuerKeys::close);
  }
}
