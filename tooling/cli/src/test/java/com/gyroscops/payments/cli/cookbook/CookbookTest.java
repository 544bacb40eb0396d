package com.gyroscops.payments.cli.cookbook;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.gyroscops.payments.cli.docs.Contracts;
import io.grpc.health.v1.HealthProto;
import io.grpc.reflection.v1.ServerReflectionProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The cookbook as a page. What its commands do, ClientsIT shows. */
class CookbookTest {

  @Test
  void everyRpcHasACommandAndEveryCommandAnAnswer() throws IOException {
    List<Recipe> recipes = Recipe.of(Files.readString(Path.of("../../docs/cookbook.md")));

    Set<String> shown =
        recipes.stream()
            .map(Recipe::rpc)
            .filter(rpc -> !rpc.isEmpty())
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(shown)
        .as("RPCs that have a command in docs/cookbook.md")
        .containsExactlyInAnyOrderElementsOf(rpcs());
    assertThat(recipes)
        .allSatisfy(recipe ->
            assertThat(recipe.answer())
                .as("answer to the command in line %d of docs/cookbook.md", recipe.line())
                .isNotBlank());
  }

  /**
   * Those of the contracts, and of health and reflection, v1alpha apart, which is v1's older name.
   */
  private static Set<String> rpcs() throws IOException {
    Stream<String> ours =
        Contracts.shipped().services().stream()
            .flatMap(service ->
                service.rpcs().stream().map(rpc -> service.fullName() + "/" + rpc.name()));
    Stream<String> standard =
        Stream.of(HealthProto.getDescriptor(), ServerReflectionProto.getDescriptor())
            .flatMap(file -> file.getServices().stream())
            .map(ServiceDescriptor::getMethods)
            .flatMap(List::stream)
            .map(method -> method.getService().getFullName() + "/" + method.getName());
    return Stream.concat(ours, standard).collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void aPageIsReadCommandByCommand() {
    String page =
        """
        ```console
        $ grpcurl -d '{"a":
            1}' \\
            host a.v1.Service/Rpc
        {
        }
        $ (echo x; sleep 1) |
            cat
        ```
        $ no command
        ```
        $ none either
        ```
        """;
    assertThat(Recipe.of(page))
        .containsExactly(
            new Recipe(2, "grpcurl -d '{\"a\":\n    1}' \\\n    host a.v1.Service/Rpc", "{\n}", 5),
            new Recipe(7, "(echo x; sleep 1) |\n    cat", "", 9));
    assertThat(Recipe.of(page).getFirst().rpc()).isEqualTo("a.v1.Service/Rpc");
  }
}
