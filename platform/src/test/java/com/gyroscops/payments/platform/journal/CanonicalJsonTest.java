package com.gyroscops.payments.platform.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.Timestamp;
import com.google.protobuf.UnknownFieldSet;
import com.gyroscops.payments.v1.Amount;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentCreated;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.v1.PaymentUpdated;
import com.gyroscops.payments.v1.PersonalData;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The form is a contract with every journal that was ever written: these texts never change. */
class CanonicalJsonTest {

  @Test
  void fieldsStandInTheOrderOfTheirNumbersUnderTheContractsNames() {
    assertThat(CanonicalJson.of(Journals.event(3)))
        .isEqualTo(
            "{\"event_id\":\"00000000-0000-0007-0000-000000000003\",\"log_id\":\"main\","
                + "\"position\":\"3\",\"organization_id\":\"acme\",\"payment_id\":\"pay-3\","
                + "\"version\":\"1\",\"schema_version\":1,\"request_id\":\"request-3\","
                + "\"record_time\":\"2026-11-18T11:06:43Z\",\"payment\":{\"organization_id\":\"acme\","
                + "\"payment_id\":\"pay-3\",\"version\":\"1\",\"status\":\"PAYMENT_STATUS_PROCESSING\","
                + "\"amount\":{\"minor_units\":\"1999\",\"currency_code\":\"EUR\"},\"personal_data\":"
                + "{\"description\":\"Größe \\\"M\\\"\\n\",\"metadata\":{\"cluster\":\"c3\","
                + "\"plan\":\"standard\"}}},\"created\":{}}");
  }

  @Test
  void theOrderInWhichAMapWasFilledDoesNotMatter() {
    List<String> keys = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      keys.add("key-" + i);
    }
    Random random = new Random(Long.getLong("payments.seed", 11));
    Set<String> texts = new HashSet<>();
    for (int i = 0; i < 200; i++) {
      Collections.shuffle(keys, random);
      PersonalData.Builder data = PersonalData.newBuilder();
      keys.forEach(key -> data.putMetadata(key, "of " + key));
      texts.add(CanonicalJson.of(with(data)));
    }
    assertThat(texts).hasSize(1);
  }

  @Test
  void keysAreOrderedByTheirBytesAndNotByUtf16() {
    // U+FF5E is before U+1F600 in bytes and by code points, but after its surrogates.
    String text =
        CanonicalJson.of(
            with(PersonalData.newBuilder().putMetadata("😀", "2").putMetadata("～", "1")));
    assertThat(text).contains("{\"～\":\"1\",\"😀\":\"2\"}");
  }

  @Test
  void whatMustBeEscapedIsAndNothingElse() {
    assertThat(
            CanonicalJson.of(
                with(
                    PersonalData.newBuilder()
                        .setDescription("\b\t\n\f\r\u0000\u001f\"\\/é\u2028😀\u007f"))))
        .contains("\"\\b\\t\\n\\f\\r\\u0000\\u001f\\\"\\\\/é\u2028😀\u007f\"");
  }

  @Test
  void timesHaveAsFewDigitsAsHoldThem() {
    assertThat(time(0, 0)).isEqualTo("1970-01-01T00:00:00Z");
    assertThat(time(0, 120_000_000)).isEqualTo("1970-01-01T00:00:00.120Z");
    assertThat(time(0, 123_456_000)).isEqualTo("1970-01-01T00:00:00.123456Z");
    assertThat(time(-1, 1)).isEqualTo("1969-12-31T23:59:59.000000001Z");
  }

  private static String time(long seconds, int nanos) {
    String text =
        CanonicalJson.of(
            PaymentEvent.newBuilder()
                .setRecordTime(Timestamp.newBuilder().setSeconds(seconds).setNanos(nanos))
                .build());
    return text.substring("{\"record_time\":\"".length(), text.length() - 2);
  }

  @Test
  void listsAndEmptyMessagesThatAreSetAreThere() {
    PaymentEvent event =
        PaymentEvent.newBuilder()
            .setUpdated(PaymentUpdated.newBuilder().addChangedPaths("b").addChangedPaths("a"))
            .setPayment(Payment.newBuilder().setCapturedAmount(Amount.getDefaultInstance()))
            .build();
    assertThat(CanonicalJson.of(event))
        .isEqualTo(
            "{\"payment\":{\"captured_amount\":{}},\"updated\":{\"changed_paths\":[\"b\",\"a\"]}}");
  }

  @Test
  void aParsedEventHasTheTextOfTheOneThatWasBuilt() throws Exception {
    PaymentEvent event = Journals.event(9);
    assertThat(CanonicalJson.of(PaymentEvent.parseFrom(event.toByteArray())))
        .isEqualTo(CanonicalJson.of(event));
  }

  @Test
  void whatThisVersionDoesNotKnowIsRefusedAndNotLeftOut() {
    UnknownFieldSet unknown =
        UnknownFieldSet.newBuilder()
            .addField(99, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
            .build();
    PaymentEvent deep =
        PaymentEvent.newBuilder()
            .setCreated(PaymentCreated.newBuilder().setUnknownFields(unknown))
            .build();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> CanonicalJson.of(deep))
        .withMessageContaining("[99]");
    PaymentEvent status =
        PaymentEvent.newBuilder().setPayment(Payment.newBuilder().setStatusValue(77)).build();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> CanonicalJson.of(status))
        .withMessageContaining("77");
  }

  @Test
  void everyFieldOfAnEventHasAForm() {
    Set<Descriptor> seen = new HashSet<>();
    requireForms(PaymentEvent.getDescriptor(), seen);
    assertThat(seen).hasSizeGreaterThan(10);
  }

  private static void requireForms(Descriptor message, Set<Descriptor> seen) {
    if (!seen.add(message)) {
      return;
    }
    for (FieldDescriptor field : message.getFields()) {
      assertThat(field.getJavaType())
          .as(field.getFullName())
          .isNotIn(JavaType.FLOAT, JavaType.DOUBLE, JavaType.BYTE_STRING);
      if (field.isMapField()) {
        assertThat(field.getMessageType().findFieldByName("key").getJavaType())
            .isEqualTo(JavaType.STRING);
      }
      if (field.getJavaType() == JavaType.MESSAGE) {
        requireForms(field.getMessageType(), seen);
      }
    }
  }

  private static PaymentEvent with(PersonalData.Builder data) {
    return PaymentEvent.newBuilder().setPayment(Payment.newBuilder().setPersonalData(data)).build();
  }
}
