package com.gyroscops.payments.stack.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class StallingProxyTest {

  private ServerSocket server;
  private StallingProxy proxy;
  private Socket client;
  private Socket accepted;

  @BeforeEach
  void connect() throws IOException {
    server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    proxy = StallingProxy.to(server.getLocalPort());
    client = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
    accepted = server.accept();
    send(client, 1);
    assertThat(receive(accepted)).isEqualTo(1);
    send(accepted, 2);
    assertThat(receive(client)).isEqualTo(2);
  }

  @AfterEach
  void close() throws IOException {
    client.close();
    accepted.close();
    proxy.close();
    server.close();
  }

  @Test
  void it_forwards_nothing_while_it_is_stalled_and_what_it_held_afterwards() throws Exception {
    proxy.stall();
    send(client, 3);
    accepted.setSoTimeout(50);
    assertThatThrownBy(() -> receive(accepted)).isInstanceOf(SocketTimeoutException.class);
    assertThat(proxy.connections()).isEqualTo(1);

    proxy.resume();
    accepted.setSoTimeout(0);
    assertThat(receive(accepted)).isEqualTo(3);
  }

  @Test
  void one_side_does_not_learn_of_the_others_end_while_it_is_stalled() throws Exception {
    proxy.stall();
    accepted.setSoTimeout(50);
    client.close();
    assertThatThrownBy(() -> receive(accepted)).isInstanceOf(SocketTimeoutException.class);

    proxy.resume();
    accepted.setSoTimeout(0);
    assertThat(receive(accepted)).isEqualTo(-1);
  }

  @Test
  void it_takes_connections_after_it_cut_the_others() throws Exception {
    proxy.cut();
    assertThat(receive(client)).isEqualTo(-1);
    try (Socket again = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
        Socket taken = server.accept()) {
      send(again, 4);
      assertThat(receive(taken)).isEqualTo(4);
    }
  }

  private static void send(Socket socket, int value) throws IOException {
    socket.getOutputStream().write(value);
  }

  private static int receive(Socket socket) throws IOException {
    return socket.getInputStream().read();
  }
}
