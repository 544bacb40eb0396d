package com.gyroscops.payments.cli.imports;

import com.google.protobuf.Duration;
import com.gyroscops.payments.testing.Seed;
import com.gyroscops.payments.v1.Command;
import com.gyroscops.payments.v1.CommandContext;
import com.gyroscops.payments.v1.CommandError;
import com.gyroscops.payments.v1.CommandOutcome;
import com.gyroscops.payments.v1.CommandServiceGrpc;
import com.gyroscops.payments.v1.CommandSuccess;
import com.gyroscops.payments.v1.StreamCommandsRequest;
import com.gyroscops.payments.v1.StreamCommandsResponse;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * Servers of one log that fail by dice: they drop streams before and after a command took effect,
 * answer errors that are not outcomes, keep copies back and carry them out later, after newer ones
 * came by another way, and answer in any order. What they decide, they decide as the contract says.
 */
final class NastyServers {

  private final Random dice;
  private final double trouble;
  private final Map<String, CommandOutcome> outcomes = new HashMap<>();
  private final Set<String> payments = new HashSet<>();
  private final List<StreamCommandsRequest> heldBack = new ArrayList<>();

  /** Request ids that took effect, by payment, in order. */
  final Map<String, List<String>> applied = new LinkedHashMap<>();

  /** How often something went wrong. */
  int troubles;

  NastyServers(long seed, double trouble) {
    this.dice = Seed.random(seed);
    this.trouble = trouble;
  }

  /** One of them. */
  CommandServiceGrpc.CommandServiceImplBase server() {
    return new CommandServiceGrpc.CommandServiceImplBase() {
      @Override
      public StreamObserver<StreamCommandsRequest> streamCommands(
          StreamObserver<StreamCommandsResponse> responses) {
        return new Stream(responses);
      }
    };
  }

  private final class Stream implements StreamObserver<StreamCommandsRequest> {
    private final StreamObserver<StreamCommandsResponse> responses;
    private final List<StreamCommandsResponse> waiting = new ArrayList<>();
    private boolean dead;

    Stream(StreamObserver<StreamCommandsResponse> responses) {
      this.responses = responses;
    }

    @Override
    public void onNext(StreamCommandsRequest request) {
      synchronized (NastyServers.this) {
        if (dead) {
          return;
        }
        double roll = dice.nextDouble();
        if (roll < trouble / 4) {
          drop(); // Never seen.
        } else if (roll < trouble / 2) {
          decide(request.getCommand());
          drop(); // Carried out, answer lost.
        } else if (roll < trouble * 3 / 4) {
          heldBack.add(request);
          drop(); // On its way for a while.
        } else if (roll < trouble) {
          troubles++;
          answer(request, transientError());
        } else {
          answer(request, decide(request.getCommand()));
        }
        if (!heldBack.isEmpty() && dice.nextInt(20) == 0) {
          decide(heldBack.remove(dice.nextInt(heldBack.size())).getCommand());
        }
      }
    }

    private void answer(StreamCommandsRequest request, CommandOutcome outcome) {
      waiting.add(
          StreamCommandsResponse.newBuilder()
              .setSequence(request.getSequence())
              .setOutcome(outcome)
              .build());
      java.util.Collections.shuffle(waiting, dice);
      waiting.forEach(responses::onNext);
      waiting.clear();
    }

    private void drop() {
      troubles++;
      dead = true;
      if (dice.nextInt(4) == 0) {
        responses.onCompleted();
      } else {
        responses.onError(Status.UNAVAILABLE.withDescription("dropped").asRuntimeException());
      }
    }

    @Override
    public void onError(Throwable failure) {
      synchronized (NastyServers.this) {
        dead = true;
      }
    }

    @Override
    public void onCompleted() {
      synchronized (NastyServers.this) {
        if (!dead) {
          dead = true;
          responses.onCompleted();
        }
      }
    }
  }

  private CommandOutcome transientError() {
    CommandError.Builder error =
        switch (dice.nextInt(3)) {
          case 0 -> error(Status.Code.ABORTED, "CONCURRENT_CHANGE");
          case 1 -> error(Status.Code.UNAVAILABLE, "STORE_UNAVAILABLE");
          default ->
              error(Status.Code.RESOURCE_EXHAUSTED, "QUEUE_FULL")
                  .setRetryDelay(Duration.newBuilder().setNanos(3_000_000));
        };
    return CommandOutcome.newBuilder().setError(error).build();
  }

  /** A create makes a payment, anything else needs one; both outcomes are stored. */
  private CommandOutcome decide(Command command) {
    String id = context(command).getRequestId();
    CommandOutcome stored = outcomes.get(id);
    if (stored != null) {
      return stored.toBuilder().setReplayed(true).build();
    }
    String payment = payment(command);
    CommandOutcome outcome;
    boolean allowed = command.hasCreate() ? payments.add(payment) : payments.contains(payment);
    if (allowed) {
      applied.computeIfAbsent(payment, key -> new ArrayList<>()).add(id);
      outcome = CommandOutcome.newBuilder().setSuccess(CommandSuccess.getDefaultInstance()).build();
    } else {
      outcome =
          CommandOutcome.newBuilder()
              .setError(
                  command.hasCreate()
                      ? error(Status.Code.ALREADY_EXISTS, "PAYMENT_EXISTS")
                      : error(Status.Code.NOT_FOUND, "PAYMENT_NOT_FOUND"))
              .build();
    }
    outcomes.put(id, outcome);
    return outcome;
  }

  static CommandContext context(Command command) {
    return command.hasCreate()
        ? command.getCreate().getContext()
        : command.getRefund().getContext();
  }

  private static String payment(Command command) {
    return command.hasCreate()
        ? command.getCreate().getPaymentId()
        : command.getRefund().getPaymentId();
  }

  private static CommandError.Builder error(Status.Code code, String reason) {
    return CommandError.newBuilder()
        .setCode(code.value())
        .setReason(reason)
        .setMessage(reason.equals("PAYMENT_NOT_FOUND") ? "no such payment" : "try again");
  }
}
