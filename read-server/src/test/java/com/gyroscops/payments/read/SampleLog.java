package com.gyroscops.payments.read;

import com.google.protobuf.Timestamp;
import com.gyroscops.payments.contract.Lineage;
import com.gyroscops.payments.v1.Amount;
import com.gyroscops.payments.v1.Failure;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentCreated;
import com.gyroscops.payments.v1.PaymentDeleted;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.v1.PaymentFailed;
import com.gyroscops.payments.v1.PaymentProcessed;
import com.gyroscops.payments.v1.PaymentRefunded;
import com.gyroscops.payments.v1.PaymentStatus;
import com.gyroscops.payments.v1.PaymentUpdated;
import com.gyroscops.payments.v1.PersonalData;
import com.gyroscops.payments.v1.Refund;
import com.gyroscops.payments.v1.RefundPersonalData;
import com.gyroscops.payments.v1.RefundState;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** A log of valid events, as the write side would have written it, and the payments it leads to. */
public final class SampleLog {

  /** 2026-03-01T00:00:00Z. */
  public static final long START_MICROS = 1_772_323_200L * 1_000_000;

  private static final List<String> CURRENCIES = List.of("EUR", "JPY", "KWD", "USD");

  /** Few, so that payments share them; alike but for case, accents or an ending. */
  private static final List<String> WORDS =
      List.of("Lamp", "lamps", "BLUE", "bleu", "Crème", "creme", "crèmerie", "2x", "it's", "木");

  private final String logId;
  private final Lineage lineage;
  private final List<PaymentEvent> events = new ArrayList<>();
  private final Map<String, Payment> payments = new LinkedHashMap<>();
  private long recordMicros = START_MICROS;

  public SampleLog(String logId, String epoch) {
    this(logId, Lineage.of(epoch));
  }

  private SampleLog(String logId, Lineage lineage) {
    this.logId = logId;
    this.lineage = lineage;
  }

  /** The log in a later history, as after a failover: it shares the events up to a position. */
  public SampleLog continuedIn(String epoch, long sharedPosition) {
    List<Lineage.Ancestor> ancestors = new ArrayList<>(lineage.ancestors());
    ancestors.add(new Lineage.Ancestor(lineage.epoch(), sharedPosition));
    SampleLog later = new SampleLog(logId, new Lineage(epoch, ancestors));
    later.recordMicros = recordMicros;
    for (PaymentEvent event : events.subList(0, (int) sharedPosition)) {
      later.events.add(event);
      Payment payment = event.getPayment();
      later.payments.put(payment.getOrganizationId() + "/" + payment.getPaymentId(), payment);
    }
    return later;
  }

  public String logId() {
    return logId;
  }

  public String epoch() {
    return lineage.epoch();
  }

  public Lineage lineage() {
    return lineage;
  }

  public List<PaymentEvent> events() {
    return List.copyOf(events);
  }

  /** Events after a position. */
  public List<PaymentEvent> after(long position) {
    return List.copyOf(events.subList((int) position, events.size()));
  }

  public List<Payment> payments() {
    return List.copyOf(payments.values());
  }

  public long head() {
    return events.size();
  }

  /** Creates a payment of 10.00 EUR. */
  public PaymentEvent create(String organization, String id) {
    return create(organization, id, 1_000, "EUR", START_MICROS);
  }

  public PaymentEvent create(
      String organization, String id, long amount, String currency, long effectiveMicros) {
    return create(
        Payment.newBuilder()
            .setOrganizationId(organization)
            .setPaymentId(id)
            .setAmount(amount(amount, currency))
            .setEffectiveTime(time(effectiveMicros))
            .build());
  }

  /** Creates a payment with these descriptive fields. */
  public PaymentEvent create(Payment fields) {
    String currency = fields.getAmount().getCurrencyCode();
    Payment.Builder payment =
        fields.toBuilder()
            .setStatus(PaymentStatus.PAYMENT_STATUS_PROCESSING)
            .setCapturedAmount(amount(0, currency))
            .setRefundedAmount(amount(0, currency))
            .setCreateTime(time(recordMicros + 1));
    return append(payment, event -> event.setCreated(PaymentCreated.getDefaultInstance()));
  }

