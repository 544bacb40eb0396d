package com.gyroscops.payments.cli.imports;

/** Is told how an import goes, by its one thread. */
public interface ImportListener {

  /** Has nobody to tell. */
  ImportListener SILENT =
      new ImportListener() {
        @Override
        public void rejected(RowRejection rejection) {}

        @Override
        public void known(long line) {}

        @Override
        public void advanced(long rows) {}

        @Override
        public void troubled(String what) {}
      };

  /** A row was rejected, for good. In order of decision, not of rows. */
  void rejected(RowRejection rejection);

  /**
   * A row was carried out or rejected before this import: it is in another file too, or in this one
   * for the second time, or the file is imported again. In order of decision, not of rows.
   *
   * @param line of the file
   */
  void known(long line);

  /** So many rows are done with. */
  void advanced(long rows);

  /** Something went wrong that is being dealt with, such as a lost connection. */
  void troubled(String what);
}
