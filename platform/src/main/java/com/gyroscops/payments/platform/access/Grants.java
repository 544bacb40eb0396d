package com.gyroscops.payments.platform.access;

import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a caller may do, by organization. Immutable. */
public final class Grants {

  /** In place of an organization: the deployment as a whole, and no organization. */
  public static final String DEPLOYMENT = "-";

  /** In place of an organization: each of them, but not the deployment. */
  public static final String EVERY = "*";

  /** Nothing. */
  public static final Grants NONE = new Grants(Map.of());

  /** Everything. */
  public static final Grants ALL =
      new Grants(Map.of(EVERY, Set.of(Scope.values()), DEPLOYMENT, Set.of(Scope.values())));

  /** Most grants of one caller: what a token of 8 KiB may hold at the most. */
  static final int GRANTS_MAX = 1_000;

  private static final Pattern GRANT =
      Pattern.compile("(\\*|[A-Za-z0-9._-]{1,64}):([a-z][a-z.]{0,31})");

  private final Map<String, Set<Scope>> scopes;

  private Grants(Map<String, Set<Scope>> scopes) {
    this.scopes = Map.copyOf(scopes);
  }

  /**
   * Reads grants, each as {@code organization:scope}. A scope that this version does not know is
   * left out: who asks for it is denied.
   *
   * @param unknown hears of such a scope
   * @throws IllegalArgumentException if a text is no grant, or there are too many
   */
  public static Grants parse(Collection<String> texts, Consumer<String> unknown) {
    if (texts.size() > GRANTS_MAX) {
      throw new IllegalArgumentException(
          "%d grants are more than %d".formatted(texts.size(), GRANTS_MAX));
    }
    Map<String, Set<Scope>> scopes = new HashMap<>();
    for (String text : texts) {
      Matcher grant = GRANT.matcher(text);
      if (!grant.matches()) {
        throw new IllegalArgumentException(
            "a grant is organization:scope, such as acme:payments.read, and not \""
                + text.substring(0, Math.min(text.length(), 64))
                + "\"");
      }
      Optional<Scope> scope = Scope.of(grant.group(2));
      scope.ifPresentOrElse(
          it -> scopes.computeIfAbsent(grant.group(1), _ -> EnumSet.noneOf(Scope.class)).add(it),
          () -> unknown.accept(grant.group(2)));
    }
    return new Grants(scopes);
  }

  /**
   * Whether they allow something.
   *
   * @param organization {@link #DEPLOYMENT} for what concerns none
   */
  public boolean allow(Scope scope, String organization) {
    return has(organization, scope) || (!organization.equals(DEPLOYMENT) && has(EVERY, scope));
  }

  /** Whether they allow it in any organization, or in the deployment. */
  public boolean allowSomewhere(Scope scope) {
    return scopes.keySet().stream().anyMatch(organization -> has(organization, scope));
  }

  /** Whether they allow anything at all in an organization. */
  public boolean know(String organization) {
    return scopes.containsKey(organization)
        || (!organization.equals(DEPLOYMENT) && scopes.containsKey(EVERY));
  }

  private boolean has(String organization, Scope scope) {
    for (Scope granted : scopes.getOrDefault(organization, Set.of())) {
      if (granted.includes(scope)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public String toString() {
    return scopes.toString();
  }
}
