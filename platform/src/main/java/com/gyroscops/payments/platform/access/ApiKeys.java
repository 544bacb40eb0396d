package com.gyroscops.payments.platform.access;

import java.security.MessageDigest;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Knows callers by API keys. The list may be replaced at any time. For concurrent use. */
public final class ApiKeys implements Authenticator {

  /** What actors begin with that are API keys. */
  static final String ACTOR = "key";

  private final Clock clock;
  private volatile Map<String, List<Stored>> keys = Map.of();

  @SuppressWarnings("ArrayRecordComponent") // Never compared as a whole.
  private record Stored(byte[] digest, Caller caller) {}

  /** Knows nobody yet. */
  public ApiKeys(Clock clock) {
    this.clock = clock;
  }

  /** Knows these from now on, and no others. */
  public void replace(KeyList list) {
    Map<String, List<Stored>> next = new HashMap<>();
    for (KeyList.Entry entry : list.entries()) {
      next.computeIfAbsent(entry.id(), _ -> new ArrayList<>())
          .add(
              new Stored(
                  HexFormat.of().parseHex(entry.hash()),
                  new Caller(
                      ACTOR + ":" + entry.id(),
                      Grants.parse(entry.grants(), _ -> {}),
                      entry.expiresAt())));
    }
    keys = Map.copyOf(next);
  }

  @Override
  public Optional<Verdict> verify(String bearer) {
    if (!ApiKey.isMeant(bearer)) {
      return Optional.empty();
    }
    return Optional.of(
        ApiKey.parse(bearer)
            .map(this::verdict)
            .orElseGet(() -> new Verdict.Refused(AccessErrors.invalid(), "malformed API key")));
  }

  private Verdict verdict(ApiKey key) {
    byte[] digest = key.digest();
    Instant now = clock.instant();
    Verdict verdict =
        new Verdict.Refused(AccessErrors.invalid(), "no such API key, or another secret");
    for (Stored each : keys.getOrDefault(key.id(), List.of())) {
      if (MessageDigest.isEqual(each.digest(), digest)) {
        verdict =
            now.isBefore(each.caller().expiresAt())
                ? new Verdict.Known(each.caller())
                : new Verdict.Refused(AccessErrors.expired(), "API key " + key.id() + " expired");
      }
    }
    return verdict;
  }
}
