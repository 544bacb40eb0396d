package com.gyroscops.payments.platform.journal;

import com.gyroscops.payments.platform.journal.Fault.Kind;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.function.LongConsumer;

/**
 * Reads one segment, line by line, and checks each against the one before: {@link #header} first,
 * then {@link #next} until it says false. Reads the file once, in order, and holds little more than
 * a line. Not for concurrent use, and of no use once it has thrown.
 */
final class SegmentReader implements AutoCloseable {

  private static final int BUFFER_BYTES = 1024 * 1024;

  private static final byte[] POSITION = ascii("{\"position\":");
  private static final byte[] PREV = ascii(",\"prev\":\"");
  private static final byte[] EVENT = ascii("\",\"event\":");
  private static final byte[] EVENT_ID = ascii("{\"event_id\":\"");
  private static final byte[] HASH = ascii(",\"hash\":\"");
  private static final byte[] END = ascii("\"}");

  /** Bytes of a line from {@code ,"hash":} on, without the line feed. */
  private static final int TAIL_BYTES = HASH.length + HexSha256.DIGITS + END.length;

  /** Fewer than a long can hold, so that nothing overflows; more than any log will have. */
  private static final int DIGITS_MAX = 18;

  private final Segment segment;
  private final boolean last;
  private final FileChannel file;

  /** Where it ended when it was opened: what is written meanwhile is not looked at. */
  private final long size;

  private final LongConsumer progress;
  private final HexSha256 sha256 = new HexSha256();

  /** What has been read and not yet passed, and where in the file it begins. */
  private byte[] buffer;

  private long bufferOffset;
  private int limit;

  /** The line: from its first byte to its line feed, or to the limit where it has none. */
  private int lineFrom;

  private int lineTo;
  private boolean lineEnds;
  private long lineNumber;

  /** Of the line, if it is an entry. */
  private long linePosition;

  private int prevFrom;
  private int eventFrom;
  private int idTo;
  private byte[] hash = new byte[HexSha256.DIGITS];

  /** Of the entry before. */
  private byte[] chain = new byte[HexSha256.DIGITS];

  private long position;
  private byte[] idMark = {};

  /**
   * Opens a segment.
   *
   * @param last whether it is the journal's last one, whose last line may be torn
   * @param progress hears how many bytes more were read
   */
  SegmentReader(Segment segment, boolean last, LongConsumer progress) throws IOException {
    this.segment = segment;
    this.last = last;
    this.progress = progress;
    this.file = FileChannel.open(segment.file(), StandardOpenOption.READ);
    this.size = file.size();
    this.buffer = new byte[Math.clamp(size, BUFFER_BYTES / 16, BUFFER_BYTES)];
  }

  /**
   * Reads the header.
   *
   * @throws JournalDamagedException also if it begins elsewhere than the file's name says
   */
  SegmentHeader header() throws IOException, JournalDamagedException {
    if (!readLine()) {
      lineNumber = 1;
      throw last
          ? fault(Kind.TORN_TAIL, "the segment is empty; it is removed at the next start")
          : fault(Kind.CHANGED, "the segment is empty");
    }
    checkWhole();
    SegmentHeader header =
        SegmentHeader.parse(text(lineFrom, lineTo - TAIL_BYTES))
            .orElseThrow(
                () -> fault(Kind.CHANGED, "no header of format 1 to " + SegmentHeader.FORMAT));
    if (header.firstPosition() != segment.firstPosition()) {
      throw fault(
          Kind.OUT_OF_ORDER,
          "the segment begins at position " + header.firstPosition() + ", unlike its name");
    }
    position = header.firstPosition() - 1;
    chain = ascii(header.prev());
    idMark = ascii("\",\"log_id\":\"" + header.logId() + "\",\"position\":\"");
    return header;
  }

