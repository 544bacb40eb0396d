package com.gyroscops.payments.write.postgres;

import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The key that page tokens are signed with, as the write database has it: the same for all of its
 * servers. Read once; until then it throws {@link StoreUnavailableException} where the database
 * does not answer. For concurrent use.
 */
public final class PageTokenKey implements Supplier<byte[]> {

  private static final String READ = "select key from page_token_key";

  private final Database database;
  private volatile byte @Nullable [] key;

  /**
   * @param dataSource bounds how long connecting and each statement may take
   */
  public PageTokenKey(DataSource dataSource) {
    database = new Database(dataSource);
  }

  @Override
  public byte[] get() {
    byte[] known = key;
    if (known == null) {
      known =
          database
              .row("read the page token key", READ, _ -> {}, row -> row.getBytes(1))
              .orElseThrow();
      key = known;
    }
    return known.clone();
  }
}
