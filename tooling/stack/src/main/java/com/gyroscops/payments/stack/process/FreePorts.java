package com.gyroscops.payments.stack.process;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Ports on loopback that nothing listens on. They lie below those that systems give to outgoing
 * connections (Linux: from 32768), so that a server that is stopped and started again on its port
 * does not find it taken by a connection. For concurrent use; a process gets each port once, and no
 * two that run at a time get the same.
 */
public final class FreePorts {

  private static final int FIRST = 20_000;
  private static final int LAST = 32_000;

  /** Far more than are ever in use at a time. */
  private static final int ATTEMPTS_MAX = 1_000;

  private static final Set<Integer> GIVEN = ConcurrentHashMap.newKeySet();

  /** One byte for each port, locked by the process that has it, until that ends. */
  private static final @Nullable FileChannel CLAIMS = openClaims();

  private FreePorts() {}

  /**
   * A port that was free a moment ago.
   *
   * @throws IOException if there is none
   */
  public static int next() throws IOException {
    for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      int port = ThreadLocalRandom.current().nextInt(FIRST, LAST);
      if (claim(port)) {
        return port;
      }
    }
    throw new IOException("no free port from " + FIRST + " to " + LAST);
  }

  /** Takes a port for this process; false: something listens on it, or it is somebody's already. */
  public static boolean claim(int port) {
    return isFree(port) && GIVEN.add(port) && lock(port);
  }

  private static boolean lock(int port) {
    if (CLAIMS == null) {
      return true;
    }
    try {
      // Held by the process.
      return CLAIMS.tryLock(port, 1, false) != null;
    } catch (IOException | OverlappingFileLockException _) {
      return false;
    }
  }

  private static @Nullable FileChannel openClaims() {
    Path file = Path.of(System.getProperty("java.io.tmpdir"), "payments-ports.lock");
    try {
      return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    } catch (IOException _) {
      // Another user's: ports are then as good as a look at them.
      return null;
    }
  }

  /** Whether nothing listens on it, on any address. */
  public static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket(port)) {
      return socket.isBound();
    } catch (IOException _) {
      return false;
    }
  }
}
