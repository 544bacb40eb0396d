package com.gyroscops.payments.write.journal;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The operating system's lock on a journal's folder. A process that is paused keeps it; one that
 * ends, however it ends, does not. It is what a lease by time cannot be: whoever has it is alone.
 */
final class FolderLock implements Closeable {

  private static final String FILE = "journal.lock";

  /**
   * Folders locked by this process. Looked at first, for on some systems a process that closes any
   * file that it has locked, however often it has opened it, loses the lock.
   */
  private static final Set<Path> OWN = ConcurrentHashMap.newKeySet();

  private final Path folder;
  private final FileChannel channel;

  private FolderLock(Path folder, FileChannel channel) {
    this.folder = folder;
    this.channel = channel;
  }

  /** Locks a folder that exists; empty: another has it. */
  static Optional<FolderLock> take(Path folder) throws IOException {
    Path real = folder.toRealPath();
    if (!OWN.add(real)) {
      return Optional.empty();
    }
    boolean locked = false;
    try {
      FileChannel channel =
          FileChannel.open(real.resolve(FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      try {
        FileLock lock = channel.tryLock();
        locked = lock != null;
        return locked ? Optional.of(new FolderLock(real, channel)) : Optional.empty();
      } finally {
        if (!locked) {
          channel.close();
        }
      }
    } finally {
      if (!locked) {
        OWN.remove(real);
      }
    }
  }

  /** Unlocks it. */
  @Override
  public void close() throws IOException {
    try {
      channel.close();
    } finally {
      OWN.remove(folder);
    }
  }
}
