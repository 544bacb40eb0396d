package com.gyroscops.payments.read.report;

import com.gyroscops.payments.platform.hash.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The folder of reports' files, which servers may share: a folder for each report, a file in it for
 * each chunk. It knows nothing of which files count. For concurrent use.
 */
public final class ReportFolder {

  private static final String ID_FILE = "folder.id";

  /** How long another server may take between creating that file and writing it. */
  private static final Duration ID_WAIT_MAX = Duration.ofSeconds(2);

  private static final Duration ID_POLL = Duration.ofMillis(20);

  /** Name of a chunk's file; see {@link #file}. The group is the attempt. */
  private static final Pattern CHUNK = Pattern.compile("[0-9]+-([0-9]{1,9})\\.chunk");

  private static final int READ_BYTES = 256 * 1024;

  private final Path folder;
  private final String id;

  /**
   * Files there were when it was made.
   *
   * @param files of any attempt, counted or not
   */
  record Listed(UUID report, List<Path> files) {}

  private ReportFolder(Path folder, String id) {
    this.folder = folder;
    this.id = id;
  }

  /**
   * Opens a folder, which is created if it is not there.
   *
   * @throws IllegalStateException if it cannot be used
   */
  public static ReportFolder open(Path folder) {
    try {
      Files.createDirectories(folder);
      return new ReportFolder(folder, identity(folder.resolve(ID_FILE)));
    } catch (IOException e) {
      throw new IllegalStateException("REPORT_FOLDER " + folder + " cannot be used: " + e, e);
    }
  }

  /** The folder's own name, by which servers tell whether they share it. */
  private static String identity(Path file) throws IOException {
    try {
      Files.writeString(file, UUID.randomUUID().toString(), StandardOpenOption.CREATE_NEW);
    } catch (FileAlreadyExistsException _) {
      // Another server's, or an earlier start's.
    }
    long end = System.nanoTime() + ID_WAIT_MAX.toNanos();
    String found = Files.readString(file);
    while (found.isEmpty() && System.nanoTime() < end) {
      try {
        Thread.sleep(ID_POLL);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      }
      found = Files.readString(file);
    }
    if (found.isEmpty()) {
      throw new IOException(file + " is empty: remove it while no read-server runs");
    }
    return found;
  }

  /** The same for all servers that share the folder, and for no other folder. */
  public String id() {
    return id;
  }

  /**
   * Makes room for an attempt's chunks, and removes what attempts before left beside those that are
   * counted. Files of later attempts stay: whoever was paused until there is one does not know what
   * is counted of it.
   */
  void prepare(UUID report, int attempt, List<Chunk> counted) throws IOException {
    Files.createDirectories(of(report));
    Set<Path> left = new HashSet<>(files(report).files());
    counted.forEach(chunk -> left.remove(file(report, chunk.number(), chunk.attempt())));
    for (Path file : left) {
      Matcher name = CHUNK.matcher(String.valueOf(file.getFileName()));
      if (name.matches() && Integer.parseInt(name.group(1)) < attempt) {
        Files.deleteIfExists(file);
      }
    }
  }

  /**
   * Writes a chunk, which is on disk when this returns.
   *
   * @throws FileAlreadyExistsException if it was written before
   */
  Chunk write(UUID report, int number, int attempt, long offset, byte[] bytes) throws IOException {
    Path file = file(report, number, attempt);
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ByteBuffer left = ByteBuffer.wrap(bytes);
      while (left.hasRemaining()) {
        channel.write(left);
      }
      channel.force(true);
    }
    // So that the file's name survives a crash of the machine, too.
    try (FileChannel directory = FileChannel.open(of(report))) {
      directory.force(true);
    }
    return new Chunk(number, attempt, offset, bytes.length, hex(Sha256.begin().digest(bytes)));
  }

  /**
   * Opens a chunk for reading; the caller closes it.
   *
   * @throws FileLostException if it is not there in its whole length
   */
  FileChannel open(UUID report, Chunk chunk) throws IOException, FileLostException {
    Path file = file(report, chunk.number(), chunk.attempt());
    try {
      FileChannel channel = FileChannel.open(file);
      if (channel.size() == chunk.bytes()) {
        return channel;
      }
      channel.close();
      throw new FileLostException(file + " is not " + chunk.bytes() + " bytes long");
    } catch (NoSuchFileException e) {
      throw new FileLostException(e.getMessage() + " is gone");
    }
  }

  /**
   * The hash of all chunks together, each of which is compared with its own.
   *
   * @param between run after each
   * @throws FileLostException if one is not as it was written
   */
  String hash(UUID report, List<Chunk> chunks, Runnable between)
      throws IOException, FileLostException {
    MessageDigest whole = Sha256.begin();
    MessageDigest part = Sha256.begin();
    ByteBuffer buffer = ByteBuffer.allocate(READ_BYTES);
    for (Chunk chunk : chunks) {
      try (FileChannel channel = open(report, chunk)) {
        while (channel.read(buffer) >= 0) {
          buffer.flip();
          part.update(buffer.duplicate());
          whole.update(buffer);
          buffer.clear();
        }
      }
      if (!hex(part.digest()).equals(chunk.sha256())) {
        throw new FileLostException(
            file(report, chunk.number(), chunk.attempt()) + " has other bytes than were written");
      }
      between.run();
    }
    return hex(whole.digest());
  }

  /** Reports of which there are files. */
  List<UUID> reports() throws IOException {
    List<UUID> found = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, Files::isDirectory)) {
      for (Path entry : entries) {
        try {
          found.add(UUID.fromString(String.valueOf(entry.getFileName())));
        } catch (IllegalArgumentException _) {
          // Not one of ours: left alone.
        }
      }
    }
    return found;
  }

  /** The files of a report as they are now; none where it has none. */
  Listed files(UUID report) throws IOException {
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(of(report))) {
      entries.forEach(found::add);
    } catch (NoSuchFileException _) {
      // Another server removed it.
    }
    return new Listed(report, found);
  }

  /** Removes files of a report, and its folder once that is empty. */
  void remove(Listed listed) throws IOException {
    for (Path file : listed.files()) {
      Files.deleteIfExists(file);
    }
    try {
      Files.deleteIfExists(of(listed.report()));
    } catch (DirectoryNotEmptyException _) {
      // An attempt has begun meanwhile, here or on another server.
    }
  }

  private Path of(UUID report) {
    return folder.resolve(report.toString());
  }

  private Path file(UUID report, int number, int attempt) {
    return of(report).resolve(number + "-" + attempt + ".chunk");
  }

  private static String hex(byte[] hash) {
    return HexFormat.of().formatHex(hash);
  }
}
