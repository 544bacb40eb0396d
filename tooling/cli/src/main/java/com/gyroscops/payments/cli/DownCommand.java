package com.gyroscops.payments.cli;

import com.gyroscops.payments.stack.StackFolder;
import com.gyroscops.payments.stack.SupervisorClient;
import java.io.PrintWriter;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Stops a stack. */
@Command(
    name = "down",
    description = "Drains and stops the servers, then the engines. The data stays.")
final class DownCommand implements Callable<Integer> {

  @Spec private @Nullable CommandSpec spec;

  @Mixin private StackOptions stack = new StackOptions();

  @Override
  public Integer call() throws Exception {
    PrintWriter out = java.util.Objects.requireNonNull(spec).commandLine().getOut();
    Optional<StackFolder> folder = StackFolder.existing(stack.dataDirectory);
    boolean ran =
        folder.isPresent()
            && new SupervisorClient(folder.get())
                .down(text -> {
                  out.println(text);
                  out.flush();
                });
    out.println(
        ran
            ? "down; the data stays in " + stack.dataDirectory
            : "nothing is running in " + stack.dataDirectory);
    out.flush();
    return 0;
  }
}
