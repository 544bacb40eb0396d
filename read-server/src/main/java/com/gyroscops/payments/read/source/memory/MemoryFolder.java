package com.gyroscops.payments.read.source.memory;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.lucene.util.IOUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A folder that this process has for itself, below one that several may share. Whoever opens one
 * deletes those that killed processes left. Deleted when closed.
 */
final class MemoryFolder implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(MemoryFolder.class);
  private static final String PREFIX = "index-";
  private static final String LOCK = "lock";

  // Looking at the lock of a file that this process has locked would unlock it.
  private static final Set<Path> OWN = ConcurrentHashMap.newKeySet();

  private final Path path;
  private final FileChannel lock;
  private int indexes;

  private MemoryFolder(Path path, FileChannel lock) {
    this.path = path;
    this.lock = lock;
  }

  static MemoryFolder in(Path shared) throws IOException {
    Files.createDirectories(shared);
    sweep(shared);
    Path own = Files.createTempDirectory(shared, PREFIX).toRealPath();
    OWN.add(own);
    FileChannel channel =
        FileChannel.open(
            own.resolve(LOCK), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    try {
      // Held until the process ends, however it ends.
      channel.lock();
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
    return new MemoryFolder(own, channel);
  }

  private static void sweep(Path shared) throws IOException {
    try (DirectoryStream<Path> others = Files.newDirectoryStream(shared, PREFIX + "*")) {
      for (Path other : others) {
        Path file = other.resolve(LOCK);
        // One without a lock was left, or is being made by another process this moment.
        if (!OWN.contains(other.toRealPath()) && Files.exists(file) && isFree(file)) {
          IOUtils.rm(other);
          LOG.info("deleted {}, which a process left that ended early", other);
        }
      }
    }
  }

  private static boolean isFree(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
        FileLock free = channel.tryLock()) {
      return free != null;
    }
  }

  /** A place for one more index. */
  Path next() {
    return path.resolve(Integer.toString(++indexes));
  }

  @Override
  public void close() throws IOException {
    lock.close();
    IOUtils.rm(path);
    OWN.remove(path);
  }
}
