package com.gyroscops.payments.read.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.v1.ReadMetadata;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BoundedQueriesTest {

  private final QueryBus bus = new QueryBus(List.of(new BoundedQueries(1)));

  /** Answers after asking the bus once more. */
  private final class Nested implements Query<Integer, Integer> {
    private final List<Throwable> refusals = new ArrayList<>();

    @Override
    public String name() {
      return "Nested";
    }

    @Override
    public Integer answer(Integer request) {
      if (request > 0) {
        refusals.add(catchThrowable(() -> bus.ask(this, request - 1)));
      }
      return request;
    }

    @Override
    public ReadMetadata readOf(Integer answer) {
      return ReadMetadata.getDefaultInstance();
    }
  }

  @Test
  void aQueryTooManyIsRefusedAndCanBeSentAgain() {
    Nested query = new Nested();
    assertThat(bus.ask(query, 1)).isEqualTo(1);
    Throwable refusal = query.refusals.getFirst();
    ApiError error = ApiError.from(refusal).orElseThrow();
    assertThat(error.code()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(error.reason()).isEqualTo("QUEUE_FULL");
    assertThat(error.retryAfter()).isNotNull();
    assertThat(Status.trailersFromThrowable(refusal))
        .isNotNull()
        .matches(trailers -> trailers.containsKey(ApiError.RETRY_PUSHBACK));
    assertThat(bus.ask(query, 0)).isZero();
  }
}
