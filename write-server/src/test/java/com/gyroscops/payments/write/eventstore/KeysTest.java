package com.gyroscops.payments.write.eventstore;

import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.write.payment.PaymentKey;
import java.util.Locale;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeysTest {

  /** A UUIDv7 of 0x19ad72d0c00 ms. */
  private static final String TIME_ORDERED = "019ad72d-0c00-7abc-8def-0123456789ab";

  /** What is stored is found under these and no others. */
  @Test
  void keysStayWhatTheyAre() {
    assertThat(payment("pay-1")).hasToString("9c8ab52f-1932-0f3a-92de-fefd99640b6f");
    assertThat(Keys.request("acme", "req-1")).hasToString("9903e47d-6e1d-88c4-6e76-55f628b8e4aa");
    assertThat(Keys.chosen("acme", "req-1")).hasToString("eaa20a69-a826-8237-a2da-913bb11ca996");
    assertThat(payment(TIME_ORDERED)).hasToString("19ad724a-8acd-525f-b996-960a9e6967f9");
    assertThat(Keys.request("acme", TIME_ORDERED))
        .hasToString("19ad7217-2af2-0c2f-4620-0992eb48ceb5");
    assertThat(Keys.chosen("acme", TIME_ORDERED))
        .hasToString("019ad72d-0c00-7053-8a68-3c6c82f6e91f");
  }

  @Test
  void whatIsMadeAtOneTimeLiesTogether() {
    String later = "019ad72d-0fff-7000-b000-000000000000";
    String muchLater = "019ae72d-0c00-7000-b000-000000000000";
    for (UUID[] keys :
        new UUID[][] {
          {payment(TIME_ORDERED), payment(later), payment(muchLater)},
          {
            Keys.request("acme", TIME_ORDERED),
            Keys.request("acme", later),
            Keys.request("acme", muchLater)
          }
        }) {
      assertThat(time(keys[0])).isEqualTo(0x19ad72d0c00L >>> 20).isEqualTo(time(keys[1]));
      assertThat(time(keys[2])).isEqualTo(0x19ae72d0c00L >>> 20).isGreaterThan(time(keys[1]));
      assertThat(keys[0]).isNotEqualTo(keys[1]);
    }
  }

  @Test
  void aChosenIdTellsTheTimeOfItsRequest() {
    UUID chosen = Keys.chosen("acme", TIME_ORDERED);
    assertThat(chosen.version()).isEqualTo(7);
    assertThat(chosen.variant()).isEqualTo(2);
    assertThat(TimeOrderedId.millis(chosen.toString())).hasValue(0x19ad72d0c00L);
    assertThat(chosen).isNotEqualTo(Keys.chosen("other", TIME_ORDERED));
    assertThat(Keys.chosen("acme", "req-1").version()).isEqualTo(8);
  }

  @Test
  void anIdentifierIsTakenAsItIsSpelled() {
    String inCapitals = TIME_ORDERED.toUpperCase(Locale.ROOT);
    assertThat(payment(inCapitals)).isNotEqualTo(payment(TIME_ORDERED));
    assertThat(time(payment(inCapitals))).isEqualTo(time(payment(TIME_ORDERED)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "pay-1",
        "019ad72d-0c00-4abc-8def-0123456789ab",
        "019ad72d-0c00-7abc-7def-0123456789ab",
        "019ad72d-0c00-7abc-cdef-0123456789ab",
        "019ad72d-0c00-7abc-8def-0123456789ag",
        "019ad72d-0c00-7abc-8def-0123456789a",
        "019ad72d-0c00-7abc-8def-0123456789abc",
        "019ad72d.0c00-7abc-8def-0123456789ab",
        "019ad72d-0c00-7abc-8def_0123456789ab",
        "-19ad72d-0c00-7abc-8def-0123456789ab",
        "\u0660\u0661\u0669ad72d-0c00-7abc-8def-0123456789ab",
        "019ad72d0c007abc8def0123456789ab"
      })
  void nothingElseTellsATime(String id) {
    assertThat(TimeOrderedId.millis(id)).isEmpty();
  }

  private static UUID payment(String id) {
    return Keys.payment(new PaymentKey("acme", id));
  }

  private static long time(UUID key) {
    return key.getMostSignificantBits() >>> 40;
  }
}
