package com.gyroscops.payments.contract;

import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The currencies that a payment can be in: the alphabetic codes of ISO 4217 that have minor units,
 * as of {@link #AS_OF}. A list of the contract's own, so that every server and client of one
 * version agrees, whichever JDK it runs on. Metals, special drawing rights and test codes have no
 * minor units and are not in it.
 *
 * <p>A code never leaves the list and never changes its exponent: payments keep it. Only new
 * payments are refused: for funds codes ever, for a withdrawn currency where their effective time
 * is beyond the month that ISO 4217 gives as that of the withdrawal. No currency has a beginning:
 * amounts of earlier times are commonly restated in the successor.
 */
public final class Currencies {

  /** The day whose ISO 4217 lists (one, two and three) this one follows. */
  public static final LocalDate AS_OF = LocalDate.of(2026, 2, 1);

  /** Of lists one and three: by decimal places. */
  private static final Map<Integer, String> CURRENT =
      Map.of(
          0,
          "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
          2,
          """
          AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD
          CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD
          GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL
          MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN
          PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP
          SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW
          ZWG\
          """,
          3,
          "BHD IQD JOD KWD LYD OMR TND",
          4,
          "UYW");

  /** Of list two, with its one withdrawn code, USS: by decimal places. */
  private static final Map<Integer, String> FUNDS =
      Map.of(0, "UYI", 2, "BOV CHE CHW COU MXV USN USS", 4, "CLF");

  /** Of list three: by the month of the withdrawal, those without decimal places behind a bar. */
  private static final String WITHDRAWN =
      """
      1997-05 GWP
      2001-01 | BYB
      2002-03 ATS DEM FIM FRF IEP NLG | BEF ESP GRD ITL LUF PTE
      2002-11 | TPE
      2003-01 AFA
      2003-07 YUM | ADP
      2003-11 BGL
      2003-12 SRG
      2004-01 RUR
      2004-12 | MGF
      2005-06 | ROL
      2005-10 AYM
      2005-12 AZM | TRL
      2006-06 MZM
      2006-09 ZWN
      2006-10 CSD
      2007-01 SIT
      2007-07 SDD
      2008-01 CYP GHC MTL VEB
      2008-08 ZWD
      2009-01 SKK TMM
      2009-06 ZWR
      2011-01 EEK
      2012-12 ZMK
      2014-01 LVL
      2014-12 LTL
      2017-01 | BYR
      2017-12 MRO STD
      2018-08 VEF
      2021-06 CUC
      2023-01 HRK
      2023-12 SLL
      2024-09 ZWL
      2025-03 ANG
      2026-01 BGN
      """;

  private static final Map<String, Listed> LISTED = listed();

  /**
   * @param end the first moment for which no payment is made in it; null: there is none so far
   */
  private record Listed(int exponent, boolean fund, @Nullable Instant end) {}

  private Currencies() {}

  /** All codes of the list. */
  public static Set<String> codes() {
    return LISTED.keySet();
  }

  /**
   * Decimal places of the minor unit: EUR 2, JPY 0, KWD 3. Empty for what is not in the list;
   * present for all that is, whether new payments may be in it or not.
   */
  public static OptionalInt exponent(String code) {
    Listed currency = LISTED.get(code);
    return currency == null ? OptionalInt.empty() : OptionalInt.of(currency.exponent());
  }

  /** Whether it is a funds code: a unit of account, in which nothing is paid. */
  public static boolean isFund(String code) {
    Listed currency = LISTED.get(code);
    return currency != null && currency.fund();
  }

  /**
   * The first effective time that a new payment in it cannot have: the end of the month of its
   * withdrawal, in UTC. Empty for what is current, and for what is not in the list.
   */
  public static Optional<Instant> end(String code) {
    Listed currency = LISTED.get(code);
    return currency == null ? Optional.empty() : Optional.ofNullable(currency.end());
  }

  private static Map<String, Listed> listed() {
    Map<String, Listed> listed = new HashMap<>();
    CURRENT.forEach((exponent, codes) -> add(listed, codes, new Listed(exponent, false, null)));
    FUNDS.forEach((exponent, codes) -> add(listed, codes, new Listed(exponent, true, null)));
    WITHDRAWN
        .lines()
        .forEach(line -> {
          String month = line.substring(0, line.indexOf(' '));
          Instant end =
              YearMonth.parse(month)
                  .plusMonths(1)
                  .atDay(1)
                  .atStartOfDay()
                  .toInstant(ZoneOffset.UTC);
          int bar = line.indexOf('|');
          String two = line.substring(month.length(), bar < 0 ? line.length() : bar);
          add(listed, two, new Listed(2, false, end));
          add(listed, bar < 0 ? "" : line.substring(bar + 1), new Listed(0, false, end));
        });
    return Map.copyOf(listed);
  }

  private static void add(Map<String, Listed> listed, String codes, Listed as) {
    for (String code : codes.strip().split("\\s+", 0)) {
      if (!code.isEmpty() && listed.put(code, as) != null) {
        throw new IllegalStateException(code + " is listed twice");
      }
    }
  }
}
