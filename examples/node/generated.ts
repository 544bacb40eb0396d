// A payment from its creation to its refund, with stubs that `npm run build` generates from the contracts.
//
//   node build/generated.js [WRITE_SERVER READ_SERVER]     each HOST:PORT
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CallOptions, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { BadRequest, ErrorInfo, RetryInfo } from './stubs/google/rpc/error_details.js';
import { Status } from './stubs/google/rpc/status.js';
import {
  CommandServiceClient,
  CreatePaymentRequest,
  ProcessPaymentRequest,
  RefundPaymentRequest,
} from './stubs/gyroscops/payments/v1/command_service.js';
import { ReadOptions } from './stubs/gyroscops/payments/v1/consistency.js';
import type { PaymentEvent } from './stubs/gyroscops/payments/v1/event.js';
import { PaymentStatus } from './stubs/gyroscops/payments/v1/payment.js';
import {
  GetPaymentRequest,
  QueryServiceClient,
  SearchPaymentsRequest,
} from './stubs/gyroscops/payments/v1/query_service.js';

const writeServer = process.argv[2] ?? process.env.PAYMENTS_WRITE_SERVER ?? '127.0.0.1:50051';
const readServer = process.argv[3] ?? process.env.PAYMENTS_READ_SERVER ?? '127.0.0.1:50052';

/** Longest that a call may take, its retries included, and longest that a watch waits for an event. */
const CALL_MILLIS = 5_000;
const WATCH_MILLIS = 20_000;

/** Watches that end with one of these go on where they were, after a pause. */
const RESUMABLE = [status.UNAVAILABLE, status.RESOURCE_EXHAUSTED];
const RESUME_PAUSE_MILLIS = 200;

// Retries, which request_id makes safe, and load balancing are in the service config that the API ships.
const options = {
  'grpc.service_config': readFileSync(
    '../../proto/src/main/resources/com/gyroscops/payments/service-config.json',
    'utf8',
  ),
};
const insecure = credentials.createInsecure();
const commands = new CommandServiceClient(`dns:///${writeServer}`, insecure, options);
const queries = new QueryServiceClient(`dns:///${readServer}`, insecure, options);

type Unary<Request, Answer> = (
  request: Request,
  metadata: Metadata,
  options: Partial<CallOptions>,
  callback: (error: ServiceError | null, answer: Answer) => void,
) => unknown;

/** The answer of a unary call. Rejects with a ServiceError. */
function call<Request, Answer>(method: Unary<Request, Answer>, request: Request): Promise<Answer> {
  return new Promise((resolve, reject) =>
    method(request, new Metadata(), { deadline: Date.now() + CALL_MILLIS }, (error, answer) =>
      error ? reject(error) : resolve(answer),
    ),
  );
}

/** What the error of a call says: google.rpc.Status travels in a trailer, with its details packed. */
function decode(error: ServiceError) {
  const [trailer] = error.metadata?.get('grpc-status-details-bin') ?? [];
  if (!(trailer instanceof Buffer)) {
    throw error; // not an answer of this API: no connection, for one
  }
  const details = new Map(
    Status.decode(trailer).details.map(({ typeUrl, value }) => [
      typeUrl.substring(typeUrl.lastIndexOf('/') + 1),
      value,
    ]),
  );
  const detail = <T>(name: string, type: { decode(input: Uint8Array): T }) => {
    const packed = details.get(name);
    return packed && type.decode(packed);
  };
  return {
    code: status[error.code],
    reason: detail('google.rpc.ErrorInfo', ErrorInfo)?.reason,
    fields: detail('google.rpc.BadRequest', BadRequest)?.fieldViolations ?? [],
    retryDelay: detail('google.rpc.RetryInfo', RetryInfo)?.retryDelay,
  };
}

/** Events of a payment after a token, up to a version, and the token to go on from. */
async function watch(paymentId: string, resumeToken: string, lastVersion: bigint) {
  const events: PaymentEvent[] = [];
  const deadline = Date.now() + WATCH_MILLIS;
  for (;;) {
    const stream = queries.watchPayments({ organizationId, paymentId, resumeToken }, { deadline });
    try {
      for await (const answer of stream) {
        events.push(...answer.events);
        resumeToken = answer.resumeToken;
        if ((events.at(-1)?.version ?? 0n) >= lastVersion) {
          return { events, resumeToken };
        }
      }
    } catch (error) {
      if (!RESUMABLE.includes((error as ServiceError).code)) {
        throw error;
      }
    } finally {
      stream.on('error', () => {}); // of being cancelled
      stream.cancel();
    }
    await sleep(RESUME_PAUSE_MILLIS);
  }
}

