"""A payment from its creation to its refund.

    PYTHONPATH=stubs python3 example.py [WRITE_SERVER READ_SERVER]     each HOST:PORT
"""

import os
import sys
import time
import uuid
from pathlib import Path

import grpc
from google.rpc import error_details_pb2, status_pb2
from gyroscops.payments.v1.command_service_pb2 import (
    CommandContext,
    CreatePaymentRequest,
    ProcessPaymentRequest,
    RefundPaymentRequest,
)
from gyroscops.payments.v1.command_service_pb2_grpc import CommandServiceStub
from gyroscops.payments.v1.consistency_pb2 import Consistency, ReadOptions, ReadSource
from gyroscops.payments.v1.payment_pb2 import Amount, PaymentStatus
from gyroscops.payments.v1.query_service_pb2 import (
    GetPaymentRequest,
    PaymentFilter,
    SearchPaymentsRequest,
    WatchPaymentsRequest,
)
from gyroscops.payments.v1.query_service_pb2_grpc import QueryServiceStub

SERVERS = dict(enumerate(sys.argv[1:]))
WRITE_SERVER = SERVERS.get(0) or os.environ.get("PAYMENTS_WRITE_SERVER", "127.0.0.1:50051")
READ_SERVER = SERVERS.get(1) or os.environ.get("PAYMENTS_READ_SERVER", "127.0.0.1:50052")

# Longest that a call may take, its retries included, and longest that a watch waits for an event.
CALL_SECONDS = 5
WATCH_SECONDS = 20

# Watches that end with one of these go on where they were, after a pause.
RESUMABLE = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED)
RESUME_PAUSE_SECONDS = 0.2

# Retries, which request_id makes safe, and load balancing are in the service config that the API ships.
SERVICE_CONFIG = (
    Path(__file__).parents[2]
    / "proto/src/main/resources/com/gyroscops/payments/service-config.json"
)

ORGANIZATION = "examples"


def connect(server):
    options = [("grpc.service_config", SERVICE_CONFIG.read_text())]
    return grpc.insecure_channel(f"dns:///{server}", options)


def decode(error):
    """Reason and fields at fault of a call's error: google.rpc.Status travels in a trailer."""
    trailers = dict(error.trailing_metadata() or ())
    if "grpc-status-details-bin" not in trailers:
        raise error  # not an answer of this API: no connection, for one
    info = error_details_pb2.ErrorInfo()
    bad_request = error_details_pb2.BadRequest()
    for detail in status_pb2.Status.FromString(trailers["grpc-status-details-bin"]).details:
        # Each unpacks what is of its type and leaves the rest; there are RetryInfo and others.
        detail.Unpack(info)
        detail.Unpack(bad_request)
    return info.reason, bad_request.field_violations


def watch(queries, payment_id, resume_token, last_version):
    """Events of a payment after a token, up to a version, and the token to go on from."""
    events = []
    end = time.monotonic() + WATCH_SECONDS
    while True:
        request = WatchPaymentsRequest(
            organization_id=ORGANIZATION, payment_id=payment_id, resume_token=resume_token
        )
        call = queries.WatchPayments(request, timeout=max(0, end - time.monotonic()))
        try:
            for answer in call:
                events.extend(answer.events)
                resume_token = answer.resume_token
                if events and events[-1].version >= last_version:
                    return events, resume_token
        except grpc.RpcError as error:
            if error.code() not in RESUMABLE:
                raise
        finally:
            call.cancel()
        time.sleep(RESUME_PAUSE_SECONDS)


def show(what, text=""):
    print(f"{what:<10} {text}", flush=True)


def expect(condition, what):
    if not condition:
        sys.exit(f"not as expected: {what}")


def kinds(events):
    return [event.WhichOneof("event") for event in events]


def described(events):
    return ", ".join(f"version {e.version} {e.WhichOneof('event')}" for e in events)


