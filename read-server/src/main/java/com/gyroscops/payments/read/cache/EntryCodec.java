package com.gyroscops.payments.read.cache;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.MessageLite;
import com.gyroscops.payments.platform.hash.Sha256;
import com.gyroscops.payments.v1.ReadSource;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.zip.CRC32C;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * Entries and keys as bytes, for {@link L2Store}.
 *
 * <p>An entry is: format (1 byte), CRC-32C of all that follows (4 bytes), flags (1: absent, 2:
 * compressed), source, when it was stored, position, log id, epoch, length of the answer, the
 * answer as protobuf. The checksum is there because much of what is damaged still parses.
 */
final class EntryCodec {

  /** Of another release: not read. */
  private static final int FORMAT = 1;

  private static final int ABSENT = 1;
  private static final int COMPRESSED = 2;

  /** Where what the checksum is of begins. */
  private static final int CHECKED_FROM = 1 + Integer.BYTES;

  /** Answers from here on are compressed. */
  static final int COMPRESS_BYTES_MIN = 1_024;

  /** Largest answer that is read: larger ones are never written. */
  static final int ANSWER_BYTES_MAX = 1024 * 1024;

  /**
   * What an entry says.
   *
   * @param storedMillis since 1970, by the wall clock of whoever stored it
   * @param answer null: there is no such payment
   */
  record Stored(
      String logId,
      String epoch,
      long position,
      ReadSource source,
      long storedMillis,
      @Nullable ByteString answer) {}

  private EntryCodec() {}

  /** The key of what was asked. Of which history an answer is, the entry says. */
  static byte[] key(String kind, String organizationId, AnswerKey asked) {
    String text = kind + ":" + organizationId + ":" + digest(asked);
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String digest(AnswerKey asked) {
    MessageDigest sha = Sha256.begin();
    sha.update(asked.query().getBytes(StandardCharsets.UTF_8));
    sha.update((byte) 0);
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(sha.digest(deterministic(asked.request())));
  }

  /** Equal messages give equal bytes, maps included. */
  private static byte[] deterministic(MessageLite message) {
    byte[] bytes = new byte[message.getSerializedSize()];
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    out.useDeterministicSerialization();
    try {
      message.writeTo(out);
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("an array of the right size was too small", e);
    }
    return bytes;
  }

  /** Null: too large to be stored. */
  static byte @Nullable [] write(Entry entry, long nowMillis) {
    MessageLite answer = entry.answer();
    int length = answer == null ? 0 : answer.getSerializedSize();
    if (length > ANSWER_BYTES_MAX) {
      return null;
    }
    byte[] raw = answer == null ? new byte[0] : answer.toByteArray();
    boolean compress = length >= COMPRESS_BYTES_MIN;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(128 + length);
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeByte(FORMAT);
      out.writeInt(0);
      out.writeByte((answer == null ? ABSENT : 0) | (compress ? COMPRESSED : 0));
      out.writeInt(entry.source().getNumber());
      out.writeLong(nowMillis);
      out.writeLong(entry.position());
      out.writeUTF(entry.stretch().logId());
      out.writeUTF(entry.epoch());
      out.writeInt(length);
      out.write(compress ? deflated(raw) : raw);
    } catch (IOException e) {
      throw new UncheckedIOException("memory cannot be written to", e);
    }
    byte[] entryBytes = bytes.toByteArray();
    ByteBuffer.wrap(entryBytes).putInt(1, checksum(entryBytes));
    return entryBytes;
  }

  private static int checksum(byte[] entry) {
    CRC32C checksum = new CRC32C();
    checksum.update(entry, CHECKED_FROM, entry.length - CHECKED_FROM);
    return (int) checksum.getValue();
  }

  /**
   * @throws IOException these are no entry's bytes, or damaged, or of another format
   */
  static Stored read(byte[] bytes) throws IOException {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      int format = in.readUnsignedByte();
      if (format != FORMAT) {
        throw new IOException("format " + format);
      }
      if (in.readInt() != checksum(bytes)) {
        throw new IOException("damaged");
      }
      int flags = in.readUnsignedByte();
      ReadSource source = ReadSource.forNumber(in.readInt());
      long storedMillis = in.readLong();
      long position = in.readLong();
      String logId = in.readUTF();
      String epoch = in.readUTF();
      int length = in.readInt();
      if (source == null || position < 0 || length < 0 || length > ANSWER_BYTES_MAX) {
        throw new IOException("source " + source + ", position " + position + ", length " + length);
      }
      byte[] rest = in.readAllBytes();
      byte[] answer = (flags & COMPRESSED) == 0 ? rest : inflated(rest, length);
      if (answer.length != length) {
        throw new IOException("length " + answer.length + " instead of " + length);
      }
      boolean absent = (flags & ABSENT) != 0;
      return new Stored(
          logId,
          epoch,
          position,
          source,
          storedMillis,
          absent ? null : ByteString.copyFrom(answer));
    }
  }

  private static byte[] deflated(byte[] raw) {
    try (Deflater deflater = new Deflater(Deflater.BEST_SPEED)) {
      deflater.setInput(raw);
      deflater.finish();
      // Enough for what does not compress: 5 bytes a block of 16 KiB, and the frame.
      byte[] out = new byte[raw.length + raw.length / 1_024 + 64];
      int length = deflater.deflate(out);
      return Arrays.copyOf(out, length);
    }
  }

  private static byte[] inflated(byte[] deflated, int length) throws IOException {
    try (Inflater inflater = new Inflater()) {
      inflater.setInput(deflated);
      byte[] out = new byte[length];
      int filled = 0;
      while (filled < length) {
        int more = inflater.inflate(out, filled, length - filled);
        if (more == 0) {
          throw new IOException("compressed bytes end early");
        }
        filled += more;
      }
      return out;
    } catch (DataFormatException e) {
      throw new IOException("not compressed bytes", e);
    }
  }
}
