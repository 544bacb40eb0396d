package com.gyroscops.payments.platform.temporal;

import static com.gyroscops.payments.platform.config.Variable.optional;

import com.gyroscops.payments.platform.config.Rule;
import com.gyroscops.payments.platform.config.Variable;
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
        optional(
            "TEMPORAL_ADDRESS",
            "payments.temporal.address",
            "",
            new Rule.Servers(1),
            "Temporal's frontend; none: " + without),
        optional(
            "TEMPORAL_NAMESPACE",
            "payments.temporal.namespace",
            "default",
            new Rule.Text("a namespace", SOMETHING),
            "which must exist"),
        optional(
            "TEMPORAL_TASK_QUEUE",
            "payments.temporal.task-queue",
            "payments",
            new Rule.Text("a name", SOMETHING),
            "the same on all servers; reports and imports have one each beside it, with `-reports`"
                + " and `-imports` at its end"),
        optional(
            "TEMPORAL_WORKERS",
            "payments.temporal.workers",
            "true",
            new Rule.Flag(),
            "whether this server " + work + ", too"),
        optional(
            "TEMPORAL_TLS",
            "payments.temporal.tls",
            "false",
            new Rule.Flag(),
            "whether Temporal is spoken to by TLS"),
        optional(
            "TEMPORAL_TLS_AUTHORITIES",
            "payments.temporal.tls-authorities",
            "",
            new Rule.ReadableFile("a PEM file"),
            "authorities to trust; none: the system's"),
        optional(
            "TEMPORAL_TLS_CERTIFICATE",
            "payments.temporal.tls-certificate",
            "",
            new Rule.ReadableFile("a PEM file"),
            "certificate to show"),
        optional(
            "TEMPORAL_TLS_KEY",
            "payments.temporal.tls-key",
            "",
            new Rule.ReadableFile("a PEM file"),
            "its private key, PKCS #8"),
        optional(
            "TEMPORAL_API_KEY",
            "payments.temporal.api-key",
            "",
            new Rule.Secret(0),
            "sent to Temporal as its bearer token; with TEMPORAL_TLS alone"));
  }
}
