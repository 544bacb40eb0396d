package com.gyroscops.payments.stack.engine;

import com.gyroscops.payments.stack.process.FileTrees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A folder that is removed when it is closed, or when the JVM ends. For concurrent use. */
final class TemporaryFolder implements AutoCloseable {

  private final Path path;
  private final Thread hook = new Thread(this::removeForGood, "temporary-folder");
  private @Nullable AutoCloseable user;

  private TemporaryFolder(Path path) {
    this.path = path;
    Runtime.getRuntime().addShutdownHook(hook);
  }

  static TemporaryFolder create(String prefix) throws IOException {
    return new TemporaryFolder(Files.createTempDirectory(prefix));
  }

  Path path() {
    return path;
  }

  /** Who works on the folder, and closes it in the end: closed first if the JVM ends before. */
  synchronized void closeFirst(AutoCloseable engine) {
    user = engine;
  }

  private void removeForGood() {
    AutoCloseable first;
    synchronized (this) {
      first = user;
    }
    try {
      if (first == null) {
        close();
      } else {
        first.close();
      }
    } catch (Exception e) {
      System.getLogger(TemporaryFolder.class.getName())
          .log(System.Logger.Level.WARNING, "an engine was not stopped cleanly", e);
    }
  }

  @Override
  public void close() throws IOException {
    FileTrees.delete(path);
    if (!Thread.currentThread().equals(hook)) {
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException e) {
        // The JVM is ending: the hook finds nothing to remove.
        return;
      }
    }
  }
}
