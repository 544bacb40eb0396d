package com.gyroscops.payments.cli.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.gyroscops.payments.cli.docs.Contracts.Enumeration;
import com.gyroscops.payments.cli.docs.Contracts.Field;
import com.gyroscops.payments.cli.docs.Contracts.Message;
import com.gyroscops.payments.cli.docs.Contracts.Rpc;
import com.gyroscops.payments.cli.docs.Contracts.Service;
import com.gyroscops.payments.cli.docs.Contracts.Value;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is written for users from the contracts, and whether it still says what they say. */
class ApiReferenceTest {

  private static final Path CHECKOUT = Path.of("../..");

  @Test
  void theReferenceIsWhatTheContractsSay() throws IOException {
    assertThat(Files.readString(CHECKOUT.resolve("docs/api.md")))
        .withFailMessage("docs/api.md is not what the contracts say: run ./payments docs")
        .isEqualTo(ApiReference.of(Contracts.shipped()));
  }

  @Test
  void everyServiceAndRpcIsExplained() throws IOException {
    Contracts contracts = Contracts.shipped();
    assertThat(contracts.services())
        .isNotEmpty()
        .allSatisfy(service -> {
          assertThat(service.comment()).as(service.name()).isNotBlank();
          assertThat(service.rpcs())
              .allSatisfy(rpc -> assertThat(rpc.comment()).as(rpc.name()).isNotBlank());
        });
  }

  @Test
  void aPageLinksTypesMarksNamesAndKeepsWhatIsSetApart() {
    String page =
        ApiReference.of(
            new Contracts(
                List.of(
                    new Service(
                        "a.v1.Bank",
                        " Keeps money.\n\n   CODE_ONE   what | it\n     means\n\n   1. First.\n   2. Then.\n",
                        List.of(
                            new Rpc(
                                "PutMoney",
                                " Takes it. All *.\n",
                                "a.v1.PutMoneyRequest",
                                false,
                                "a.v1.Coin",
                                true)))),
                List.of(
                    new Message(
                        "a.v1.PutMoneyRequest",
                        "",
                        List.of(
                            new Field(
                                1, "note", "", "", "string", "kind", " As PutMoney | says.\n"),
                            new Field(2, "tags", "", "string", "a.v1.Coin", "", ""),
                            new Field(
                                3, "at", "optional", "", "google.protobuf.FieldMask", "", ""))),
                    new Message("a.v1.Coin", " With a some_field.name in it.\n", List.of())),
                List.of(
                    new Enumeration(
                        "a.v1.Side", "", List.of(new Value(0, "HEADS", " The <king>.\n"))))));

    assertThat(page)
        .contains(
            "Keeps money.\n\n```text\nCODE_ONE   what | it\n  means\n```\n\n1. First.\n2. Then.\n",
            "| [PutMoney](#putmoney) | Takes it. |",
            "[PutMoneyRequest](#putmoneyrequest) → stream of [Coin](#coin)",
            "Takes it. All \\*.",
            "| `note` | string | *one of kind* As [PutMoney](#putmoney) \\| says. |",
            "| `tags` | map of string to [Coin](#coin) |  |",
            "| `at` | *optional* [FieldMask](https://protobuf.dev/reference/protobuf/google.protobuf/#field-mask) |  |",
            "With a `some_field.name` in it.\n\nNo fields.",
            "| `HEADS` | 0 | The &lt;king>. |")
        .doesNotContain("\n\n\n");
  }

  @Test
  void twoHeadingsOfOneNameAreRefused() {
    Message message = new Message("a.v1.Coin", "", List.of());
    assertThatThrownBy(
            () -> ApiReference.of(new Contracts(List.of(), List.of(message, message), List.of())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Coin");
  }
}
