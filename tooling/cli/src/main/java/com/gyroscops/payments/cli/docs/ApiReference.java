package com.gyroscops.payments.cli.docs;

import com.gyroscops.payments.cli.docs.Contracts.Enumeration;
import com.gyroscops.payments.cli.docs.Contracts.Field;
import com.gyroscops.payments.cli.docs.Contracts.Message;
import com.gyroscops.payments.cli.docs.Contracts.Rpc;
import com.gyroscops.payments.cli.docs.Contracts.Service;
import com.gyroscops.payments.cli.docs.Contracts.Value;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The API reference as one page of Markdown: each service with its RPCs, each RPC with its request
 * and response, then the messages that they share, then the enums.
 */
public final class ApiReference {

  private static final String GOOGLE = "google.protobuf.";

  private final Contracts contracts;
  private final Map<String, Message> messages = new HashMap<>();
  private final Map<String, String> anchors = new HashMap<>();
  private final Prose prose;
  private final StringBuilder page = new StringBuilder();

  private ApiReference(Contracts contracts) {
    this.contracts = contracts;
    for (Service service : contracts.services()) {
      anchor(service.name());
      service.rpcs().forEach(rpc -> anchor(rpc.name()));
    }
    for (Message message : contracts.messages()) {
      messages.put(message.fullName(), message);
      anchor(message.name());
    }
    contracts.enums().forEach(type -> anchor(type.name()));
    this.prose = new Prose(anchors);
  }

  /**
   * The page.
   *
   * @throws IllegalArgumentException if two things would have the same heading
   */
  public static String of(Contracts contracts) {
    return new ApiReference(contracts).page();
  }

  private void anchor(String name) {
    if (anchors.put(name, "#" + name.toLowerCase(Locale.ROOT)) != null) {
      throw new IllegalArgumentException("two headings would be " + name);
    }
  }

  private String page() {
    line("# API reference");
    line("");
    line(
        "Written by `./payments docs` from the comments of the contracts in `proto/`; change it there.");
    line(
        "Every RPC's request and response stand with it; [messages](#messages) that they share and");
    line(
        "[enums](#enums) follow. How it looks on the wire, command by command: [cookbook](cookbook.md).");
    line("");
    line(
        "In JSON, as tools print it, names are in lowerCamelCase, 64-bit integers are strings, and fields");
    line("that are empty, zero or false are left out, unless they are marked *optional*.");
    line("");
    for (Service service : contracts.services()) {
      line(
          "- "
              + link(service.name())
              + ": "
              + String.join(", ", service.rpcs().stream().map(rpc -> link(rpc.name())).toList()));
    }
    Set<String> told = new HashSet<>();
    for (Service service : contracts.services()) {
      service(service, told);
    }
    block("## Messages");
    contracts.messages().stream()
        .filter(message -> !told.contains(message.fullName()))
        .forEach(message -> message("###", message));
    block("## Enums");
    contracts.enums().forEach(this::enumeration);
    return page.toString();
  }

  private void service(Service service, Set<String> told) {
    block("## " + service.name());
    block("`" + service.fullName() + "`");
    block(prose.page(service.comment()));
    block("| RPC | |");
    line("|---|---|");
    for (Rpc rpc : service.rpcs()) {
      line("| " + link(rpc.name()) + " | " + prose.summary(rpc.comment()) + " |");
    }
    for (Rpc rpc : service.rpcs()) {
      block("### " + rpc.name());
      block(
          "%s%s → %s%s"
              .formatted(
                  rpc.requestStream() ? "stream of " : "",
                  type(rpc.requestType()),
                  rpc.responseStream() ? "stream of " : "",
                  type(rpc.responseType())));
      block(prose.page(rpc.comment()));
      for (String type : List.of(rpc.requestType(), rpc.responseType())) {
        Message message = messages.get(type);
        if (message != null && told.add(type)) {
          message("####", message);
        }
      }
    }
  }

  private void message(String level, Message message) {
    block(level + " " + message.name());
    block(prose.page(message.comment()));
    if (message.fields().isEmpty()) {
      block("No fields.");
      return;
    }
    block("| field | type | |");
    line("|---|---|---|");
    for (Field field : message.fields()) {
      String oneof = field.oneof().isEmpty() ? "" : "*one of " + field.oneof() + "* ";
      line(
          "| `%s` | %s | %s |"
              .formatted(field.name(), type(field), (oneof + prose.cell(field.comment())).strip()));
    }
  }

  private void enumeration(Enumeration type) {
    block("### " + type.name());
    block(prose.page(type.comment()));
    block("| value | number | |");
    line("|---|---|---|");
    for (Value value : type.values()) {
      line(
          "| `%s` | %d | %s |"
              .formatted(value.name(), value.number(), prose.cell(value.comment())));
    }
  }

  private String type(Field field) {
    if (!field.keyType().isEmpty()) {
      return "map of " + field.keyType() + " to " + type(field.type());
    }
    String label = field.label().equals("optional") ? "*optional*" : field.label();
    return (label + " " + type(field.type())).strip();
  }

  private String type(String name) {
    String simple = name.substring(name.lastIndexOf('.') + 1);
    if (name.startsWith(GOOGLE)) {
      return "[%s](https://protobuf.dev/reference/protobuf/google.protobuf/#%s)"
          .formatted(
              simple, simple.replaceAll("(?<=[a-z])(?=[A-Z])", "-").toLowerCase(Locale.ROOT));
    }
    return anchors.containsKey(simple) ? link(simple) : simple;
  }

  private String link(String name) {
    return "[" + name + "](" + anchors.get(name) + ")";
  }

  /** Text after an empty line; nothing where there is none. */
  private void block(String text) {
    if (!text.isEmpty()) {
      page.append('\n').append(text).append('\n');
    }
  }

  private void line(String text) {
    page.append(text).append('\n');
  }
}