  public PaymentEvent process(String organization, String id) {
    Payment.Builder payment = of(organization, id);
    payment
        .setStatus(PaymentStatus.PAYMENT_STATUS_COMPLETED)
        .setCapturedAmount(payment.getAmount())
        .setCompleteTime(time(recordMicros + 1));
    return append(
        payment,
        event ->
            event.setProcessed(
                PaymentProcessed.newBuilder().setCapturedAmount(payment.getAmount())));
  }

  public PaymentEvent fail(String organization, String id) {
    Failure failure = Failure.newBuilder().setCode("DECLINED").build();
    return append(
        of(organization, id).setStatus(PaymentStatus.PAYMENT_STATUS_FAILED).setFailure(failure),
        event -> event.setFailed(PaymentFailed.newBuilder().setFailure(failure)));
  }

  public PaymentEvent update(String organization, String id, String description) {
    Payment.Builder payment = of(organization, id);
    payment.setPersonalData(payment.getPersonalData().toBuilder().setDescription(description));
    return append(
        payment,
        event ->
            event.setUpdated(
                PaymentUpdated.newBuilder().addChangedPaths("personal_data.description")));
  }

  public PaymentEvent delete(String organization, String id) {
    return append(
        of(organization, id).setStatus(PaymentStatus.PAYMENT_STATUS_DELETED),
        event -> event.setDeleted(PaymentDeleted.getDefaultInstance()));
  }

  public PaymentEvent refund(String organization, String id, long amount, long effectiveMicros) {
    Payment.Builder payment = of(organization, id);
    String currency = payment.getAmount().getCurrencyCode();
    long refunded = payment.getRefundedAmount().getMinorUnits() + amount;
    Refund refund =
        Refund.newBuilder()
            .setRefundId("r" + (payment.getRefundCount() + 1))
            .setAmount(amount(amount, currency))
            .setEffectiveTime(time(effectiveMicros))
            .setRecordTime(time(recordMicros + 1))
            .setState(RefundState.REFUND_STATE_SUCCEEDED)
            .setPersonalData(RefundPersonalData.newBuilder().setReason("refund of " + id))
            .build();
    payment
        .setRefundedAmount(amount(refunded, currency))
        .addRecentRefunds(refund)
        .setRefundCount(payment.getRefundCount() + 1)
        .setStatus(
            refunded == payment.getCapturedAmount().getMinorUnits()
                ? PaymentStatus.PAYMENT_STATUS_REFUNDED
                : PaymentStatus.PAYMENT_STATUS_PARTIALLY_REFUNDED);
    return append(
        payment, event -> event.setRefunded(PaymentRefunded.newBuilder().setRefund(refund)));
  }

  /** Appends valid events at random: several organizations, currencies, and two days. */
  public SampleLog random(Random random, int count) {
    for (int i = 0; i < count; i++) {
      Payment payment = payments.isEmpty() ? null : any(random);
      if (payment == null || random.nextInt(3) == 0) {
        createRandom(random);
        continue;
      }
      if (!change(random, payment, START_MICROS + random.nextLong(48L * 3_600 * 1_000_000))) {
        createRandom(random);
      }
    }
    return this;
  }

  /**
   * Appends one valid event of a payment at random.
   *
   * @param refundMicros business time of a refund
   * @return whether there was one
   */
  boolean change(Random random, Payment payment, long refundMicros) {
    String organization = payment.getOrganizationId();
    String id = payment.getPaymentId();
    switch (payment.getStatus()) {
      case PAYMENT_STATUS_PROCESSING -> {
        switch (random.nextInt(8)) {
          case 0 -> fail(organization, id);
          case 1 -> delete(organization, id);
          case 2 -> update(organization, id, "changed " + head());
          default -> process(organization, id);
        }
      }
      case PAYMENT_STATUS_COMPLETED, PAYMENT_STATUS_PARTIALLY_REFUNDED -> {
        long left =
            payment.getCapturedAmount().getMinorUnits()
                - payment.getRefundedAmount().getMinorUnits();
        boolean all = random.nextBoolean() || payment.getRefundCount() > 5;
        refund(organization, id, all ? left : 1 + random.nextLong(left), refundMicros);
      }
      case PAYMENT_STATUS_FAILED -> delete(organization, id);
      case PAYMENT_STATUS_REFUNDED -> update(organization, id, "refunded " + head());
      default -> {
        return false;
      }
    }
    return true;
  }

