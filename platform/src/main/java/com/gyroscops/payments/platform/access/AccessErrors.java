package com.gyroscops.payments.platform.access;

import com.gyroscops.payments.contract.ApiError;
import io.grpc.Status.Code;
import java.util.Map;

/** What callers are told who may not do what they ask for. */
public final class AccessErrors {

  private AccessErrors() {}

  /** UNAUTHENTICATED {@code CREDENTIAL_MISSING}. */
  static ApiError missing() {
    return ApiError.of(
        Code.UNAUTHENTICATED,
        "CREDENTIAL_MISSING",
        "this call needs a credential: the header \"authorization\" with \"Bearer \" and an API key"
            + " or a JWT");
  }

  /** UNAUTHENTICATED {@code CREDENTIAL_INVALID}. */
  static ApiError invalid() {
    return ApiError.of(
        Code.UNAUTHENTICATED, "CREDENTIAL_INVALID", "the credential is none that is taken here");
  }

  /** UNAUTHENTICATED {@code CREDENTIAL_EXPIRED}. */
  static ApiError expired() {
    return ApiError.of(Code.UNAUTHENTICATED, "CREDENTIAL_EXPIRED", "the credential has expired");
  }

  /** PERMISSION_DENIED {@code ORGANIZATION_DENIED} or {@code SCOPE_DENIED}. */
  public static ApiError denied(Caller caller, Demand demand) {
    Map<String, String> metadata =
        Map.of("organization_id", demand.organization(), "scope", demand.scope().text());
    return caller.grants().know(demand.organization())
        ? ApiError.of(
            Code.PERMISSION_DENIED,
            "SCOPE_DENIED",
            "%s%s is needed and not granted"
                .formatted(
                    demand.field().isEmpty() ? "" : demand.field() + ": ", demand.scope().text()),
            metadata)
        : ApiError.of(
            Code.PERMISSION_DENIED,
            "ORGANIZATION_DENIED",
            "nothing is granted in this organization",
            metadata);
  }

  /** PERMISSION_DENIED {@code SCOPE_DENIED}: it is granted nowhere. */
  static ApiError deniedEverywhere(Scope scope) {
    return ApiError.of(
        Code.PERMISSION_DENIED,
        "SCOPE_DENIED",
        scope.text() + " is needed and not granted",
        Map.of("scope", scope.text()));
  }

  /** PERMISSION_DENIED {@code METHOD_DENIED}: no rule allows it to anybody. */
  static ApiError methodDenied() {
    return ApiError.of(Code.PERMISSION_DENIED, "METHOD_DENIED", "this method is open to nobody");
  }
}
