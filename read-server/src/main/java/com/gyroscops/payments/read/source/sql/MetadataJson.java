package com.gyroscops.payments.read.source.sql;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.Map;

/** Metadata pairs as the database compares them: a JSON object of strings. */
final class MetadataJson {

  private static final JsonMapper MAPPER = new JsonMapper();

  private MetadataJson() {}

  static String of(Map<String, String> pairs) {
    try {
      return MAPPER.writeValueAsString(pairs);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a map of strings has a JSON form", e);
    }
  }
}
