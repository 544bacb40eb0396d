package com.gyroscops.payments.cli.deploy;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.gyroscops.payments.cli.deploy.Server.Known;
import com.gyroscops.payments.platform.grpc.ServingHealth;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The compose file, the manifests and the documentation name the variables that the servers read,
 * by what the servers themselves say of them, and no others. A few seconds; nothing is deployed.
 */
final class DeploymentFilesIT {

  private static final Map<String, String> VERSIONS =
      Map.of(
          "v1",
          "V1",
          "apps/v1",
          "V1",
          "policy/v1",
          "V1",
          "networking.k8s.io/v1",
          "V1",
          "autoscaling/v2",
          "V2");

  @ParameterizedTest
  @EnumSource
  void the_documentation_lists_what_a_server_reads(Server server) throws Exception {
    String text = Files.readString(Server.HOME.resolve("docs/configuration.md"));
    String section = text.substring(text.indexOf("## " + server.label() + "\n"));
    int table = section.indexOf("| variable");
    assertThat(section.substring(table, section.indexOf("\n\n", table) + 1))
        .as("the output of: java -jar %s/%s.jar --help", server.folder(), server.label())
        .isEqualTo(server.help());
  }

  @ParameterizedTest
  @EnumSource
  void compose_sets_what_a_server_reads_and_all_that_it_needs(Server server) throws Exception {
    Map<String, Known> variables = server.variables();
    Map<String, JsonObject> services = DeploymentFiles.services(server);
    assertThat(services).hasSize(2);
    services.forEach((name, service) -> {
      Map<String, String> environment = DeploymentFiles.environment(service);
      assertSets(name, environment, variables);
      assertThat(environment).containsEntry("INSTANCE_ID", name);
    });
  }

  @ParameterizedTest
  @EnumSource
  void kubernetes_sets_what_a_server_reads_and_all_that_it_needs(Server server) throws Exception {
    JsonObject container = container(server);
    Map<String, String> environment = new HashMap<>();
    for (JsonElement from : container.getAsJsonArray("envFrom")) {
      String map = from.getAsJsonObject().getAsJsonObject("configMapRef").get("name").getAsString();
      object("ConfigMap", map)
          .getAsJsonObject("data")
          .asMap()
          .forEach((name, value) -> environment.put(name, value.getAsString()));
    }
    for (JsonElement variable : container.getAsJsonArray("env")) {
      environment.put(variable.getAsJsonObject().get("name").getAsString(), "");
    }
    assertSets(server.label(), environment, server.variables());
  }

  private static void assertSets(
      String place, Map<String, String> environment, Map<String, Known> variables) {
    assertThat(variables.keySet()).as(place).containsAll(environment.keySet());
    variables.forEach((name, known) -> {
      if (known.required()) {
        assertThat(environment.keySet()).as(place).containsAnyOf(name, known.other());
      }
    });
    assertThat(environment.keySet())
        .as("%s has its passwords in files", place)
        .noneMatch(name -> name.endsWith("PASSWORD") || name.endsWith("SECRET"));
  }

  @ParameterizedTest
  @EnumSource
  void ports_are_the_servers_own(Server server) throws Exception {
    Map<String, Known> variables = server.variables();
    int grpc = port(variables, "GRPC_PORT");
    int internal = port(variables, "INTERNAL_GRPC_PORT");
    int http = port(variables, "HTTP_PORT");
    JsonObject container = container(server);
    Map<String, Integer> named = new TreeMap<>();
    for (JsonElement port : container.getAsJsonArray("ports")) {
      named.put(
          port.getAsJsonObject().get("name").getAsString(),
          port.getAsJsonObject().get("containerPort").getAsInt());
    }
    assertThat(named.values()).containsExactlyInAnyOrder(grpc, internal, http);
    assertThat(named).containsEntry("grpc", grpc).containsEntry("http", http);
    for (String probe : List.of("startupProbe", "readinessProbe", "livenessProbe")) {
      assertThat(container.getAsJsonObject(probe).getAsJsonObject("grpc").get("port").getAsInt())
          .as(probe)
          .isEqualTo(grpc);
    }
    assertThat(
            container
                .getAsJsonObject("livenessProbe")
                .getAsJsonObject("grpc")
                .get("service")
                .getAsString())
        .isEqualTo(ServingHealth.LIVENESS);
    assertThat(Files.readString(Server.HOME.resolve("Dockerfile")))
        .contains("EXPOSE %d %d %d%n".formatted(grpc, internal, http));
    assertThat(String.join(" ", DeploymentFiles.instruction(server, "HEALTHCHECK")))
        .contains("${HTTP_PORT:-%d}".formatted(http));
    if (server == Server.WRITE) {
      for (JsonObject service : DeploymentFiles.services(Server.READ).values()) {
        assertThat(DeploymentFiles.environment(service).getOrDefault("FEED_TARGETS", "").split(","))
            .containsExactlyElementsOf(
                DeploymentFiles.services(server).keySet().stream()
                    .map(name -> name + ":" + internal)
                    .toList());
      }
    }
    assertThat(Files.readString(Server.HOME.resolve("tooling/deploy/nginx/nginx.conf")))
        .contains(
            DeploymentFiles.services(server).keySet().stream()
                .map(name -> name + ":" + grpc)
                .toList());
  }