def main(commands, queries):
    payment_id = f"python-{uuid.uuid4()}"
    amount = Amount(minor_units=1999, currency_code="EUR")

    def command(request, **fields):
        """A new request_id for a new command; to send one again, send the same message."""
        context = CommandContext(request_id=str(uuid.uuid4()))
        return request(
            context=context, organization_id=ORGANIZATION, payment_id=payment_id, **fields
        )

    def status(payment):
        return f"version {payment.version} {PaymentStatus.Name(payment.status)}"

    # A command that is refused says why, and which field is at fault.
    bad = command(CreatePaymentRequest, amount=Amount(minor_units=1999, currency_code="EURO"))
    try:
        commands.CreatePayment(bad, timeout=CALL_SECONDS)
        sys.exit("not as expected: a currency that does not exist was taken")
    except grpc.RpcError as error:
        reason, fields = decode(error)
        show("refused", f"{error.code().name} {reason}")
        for field in fields:
            show("", f"{field.field}: {field.description}")
        expect(error.code() == grpc.StatusCode.INVALID_ARGUMENT, error.code())
        expect(reason == "FIELD_INVALID", reason)
        expect([field.field for field in fields] == ["amount.currency_code"], fields)

    # One that is sent again, as after an answer that was lost, is answered again and done once.
    create = command(CreatePaymentRequest, amount=amount, merchant_reference=payment_id)
    created = commands.CreatePayment(create, timeout=CALL_SECONDS)
    show("created", f"{payment_id} {status(created.payment)}")
    repeated = commands.CreatePayment(create, timeout=CALL_SECONDS)
    show("repeated", f"replayed {repeated.receipt.replayed}, event {repeated.receipt.event_id}")
    expect(repeated.receipt.replayed, "replayed")
    expect(repeated.receipt.event_id == created.receipt.event_id, repeated.receipt)

    processed = commands.ProcessPayment(command(ProcessPaymentRequest), timeout=CALL_SECONDS)
    show("processed", status(processed.payment))
    expect(processed.payment.status == PaymentStatus.PAYMENT_STATUS_COMPLETED, processed)

    # Whoever reads with the command's token sees its effect, whichever server and source answers.
    fresh = ReadOptions(
        consistency=Consistency(at_least_as_fresh=processed.receipt.consistency_token)
    )
    got = queries.GetPayment(
        GetPaymentRequest(organization_id=ORGANIZATION, payment_id=payment_id, read_options=fresh),
        timeout=CALL_SECONDS,
    )
    show("read", f"{status(got.payment)} from {ReadSource.Name(got.read.source)}")
    expect(got.payment == processed.payment, got)

    found = queries.SearchPayments(
        SearchPaymentsRequest(
            organization_id=ORGANIZATION,
            filter=PaymentFilter(merchant_reference=payment_id),
            read_options=fresh,
        ),
        timeout=CALL_SECONDS,
    )
    show("found", f"{len(found.payments)} with the merchant reference {payment_id}")
    expect(list(found.payments) == [processed.payment], found)

    # A watch tells what followed a token; with its own newest token it is resumed, at any read-server.
    events, resume_token = watch(queries, payment_id, created.receipt.consistency_token, 2)
    show("watched", described(events))
    expect(kinds(events) == ["processed"], events)

    refund = command(RefundPaymentRequest, amount=Amount(minor_units=999, currency_code="EUR"))
    refunded = commands.RefundPayment(refund, timeout=CALL_SECONDS).payment
    show("refunded", f"{refunded.refunded_amount.minor_units} {PaymentStatus.Name(refunded.status)}")
    events, resume_token = watch(queries, payment_id, resume_token, 3)
    show("resumed", described(events))
    expect(kinds(events) == ["refunded"], events)
    show("ok")


if __name__ == "__main__":
    with connect(WRITE_SERVER) as write_channel, connect(READ_SERVER) as read_channel:
        main(CommandServiceStub(write_channel), QueryServiceStub(read_channel))
