package com.gyroscops.payments.platform.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.gyroscops.payments.platform.journal.Fault.Kind;
import com.gyroscops.payments.platform.journal.Verification.History;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is done to a journal is found, and named where it was done. */
class JournalVerifierTest {

  private static final int SEGMENTS = 4;
  private static final int EACH = 25;
  private static final int ROUNDS = 1_000;

  /** Of the last entry. */
  private static final String LAST_HASH =
      "e35a436acf557eceb693624d41afaa7a5dc5b2560ed34ab5d522d9910430445a";

  @TempDir Path folder;

  @BeforeEach
  void write() throws IOException {
    Journals.write(folder, SEGMENTS, EACH);
  }

  private Verification verify(Expectation expectation) throws Exception {
    Verification parallel = new JournalVerifier(folder, expectation, _ -> {}).verify(3);
    Verification inOrder = new JournalVerifier(folder, expectation, _ -> {}).read((_, _, _) -> {});
    assertThat(inOrder.fault()).isEqualTo(parallel.fault());
    assertThat(inOrder.lastPosition()).isEqualTo(parallel.lastPosition());
    assertThat(inOrder.lastHash()).isEqualTo(parallel.lastHash());
    return parallel;
  }

  private Verification verify() throws Exception {
    return verify(Expectation.NONE);
  }

  private Fault fault() throws Exception {
    return Objects.requireNonNull(verify().fault());
  }

  private Path file(int segment) {
    return Segment.in(folder, 1 + (long) segment * EACH).file();
  }

  private List<String> lines(int segment) throws IOException {
    return new ArrayList<>(Files.readAllLines(file(segment)));
  }

  private void write(int segment, List<String> lines) throws IOException {
    Files.writeString(file(segment), String.join("\n", lines) + "\n");
  }

  @Test
  void aWholeJournalIsWhole() throws Exception {
    Verification verified = verify();
    assertThat(verified.fault()).isNull();
    assertThat(verified.lastPosition()).isEqualTo(SEGMENTS * EACH);
    assertThat(verified.logId()).isEqualTo(Journals.LOG);
    assertThat(verified.origin()).isEqualTo(Journals.EPOCH);
    assertThat(verified.epoch()).isEqualTo(Journals.EPOCH);
    assertThat(verified.histories()).containsExactly(new History(Journals.EPOCH, 1));
    assertThat(verified.segments()).isEqualTo(SEGMENTS);
    long bytes = 0;
    for (int i = 0; i < SEGMENTS; i++) {
      bytes += Files.size(file(i));
    }
    assertThat(verified.bytes()).isEqualTo(bytes);
  }

  @Test
  void theHashAtAPositionDoesNotDependOnTheSegments(@TempDir Path other) throws Exception {
    Journals.write(other, 1, SEGMENTS * EACH);
    assertThat(new JournalVerifier(other, Expectation.NONE, _ -> {}).verify(1).lastHash())
        .isEqualTo(verify().lastHash());
  }

  @Test
  void theFormatIsWhatItWas() throws Exception {
    // A contract with journals that exist: these hashes never change.
    assertThat(lines(0).getFirst())
        .isEqualTo(
            "{\"format\":2,\"log_id\":\"main\",\"origin\":\"3f6c0d3e-7a54-4b0e-9d2e-0a4c9f1f6b11\","
                + "\"epoch\":\"3f6c0d3e-7a54-4b0e-9d2e-0a4c9f1f6b11\","
                + "\"first_position\":1,\"prev\":\"e60adcae329e4ca15dd1426214177adec426de926f77122e774e8ed4405e1185\",\"hash\":\"f90c70bae39212a3d9addb097e79c324509bf1cf3aabdcbf05f780f61a98b9a3\"}");
    assertThat(verify().lastHash()).isEqualTo(LAST_HASH);
  }

