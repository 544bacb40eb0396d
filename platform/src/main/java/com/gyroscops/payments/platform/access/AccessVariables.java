package com.gyroscops.payments.platform.access;

import static com.gyroscops.payments.platform.config.Variable.optional;

import com.gyroscops.payments.platform.config.Rule;
import com.gyroscops.payments.platform.config.Variable;
import java.util.List;
import java.util.regex.Pattern;

/** What both servers read of callers from their environments. */
public final class AccessVariables {

  private AccessVariables() {}

  /** All of them. */
  public static List<Variable> all() {
    return List.of(
        optional(
            "AUTH",
            "payments.access.mode",
            "off",
            new Rule.OneOf(List.of("required", "observe", "off")),
            "whether callers have to say who they are; `observe`: what would be denied is noted and"
                + " not denied; `off`: everybody may do everything"),
        optional(
            "API_KEYS_FILE",
            "payments.access.api-keys-file",
            "",
            new Rule.ReadableFile("a file that `./payments keys` writes"),
            "API keys that are taken; read anew when it changes; none: no API keys"),
        optional(
            "AUTH_ISSUERS",
            "payments.access.issuers",
            "",
            new Rule.Parsed(
                "of a name, `iss` and the URL of the keys (`https:` or `file:`), with blanks between;"
                    + " separated by commas",
                (name, value) -> {
                  var _ = Issuer.parse(name, value);
                }),
            "whose JWTs are taken; none: no JWTs"),
        optional(
            "AUTH_AUDIENCE",
            "payments.access.audience",
            "payments",
            new Rule.Text("1 to 128 characters", Pattern.compile(".{1,128}")),
            "what `aud` of a JWT must name"));
  }
}
