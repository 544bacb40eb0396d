package com.gyroscops.payments.write.app;

import com.gyroscops.payments.write.writethrough.WriteRules;
import com.gyroscops.payments.write.writethrough.WriteRules.Setting;
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

  /** The rules. */
  WriteRules parse() {
    return WriteRules.parse(
        new Setting("WRITE_STRATEGY_DEFAULT", defaultStrategy),
        new Setting("WRITE_THROUGH_SOURCES", sources),
        new Setting("WRITE_RULES", rules));
  }
}