  @Test
  void aJournalOfFormat1GoesOnInFormat2WithTheHashesThatItHad() throws Exception {
    for (int segment = 0; segment < SEGMENTS; segment++) {
      List<String> lines = lines(segment);
      String prev = segment == 0 ? Journals.FIRST_PREV : hashAt(segment * EACH);
      lines.set(
          0,
          Journals.headerOfFormat1(
              Journals.header(Journals.EPOCH, 1 + (long) segment * EACH, prev)));
      write(segment, lines);
      Verification verified = verify(new Expectation(SEGMENTS * EACH, LAST_HASH));
      assertThat(verified.fault()).isNull();
      assertThat(verified.origin()).isEqualTo(Journals.EPOCH);
      assertThat(verified.histories()).containsExactly(new History(Journals.EPOCH, 1));
    }
    assertThat(lines(0).getFirst())
        .isEqualTo(
            "{\"format\":1,\"log_id\":\"main\",\"epoch\":\"3f6c0d3e-7a54-4b0e-9d2e-0a4c9f1f6b11\","
                + "\"first_position\":1,\"prev\":\"e60adcae329e4ca15dd1426214177adec426de926f77122e774e8ed4405e1185\",\"hash\":\"715f8708d8a4df0c7834287ef6d496cb8b9c8d1cab4287ca5d6d9df05ab41ad9\"}");

    // A later history begins behind it.
    Files.write(file(SEGMENTS), Journals.header(Journals.LATER, 101, LAST_HASH).line());
    assertThat(verify().fault()).isNull();
  }

  @Test
  void aLaterHistoryContinuesTheChainWithTheHashesThatTheEventsHave() throws Exception {
    for (int segment = 2; segment < SEGMENTS; segment++) {
      inHistory(Journals.LATER, segment);
    }
    Verification verified = verify(new Expectation(SEGMENTS * EACH, LAST_HASH));
    assertThat(verified.fault()).isNull();
    assertThat(verified.origin()).isEqualTo(Journals.EPOCH);
    assertThat(verified.epoch()).isEqualTo(Journals.LATER);
    assertThat(verified.histories())
        .containsExactly(new History(Journals.EPOCH, 1), new History(Journals.LATER, 51));

    // As a journal has it that was begun later.
    inHistory(Journals.LATER, 0);
    inHistory(Journals.LATER, 1);
    verified = verify(new Expectation(SEGMENTS * EACH, LAST_HASH));
    assertThat(verified.fault()).isNull();
    assertThat(verified.histories()).containsExactly(new History(Journals.LATER, 1));
  }

  @Test
  void aHistoryThatEndedDoesNotComeBack() throws Exception {
    inHistory(Journals.LATER, 1);
    Fault fault = fault();
    assertThat(fault)
        .extracting(Fault::kind, Fault::segment, Fault::line)
        .containsExactly(Kind.MIXED, file(2).getFileName().toString(), 1L);
    assertThat(fault.what()).contains(Journals.EPOCH, Journals.LATER);
  }

  private void inHistory(String epoch, int segment) throws IOException {
    List<String> lines = lines(segment);
    String prev = segment == 0 ? Journals.FIRST_PREV : hashAt(segment * EACH);
    byte[] header = Journals.header(epoch, 1 + (long) segment * EACH, prev).line();
    lines.set(0, new String(header, StandardCharsets.UTF_8).strip());
    write(segment, lines);
  }

  @Test
  void whoContinuesIsToldTheHistoryOfTheNewestEntryAndNotOfASegmentWithoutOne() throws Exception {
    assertThat(JournalEnd.find(folder).abandoned()).isNull();
    byte[] begun = Journals.header(Journals.LATER, 101, LAST_HASH).line();
    byte[] entry = JournalEntry.of(Journals.event(101), LAST_HASH).line().array();
    byte[] bytes = Arrays.copyOf(begun, begun.length + entry.length);
    System.arraycopy(entry, 0, bytes, begun.length, entry.length);
    // The header alone among them.
    for (int length = begun.length % 7; length < bytes.length; length += 7) {
      Files.write(file(SEGMENTS), Arrays.copyOf(bytes, length));
      JournalEnd end = JournalEnd.find(folder);
      assertThat(end.abandoned()).as("%d bytes", length).isEqualTo(file(SEGMENTS));
      JournalEnd.Tail tail = Objects.requireNonNull(end.tail());
      assertThat(tail.header().epoch()).isEqualTo(Journals.EPOCH);
      assertThat(tail.segment().file()).isEqualTo(file(SEGMENTS - 1));
      assertThat(tail.length()).isEqualTo(Files.size(file(SEGMENTS - 1)));
      assertThat(tail.last().hash()).isEqualTo(LAST_HASH);
    }
    Files.write(file(SEGMENTS), bytes);
    JournalEnd end = JournalEnd.find(folder);
    assertThat(end.abandoned()).isNull();
    assertThat(Objects.requireNonNull(end.tail()).header().epoch()).isEqualTo(Journals.LATER);
  }

