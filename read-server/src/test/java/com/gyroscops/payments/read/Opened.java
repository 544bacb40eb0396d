package com.gyroscops.payments.read;

import java.util.ArrayList;
import java.util.List;

/** What a test has opened; closes the newest first. Not for concurrent use. */
public final class Opened {

  private final List<AutoCloseable> resources = new ArrayList<>();

  public <T extends AutoCloseable> T open(T resource) {
    resources.add(resource);
    return resource;
  }

  public void close() throws Exception {
    while (!resources.isEmpty()) {
      resources.removeLast().close();
    }
  }
}
