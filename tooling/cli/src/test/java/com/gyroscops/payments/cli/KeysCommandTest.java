package com.gyroscops.payments.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.platform.access.ApiKey;
import com.gyroscops.payments.platform.access.KeyList;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class KeysCommandTest {

  @TempDir private Path folder;

  private final StringWriter out = new StringWriter();

  private int run(String... arguments) {
    out.getBuffer().setLength(0);
    CommandLine line = PaymentsCli.commandLine();
    line.setOut(new PrintWriter(out));
    line.setErr(new PrintWriter(out));
    return line.execute(
        Stream.concat(Stream.of("keys", "--file", file().toString()), Stream.of(arguments))
            .toArray(String[]::new));
  }

  private Path file() {
    return folder.resolve("made/api-keys");
  }

  private ApiKey printed() {
    return ApiKey.parse(out.toString().strip()).orElseThrow();
  }

  private List<KeyList.Entry> entries() throws Exception {
    return KeyList.read(file(), _ -> {}).entries();
  }

  @Test
  void aKeyIsPrintedOnceAndItsDigestIsKeptForItsOwnerAlone() throws Exception {
    assertThat(
            run(
                "create",
                "shop",
                "acme:payments.read",
                "-:operator",
                "--expires",
                "2027-01-31T00:00:00Z"))
        .isZero();
    ApiKey key = printed();
    assertThat(entries())
        .containsExactly(
            new KeyList.Entry(
                "shop",
                key.hash(),
                Instant.parse("2027-01-31T00:00:00Z"),
                List.of("acme:payments.read", "-:operator")));
    assertThat(Files.readString(file())).doesNotContain(key.secret());
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
        .isEqualTo("rw-------");

    assertThat(run("list")).isZero();
    assertThat(out.toString())
        .contains("shop", "2027-01-31T00:00:00Z", "acme:payments.read -:operator")
        .doesNotContain(key.secret(), key.hash());
    assertThat(run("list", "--json")).isZero();
    assertThat(out.toString())
        .startsWith("[{\"id\":\"shop\",\"expires\":\"2027-01-31T00:00:00Z\",\"grants\":[");
  }

  @Test
  void aKeyIsReplacedWithoutAGapAndTakenBack() throws Exception {
    assertThat(run("create", "shop", "acme:payments.read")).isZero();
    ApiKey former = printed();
    assertThat(run("create", "other", "acme:payments.read")).isZero();
    assertThat(run("rotate", "shop")).isZero();
    ApiKey next = printed();
    assertThat(entries())
        .extracting(KeyList.Entry::hash)
        .contains(former.hash(), next.hash())
        .hasSize(3);
    assertThat(run("rotate", "shop")).isNotZero();
    assertThat(out.toString()).contains("--former");

    assertThat(run("revoke", "shop", "--former")).isZero();
    assertThat(entries())
        .extracting(KeyList.Entry::hash)
        .contains(next.hash())
        .doesNotContain(former.hash());
    assertThat(run("revoke", "shop", "--former")).isNotZero();
    assertThat(run("revoke", "shop")).isZero();
    assertThat(entries()).extracting(KeyList.Entry::id).containsExactly("other");
  }

  @Test
  void whoCouldReadTheFileStillCanWhenAKeyIsTakenBack() throws Exception {
    assertThat(run("create", "shop", "acme:payments.read")).isZero();
    Path real = folder.resolve("real");
    Files.move(file(), real);
    Files.createSymbolicLink(file(), real);
    Files.setPosixFilePermissions(real, PosixFilePermissions.fromString("rw-r-----"));
    assertThat(run("revoke", "shop")).isZero();
    assertThat(file()).isSymbolicLink();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(real)))
        .isEqualTo("rw-r-----");
    assertThat(entries()).isEmpty();
  }

  @Test
  void whatIsWrongIsSaidAndChangesNothing() throws Exception {
    assertThat(run("create", "shop", "acme:payments.read")).isZero();
    List<KeyList.Entry> before = entries();
    for (String[] wrong :
        List.of(
            new String[] {"create", "shop", "acme:payments.read"},
            new String[] {"create", "Shop", "acme:payments.read"},
            new String[] {"create", "other", "acme"},
            new String[] {"create", "other", "acme:payments.fly"},
            new String[] {"create", "other"},
            new String[] {"create", "other", "acme:reports", "--expires", "tomorrow"},
            new String[] {"rotate", "unknown"},
            new String[] {"revoke", "unknown"})) {
      assertThat(run(wrong)).as(String.join(" ", wrong)).isNotZero();
      assertThat(out.toString()).isNotBlank();
    }
    assertThat(entries()).isEqualTo(before);
  }
}