  /**
   * Reads the next entry.
   *
   * @return false: there are no more
   */
  boolean next() throws IOException, JournalDamagedException {
    if (!readLine()) {
      return false;
    }
    checkWhole();
    if (!isEntry()) {
      throw fault(Kind.CHANGED, "the line matches its hash, but is no entry of this log");
    }
    if (linePosition != position + 1) {
      throw misplaced();
    }
    if (!Arrays.equals(buffer, prevFrom, prevFrom + HexSha256.DIGITS, chain, 0, HexSha256.DIGITS)) {
      throw fault(
          Kind.UNCHAINED,
          "it does not continue from the line before: one of the two was replaced; it says prev "
              + text(prevFrom, prevFrom + HexSha256.DIGITS)
              + ", but that is "
              + hash());
    }
    position = linePosition;
    byte[] before = chain;
    chain = hash;
    hash = before;
    return true;
  }

  /**
   * Reads the last line, passing over those before it unchecked.
   *
   * @throws JournalDamagedException if it is not whole, or no entry
   */
  JournalEntry last() throws IOException, JournalDamagedException {
    bufferOffset = lastLineOffset();
    limit = 0;
    // Which line it is stays unknown.
    lineNumber = -1;
    if (!readLine() || !isWhole() || !isEntry()) {
      throw fault(Kind.CHANGED, "the last line does not match its hash, or is no entry");
    }
    return entry();
  }

  private long lastLineOffset() throws IOException {
    int window = BUFFER_BYTES / 16;
    while (true) {
      long from = Math.max(0, size - window);
      ByteBuffer end = ByteBuffer.allocate((int) (size - from));
      while (end.hasRemaining()) {
        if (file.read(end, from + end.position()) < 0) {
          throw new EOFException(segment.name() + " became shorter while it was read");
        }
      }
      for (int at = end.limit() - 2; at >= 0; at--) {
        if (end.get(at) == '\n') {
          return from + at + 1;
        }
      }
      if (from == 0 || window > JournalEntry.LINE_BYTES_MAX) {
        return from;
      }
      window *= 2;
    }
  }

  /** Position of the last entry read; before the first, the one before it. */
  long position() {
    return position;
  }

  /** Hash of the last entry read; before the first, of the one before it. */
  String hash() {
    return new String(chain, StandardCharsets.US_ASCII);
  }

  /** Where the last line read ends in the file: how much of the file holds. */
  long endOffset() {
    return bufferOffset + lineTo + 1;
  }

  /** The entry just read. */
  JournalEntry entry() {
    return new JournalEntry(
        linePosition,
        text(prevFrom, prevFrom + HexSha256.DIGITS),
        text(lineTo - END.length - HexSha256.DIGITS, lineTo - END.length),
        text(eventFrom + EVENT_ID.length, idTo));
  }

  /** The line just read, line feed included. Good until the next one is read. */
  ByteBuffer line() {
    return ByteBuffer.wrap(buffer, lineFrom, lineTo + 1 - lineFrom).slice().asReadOnlyBuffer();
  }

  /** The event of the line just read. Good until the next line is read. */
  ByteBuffer event() {
    return ByteBuffer.wrap(buffer, eventFrom, lineTo - TAIL_BYTES - eventFrom)
        .slice()
        .asReadOnlyBuffer();
  }

  /** What is wrong with the segment's first line, of which only the caller can tell. */
  JournalDamagedException fault(Kind kind, String what) {
    return new JournalDamagedException(
        new Fault(
            kind,
            segment.name(),
            lineNumber,
            bufferOffset + lineFrom,
            lineNumber == 1 ? 0 : position + 1,
            what));
  }

  @Override
  public void close() throws IOException {
    file.close();
  }

  private JournalDamagedException misplaced() throws IOException, JournalDamagedException {
    long expected = position + 1;
    long found = linePosition;
    Fault displaced =
        fault(Kind.OUT_OF_ORDER, "position %d where %d belongs".formatted(found, expected)).fault();
    if (found < expected) {
      return new JournalDamagedException(displaced);
    }
    JournalDamagedException missing =
        fault(
            Kind.MISSING,
            found == expected + 1
                ? "the line of position %d is missing".formatted(expected)
                : "the lines of positions %d to %d are missing".formatted(expected, found - 1));
    // It may not be lost, but stand further down.
    while (readLine()) {
      if (isWhole() && isEntry() && linePosition == expected) {
        return new JournalDamagedException(
            new Fault(
                displaced.kind(),
                displaced.segment(),
                displaced.line(),
                displaced.offset(),
                displaced.position(),
                displaced.what() + ", which stands in line " + lineNumber));
      }
    }
    return missing;
  }

