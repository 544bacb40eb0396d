package com.gyroscops.payments.contract.temporal;

import static com.gyroscops.payments.contract.environment.Variable.optional;

import com.gyroscops.payments.contract.environment.Rule;
import com.gyroscops.payments.contract.environment.Variable;
import java.util.List;
import java.util.regex.Pattern;

/** What both servers read of Temporal from their environments. */
public final class TemporalVariables {

  private static final Pattern SOMETHING = Pattern.compile(".+");

  private TemporalVariables() {}

  /**
   * All of them.
   *
   * @param without what there is none of without Temporal, for people
   * @param work what this server's workers do, likewise
   */
  public static List<Variable> all(String without, String work) {
    return List.of(
        optional("TEMPORAL_ADDRESS", new Rule.Servers(1), "Temporal's frontend; none: " + without),
        optional("TEMPORAL_NAMESPACE", new Rule.Text("a namespace", SOMETHING), "which must exist"),
        optional(
            "TEMPORAL_TASK_QUEUE",
            new Rule.Text("a name", SOMETHING),
            "the same on all servers; reports and imports have one each beside it, with `-reports`"
                + " and `-imports` at its end"),
        optional("TEMPORAL_WORKERS", new Rule.Flag(), "whether this server " + work + ", too"),
        optional("TEMPORAL_TLS", new Rule.Flag(), "whether Temporal is spoken to by TLS"),
        optional(
            "TEMPORAL_TLS_AUTHORITIES",
            new Rule.ReadableFile("a PEM file"),
            "authorities to trust; none: the system's"),
        optional(
            "TEMPORAL_TLS_CERTIFICATE", new Rule.ReadableFile("a PEM file"), "certificate to show"),
        optional(
            "TEMPORAL_TLS_KEY", new Rule.ReadableFile("a PEM file"), "its private key, PKCS #8"),
        optional(
            "TEMPORAL_API_KEY",
            new Rule.Secret(0),
            "sent to Temporal as its bearer token; with TEMPORAL_TLS alone"));
  }
}
