package com.gyroscops.payments.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.v1.Command;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class CommandsTest {

  @Test
  void eachPaymentIsProcessedRightBehindItsCreationEvenTheLastOne() {
    int[] asked = {0};
    Iterator<Command> pairs = Commands.pairs(() -> asked[0] < 3);
    List<Command> commands =
        Stream.generate(pairs::next)
            .peek(command -> asked[0] += command.hasCreate() ? 1 : 0)
            .limit(6)
            .toList();

    assertThat(pairs.hasNext()).isFalse();
    Set<String> payments = new HashSet<>();
    for (int i = 0; i < commands.size(); i += 2) {
      var create = commands.get(i).getCreate();
      var process = commands.get(i + 1).getProcess();
      assertThat(process.getOrganizationId()).isEqualTo(create.getOrganizationId());
      assertThat(process.getPaymentId()).isEqualTo(create.getPaymentId()).isNotEmpty();
      payments.add(create.getPaymentId());
    }
    assertThat(payments).hasSize(3);
  }

  @Test
  void aCommandThatWasPromisedComesThoughNoMoreAreWantedByThen() {
    boolean[] more = {true};
    Iterator<Command> pairs = Commands.pairs(() -> more[0]);

    assertThat(pairs.hasNext()).isTrue();
    more[0] = false;

    assertThat(pairs.next().hasCreate()).isTrue();
    assertThat(pairs.next().hasProcess()).isTrue();
    assertThat(pairs.hasNext()).isFalse();
  }

  @Test
  void whatPeersStoreForACommandIsAWholeEvent() {
    var create = Commands.create();
    var created = Events.created(create);
    var processed = Events.processed(created, Commands.process(create));

    assertThat(created.getPayment().getPaymentId()).isEqualTo(create.getPaymentId());
    assertThat(created.getPayment().getPersonalData()).isEqualTo(create.getPersonalData());
    assertThat(processed.getVersion()).isEqualTo(2);
    assertThat(processed.getPayment().getCapturedAmount()).isEqualTo(create.getAmount());
  }
}
