package com.gyroscops.payments.read.source.search;

import com.fasterxml.jackson.databind.JsonNode;
import com.gyroscops.payments.read.source.SourceUnavailableException;
import com.gyroscops.payments.read.source.search.EngineConnection.Reply;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Writes documents in as few requests as the limits allow. Each goes with its version, under which
 * the engine refuses what is older than or the same as what it has; that changes nothing, and
 * counts as written.
 */
final class Bulk {

  /**
   * Beyond it a larger request is hardly faster, and its copies would be humongous: objects for
   * which the collector starts a marking of the heap each.
   */
  static final int BYTES_MAX = 1 << 20;

  /** More documents of usual size than that. */
  static final int DOCUMENTS_MAX = 1_000;

  private static final int NOT_FOUND = 404;
  private static final int CONFLICT = 409;
  private static final int BAD_REQUEST = 400;

  /** What may replace what, by version. */
  enum Rule {
    /** Newer ones alone. */
    NEWER("external"),
    /** The same version too. */
    SAME_OR_NEWER("external_gte");

    private final String versionType;

    Rule(String versionType) {
      this.versionType = versionType;
    }
  }

  /** A document to write. */
  record Write(String id, long version, Rule rule, Map<String, Object> document) {}

  /** A document that does not fit the mapping. */
  record Refused(Write write, String reason) {}

  private final EngineConnection engine;

  Bulk(EngineConnection engine) {
    this.engine = engine;
  }

  /**
   * Writes all of them that fit the mapping; those are written when this returns.
   *
   * @return those that do not
   */
  List<Refused> write(String index, List<Write> writes) throws SourceUnavailableException {
    List<Refused> refused = new ArrayList<>();
    List<Write> batch = new ArrayList<>();
    ByteArrayOutputStream lines = new ByteArrayOutputStream();
    for (Write write : writes) {
      byte[] action =
          EngineConnection.json(
              Map.of(
                  "index",
                  Map.of(
                      "_id",
                      write.id(),
                      "version",
                      write.version(),
                      "version_type",
                      write.rule().versionType)));
      byte[] document = EngineConnection.json(write.document());
      boolean full =
          lines.size() + action.length + document.length + 2 > BYTES_MAX
              || batch.size() == DOCUMENTS_MAX;
      if (full && !batch.isEmpty()) {
        send(index, batch, lines, refused);
        batch.clear();
        lines.reset();
      }
      batch.add(write);
      lines.writeBytes(action);
      lines.write('\n');
      lines.writeBytes(document);
      lines.write('\n');
    }
    if (!batch.isEmpty()) {
      send(index, batch, lines, refused);
    }
    return refused;
  }

  private void send(
      String index, List<Write> batch, ByteArrayOutputStream lines, List<Refused> refused)
      throws SourceUnavailableException {
    Reply reply =
        engine.askLines(
            "/" + Generations.writeAlias(index) + "/_bulk",
            Map.of("require_alias", "true", "filter_path", "errors,items.*.status,items.*.error"),
            lines.toByteArray(),
            Generations.WRITE_MAX);
    if (reply.status() == NOT_FOUND) {
      throw Generations.gone(index);
    }
    if (!reply.isOk()) {
      throw EngineConnection.broken(reply.status(), reply.body());
    }
    if (!reply.body().path("errors").asBoolean()) {
      return;
    }
    JsonNode items = reply.body().path("items");
    for (int i = 0; i < batch.size(); i++) {
      JsonNode item = items.path(i).path("index");
      int status = item.path("status").asInt();
      if (status == NOT_FOUND) {
        throw Generations.gone(index);
      }
      if (EngineConnection.isTransient(status)) {
        throw EngineConnection.unavailable(status, item);
      }
      if (status == BAD_REQUEST) {
        refused.add(new Refused(batch.get(i), EngineConnection.shortened(item.path("error"))));
      } else if (status != CONFLICT && (status < 200 || status >= 300)) {
        throw EngineConnection.broken(status, item);
      }
    }
  }
}
