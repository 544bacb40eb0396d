package com.gyroscops.payments.read.app;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.context.annotation.Requires;
import java.net.URI;

/**
 * Where the search engine is.
 *
 * @param url of any endpoint that speaks the API of Elasticsearch 7.10, http or https
 * @param user for HTTP basic authentication; empty: none
 * @param indexPrefix start of the names of indices, where several systems share an engine
 */
@ConfigurationProperties("search")
@Requires(property = "search.url", pattern = ".+")
record SearchSettings(URI url, String user, String password, String indexPrefix) {}
