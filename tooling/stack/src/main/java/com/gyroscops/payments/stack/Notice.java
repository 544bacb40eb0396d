package com.gyroscops.payments.stack;

import org.jspecify.annotations.Nullable;

/**
 * A line of the supervisor's answer.
 *
 * @param last whether nothing follows; then {@code failed} tells how it went
 * @param text for people; may be empty in the last one
 * @param stack what runs, in the last one
 */
public record Notice(boolean last, boolean failed, String text, @Nullable StackView stack) {

  static Notice progress(String text) {
    return new Notice(false, false, text, null);
  }
}
