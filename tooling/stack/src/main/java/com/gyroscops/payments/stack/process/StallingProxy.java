package com.gyroscops.payments.stack.process;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A TCP proxy on loopback that can stop to forward while both of its connections stay open, as a
 * network does that drops packets: each side has sent, and hears nothing. New connections are taken
 * meanwhile, and get no answer. What was held is forwarded once it goes on. For concurrent use.
 */
public final class StallingProxy implements AutoCloseable {

  private static final int BLOCK_BYTES = 1 << 16;

  private final ServerSocket listener;
  private final int target;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final AtomicInteger open = new AtomicInteger();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition forwards = lock.newCondition();
  private boolean stalled;
  private boolean closed;

  private StallingProxy(ServerSocket listener, int target) {
    this.listener = listener;
    this.target = target;
  }

  /** A proxy that forwards to a port on loopback. */
  public static StallingProxy to(int port) throws IOException {
    StallingProxy proxy =
        new StallingProxy(
            new ServerSocket(FreePorts.next(), 128, InetAddress.getLoopbackAddress()), port);
    Thread.ofVirtual().name("stalling-proxy-" + port).start(proxy::accept);
    return proxy;
  }

  /** Port on loopback. */
  public int port() {
    return listener.getLocalPort();
  }

  /** How many connections neither side has closed, as far as the proxy forwarded it. */
  public int connections() {
    return open.get();
  }

  /** Forwards nothing from now on, the end of a connection included. */
  public void stall() {
    lock.lock();
    try {
      stalled = true;
    } finally {
      lock.unlock();
    }
  }

  /** Forwards what was held and what comes. */
  public void resume() {
    lock.lock();
    try {
      stalled = false;
      forwards.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Closes all connections; takes new ones. */
  public void cut() {
    sockets.forEach(StallingProxy::closeQuietly);
  }

  @Override
  public void close() throws IOException {
    lock.lock();
    try {
      closed = true;
      forwards.signalAll();
    } finally {
      lock.unlock();
    }
    listener.close();
    cut();
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        sockets.add(client);
        Thread.ofVirtual().name("stalling-proxy-connection").start(() -> serve(client));
      } catch (IOException _) {
        return; // The proxy is closed.
      }
    }
  }

  private void serve(Socket client) {
    Socket server = new Socket();
    sockets.add(server);
    open.incrementAndGet();
    try {
      awaitForwarding();
      server.connect(new java.net.InetSocketAddress(InetAddress.getLoopbackAddress(), target));
      client.setTcpNoDelay(true);
      server.setTcpNoDelay(true);
      Thread back =
          Thread.ofVirtual().name("stalling-proxy-answers").start(() -> forward(server, client));
      forward(client, server);
      back.join();
    } catch (IOException _) {
      // No server: its client is told by the end of its connection.
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } finally {
      open.decrementAndGet();
      closeQuietly(client);
      closeQuietly(server);
      sockets.remove(client);
      sockets.remove(server);
    }
  }

  /** Until one of them ends, which ends both. */
  private void forward(Socket from, Socket to) {
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] block = new byte[BLOCK_BYTES];
      for (int count = read(in, block); count >= 0; count = read(in, block)) {
        awaitForwarding();
        out.write(block, 0, count);
      }
      awaitForwarding();
    } catch (IOException _) {
      // The other side is told by the end of its connection.
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } finally {
      closeQuietly(from);
      closeQuietly(to);
    }
  }

  /** A connection that is reset ends like any other. */
  private static int read(InputStream in, byte[] block) {
    try {
      return in.read(block);
    } catch (IOException _) {
      return -1;
    }
  }

  private void awaitForwarding() throws InterruptedException, IOException {
    lock.lock();
    try {
      while (stalled && !closed) {
        forwards.await();
      }
      if (closed) {
        throw new IOException("the proxy is closed");
      }
    } finally {
      lock.unlock();
    }
  }

  private static void closeQuietly(Socket socket) {
    try {
      socket.close();
    } catch (IOException _) {
      // It is of no use any more in either case.
    }
  }
}