  private static int port(Map<String, Known> variables, String name) {
    assertThat(variables).containsKey(name);
    return Integer.parseInt(requireNonNull(variables.get(name)).defaultText());
  }

  @Test
  void every_manifest_is_what_kubernetes_takes() throws Exception {
    List<JsonObject> manifests = DeploymentFiles.manifests();
    assertThat(manifests).hasSizeGreaterThan(10);
    for (JsonObject manifest : manifests) {
      String version = VERSIONS.get(manifest.get("apiVersion").getAsString());
      assertThat(version).as(manifest.toString()).isNotNull();
      Class.forName(
              "io.kubernetes.client.openapi.models." + version + manifest.get("kind").getAsString())
          .getMethod("validateJsonElement", JsonElement.class)
          .invoke(null, manifest);
      assertThat(manifest.get("kind").getAsString()).isNotEqualTo("Secret");
    }
  }

  @Test
  void services_budgets_and_policies_select_a_deployment_and_ports_that_it_has() throws Exception {
    for (JsonObject manifest : DeploymentFiles.manifests()) {
      JsonObject spec = manifest.getAsJsonObject("spec");
      List<String> ports = new ArrayList<>();
      JsonObject selector =
          switch (manifest.get("kind").getAsString()) {
            case "Service" -> {
              spec.getAsJsonArray("ports")
                  .forEach(it -> ports.add(it.getAsJsonObject().get("targetPort").getAsString()));
              yield spec.getAsJsonObject("selector");
            }
            case "PodDisruptionBudget" ->
                spec.getAsJsonObject("selector").getAsJsonObject("matchLabels");
            case "NetworkPolicy" -> {
              spec.getAsJsonArray("ingress")
                  .forEach(rule ->
                      rule.getAsJsonObject()
                          .getAsJsonArray("ports")
                          .forEach(
                              it -> ports.add(it.getAsJsonObject().get("port").getAsString())));
              yield spec.getAsJsonObject("podSelector").getAsJsonObject("matchLabels");
            }
            default -> new JsonObject();
          };
      if (selector.isEmpty()) {
        continue;
      }
      String name = selector.get("app.kubernetes.io/name").getAsString();
      JsonObject template =
          object("Deployment", name).getAsJsonObject("spec").getAsJsonObject("template");
      assertThat(template.getAsJsonObject("metadata").getAsJsonObject("labels").asMap())
          .containsAllEntriesOf(selector.asMap());
      assertThat(
              container(
                      Server.valueOf(
                          name.substring(0, name.indexOf('-')).toUpperCase(java.util.Locale.ROOT)))
                  .getAsJsonArray("ports")
                  .asList()
                  .stream()
                  .map(port -> port.getAsJsonObject().get("name").getAsString()))
          .containsAll(ports);
    }
  }

  private static JsonObject container(Server server) throws Exception {
    return object("Deployment", server.label())
        .getAsJsonObject("spec")
        .getAsJsonObject("template")
        .getAsJsonObject("spec")
        .getAsJsonArray("containers")
        .get(0)
        .getAsJsonObject();
  }

  private static JsonObject object(String kind, String name) throws Exception {
    return DeploymentFiles.manifests().stream()
        .filter(it ->
            it.get("kind").getAsString().equals(kind)
                && it.getAsJsonObject("metadata").get("name").getAsString().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no %s %s".formatted(kind, name)));
  }
}
