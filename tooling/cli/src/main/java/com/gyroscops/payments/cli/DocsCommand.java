package com.gyroscops.payments.cli;

import com.gyroscops.payments.cli.docs.ApiReference;
import com.gyroscops.payments.cli.docs.Contracts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Writes what is written from the contracts. */
@Command(name = "docs", description = "Writes docs/api.md anew from the contracts' comments.")
final class DocsCommand implements Callable<Integer> {

  @Override
  public Integer call() throws Exception {
    Path page = StackOptions.checkout().resolve("docs/api.md");
    Files.writeString(page, ApiReference.of(Contracts.shipped()));
    System.out.println("written: " + page);
    return 0;
  }
}
