package com.gyroscops.payments.write.api;

import com.gyroscops.payments.write.through.WriteRules;
import com.gyroscops.payments.write.through.WriteRules.Setting;
import io.micronaut.context.annotation.ConfigurationProperties;
import java.time.Duration;

/**
 * How commands are answered that do not say it themselves, under {@code payments.write-rules}.
 *
 * @param defaultStrategy of commands that name none
 * @param sources what WRITE_THROUGH waits for where no rule matches; {@code none}: nothing
 * @param rules as {@link WriteRules#parse} reads them; may be empty
 * @param waitMax longest wait for sources after a command's commit
 * @param waitsMax most commands that wait for sources
 */
@ConfigurationProperties("payments.write-rules")
record WriteRuleSettings(
    String defaultStrategy, String sources, String rules, Duration waitMax, int waitsMax) {

  WriteRuleSettings {
    if (waitMax.isNegative()) {
      throw new IllegalArgumentException("WRITE_THROUGH_WAIT_MAX must not be negative");
    }
    if (waitsMax < 0) {
      throw new IllegalArgumentException("WRITE_THROUGH_WAITS_MAX must not be negative");
    }
  }

  /**
   * The rules.
   *
   * @throws IllegalArgumentException what is wrong, in a line that names the setting
   */
  WriteRules parse() {
    return WriteRules.parse(
        new Setting(
            "WRITE_STRATEGY_DEFAULT (payments.write-rules.default-strategy)", defaultStrategy),
        new Setting("WRITE_THROUGH_SOURCES (payments.write-rules.sources)", sources),
        new Setting("WRITE_RULES (payments.write-rules.rules)", rules));
  }
}