  @Test
  void aChangedByteIsFoundAndNamedWhereverItIs() throws Exception {
    Random random = new Random(Long.getLong("payments.seed", 20_261_121));
    for (int round = 0; round < ROUNDS; round++) {
      int segment = random.nextInt(SEGMENTS);
      byte[] whole = Files.readAllBytes(file(segment));
      int offset = random.nextInt(whole.length);
      byte[] changed = whole.clone();
      changed[offset] ^= (byte) (1 + random.nextInt(255));
      Files.write(file(segment), changed);
      Fault fault = fault();
      Files.write(file(segment), whole);

      int line = 1;
      for (int i = 0; i < offset; i++) {
        line += whole[i] == '\n' ? 1 : 0;
      }
      String where = "byte " + offset + " of segment " + segment + ": " + fault;
      assertThat(fault.segment()).as(where).isEqualTo(file(segment).getFileName().toString());
      assertThat(fault.line()).as(where).isEqualTo(line);
      boolean inLastLine = segment == SEGMENTS - 1 && line == EACH + 1;
      // Without its line feed, the line before the last one is the last.
      boolean joinsLast = segment == SEGMENTS - 1 && line == EACH && whole[offset] == '\n';
      assertThat(fault.kind() == Kind.TORN_TAIL).as(where).isEqualTo(inLastLine || joinsLast);
    }
    assertThat(verify().fault()).isNull();
  }

  @Test
  void anEndCutAtAnyByteIsATornTailAndNothingElse() throws Exception {
    byte[] whole = Files.readAllBytes(file(SEGMENTS - 1));
    int lastLine =
        whole.length - lines(SEGMENTS - 1).getLast().getBytes(StandardCharsets.UTF_8).length - 1;
    for (int length = lastLine + 1; length < whole.length; length++) {
      Files.write(file(SEGMENTS - 1), Arrays.copyOf(whole, length));
      Verification verified = verify();
      Fault fault = Objects.requireNonNull(verified.fault());
      assertThat(fault.kind()).isEqualTo(Kind.TORN_TAIL);
      assertThat(fault.line()).isEqualTo(EACH + 1);
      assertThat(fault.offset()).isEqualTo(lastLine);
      assertThat(verified.lastPosition()).isEqualTo(SEGMENTS * EACH - 1);
    }
    Files.write(file(SEGMENTS - 1), Arrays.copyOf(whole, lastLine));
    assertThat(verify().fault()).isNull();
  }

  @Test
  void aTornHeaderIsATornTail() throws Exception {
    byte[] header = Journals.header(Journals.EPOCH, 101, verify().lastHash()).line();
    for (int length = 0; length < header.length; length++) {
      Files.write(file(SEGMENTS), Arrays.copyOf(header, length));
      Fault fault = fault();
      assertThat(fault.kind()).isEqualTo(Kind.TORN_TAIL);
      assertThat(fault.line()).isEqualTo(1);
    }
    Files.write(file(SEGMENTS), header);
    assertThat(verify().fault()).isNull();
  }

  @Test
  void aSegmentBeforeTheLastOneIsNotTornButDamaged() throws Exception {
    byte[] whole = Files.readAllBytes(file(1));
    Files.write(file(1), Arrays.copyOf(whole, whole.length - 10));
    assertThat(fault())
        .extracting(Fault::kind, Fault::line)
        .containsExactly(Kind.CHANGED, EACH + 1L);
    Files.write(file(1), new byte[0]);
    assertThat(fault()).extracting(Fault::kind, Fault::line).containsExactly(Kind.CHANGED, 1L);
  }