const print = (what: string, text: string) => console.log(`${what.padEnd(10)} ${text}`);
const kinds = (events: PaymentEvent[]) => events.map(({ event }) => event?.$case);
const organizationId = 'examples';
const paymentId = `node-${randomUUID()}`;
const amount = { minorUnits: 1999n, currencyCode: 'EUR' };
/** Fields of every command: a new request_id for a new command, the same one to send it again. */
const command = () => ({ context: { requestId: randomUUID() }, organizationId, paymentId });

const createPayment = commands.createPayment.bind(commands);
const processPayment = commands.processPayment.bind(commands);
const refundPayment = commands.refundPayment.bind(commands);
const getPayment = queries.getPayment.bind(queries);
const searchPayments = queries.searchPayments.bind(queries);

// A command that is refused says why, and which field is at fault.
const refused = await call(
  createPayment,
  CreatePaymentRequest.fromPartial({ ...command(), amount: { ...amount, currencyCode: 'EURO' } }),
).then(() => assert.fail('a currency that does not exist was taken'), decode);
print('refused', `${refused.code} ${refused.reason}`);
refused.fields.forEach(({ field, description }) => print('', `${field}: ${description}`));
assert.equal(refused.code, 'INVALID_ARGUMENT');
assert.equal(refused.reason, 'FIELD_INVALID');
assert.deepEqual(refused.fields.map(({ field }) => field), ['amount.currency_code']);

// One that is sent again, as after an answer that was lost, is answered again and done once.
const create = CreatePaymentRequest.fromPartial({ ...command(), amount, merchantReference: paymentId });
const created = await call(createPayment, create);
print('created', `${paymentId} version ${created.payment?.version} ${created.payment?.status}`);
const repeated = await call(createPayment, create);
print('repeated', `replayed ${repeated.receipt?.replayed}, event ${repeated.receipt?.eventId}`);
assert.equal(repeated.receipt?.replayed, true);
assert.equal(repeated.receipt?.eventId, created.receipt?.eventId);

const processed = await call(processPayment, ProcessPaymentRequest.fromPartial(command()));
print('processed', `version ${processed.payment?.version} ${processed.payment?.status}`);
assert.equal(processed.payment?.status, PaymentStatus.PAYMENT_STATUS_COMPLETED);

// Whoever reads with the command's token sees its effect, whichever server and source answers.
const readOptions = ReadOptions.fromPartial({
  consistency: {
    requirement: { $case: 'atLeastAsFresh', value: processed.receipt?.consistencyToken },
  },
});
const got = await call(
  getPayment,
  GetPaymentRequest.fromPartial({ organizationId, paymentId, readOptions }),
);
print('read', `version ${got.payment?.version} ${got.payment?.status} from ${got.read?.source}`);
assert.deepEqual(got.payment, processed.payment);

const found = await call(
  searchPayments,
  SearchPaymentsRequest.fromPartial({
    organizationId,
    filter: { merchantReference: paymentId },
    readOptions,
  }),
);
print('found', `${found.payments.length} with the merchant reference ${paymentId}`);
assert.deepEqual(found.payments, [processed.payment]);

// A watch tells what followed a token; with its own newest token it is resumed, at any read-server.
const watched = await watch(paymentId, created.receipt?.consistencyToken ?? '', 2n);
print('watched', watched.events.map(({ version, event }) => `version ${version} ${event?.$case}`).join(', '));
assert.deepEqual(kinds(watched.events), ['processed']);

const refunded = await call(
  refundPayment,
  RefundPaymentRequest.fromPartial({ ...command(), amount: { ...amount, minorUnits: 999n } }),
);
print('refunded', `${refunded.payment?.refundedAmount?.minorUnits} ${refunded.payment?.status}`);
const resumed = await watch(paymentId, watched.resumeToken, 3n);
print('resumed', resumed.events.map(({ version, event }) => `version ${version} ${event?.$case}`).join(', '));
assert.deepEqual(kinds(resumed.events), ['refunded']);

commands.close();
queries.close();
print('ok', '');
