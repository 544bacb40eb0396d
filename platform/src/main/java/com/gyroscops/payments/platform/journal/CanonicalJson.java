package com.gyroscops.payments.platform.journal;

import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.Timestamp;
import com.gyroscops.payments.v1.PaymentEvent;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;

/**
 * An event as text, in one form alone: equal events have equal bytes, whoever writes them, in
 * whichever order their maps were filled. Any parser of ProtoJSON reads it.
 *
 * <ul>
 *   <li>UTF-8, no white space between tokens.
 *   <li>A message is an object of its fields in ascending order of their numbers, by the names of
 *       the contract ({@code snake_case}). A field is there if it is set; one without presence, if
 *       it is not zero, false or empty.
 *   <li>A map is an object of its entries in ascending order of the bytes of their keys, which are
 *       strings.
 *   <li>A 64-bit integer is a string of its decimal digits, a 32-bit one a number. An enum is the
 *       name of its value. A timestamp is RFC 3339 in UTC, with no fraction or one of 3, 6 or 9
 *       digits, as few as hold it.
 *   <li>In strings, the quotation mark and the backslash are escaped by a backslash; of the control
 *       characters below U+0020, those that have a short escape by that ({@code \b \t \n \f \r}),
 *       the others as {@code \}{@code u00xx}, lower case. Nothing else is escaped.
 * </ul>
 *
 * <p>Bytes, floating-point numbers and maps by other keys have no form yet: no event has them.
 */
public final class CanonicalJson {

  private static final Comparator<String> BY_BYTES =
      (one, other) ->
          Arrays.compareUnsigned(
              one.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));

  private static final int LENGTH_USUAL = 2_048;
  private static final char[] HEX = "0123456789abcdef".toCharArray();

  private CanonicalJson() {}

  /**
   * The text of an event.
   *
   * @throws IllegalArgumentException if the event holds what this version of the contract does not
   *     know: a text without it would not be that event's
   */
  public static String of(PaymentEvent event) {
    StringBuilder text = new StringBuilder(LENGTH_USUAL);
    message(text, event);
    return text.toString();
  }

  private static void message(StringBuilder text, Message message) {
    if (message instanceof Timestamp time) {
      text.append('"')
          .append(Instant.ofEpochSecond(time.getSeconds(), time.getNanos()))
          .append('"');
      return;
    }
    if (!message.getUnknownFields().asMap().isEmpty()) {
      throw new IllegalArgumentException(
          "a %s has fields %s, which this version does not know"
              .formatted(
                  message.getDescriptorForType().getName(),
                  message.getUnknownFields().asMap().keySet()));
    }
    char separator = '{';
    // In order of the fields' numbers, and only those that are set.
    for (Map.Entry<FieldDescriptor, Object> field : message.getAllFields().entrySet()) {
      text.append(separator);
      separator = ',';
      string(text, field.getKey().getName());
      text.append(':');
      field(text, field.getKey(), field.getValue());
    }
    text.append(separator == '{' ? "{}" : "}");
  }

  private static void field(StringBuilder text, FieldDescriptor field, Object value) {
    if (field.isMapField()) {
      map(text, field, (Collection<?>) value);
    } else if (field.isRepeated()) {
      char separator = '[';
      for (Object element : (Collection<?>) value) {
        text.append(separator);
        separator = ',';
        value(text, field, element);
      }
      text.append(']');
    } else {
      value(text, field, value);
    }
  }

  private static void map(StringBuilder text, FieldDescriptor field, Collection<?> entries) {
    FieldDescriptor key = field.getMessageType().findFieldByName("key");
    FieldDescriptor value = field.getMessageType().findFieldByName("value");
    Map<String, Object> sorted = new TreeMap<>(BY_BYTES);
    for (Object entry : entries) {
      sorted.put((String) ((Message) entry).getField(key), ((Message) entry).getField(value));
    }
    char separator = '{';
    for (Map.Entry<String, Object> entry : sorted.entrySet()) {
      text.append(separator);
      separator = ',';
      string(text, entry.getKey());
      text.append(':');
      value(text, value, entry.getValue());
    }
    text.append('}');
  }

  private static void value(StringBuilder text, FieldDescriptor field, Object value) {
    switch (field.getJavaType()) {
      case STRING -> string(text, (String) value);
      case LONG -> text.append('"').append((long) value).append('"');
      case INT -> text.append((int) value);
      case BOOLEAN -> text.append((boolean) value);
      case MESSAGE -> message(text, (Message) value);
      case ENUM -> {
        EnumValueDescriptor constant = (EnumValueDescriptor) value;
        if (constant.getIndex() < 0) {
          throw new IllegalArgumentException(
              "%s is %d, which this version does not know"
                  .formatted(field.getName(), constant.getNumber()));
        }
        string(text, constant.getName());
      }
      case FLOAT, DOUBLE, BYTE_STRING ->
          throw new IllegalArgumentException(field.getFullName() + " has no canonical form");
    }
  }

  private static void string(StringBuilder text, String value) {
    text.append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c >= ' ' && c != '"' && c != '\\') {
        text.append(c);
      } else {
        escape(text, c);
      }
    }
    text.append('"');
  }

  private static void escape(StringBuilder text, char c) {
    text.append('\\');
    switch (c) {
      case '"', '\\' -> text.append(c);
      case '\b' -> text.append('b');
      case '\t' -> text.append('t');
      case '\n' -> text.append('n');
      case '\f' -> text.append('f');
      case '\r' -> text.append('r');
      default -> text.append("u00").append(HEX[c >> 4]).append(HEX[c & 0xf]);
    }
  }
}
