package com.gyroscops.payments.read;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.context.annotation.Requires;
import io.micronaut.core.bind.annotation.Bindable;
import java.net.URI;
import java.util.regex.Pattern;

/**
 * Where the search engine is.
 *
 * @param url of any endpoint that speaks the API of Elasticsearch 7.10, http or https
 * @param user for HTTP basic authentication; empty: none
 * @param indexPrefix start of the names of indices, where several systems share an engine
 */
@ConfigurationProperties("search")
@Requires(property = "search.url", pattern = ".+")
record SearchSettings(
    URI url,
    @Bindable(defaultValue = "") String user,
    @Bindable(defaultValue = "") String password,
    @Bindable(defaultValue = "gyroscops") String indexPrefix) {

  private static final Pattern INDEX_PREFIX = Pattern.compile("[a-z0-9][a-z0-9-]{0,63}");

  SearchSettings {
    boolean isHttp = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
    if (!isHttp || url.getHost() == null) {
      throw new IllegalArgumentException("SEARCH_URL must be an http or https URL");
    }
    if (!INDEX_PREFIX.matcher(indexPrefix).matches()) {
      throw new IllegalArgumentException(
          "SEARCH_INDEX_PREFIX must be 1 to 64 of a-z 0-9 and -, the first no hyphen");
    }
  }
}
