package com.gyroscops.payments.read;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** What tests of projectors begin with: an empty log, its feed, and a database of their own. */
public abstract class ProjectionTest {

  protected final Opened opened = new Opened();
  protected final SampleLog log = new SampleLog("payments", "epoch-1");
  protected ReadDatabase database;
  protected ScriptedFeed feed;

  @BeforeEach
  void openDatabaseAndFeed() throws Exception {
    database = opened.open(ReadDatabase.fresh());
    feed = opened.open(new ScriptedFeed(log));
  }

  @AfterEach
  void closeAll() throws Exception {
    opened.close();
  }
}