  private void checkWhole() throws JournalDamagedException {
    if (isWhole()) {
      return;
    }
    String what = lineEnds ? "the line's text does not match its hash" : "the line is not whole";
    boolean isLastLine = bufferOffset + lineTo + 1 >= size;
    throw last && isLastLine
        ? fault(Kind.TORN_TAIL, what + "; it is cut at the next start, and written again")
        : fault(Kind.CHANGED, what);
  }

  /** Whether the line is whole by its own hash, which is then in {@link #hash}. */
  private boolean isWhole() {
    int body = lineTo - TAIL_BYTES;
    if (!lineEnds || body < lineFrom || !has(HASH, body) || !has(END, lineTo - END.length)) {
      return false;
    }
    sha256.hash(buffer, lineFrom, body - lineFrom, hash);
    int written = body + HASH.length;
    return Arrays.equals(buffer, written, written + HexSha256.DIGITS, hash, 0, HexSha256.DIGITS);
  }

  /** Whether a line that is whole has an entry's parts in their places; finds them. */
  private boolean isEntry() {
    int at = lineFrom + POSITION.length;
    if (!has(POSITION, lineFrom) || buffer[at] == '0') {
      return false;
    }
    int digits = at;
    long value = 0;
    while (at - digits < DIGITS_MAX && buffer[at] >= '0' && buffer[at] <= '9') {
      value = 10 * value + (buffer[at] - '0');
      at++;
    }
    linePosition = value;
    prevFrom = at + PREV.length;
    eventFrom = prevFrom + HexSha256.DIGITS + EVENT.length;
    if (at == digits
        || !has(PREV, at)
        || !has(EVENT, eventFrom - EVENT.length)
        || !has(EVENT_ID, eventFrom)) {
      return false;
    }
    idTo = eventFrom + EVENT_ID.length;
    while (buffer[idTo] != '"' && idTo < lineTo) {
      idTo++;
    }
    int inner = idTo + idMark.length;
    int innerTo = inner + at - digits;
    return has(idMark, idTo)
        && innerTo < lineTo
        && Arrays.equals(buffer, inner, innerTo, buffer, digits, at)
        && buffer[innerTo] == '"';
  }

  private boolean has(byte[] mark, int at) {
    return at + mark.length <= lineTo
        && Arrays.equals(buffer, at, at + mark.length, mark, 0, mark.length);
  }

  private String text(int from, int to) {
    return new String(buffer, from, to - from, StandardCharsets.UTF_8);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** Goes to the next line; false: the file ends here. */
  private boolean readLine() throws IOException, JournalDamagedException {
    lineFrom = Math.min(lineNumber == 0 ? 0 : lineTo + 1, limit);
    lineTo = lineFrom;
    do {
      while (lineTo < limit && buffer[lineTo] != '\n') {
        lineTo++;
      }
      lineEnds = lineTo < limit;
      if (lineTo - lineFrom > JournalEntry.LINE_BYTES_MAX) {
        lineNumber++;
        throw fault(
            Kind.CHANGED, "the line is longer than " + JournalEntry.LINE_BYTES_MAX + " bytes");
      }
    } while (!lineEnds && fill());
    if (lineTo == lineFrom && !lineEnds) {
      return false;
    }
    lineNumber++;
    return true;
  }

  /** Reads more of the file behind what is there of the line; false: there is no more. */
  private boolean fill() throws IOException {
    long left = size - bufferOffset - limit;
    if (left == 0) {
      return false;
    }
    int kept = limit - lineFrom;
    byte[] target = kept > buffer.length / 2 ? new byte[2 * buffer.length] : buffer;
    System.arraycopy(buffer, lineFrom, target, 0, kept);
    buffer = target;
    bufferOffset += lineFrom;
    lineTo -= lineFrom;
    lineFrom = 0;
    limit = kept;
    int read =
        file.read(
            ByteBuffer.wrap(buffer, limit, (int) Math.min(left, buffer.length - limit)),
            bufferOffset + limit);
    if (read <= 0) {
      throw new EOFException(segment.name() + " became shorter while it was read");
    }
    limit += read;
    progress.accept(read);
    return true;
  }
}
