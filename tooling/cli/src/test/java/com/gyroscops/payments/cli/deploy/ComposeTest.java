package com.gyroscops.payments.cli.deploy;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a first {@code docker compose up --build} goes by. */
final class ComposeTest {

  /** PostgreSQL keeps them for its superuser. */
  private static final int RESERVED = 3;

  /** For the one-shots, for Temporal's schema, and for people. */
  private static final int SPARE = 20;

  /** Frontend, history, matching and worker: each has pools of its own. */
  private static final int TEMPORAL_SERVICES = 4;

  /** Classes, code, stacks and what the collector keeps: more than servers were seen with. */
  private static final int OUTSIDE_MIB = 200;

  /** Buffers of the network are counted by each copy of Netty for itself. */
  private static final Map<Server, Integer> NETTIES = Map.of(Server.WRITE, 1, Server.READ, 2);

  /** Each platform as README names it, and as programs for it are named. */
  private static final Map<String, List<String>> PLATFORMS =
      Map.of(
          "Linux on x86-64", List.of("linux-x86_64", "linux-amd64"),
          "Linux on arm64", List.of("linux-aarch_64", "linux-arm64v8"),
          "macOS on Intel", List.of("osx-x86_64", "darwin-amd64"),
          "macOS on Apple silicon", List.of("osx-aarch_64", "darwin-arm64v8"));

  @Test
  void each_image_is_built_by_one_service_and_never_pulled() throws Exception {
    Map<String, Integer> builds = new TreeMap<>();
    DeploymentFiles.composed()
        .forEach((name, service) -> {
          String image = service.get("image").getAsString();
          if (image.startsWith("gyroscops/")) {
            builds.merge(image, service.has("build") ? 1 : 0, Integer::sum);
            assertThat(service.get("pull_policy").getAsString()).as(name).isEqualTo("never");
          } else {
            assertThat(service.has("build")).as(name).isFalse();
          }
        });
    assertThat(builds).hasSize(Server.values().length);
    assertThat(builds.values()).containsOnly(1);
  }

  @ParameterizedTest
  @EnumSource
  void a_server_starts_after_its_roles_are_there(Server server) throws Exception {
    for (JsonObject service : DeploymentFiles.services(server).values()) {
      String roles = server.database().replace("_DATABASE", "").toLowerCase(Locale.ROOT) + "-roles";
      assertThat(
              service
                  .getAsJsonObject("depends_on")
                  .getAsJsonObject(roles)
                  .get("condition")
                  .getAsString())
          .isEqualTo("service_completed_successfully");
    }
  }

  @Test
  void what_is_waited_for_has_time_to_start() throws Exception {
    DeploymentFiles.composed()
        .forEach((name, service) -> {
          JsonObject check = service.getAsJsonObject("healthcheck");
          if (check != null) {
            assertThat(check.keySet()).as(name).contains("start_period");
          }
        });
  }

  @Test
  void the_write_database_has_connections_for_all() throws Exception {
    String settings =
        Files.readString(Server.HOME.resolve("write-server/src/main/resources/application.yml"));
    int forCommands =
        Pattern.compile("maximum-pool-size: (\\d+)")
            .matcher(settings)
            .results()
            .mapToInt(pool -> Integer.parseInt(pool.group(1)))
            .sum();
    assertThat(forCommands).isPositive();
    int chosen =
        Pattern.compile("(?m)^\\| `WRITE_DATABASE_(?:READS|SUBMISSIONS)_MAX` \\| `(\\d+)`")
            .matcher(Files.readString(Server.HOME.resolve("docs/configuration.md")))
            .results()
            .mapToInt(pool -> Integer.parseInt(pool.group(1)))
            .sum();
    assertThat(chosen).isPositive();
    int each = forCommands + chosen;
    Map<String, String> temporal = DeploymentFiles.environment(service("temporal"));
    int temporals =
        TEMPORAL_SERVICES
            * Stream.of("SQL_MAX_CONNS", "SQL_VIS_MAX_CONNS")
                .mapToInt(name -> Integer.parseInt(temporal.getOrDefault(name, "")))
                .sum();
    int needed = each * DeploymentFiles.services(Server.WRITE).size() + temporals;
    assertThat(needed + SPARE).isLessThanOrEqualTo(connectionsMax() - RESERVED);
  }

  private static int connectionsMax() throws Exception {
    for (JsonElement argument : service("write-database").getAsJsonArray("command")) {
      if (argument.getAsString().startsWith("-cmax_connections=")) {
        return Integer.parseInt(argument.getAsString().substring("-cmax_connections=".length()));
      }
    }
    return 100;
  }

  @ParameterizedTest
  @EnumSource
  void heap_and_buffers_leave_room_in_a_container(Server server) throws Exception {
    String options = DeploymentFiles.imageEnvironment().getOrDefault("JDK_JAVA_OPTIONS", "");
    int heapPercent = option(options, "-XX:MaxRAMPercentage=(\\d+)");
    int direct = option(options, "-XX:MaxDirectMemorySize=(\\d+)m");
    for (JsonObject service : DeploymentFiles.services(server).values()) {
      assertThat(service.get("mem_limit").getAsString()).isEqualTo("1g");
    }
    assertThat(1024 * heapPercent / 100 + NETTIES.getOrDefault(server, 0) * direct + OUTSIDE_MIB)
        .isLessThanOrEqualTo(1024);
  }

  private static int option(String options, String pattern) {
    Matcher matcher = Pattern.compile(pattern).matcher(options);
    assertThat(matcher.find()).as("%s in %s", pattern, options).isTrue();
    return Integer.parseInt(matcher.group(1));
  }

  @Test
  void each_store_that_a_profile_chooses_is_in_no_other() throws Exception {
    Map<String, String> chosen = new LinkedHashMap<>();
    DeploymentFiles.composed()
        .forEach((name, service) -> {
          if (service.has("profiles")) {
            chosen.put(name, service.getAsJsonArray("profiles").get(0).getAsString());
          }
        });
    assertThat(chosen)
        .isEqualTo(Map.of("opensearch", "opensearch", "elasticsearch", "elasticsearch"));
  }

  @Test
  void programs_are_asked_for_on_each_platform_that_readme_names() throws Exception {
    String readme = Files.readString(Server.HOME.resolve("README.md"));
    Matcher named =
        Pattern.compile("(?:Linux|macOS|Windows) on [A-Za-z0-9-]+(?: silicon)?").matcher(readme);
    TreeSet<String> names = new TreeSet<>();
    while (named.find()) {
      names.add(named.group());
    }
    assertThat(names).containsExactlyInAnyOrderElementsOf(PLATFORMS.keySet());
    assertThat(Files.readString(Server.HOME.resolve("tooling/platforms/pom.xml")))
        .contains(PLATFORMS.values().stream().flatMap(List::stream).toList());
  }

  private static JsonObject service(String name) throws Exception {
    JsonObject service = DeploymentFiles.composed().get(name);
    assertThat(service).as(name).isNotNull();
    return requireNonNull(service);
  }
}
