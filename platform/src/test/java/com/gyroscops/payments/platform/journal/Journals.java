package com.gyroscops.payments.platform.journal;

import com.google.protobuf.Timestamp;
import com.gyroscops.payments.v1.Amount;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentCreated;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.v1.PaymentStatus;
import com.gyroscops.payments.v1.PersonalData;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/** Journals for tests, of events that are the same for the same position. */
final class Journals {

  static final String LOG = "main";
  static final String EPOCH = "3f6c0d3e-7a54-4b0e-9d2e-0a4c9f1f6b11";

  /** Of a history that came after that. */
  static final String LATER = "later";

  /** What stands before the first event. */
  static final String FIRST_PREV = SegmentHeader.firstPrev(LOG, EPOCH);

  private Journals() {}

  static PaymentEvent event(long position) {
    return PaymentEvent.newBuilder()
        .setEventId(new UUID(7, position).toString())
        .setLogId(LOG)
        .setPosition(position)
        .setOrganizationId("acme")
        .setPaymentId("pay-" + position)
        .setVersion(1)
        .setSchemaVersion(1)
        .setRequestId("request-" + position)
        .setRecordTime(Timestamp.newBuilder().setSeconds(1_795_000_000 + position))
        .setPayment(
            Payment.newBuilder()
                .setOrganizationId("acme")
                .setPaymentId("pay-" + position)
                .setVersion(1)
                .setStatus(PaymentStatus.PAYMENT_STATUS_PROCESSING)
                .setAmount(Amount.newBuilder().setMinorUnits(1_999).setCurrencyCode("EUR"))
                .setPersonalData(
                    PersonalData.newBuilder()
                        .setDescription("Größe \"M\"\n")
                        .putMetadata("plan", "standard")
                        .putMetadata("cluster", "c" + position)))
        .setCreated(PaymentCreated.getDefaultInstance())
        .build();
  }

  static SegmentHeader header(String epoch, long firstPosition, String prev) {
    return new SegmentHeader(LOG, EPOCH, epoch, firstPosition, prev);
  }

  /** The header as the format before had it. */
  static String headerOfFormat1(SegmentHeader header) {
    String body =
        "{\"format\":1,\"log_id\":\"%s\",\"epoch\":\"%s\",\"first_position\":%d,\"prev\":\"%s\""
            .formatted(header.logId(), header.epoch(), header.firstPosition(), header.prev());
    return body + ",\"hash\":\"" + HexSha256.of(body) + "\"}";
  }

  /** Writes events from 1 on, so many in each segment. */
  static void write(Path folder, int segments, int eventsEach) throws IOException {
    String hash = FIRST_PREV;
    long position = 0;
    for (int i = 0; i < segments; i++) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      bytes.writeBytes(header(EPOCH, position + 1, hash).line());
      Path file = Segment.in(folder, position + 1).file();
      for (int n = 0; n < eventsEach; n++) {
        position++;
        JournalEntry.Written written = JournalEntry.of(event(position), hash);
        hash = written.entry().hash();
        bytes.writeBytes(written.line().array());
      }
      Files.write(file, bytes.toByteArray());
    }
  }
}
