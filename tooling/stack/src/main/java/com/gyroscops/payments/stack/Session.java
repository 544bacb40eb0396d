package com.gyroscops.payments.stack;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;

/** The session of processes, in POSIX terms, that this one belongs to. */
final class Session {

  private Session() {}

  /**
   * Leaves the terminal's session for a new one, so that neither its Ctrl-C nor its end reaches
   * this process and those it starts. Without effect where this process leads one already.
   */
  @SuppressWarnings("restricted") // The JDK has no other way to setsid(2); the manifest allows it.
  static void leaveTerminal() {
    Linker linker = Linker.nativeLinker();
    var setsid =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("setsid"),
            FunctionDescriptor.of(ValueLayout.JAVA_INT));
    try {
      int _ = (int) setsid.invokeExact();
    } catch (Throwable e) {
      throw new IllegalStateException("setsid(2) takes no arguments and throws nothing", e);
    }
  }
}