  private void createRandom(Random random) {
    createRandom(
        random,
        "org-" + random.nextInt(3),
        amount(1 + random.nextLong(20) * 500, CURRENCIES.get(random.nextInt(CURRENCIES.size()))),
        // Few distinct times, so that ties are common.
        START_MICROS + random.nextInt(192) * 877L * 1_000_000);
  }

  /** Creates a payment whose other fields are at random. */
  PaymentEvent createRandom(
      Random random, String organization, Amount amount, long effectiveMicros) {
    int n = payments.size();
    PersonalData.Builder personal =
        PersonalData.newBuilder()
            .setUserId(random.nextBoolean() ? "user-" + random.nextInt(5) : "")
            .setDescription(
                random.nextInt(3) == 0
                    ? "Zahlung Nr. " + n + " \"für\" 木"
                    : anyWord(random) + " " + anyWord(random) + ", " + anyWord(random));
    if (random.nextBoolean()) {
      personal.putMetadata("channel", random.nextBoolean() ? "web" : "app");
      personal.putMetadata("shop \"%1\"", "No. " + random.nextInt(3));
    }
    return create(
        Payment.newBuilder()
            .setOrganizationId(organization)
            // Not in the order of creation, and a capital letter: order is by code point.
            .setPaymentId((random.nextBoolean() ? "p-" : "P.") + Integer.toHexString(n * 7919))
            .setAmount(amount)
            .setPersonalData(personal)
            .setMerchantReference(random.nextInt(4) == 0 ? "order-" + random.nextInt(9) : "")
            .setProviderReference(random.nextInt(4) == 0 ? "psp-" + random.nextInt(9) : "")
            .setCorrelationId(random.nextInt(3) == 0 ? "invoice-" + random.nextInt(6) : "")
            .setEffectiveTime(time(effectiveMicros))
            .build());
  }

  private static String anyWord(Random random) {
    return WORDS.get(random.nextInt(WORDS.size()));
  }

  private Payment any(Random random) {
    List<Payment> all = new ArrayList<>(payments.values());
    return all.get(random.nextInt(all.size()));
  }

  private Payment.Builder of(String organization, String id) {
    Payment payment = payments.get(organization + "/" + id);
    if (payment == null) {
      throw new IllegalArgumentException("no payment " + organization + "/" + id);
    }
    return payment.toBuilder();
  }

  private PaymentEvent append(
      Payment.Builder payment, java.util.function.Consumer<PaymentEvent.Builder> kind) {
    recordMicros += 1_000;
    long position = events.size() + 1L;
    Payment state =
        payment.setVersion(payment.getVersion() + 1).setUpdateTime(time(recordMicros)).build();
    PaymentEvent.Builder event =
        PaymentEvent.newBuilder()
            .setEventId("%s-%s-%d".formatted(logId, lineage.epoch(), position))
            .setLogId(logId)
            .setPosition(position)
            .setOrganizationId(state.getOrganizationId())
            .setPaymentId(state.getPaymentId())
            .setVersion(state.getVersion())
            .setSchemaVersion(2)
            .setCorrelationId(state.getCorrelationId())
            .setRequestId("request-" + position)
            .setEffectiveTime(time(recordMicros))
            .setRecordTime(time(recordMicros))
            .setPayment(state);
    kind.accept(event);
    PaymentEvent built = event.build();
    events.add(built);
    payments.put(state.getOrganizationId() + "/" + state.getPaymentId(), state);
    return built;
  }

  /** Puts an event into the log that the write side would not have written. */
  public void appendRaw(PaymentEvent event) {
    events.add(event.toBuilder().setPosition(events.size() + 1L).build());
  }

  public static Amount amount(long minorUnits, String currency) {
    return Amount.newBuilder().setMinorUnits(minorUnits).setCurrencyCode(currency).build();
  }

  public static Timestamp time(long micros) {
    return Timestamp.newBuilder()
        .setSeconds(Math.floorDiv(micros, 1_000_000L))
        .setNanos((int) Math.floorMod(micros, 1_000_000L) * 1_000)
        .build();
  }
}
