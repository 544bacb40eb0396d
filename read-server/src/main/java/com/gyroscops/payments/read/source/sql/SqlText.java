package com.gyroscops.payments.read.source.sql;

import com.gyroscops.payments.read.source.TextQuery;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Words as PostgreSQL keeps and asks for them: lexemes that it takes as they are. */
final class SqlText {

  /** Starts the one lexeme that is no word, nor ever starts one: they are letters and digits. */
  private static final String ORGANIZATION = "/";

  private SqlText() {}

  /** Words joined by blanks. */
  static String lexemes(Collection<String> words) {
    return String.join(" ", words);
  }

  /** Words and their organization, joined by blanks. */
  static String lexemes(String organizationId, Collection<String> words) {
    List<String> all = new ArrayList<>(words.size() + 1);
    all.add(ORGANIZATION + organizationId);
    all.addAll(words);
    return lexemes(all);
  }

  /** The text of a tsquery. */
  static String query(TextQuery query) {
    List<String> terms = new ArrayList<>();
    query.words().forEach(word -> terms.add(quoted(word)));
    query.prefixes().forEach(prefix -> terms.add(quoted(prefix) + ":*"));
    return String.join(" & ", terms);
  }

  /** The text of a tsquery that also asks for an organization. */
  static String query(String organizationId, TextQuery query) {
    return quoted(ORGANIZATION + organizationId) + " & " + query(query);
  }

  private static String quoted(String lexeme) {
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'";
  }
}
