package com.gyroscops.payments.platform.access;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.gyroscops.payments.platform.access.Authenticator.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ApiKeysTest {

  private static final Instant NOW = Instant.parse("2026-11-30T12:00:00Z");
  private static final Duration AWAIT_MAX = Duration.ofMinutes(1);

  @TempDir private Path folder;

  private final ApiKey key = ApiKey.generate("shop");
  private final ApiKeys keys = new ApiKeys(Clock.fixed(NOW, ZoneOffset.UTC));

  private static KeyList.Entry entry(ApiKey key, Instant expires, String... grants) {
    return new KeyList.Entry(key.id(), key.hash(), expires, List.of(grants));
  }

  private static Caller caller(ApiKeys of, String bearer) {
    return ((Verdict.Known) of.verify(bearer).orElseThrow()).caller();
  }

  private static String reason(ApiKeys of, String bearer) {
    return ((Verdict.Refused) of.verify(bearer).orElseThrow()).error().reason();
  }

  @Test
  void aKeyIsItsCallers() {
    keys.replace(new KeyList(List.of(entry(key, Instant.MAX, "acme:payments.read"))));
    Caller caller = caller(keys, key.text());
    assertThat(caller.actor()).isEqualTo("key:shop");
    assertThat(caller.may(Scope.PAYMENTS_READ, "acme")).isTrue();
    assertThat(caller.may(Scope.PAYMENTS_READ, "globex")).isFalse();
  }

  @Test
  void anotherSecretAnotherIdOrAPieceOfAKeyIsNobodys() {
    keys.replace(new KeyList(List.of(entry(key, Instant.MAX, "acme:payments.read"))));
    for (String bearer :
        List.of(
            ApiKey.generate("shop").text(),
            new ApiKey("other", key.secret()).text(),
            key.text().substring(0, key.text().length() - 1),
            key.text() + "A",
            "gpk_",
            "gpk_shop_" + key.hash())) {
      assertThat(reason(keys, bearer)).isEqualTo("CREDENTIAL_INVALID");
    }
    assertThat(keys.verify("eyJ.a.b")).isEmpty();
  }

  @Test
  void aKeyExpires() {
    keys.replace(new KeyList(List.of(entry(key, NOW, "acme:payments.read"))));
    assertThat(reason(keys, key.text())).isEqualTo("CREDENTIAL_EXPIRED");
    keys.replace(new KeyList(List.of(entry(key, NOW.plusSeconds(1), "acme:payments.read"))));
    assertThat(caller(keys, key.text()).expiresAt()).isEqualTo(NOW.plusSeconds(1));
  }

  @Test
  void whileAKeyIsReplacedBothSecretsAreTaken() {
    ApiKey next = ApiKey.generate("shop");
    keys.replace(
        new KeyList(
            List.of(
                entry(key, Instant.MAX, "acme:payments.read"),
                entry(next, Instant.MAX, "acme:payments.read"))));
    assertThat(caller(keys, key.text()).actor()).isEqualTo("key:shop");
    assertThat(caller(keys, next.text()).actor()).isEqualTo("key:shop");
    keys.replace(new KeyList(List.of(entry(next, Instant.MAX, "acme:payments.read"))));
    assertThat(reason(keys, key.text())).isEqualTo("CREDENTIAL_INVALID");
  }

  private Path file(String... lines) throws IOException {
    Path file = folder.resolve("keys");
    Files.write(file, List.of(lines));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    return file;
  }

  @Test
  void aListIsWrittenAsItIsReadAndHoldsNoSecret() throws Exception {
    KeyList list =
        new KeyList(
            List.of(
                entry(key, Instant.MAX, "acme:payments.read", "-:operator"),
                entry(ApiKey.generate("b"), NOW)));
    assertThat(list.lines()).noneMatch(line -> line.contains(key.secret()));
    assertThat(KeyList.read(file(list.lines().toArray(String[]::new)), _ -> {})).isEqualTo(list);
    assertThat(key.toString()).doesNotContain(key.secret());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "shop",
        "shop abc never acme:payments.read",
        "Shop %s never acme:payments.read",
        "shop %s tomorrow acme:payments.read",
        "shop %s never acme"
      })
  void aLineThatIsWrongIsNamed(String line) throws Exception {
    Path file = file("# keys", line.formatted(key.hash()));
    assertThatThrownBy(() -> KeyList.read(file, _ -> {}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("line 2: ");
  }

  @Test
  void aFileThatOthersMayReadIsRefused() throws Exception {
    Path file = file("# keys");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    assertThatThrownBy(() -> KeyList.read(file, _ -> {})).hasMessageContaining("chmod 600");
  }

  @Test
  void thirdSecretsAreRefused() {
    String line = "shop " + key.hash() + " never acme:payments.read";
    assertThat(KeyList.parse(List.of(line, line), _ -> {}).entries()).hasSize(2);
    assertThatThrownBy(() -> KeyList.parse(List.of(line, line, line), _ -> {}))
        .hasMessageContaining("more than 2 lines");
  }

  @Test
  void aChangeOfTheFileActsAndOneThatIsWrongChangesNothing() throws Exception {
    ApiKey other = ApiKey.generate("other");
    Path file = file(entry(key, Instant.MAX, "acme:payments.read").line());
    try (KeyFile _ = new KeyFile(file, keys)) {
      assertThat(caller(keys, key.text()).actor()).isEqualTo("key:shop");

      Files.writeString(file, "nonsense");
      Files.writeString(
          file,
          String.join(
              "\n",
              entry(other, Instant.MAX, "acme:payments.read").line(),
              entry(key, Instant.MAX, "acme:payments.write").line()));
      eventually(
          "the new key is taken",
          AWAIT_MAX,
          () -> keys.verify(other.text()).orElseThrow() instanceof Verdict.Known);
      assertThat(caller(keys, key.text()).may(Scope.PAYMENTS_WRITE, "acme")).isTrue();

      Files.writeString(file, entry(other, Instant.MAX, "acme:payments.read").line());
      eventually(
          "the key that was taken out is refused",
          AWAIT_MAX,
          () -> keys.verify(key.text()).orElseThrow() instanceof Verdict.Refused);
    }
  }

  @Test
  void aFileThatIsGoneOrWrongLeavesTheKeysOfBefore() throws Exception {
    Path file = file(entry(key, Instant.MAX, "acme:payments.read").line());
    try (KeyFile watched = new KeyFile(file, keys)) {
      Files.delete(file);
      eventually(
          "its age grows",
          AWAIT_MAX,
          () -> watched.ageSeconds() > 2.5 * KeyFile.LOOK_EVERY.toSeconds());
      assertThat(caller(keys, key.text()).actor()).isEqualTo("key:shop");
    }
  }
}
