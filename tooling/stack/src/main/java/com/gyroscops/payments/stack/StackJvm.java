package com.gyroscops.payments.stack;

import java.time.Duration;
import java.util.List;
import java.util.function.Function;

/**
 * How the JVMs of a stack are run.
 *
 * @param optionsOf options besides its own, by the name of a server's kind or an engine
 * @param readyMax how long a server may take until it serves
 * @param drainMax how long a server may take to end by itself
 * @param engineStopMax likewise an engine
 */
record StackJvm(
    Function<String, List<String>> optionsOf,
    Duration readyMax,
    Duration drainMax,
    Duration engineStopMax) {

  List<String> options(String program) {
    return optionsOf.apply(program);
  }
}
