package com.gyroscops.payments.read.query;

import com.gyroscops.payments.contract.Violations;
import com.gyroscops.payments.read.routing.Freshness;
import com.gyroscops.payments.read.routing.Routed;
import com.gyroscops.payments.read.routing.SourceRouter;
import com.gyroscops.payments.read.source.Capability;
import com.gyroscops.payments.read.source.Completion;
import com.gyroscops.payments.v1.PaymentSuggestion;
import com.gyroscops.payments.v1.SuggestField;
import com.gyroscops.payments.v1.SuggestPaymentsRequest;
import com.gyroscops.payments.v1.SuggestPaymentsResponse;
import java.util.Optional;

/** Completions of what someone types, from the values that an organization's payments have. */
public final class SuggestPayments
    extends SourceQuery<SuggestPaymentsRequest, SuggestPaymentsResponse> {

  private static final int LIMIT_DEFAULT = 10;
  private static final int LIMIT_MAX = 20;

  public SuggestPayments(SourceRouter reads) {
    super(
        reads,
        SuggestPaymentsResponse::getRead,
        CacheRules.of(
            CacheKind.SUGGESTIONS,
            request -> Optional.of(CacheScope.of(request.getOrganizationId())),
            SuggestPaymentsRequest::getReadOptions,
            request -> request.toBuilder().clearReadOptions().build(),
            (answer, read) -> answer.toBuilder().setRead(read).build(),
            SuggestPaymentsResponse.parser(),
            null));
  }

  @Override
  public SuggestPaymentsResponse answer(SuggestPaymentsRequest request) {
    check(request);
    Completion completion =
        new Completion(
            request.getOrganizationId(),
            field(request.getField()),
            request.getText(),
            request.getLimit() == 0 ? LIMIT_DEFAULT : request.getLimit());
    Routed<Completion.Values> routed =
        reads.read(
            request.getReadOptions(), Capability.SUGGEST, source -> source.suggest(completion));
    var response = SuggestPaymentsResponse.newBuilder().setRead(routed.read());
    for (Completion.Value value : routed.value().values()) {
      response.addSuggestions(
          PaymentSuggestion.newBuilder().setValue(value.value()).setPaymentCount(value.payments()));
    }
    return response.build();
  }

  private static void check(SuggestPaymentsRequest request) {
    Violations violations =
        new Violations()
            .organization("organization_id", request.getOrganizationId())
            .require(request.getField() != SuggestField.UNRECOGNIZED, "field", "is not a field")
            .require(
                request.getLimit() >= 0 && request.getLimit() <= LIMIT_MAX,
                "limit",
                "must be 0 to " + LIMIT_MAX + ", but is " + request.getLimit());
    if (request.getText().isEmpty()) {
      violations.add("text", "is required");
    } else if (field(request.getField()) == Completion.Field.DESCRIPTION) {
      Filters.checkText(violations, "text", request.getText());
    } else {
      violations.printable("text", request.getText(), Filters.TEXT_LENGTH_MAX);
    }
    Freshness.check(violations, request.getReadOptions());
    violations.throwIfAny();
  }

  private static Completion.Field field(SuggestField field) {
    return switch (field) {
      case SUGGEST_FIELD_UNSPECIFIED, SUGGEST_FIELD_DESCRIPTION, UNRECOGNIZED ->
          Completion.Field.DESCRIPTION;
      case SUGGEST_FIELD_USER -> Completion.Field.USER;
      case SUGGEST_FIELD_MERCHANT_REFERENCE -> Completion.Field.MERCHANT_REFERENCE;
      case SUGGEST_FIELD_PROVIDER_REFERENCE -> Completion.Field.PROVIDER_REFERENCE;
    };
  }
}