  @Test
  void aRemovedLineIsMissing() throws Exception {
    List<String> lines = lines(2);
    lines.remove(7);
    write(2, lines);
    Fault fault = fault();
    assertThat(fault)
        .extracting(Fault::kind, Fault::line, Fault::position)
        .containsExactly(Kind.MISSING, 8L, 57L);
    assertThat(fault.what()).isEqualTo("the line of position 57 is missing");
    lines.remove(7);
    write(2, lines);
    assertThat(fault().what()).isEqualTo("the lines of positions 57 to 58 are missing");
  }

  @Test
  void theLineBeforeTheLastOneIsMissingToo() throws Exception {
    List<String> lines = lines(SEGMENTS - 1);
    lines.remove(EACH - 1);
    write(SEGMENTS - 1, lines);
    assertThat(fault().kind()).isEqualTo(Kind.MISSING);
  }

  @Test
  void aSegmentsLastLineRemovedIsNoticedByTheNextOne() throws Exception {
    List<String> lines = lines(1);
    lines.removeLast();
    write(1, lines);
    Fault fault = fault();
    assertThat(fault.kind()).isEqualTo(Kind.MISSING_SEGMENT);
    assertThat(fault.position()).isEqualTo(50);
  }

  @Test
  void swappedLinesAreOutOfOrder() throws Exception {
    List<String> lines = lines(0);
    Collections.swap(lines, 4, 5);
    write(0, lines);
    Fault fault = fault();
    assertThat(fault.kind()).isEqualTo(Kind.OUT_OF_ORDER);
    assertThat(fault.line()).isEqualTo(5);
    assertThat(fault.what()).isEqualTo("position 5 where 4 belongs, which stands in line 6");

    lines = lines(0);
    Collections.swap(lines, 4, 5);
    Collections.swap(lines, 3, 20);
    write(0, lines);
    assertThat(fault().what()).isEqualTo("position 20 where 3 belongs, which stands in line 21");
  }

  @Test
  void theLastTwoLinesSwappedAreNoTornTail() throws Exception {
    List<String> lines = lines(SEGMENTS - 1);
    Collections.swap(lines, EACH - 1, EACH);
    write(SEGMENTS - 1, lines);
    assertThat(fault().kind()).isEqualTo(Kind.OUT_OF_ORDER);
  }

  @Test
  void aLineTwiceIsOutOfOrder() throws Exception {
    List<String> lines = lines(3);
    lines.add(10, lines.get(9));
    write(3, lines);
    assertThat(fault())
        .extracting(Fault::kind, Fault::line)
        .containsExactly(Kind.OUT_OF_ORDER, 11L);
  }

  @Test
  void anEventThatWasForgedWithItsHashBreaksTheChain() throws Exception {
    List<String> lines = lines(0);
    String prev = lines.get(2).substring(lines.get(2).length() - 66, lines.get(2).length() - 2);
    var forged = Journals.event(3).toBuilder().setOrganizationId("other").build();
    lines.set(
        3,
        new String(JournalEntry.of(forged, prev).line().array(), StandardCharsets.UTF_8).strip());
    write(0, lines);
    assertThat(fault()).extracting(Fault::kind, Fault::line).containsExactly(Kind.UNCHAINED, 5L);
  }

  @Test
  void aSegmentThatIsMissingIsNamedTheFirstOneToo() throws Exception {
    Files.delete(file(2));
    Fault fault = fault();
    assertThat(fault.kind()).isEqualTo(Kind.MISSING_SEGMENT);
    assertThat(fault.segment()).isEqualTo(file(2).getFileName().toString());
    Files.delete(file(0));
    assertThat(fault().segment()).isEqualTo(file(0).getFileName().toString());
  }

