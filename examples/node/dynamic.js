// A payment from its creation to its refund, without generated code: the contracts are read at the start.
//
//   node dynamic.js [WRITE_SERVER READ_SERVER]     each HOST:PORT
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';
import { getProtoPath } from 'google-proto-files';

const writeServer = process.argv[2] ?? process.env.PAYMENTS_WRITE_SERVER ?? '127.0.0.1:50051';
const readServer = process.argv[3] ?? process.env.PAYMENTS_READ_SERVER ?? '127.0.0.1:50052';

/** Longest that a call may take, its retries included, and longest that a watch waits for an event. */
const CALL_MILLIS = 5_000;
const WATCH_MILLIS = 20_000;

/** Watches that end with one of these go on where they were, after a pause. */
const RESUMABLE = [grpc.status.UNAVAILABLE, grpc.status.RESOURCE_EXHAUSTED];
const RESUME_PAUSE_MILLIS = 200;

const contracts = protoLoader.loadSync(
  [
    'gyroscops/payments/v1/command_service.proto',
    'gyroscops/payments/v1/query_service.proto',
    'google/rpc/status.proto',
    'google/rpc/error_details.proto',
  ],
  {
    includeDirs: [new URL('../../proto/src/main/proto', import.meta.url).pathname, getProtoPath('..')],
    longs: BigInt, // amounts do not fit into a JavaScript number
    enums: String,
    defaults: true,
    oneofs: true,
  },
);
const { CommandService, QueryService } = grpc.loadPackageDefinition(contracts).gyroscops.payments.v1;

// Retries, which request_id makes safe, and load balancing are in the service config that the API ships.
const serviceConfig = readFileSync(
  new URL('../../proto/src/main/resources/com/gyroscops/payments/service-config.json', import.meta.url),
  'utf8',
);
const connect = (Service, server) =>
  new Service(`dns:///${server}`, grpc.credentials.createInsecure(), {
    'grpc.service_config': serviceConfig,
  });
const commands = connect(CommandService, writeServer);
const queries = connect(QueryService, readServer);

/** The answer of a unary call. Rejects with a grpc.ServiceError. */
function call(client, method, request) {
  return new Promise((resolve, reject) => {
    const options = { deadline: Date.now() + CALL_MILLIS };
    client[method](request, options, (error, answer) => (error ? reject(error) : resolve(answer)));
  });
}

/** What the error of a call says: google.rpc.Status travels in a trailer, with its details packed. */
function decode(error) {
  const [trailer] = error.metadata?.get('grpc-status-details-bin') ?? [];
  if (!trailer) {
    throw error; // not an answer of this API: no connection, for one
  }
  const details = new Map();
  for (const { type_url, value } of contracts['google.rpc.Status'].deserialize(trailer).details) {
    const name = type_url.substring(type_url.lastIndexOf('/') + 1);
    details.set(name, contracts[name]?.deserialize(value));
  }
  return {
    code: grpc.status[error.code],
    reason: details.get('google.rpc.ErrorInfo').reason,
    fields: details.get('google.rpc.BadRequest')?.fieldViolations ?? [],
    retryDelay: details.get('google.rpc.RetryInfo')?.retryDelay,
  };
}

/** Events of a payment after a token, up to a version, and the token to go on from. */
async function watch(paymentId, resumeToken, lastVersion) {
  const events = [];
  const deadline = Date.now() + WATCH_MILLIS;
  for (;;) {
    const request = { organizationId, paymentId, resumeToken };
    const stream = queries.watchPayments(request, { deadline });
    try {
      for await (const answer of stream) {
        events.push(...answer.events);
        resumeToken = answer.resumeToken;
        if (events.at(-1)?.version >= lastVersion) {
          return { events, resumeToken };
        }
      }
    } catch (error) {
      if (!RESUMABLE.includes(error.code)) {
        throw error;
      }
    } finally {
      stream.on('error', () => {}); // of being cancelled
      stream.cancel();
    }
    await sleep(RESUME_PAUSE_MILLIS);
  }
}

const print = (what, text) => console.log(`${what.padEnd(10)} ${text}`);
const organizationId = 'examples';
const paymentId = `node-${randomUUID()}`;
const amount = { minorUnits: 1999n, currencyCode: 'EUR' };
/** Fields of every command: a new request_id for a new command, the same one to send it again. */
const command = () => ({ context: { requestId: randomUUID() }, organizationId, paymentId });

// A command that is refused says why, and which field is at fault.
const refused = await call(commands, 'createPayment', {
  ...command(),
  amount: { ...amount, currencyCode: 'EURO' },
}).then(() => assert.fail('a currency that does not exist was taken'), decode);
print('refused', `${refused.code} ${refused.reason}`);
refused.fields.forEach(({ field, description }) => print('', `${field}: ${description}`));
assert.equal(refused.code, 'INVALID_ARGUMENT');
assert.equal(refused.reason, 'FIELD_INVALID');
assert.deepEqual(refused.fields.map(({ field }) => field), ['amount.currency_code']);

// One that is sent again, as after an answer that was lost, is answered again and done once.
const create = { ...command(), amount, merchantReference: paymentId };
const created = await call(commands, 'createPayment', create);
print('created', `${paymentId} version ${created.payment.version} ${created.payment.status}`);
const repeated = await call(commands, 'createPayment', create);
print('repeated', `replayed ${repeated.receipt.replayed}, event ${repeated.receipt.eventId}`);
assert.equal(repeated.receipt.replayed, true);
assert.equal(repeated.receipt.eventId, created.receipt.eventId);

const processed = await call(commands, 'processPayment', command());
print('processed', `version ${processed.payment.version} ${processed.payment.status}`);
assert.equal(processed.payment.status, 'PAYMENT_STATUS_COMPLETED');

// Whoever reads with the command's token sees its effect, whichever server and source answers.
const readOptions = { consistency: { atLeastAsFresh: processed.receipt.consistencyToken } };
const got = await call(queries, 'getPayment', { organizationId, paymentId, readOptions });
print('read', `version ${got.payment.version} ${got.payment.status} from ${got.read.source}`);
assert.deepEqual(got.payment, processed.payment);

const filter = { merchantReference: paymentId };
const found = await call(queries, 'searchPayments', { organizationId, filter, readOptions });
print('found', `${found.payments.length} with the merchant reference ${paymentId}`);
assert.deepEqual(found.payments, [processed.payment]);

// A watch tells what followed a token; with its own newest token it is resumed, at any read-server.
const watched = await watch(paymentId, created.receipt.consistencyToken, 2n);
print('watched', watched.events.map(({ version, event }) => `version ${version} ${event}`).join(', '));
assert.deepEqual(watched.events.map(({ event }) => event), ['processed']);

const refunded = await call(commands, 'refundPayment', { ...command(), amount: { ...amount, minorUnits: 999n } });
print('refunded', `${refunded.payment.refundedAmount.minorUnits} ${refunded.payment.status}`);
const resumed = await watch(paymentId, watched.resumeToken, 3n);
print('resumed', resumed.events.map(({ version, event }) => `version ${version} ${event}`).join(', '));
assert.deepEqual(resumed.events.map(({ event }) => event), ['refunded']);

commands.close();
queries.close();
print('ok', '');
