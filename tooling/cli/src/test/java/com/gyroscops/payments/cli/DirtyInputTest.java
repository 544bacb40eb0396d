package com.gyroscops.payments.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.cli.imports.CommandFile;
import com.gyroscops.payments.cli.imports.ImportRow;
import com.gyroscops.payments.cli.imports.ImportRow.Unusable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** With {@code payments.input.write=true} it writes the files that it compares. */
class DirtyInputTest {

  private static final Path FOLDER = Path.of("src/test/resources");

  private final DirtyInput input = DirtyInput.generate();

  @Test
  void theFilesInTheRepositoryAreWhatIsGenerated() throws Exception {
    Path commands = FOLDER.resolve(DirtyInput.COMMANDS);
    Path expected = FOLDER.resolve(DirtyInput.EXPECTED);
    if (Boolean.getBoolean("payments.input.write")) {
      Files.write(commands, input.commands());
      Files.writeString(expected, input.expected());
    }
    assertThat(commands).hasBinaryContent(input.commands());
    assertThat(expected).hasContent(input.expected());
  }

  @Test
  void everyKindOfDirtIsToldOf() throws Exception {
    Set<String> fields = new HashSet<>();
    int unusable = 0;
    try (CommandFile rows = CommandFile.open(FOLDER.resolve(DirtyInput.COMMANDS))) {
      while (rows.hasNext()) {
        ImportRow row = rows.next();
        if (row instanceof Unusable wrong) {
          unusable++;
          fields.add(wrong.rejection().field());
        }
      }
    }
    assertThat(unusable).isEqualTo(15);
    assertThat(fields)
        .containsExactlyInAnyOrder(
            "",
            "command",
            "payment_id",
            "organization_id",
            "amount",
            "currency",
            "description",
            "occurred_at");
  }
}