  @Test
  void theLastSegmentsRemovalIsFoundOnlyByWhatWasNotedElsewhere() throws Exception {
    String hash = verify().lastHash();
    Files.delete(file(SEGMENTS - 1));
    assertThat(verify().fault()).isNull();
    Fault fault = Objects.requireNonNull(verify(new Expectation(100, hash)).fault());
    assertThat(fault.kind()).isEqualTo(Kind.SHORT);
    assertThat(fault.what()).isEqualTo("the journal ends at position 75, before 100");
  }

  @Test
  void aJournalWrittenAnewIsFoundByAHashNotedElsewhere(@TempDir Path other) throws Exception {
    String hash = hashAt(60);
    assertThat(verify(new Expectation(60, hash)).fault()).isNull();
    Fault fault = Objects.requireNonNull(verify(new Expectation(61, hash)).fault());
    assertThat(fault.kind()).isEqualTo(Kind.OTHER_HASH);
    assertThatThrownBy(() -> new Expectation(60, "ABC"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private String hashAt(int position) throws IOException {
    String line = lines((position - 1) / EACH).get((position - 1) % EACH + 1);
    return line.substring(line.length() - 66, line.length() - 2);
  }

  @Test
  void segmentsOfAnotherLogOrOriginAreNotMixedIn() throws Exception {
    String hash = verify().lastHash();
    String epoch = Journals.EPOCH;
    for (SegmentHeader other :
        List.of(
            new SegmentHeader("another", epoch, epoch, 101, hash),
            new SegmentHeader(Journals.LOG, "another", epoch, 101, hash))) {
      Files.write(file(SEGMENTS), other.line());
      assertThat(fault().kind()).isEqualTo(Kind.MIXED);
      assertThat(fault().what()).contains("another");
    }
    for (String any : List.of(epoch, Journals.LATER)) {
      Files.write(file(SEGMENTS), Journals.header(any, 101, hash.replace('a', 'b')).line());
      assertThat(fault().kind()).isEqualTo(Kind.UNCHAINED);
    }
  }

  @Test
  void linesLargerThanTheBufferAreRead(@TempDir Path other) throws Exception {
    var large = Journals.event(1).toBuilder();
    large.getPaymentBuilder().getPersonalDataBuilder().setDescription("x".repeat(3_000_000));
    JournalEntry.Written one = JournalEntry.of(large.build(), Journals.FIRST_PREV);
    JournalEntry.Written two = JournalEntry.of(Journals.event(2), one.entry().hash());
    Path file = Segment.in(other, 1).file();
    Files.write(file, Journals.header(Journals.EPOCH, 1, Journals.FIRST_PREV).line());
    Files.write(file, one.line().array(), StandardOpenOption.APPEND);
    Files.write(file, two.line().array(), StandardOpenOption.APPEND);
    Verification verified = new JournalVerifier(other, Expectation.NONE, _ -> {}).verify(1);
    assertThat(verified.fault()).isNull();
    assertThat(verified.lastHash()).isEqualTo(two.entry().hash());
    assertThatThrownBy(
            () -> {
              large
                  .getPaymentBuilder()
                  .getPersonalDataBuilder()
                  .setDescription("x".repeat(4_200_000));
              JournalEntry.of(large.build(), Journals.FIRST_PREV);
            })
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void whatIsBehindAFaultIsNotShown() throws Exception {
    List<String> lines = lines(2);
    lines.remove(7);
    write(2, lines);
    List<Long> shown = new ArrayList<>();
    new JournalVerifier(folder, Expectation.NONE, _ -> {})
        .read((position, _, _) -> shown.add(position));
    assertThat(shown).hasSize(56).last().isEqualTo(56L);
    shown.clear();
    Files.delete(file(1));
    new JournalVerifier(folder, Expectation.NONE, _ -> {})
        .read((position, _, _) -> shown.add(position));
    assertThat(shown).hasSize(25);
  }

  @Test
  void anEmptyFolderIsNoJournal(@TempDir Path other) throws Exception {
    Fault fault =
        Objects.requireNonNull(
            new JournalVerifier(other, Expectation.NONE, _ -> {}).verify(1).fault());
    assertThat(fault.kind()).isEqualTo(Kind.MISSING_SEGMENT);
  }
}
