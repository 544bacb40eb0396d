package com.gyroscops.payments.platform.access;

import com.gyroscops.payments.contract.ApiError;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Lets calls in: whose they are, and whether they may do what they ask for. For concurrent use.
 *
 * @param authenticators asked in their order; the first that knows a credential's kind decides
 * @param log hears of whoever is denied
 */
public record Access(AccessMode mode, List<Authenticator> authenticators, AccessLog log) {

  /** Everybody may do everything. */
  public static final Access OFF = new Access(AccessMode.OFF, List.of(), AccessLog.NONE);

  /** Nobody may do anything: of what is no call, or has lost the context of its call. */
  public static final Access CLOSED = new Access(AccessMode.REQUIRED, List.of(), AccessLog.NONE);

  /** Longest credential that is looked at: metadata as a whole is bounded at 16 KiB. */
  static final int CREDENTIAL_LENGTH_MAX = 8 * 1024;

  private static final String SCHEME = "Bearer ";

  public Access {
    authenticators = List.copyOf(authenticators);
  }

  /**
   * Whose a call is.
   *
   * @param authorization the header of that name; empty: there is none
   */
  public Authenticator.Verdict authenticate(String authorization) {
    if (authorization.isEmpty()) {
      return new Authenticator.Verdict.Refused(AccessErrors.missing(), "no credential");
    }
    if (!authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      return new Authenticator.Verdict.Refused(AccessErrors.invalid(), "another scheme");
    }
    String bearer = authorization.substring(SCHEME.length()).strip();
    if (bearer.length() > CREDENTIAL_LENGTH_MAX) {
      return new Authenticator.Verdict.Refused(AccessErrors.invalid(), "too long");
    }
    for (Authenticator each : authenticators) {
      Optional<Authenticator.Verdict> verdict = each.verify(bearer);
      if (verdict.isPresent()) {
        return verdict.get();
      }
    }
    return new Authenticator.Verdict.Refused(AccessErrors.invalid(), "of no known kind");
  }

  /**
   * Why a caller may not begin a call, before anything is read from it.
   *
   * @param rule of the method; empty: it has none
   * @return empty: it may
   */
  public static Optional<ApiError> denied(Caller caller, Optional<AccessRule> rule) {
    return rule.isEmpty() ? Optional.of(AccessErrors.methodDenied()) : denied(caller, rule.get());
  }

  private static Optional<ApiError> denied(Caller caller, AccessRule rule) {
    return switch (rule) {
      case AccessRule.Open _, AccessRule.Known _ -> Optional.empty();
      case AccessRule.Deployment(Scope scope) ->
          caller.may(scope, Grants.DEPLOYMENT)
              ? Optional.empty()
              : Optional.of(AccessErrors.denied(caller, new Demand(scope, Grants.DEPLOYMENT)));
      case AccessRule.Demanded(var scopes, var _) -> deniedEverywhere(caller, scopes);
      case AccessRule.WithinService(var scopes) -> deniedEverywhere(caller, scopes);
    };
  }

  private static Optional<ApiError> deniedEverywhere(Caller caller, Set<Scope> scopes) {
    return scopes.stream().anyMatch(caller.grants()::allowSomewhere)
        ? Optional.empty()
        : scopes.stream().sorted().findFirst().map(AccessErrors::deniedEverywhere);
  }

  /** Why a caller may not do what a message demands; empty: it may. */
  public static Optional<ApiError> denied(Caller caller, List<Demand> demands) {
    return demands.stream()
        .filter(demand -> !caller.may(demand.scope(), demand.organization()))
        .findFirst()
        .map(demand -> AccessErrors.denied(caller, demand));
  }
}
