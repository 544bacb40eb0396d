package com.gyroscops.payments.cli;

import com.gyroscops.payments.stack.StackFolder;
import com.gyroscops.payments.stack.Supervisor;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What {@code up} runs as a process of its own. */
@Command(name = "supervise", hidden = true, description = "Owns the processes of a stack.")
final class SuperviseCommand implements Callable<Integer> {

  @Option(names = "--data-dir", required = true)
  Path dataDirectory = Path.of("");

  @Option(names = "--programs", required = true)
  Path programs = Path.of("");

  @Override
  public Integer call() throws Exception {
    return Supervisor.run(StackFolder.of(dataDirectory), programs);
  }
}
