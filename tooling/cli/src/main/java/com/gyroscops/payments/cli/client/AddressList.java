package com.gyroscops.payments.cli.client;

import io.grpc.EquivalentAddressGroup;
import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import io.grpc.StatusOr;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/**
 * Targets that are lists: {@code list:///host:port,host:port}. gRPC for Java, unlike that for other
 * languages, knows none. A name among the hosts is looked up once.
 */
final class AddressList extends NameResolverProvider {

  static final String SCHEME = "list";

  static String target(List<String> addresses) {
    return SCHEME + ":///" + String.join(",", addresses);
  }

  @Override
  public NameResolver newNameResolver(URI target, NameResolver.Args arguments) {
    List<EquivalentAddressGroup> groups =
        List.of(target.getPath().substring(1).split(",", -1)).stream()
            .map(address -> URI.create("any://" + address))
            .map(uri ->
                new EquivalentAddressGroup(new InetSocketAddress(uri.getHost(), uri.getPort())))
            .toList();
    return new NameResolver() {
      @Override
      public String getServiceAuthority() {
        return "payments";
      }

      @Override
      public void start(Listener2 listener) {
        listener.onResult(
            ResolutionResult.newBuilder().setAddressesOrError(StatusOr.fromValue(groups)).build());
      }

      @Override
      public void shutdown() {}
    };
  }

  @Override
  public String getDefaultScheme() {
    return SCHEME;
  }

  @Override
  protected boolean isAvailable() {
    return true;
  }

  @Override
  protected int priority() {
    return 0; // Below DNS: it is for its own scheme alone.
  }

  @Override
  public Collection<Class<? extends SocketAddress>> getProducedSocketAddressTypes() {
    return Set.of(InetSocketAddress.class);
  }
}
