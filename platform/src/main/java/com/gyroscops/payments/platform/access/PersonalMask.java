package com.gyroscops.payments.platform.access;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.gyroscops.payments.v1.DeletionPersonalData;
import com.gyroscops.payments.v1.FailurePersonalData;
import com.gyroscops.payments.v1.PersonalData;
import com.gyroscops.payments.v1.RefundPersonalData;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/**
 * Empties what is personal in answers for those who may not see it. What is personal stands in
 * messages of its own in the contract, wherever it occurs; a message that names an organization is
 * of that one, and so is all within it. For concurrent use.
 */
public final class PersonalMask {

  private static final Set<Descriptor> PERSONAL =
      Set.of(
          PersonalData.getDescriptor(),
          RefundPersonalData.getDescriptor(),
          FailurePersonalData.getDescriptor(),
          DeletionPersonalData.getDescriptor());

  private static final String ORGANIZATION = "organization_id";

  private static final Map<Descriptor, Boolean> HOLDING = new ConcurrentHashMap<>();

  private PersonalMask() {}

  /** Whether messages of a type may hold what is personal. */
  public static boolean concerns(Descriptor type) {
    return HOLDING.computeIfAbsent(type, it -> holds(it, new HashSet<>()));
  }

  private static boolean holds(Descriptor type, Set<Descriptor> seen) {
    if (PERSONAL.contains(type)) {
      return true;
    }
    return seen.add(type)
        && type.getFields().stream()
            .filter(PersonalMask::isMessage)
            .anyMatch(it -> holds(it.getMessageType(), seen));
  }

  /**
   * A message without what is personal, but where it may be seen.
   *
   * @param organization of what names none itself
   * @param mayRead whether what is personal may be seen in an organization
   */
  @SuppressWarnings("unchecked") // What is built of a message is of its type.
  public static <M extends Message> M apply(
      M message, String organization, Predicate<String> mayRead) {
    if (!concerns(message.getDescriptorForType())) {
      return message;
    }
    Message.Builder masked = message.toBuilder();
    FieldDescriptor named = message.getDescriptorForType().findFieldByName(ORGANIZATION);
    String of =
        named == null || ((String) message.getField(named)).isEmpty()
            ? organization
            : (String) message.getField(named);
    message
        .getAllFields()
        .forEach((field, value) -> {
          if (!isMessage(field) || !concerns(field.getMessageType())) {
            return;
          }
          if (PERSONAL.contains(field.getMessageType())) {
            if (!mayRead.test(of)) {
              masked.clearField(field);
            }
          } else if (field.isRepeated()) {
            List<Message> elements = new ArrayList<>();
            ((List<?>) value).forEach(it -> elements.add(apply((Message) it, of, mayRead)));
            masked.setField(field, elements);
          } else {
            masked.setField(field, apply((Message) value, of, mayRead));
          }
        });
    return (M) masked.build();
  }

  private static boolean isMessage(FieldDescriptor field) {
    return field.getJavaType() == FieldDescriptor.JavaType.MESSAGE;
  }
}
