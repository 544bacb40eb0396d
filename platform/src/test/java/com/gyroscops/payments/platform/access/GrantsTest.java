package com.gyroscops.payments.platform.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GrantsTest {

  private final List<String> unknown = new ArrayList<>();

  private Grants grants(String... texts) {
    return Grants.parse(List.of(texts), unknown::add);
  }

  @Test
  void aGrantIsOfItsOrganizationAndScopeAlone() {
    Grants grants = grants("acme:payments.read");
    assertThat(grants.allow(Scope.PAYMENTS_READ, "acme")).isTrue();
    assertThat(grants.allow(Scope.PAYMENTS_READ, "globex")).isFalse();
    assertThat(grants.allow(Scope.PAYMENTS_READ, "")).isFalse();
    assertThat(grants.allow(Scope.PAYMENTS_READ, "*")).isFalse();
    assertThat(grants.allow(Scope.PAYMENTS_WRITE, "acme")).isFalse();
    assertThat(grants.allow(Scope.PERSONAL_READ, "acme")).isFalse();
    assertThat(grants.know("acme")).isTrue();
    assertThat(grants.know("globex")).isFalse();
  }

  @Test
  void whatIsWrittenIsAnsweredSoWritingIncludesReading() {
    assertThat(grants("acme:payments.write").allow(Scope.PAYMENTS_READ, "acme")).isTrue();
    assertThat(grants("acme:payments.refund").allow(Scope.PAYMENTS_READ, "acme")).isTrue();
    assertThat(grants("acme:payments.refund").allow(Scope.PAYMENTS_WRITE, "acme")).isFalse();
    assertThat(grants("acme:payments.write").allow(Scope.PAYMENTS_REFUND, "acme")).isFalse();
    assertThat(grants("acme:payments.write").allow(Scope.PERSONAL_READ, "acme")).isFalse();
  }

  @Test
  void theDeploymentIsNoOrganizationAndNoneOfThemIsTheDeployment() {
    Grants every = grants("*:statistics.read", "*:operator");
    assertThat(every.allow(Scope.STATISTICS_READ, "acme")).isTrue();
    assertThat(every.allow(Scope.STATISTICS_READ, Grants.DEPLOYMENT)).isFalse();
    assertThat(every.allow(Scope.OPERATOR, Grants.DEPLOYMENT)).isFalse();
    Grants deployment = grants("-:statistics.read");
    assertThat(deployment.allow(Scope.STATISTICS_READ, Grants.DEPLOYMENT)).isTrue();
    assertThat(deployment.allow(Scope.STATISTICS_READ, "acme")).isFalse();
  }

  @Test
  void aScopeOfALaterVersionIsDeniedAndTold() {
    Grants grants = grants("acme:payments.capture", "acme:payments.read");
    assertThat(unknown).containsExactly("payments.capture");
    assertThat(grants.allow(Scope.PAYMENTS_READ, "acme")).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "acme", "acme:", ":payments.read", "a b:payments.read", "**:payments.read"})
  void whatIsNoGrantIsRefused(String text) {
    assertThatThrownBy(() -> grants(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("organization:scope");
  }

  @Test
  void thereMayBeAThousand() {
    List<String> most = Collections.nCopies(Grants.GRANTS_MAX, "acme:reports");
    assertThat(Grants.parse(most, unknown::add).allowSomewhere(Scope.REPORTS)).isTrue();
    assertThatThrownBy(() ->
            Grants.parse(Collections.nCopies(Grants.GRANTS_MAX + 1, "acme:reports"), unknown::add))
        .hasMessageContaining("more than 1000");
  }

  @Test
  void allIsEverythingAndNoneIsNothing() {
    for (Scope scope : Scope.values()) {
      assertThat(Grants.ALL.allow(scope, "acme")).isTrue();
      assertThat(Grants.ALL.allow(scope, Grants.DEPLOYMENT)).isTrue();
      assertThat(Grants.NONE.allow(scope, "acme")).isFalse();
      assertThat(Scope.of(scope.text())).contains(scope);
    }
  }
}
