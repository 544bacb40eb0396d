package com.gyroscops.payments.cli.client;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.net.spi.InetAddressResolver;
import java.net.spi.InetAddressResolverProvider;
import java.util.stream.Stream;

/**
 * This JVM's names, as a resolver that its services file names: {@link #REPLICAS} has two
 * addresses, both of this machine, and every other name is the system's.
 */
public final class Names extends InetAddressResolverProvider {

  static final String REPLICAS = "replicas.payments.test";
  static final String FIRST = "127.0.0.1";
  static final String SECOND = "127.0.0.2";

  @Override
  public InetAddressResolver get(Configuration configuration) {
    InetAddressResolver system = configuration.builtinResolver();
    return new InetAddressResolver() {
      @Override
      public Stream<InetAddress> lookupByName(String host, LookupPolicy policy)
          throws UnknownHostException {
        return host.equals(REPLICAS)
            ? Stream.of(InetAddress.ofLiteral(FIRST), InetAddress.ofLiteral(SECOND))
            : system.lookupByName(host, policy);
      }

      @Override
      public String lookupByAddress(byte[] address) throws UnknownHostException {
        return system.lookupByAddress(address);
      }
    };
  }

  @Override
  public String name() {
    return "names of the tests";
  }
}
