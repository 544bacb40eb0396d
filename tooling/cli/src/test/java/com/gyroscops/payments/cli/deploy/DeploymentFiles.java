package com.gyroscops.payments.cli.deploy;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** The files that the servers are deployed with, as JSON. */
final class DeploymentFiles {

  private DeploymentFiles() {}

  static JsonObject compose() throws IOException {
    return documents(Server.HOME.resolve("docker-compose.yml")).getFirst();
  }

  /** Every object of every manifest. */
  static List<JsonObject> manifests() throws IOException {
    try (Stream<Path> files = Files.list(Server.HOME.resolve("tooling/deploy/kubernetes"))) {
      List<JsonObject> objects = new java.util.ArrayList<>();
      for (Path file : files.sorted().toList()) {
        objects.addAll(documents(file));
      }
      return objects;
    }
  }

  private static List<JsonObject> documents(Path file) throws IOException {
    Yaml yaml = new Yaml(new SafeConstructor(new LoaderOptions()));
    Gson gson = new Gson();
    return StreamSupport.stream(yaml.loadAll(Files.readString(file)).spliterator(), false)
        .map(document -> gson.toJsonTree(document).getAsJsonObject())
        .toList();
  }

  /** The services of the compose file that run a server, by name. */
  static Map<String, JsonObject> services(Server server) throws IOException {
    Map<String, JsonObject> services = new LinkedHashMap<>();
    composed()
        .forEach((name, service) -> {
          if (service.get("image").getAsString().contains("/payments-" + server.label() + ":")) {
            services.put(name, service);
          }
        });
    return services;
  }

  /** All services of the compose file by name, of whatever profile. */
  static Map<String, JsonObject> composed() throws IOException {
    Map<String, JsonObject> services = new LinkedHashMap<>();
    compose()
        .getAsJsonObject("services")
        .asMap()
        .forEach((name, service) -> services.put(name, service.getAsJsonObject()));
    return services;
  }

  /** The variables that the images of the servers come with. */
  static Map<String, String> imageEnvironment() throws IOException {
    Map<String, String> environment = new LinkedHashMap<>();
    Matcher matcher =
        Pattern.compile("(?m)^ENV ([A-Z_]+)=\"([^\"]*)\"$")
            .matcher(Files.readString(Server.HOME.resolve("Dockerfile")));
    while (matcher.find()) {
      environment.put(matcher.group(1), matcher.group(2));
    }
    return environment;
  }

  static Map<String, String> environment(JsonObject service) {
    Map<String, String> environment = new LinkedHashMap<>();
    service
        .getAsJsonObject("environment")
        .asMap()
        .forEach((name, value) -> environment.put(name, value.getAsString()));
    return environment;
  }

  /** What an image's last instruction of a kind runs, in the stage of a server. */
  static List<String> instruction(Server server, String instruction) throws IOException {
    String text = Files.readString(Server.HOME.resolve("Dockerfile"));
    int start = text.indexOf(" AS " + server.label() + "\n");
    int end = text.indexOf("\nFROM ", start);
    String stage = text.substring(start, end < 0 ? text.length() : end).replace("\\\n", " ");
    Matcher matcher =
        Pattern.compile("(?m)^" + instruction + "\\b[^\\[]*(\\[.*])\\s*$").matcher(stage);
    if (!matcher.find()) {
      throw new AssertionError("the Dockerfile has no " + instruction + " of " + server.label());
    }
    JsonArray words = JsonParser.parseString(matcher.group(1)).getAsJsonArray();
    return words.asList().stream().map(JsonElement::getAsString).toList();
  }
}
