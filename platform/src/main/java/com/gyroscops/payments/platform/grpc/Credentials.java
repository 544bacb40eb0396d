package com.gyroscops.payments.platform.grpc;

import io.grpc.ClientInterceptor;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;

/** What callers show servers: see {@link Callers}. */
public final class Credentials {

  static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private Credentials() {}

  /**
   * Shows an API key with each call.
   *
   * @param apiKey empty: nothing is shown
   */
  public static ClientInterceptor ofApiKey(String apiKey) {
    Metadata headers = new Metadata();
    if (!apiKey.isEmpty()) {
      headers.put(AUTHORIZATION, "Bearer " + apiKey);
    }
    return MetadataUtils.newAttachHeadersInterceptor(headers);
  }
}
