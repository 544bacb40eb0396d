package com.gyroscops.payments.platform.temporal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.uber.m3.tally.NoopScope;
import io.grpc.Metadata;
import io.temporal.serviceclient.WorkflowServiceStubsOptions;
import org.junit.jupiter.api.Test;

class TemporalSettingsTest {

  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private static TemporalSettings settings(boolean tls, String certificate, String apiKey) {
    return new TemporalConfiguration(
            "temporal:7233", "payments", "queue", true, tls, "", certificate, "", apiKey)
        .settings("");
  }

  @Test
  void anApiKeyIsSentWithEveryCallAndNeverShown() {
    TemporalSettings settings = settings(true, "", "very-secret");
    assertThat(settings.toString()).doesNotContain("very-secret").contains("temporal:7233");
    WorkflowServiceStubsOptions options =
        TemporalConnection.stubsOptions(settings, new NoopScope());
    assertThat(options.getGrpcMetadataProviders())
        .singleElement()
        .satisfies(
            it -> assertThat(it.getMetadata().get(AUTHORIZATION)).isEqualTo("Bearer very-secret"));
    assertThat(options.getSslContext()).isNotNull();
    assertThat(options.toString()).doesNotContain("very-secret");
  }

  @Test
  void withoutAnApiKeyNoneIsSent() {
    WorkflowServiceStubsOptions options =
        TemporalConnection.stubsOptions(settings(false, "", ""), new NoopScope());
    assertThat(options.getGrpcMetadataProviders()).isNullOrEmpty();
    assertThat(options.getSslContext()).isNull();
  }

  @Test
  void settingsThatContradictEachOtherNameTheirVariables() {
    assertThatThrownBy(() -> settings(false, "", "very-secret"))
        .hasMessageContaining("TEMPORAL_API_KEY")
        .hasMessageContaining("TEMPORAL_TLS")
        .hasMessageNotContaining("very-secret");
    assertThatThrownBy(() -> settings(true, "certificate.pem", ""))
        .hasMessageContaining("TEMPORAL_TLS_KEY");
  }
}
