// Queues of tasks, and dead letters.
import { QUEUE_LIMITS } from '../../host/api.ts';
import * as deadLetters from '../dead-letters.ts';
import * as queues from '../queues.ts';
import type { Parameter, Row } from './row.ts';
import { about, answer, body, flag, integer, list, nullable, only, ref, segment, text } from './schema.ts';
import { after, json, LIMIT, QUEUE, READ, TIMEOUT } from './shared.ts';

const QUEUE_ADDRESS = '/v1/queues/{queue}';
const LETTER_ADDRESS = '/v1/dead-letters/{id}';
const TOKEN = about(
  'Of the lease, as take has given it',
  text({ pattern: '^[1-9]\\d{0,14}\\.[1-9]\\d{0,5}\\.[0-9a-z]{1,32}$' }),
);
const LEASE_MS = integer(QUEUE_LIMITS.leaseMsLeast, QUEUE_LIMITS.leaseMsMost);
const REPLAYED = { replayed: only(true) };
const queued = { queue: text() };

const TASKS: readonly Row[] = [
  {
    method: 'POST',
    address: `${QUEUE_ADDRESS}/take`,
    route: 'take-task',
    handler: queues.take,
    about: 'Takes tasks for a worker, each with a lease',
    body: {
      schema: body(
        {},
        {
          worker: about('A name for people', text({ minLength: 1, maxLength: 128 })),
          most: integer(1, QUEUE_LIMITS.takeMost),
          leaseMs: LEASE_MS,
          waitMs: about('How long to wait for a task', integer(0, QUEUE_LIMITS.waitMsMost)),
        },
      ),
      example: { worker: 'w1', most: 10 },
    },
    results: { 200: json('None where none is ready', answer({ ...queued, tasks: list(ref('TakenTask')) })) },
    codes: QUEUE,
  },
  {
    method: 'POST',
    address: `${QUEUE_ADDRESS}/complete`,
    route: 'complete-task',
    handler: queues.complete,
    about: 'Says that a task is done; the result answers the actor that asked',
    body: { schema: body({ token: TOKEN }, { result: ref('Value') }), required: true },
    results: {
      200: json('It is done', answer({ ...queued, token: text(), completed: only(true) }, REPLAYED)),
    },
    codes: QUEUE,
  },
  {
    method: 'POST',
    address: `${QUEUE_ADDRESS}/fail`,
    route: 'fail-task',
    handler: queues.fail,
    about: 'Says that an attempt has failed',
    body: {
      schema: body(
        { token: TOKEN },
        {
          reason: text({ minLength: 1, maxLength: 4096 }),
          retry: about('False: it has failed for good', flag),
        },
      ),
      required: true,
    },
    results: {
      200: json(
        'When it can be taken again; null: it has failed for good',
        answer({ ...queued, token: text(), failed: only(true), retryMillis: nullable(integer()) }, REPLAYED),
      ),
    },
    codes: QUEUE,
  },
  {
    method: 'POST',
    address: `${QUEUE_ADDRESS}/renew`,
    route: 'renew-task',
    handler: queues.renew,
    about: 'Renews the lease of a task',
    body: { schema: body({ token: TOKEN }, { leaseMs: LEASE_MS }), required: true },
    results: {
      200: json('Until when it holds', answer({ ...queued, token: text(), untilMillis: integer() })),
    },
    codes: QUEUE,
  },
];

const OPERATED: readonly Row[] = [
  {
    method: 'GET',
    address: '/v1/queues',
    route: 'queues',
    handler: queues.list,
    about: 'Lists queues in the order of their names',
    query: [after(segment, 'The name behind which the page begins'), LIMIT, TIMEOUT],
    results: { 200: json('A page', answer({ queues: list(ref('Queue')), next: nullable(text()) })) },
    codes: [...READ, 'no-such-actor', 'actor-quarantined'],
  },
  {
    method: 'GET',
    address: QUEUE_ADDRESS,
    route: 'queue',
    handler: queues.show,
    about: 'The options and counts of a queue',
    query: [TIMEOUT],
    results: { 200: json('The queue', ref('Queue')) },
    codes: QUEUE,
  },
  {
    method: 'GET',
    address: `${QUEUE_ADDRESS}/tasks`,
    route: 'tasks',
    handler: queues.tasks,
    about: 'Lists the tasks of a queue, the oldest first',
    query: [
      after(integer(0, Number.MAX_SAFE_INTEGER - 1), 'The number behind which the page begins'),
      LIMIT,
      TIMEOUT,
    ],
    results: {
      200: json('A page', answer({ ...queued, tasks: list(ref('Task')), next: nullable(text()) })),
    },
    codes: QUEUE,
  },
  {
    method: 'POST',
    address: `${QUEUE_ADDRESS}/configure`,
    route: 'configure-queue',
    handler: queues.configure,
    about: 'Changes those options of a queue that are given',
    body: {
      schema: body(
        {},
        {
          leaseMs: LEASE_MS,
          attemptsMax: integer(1, QUEUE_LIMITS.attemptsMost),
          backOffMs: integer(0, QUEUE_LIMITS.backOffMsMost),
          capacity: integer(1, QUEUE_LIMITS.capacityMost),
        },
      ),
      example: { attemptsMax: 3 },
    },
    results: { 200: json('The queue', ref('Queue')) },
    codes: QUEUE,
  },
  {
    method: 'POST',
    address: `${QUEUE_ADDRESS}/drop`,
    route: 'drop-task',
    handler: queues.drop,
    about: 'Drops one task, or some of all: to be repeated until none is left',
    body: {
      schema: {
        oneOf: [body({ task: integer(1) }, { all: { const: false } }), body({ all: { const: true } })],
      },
      required: true,
      example: { all: true },
    },
    results: { 200: json('How many are left', answer({ ...queued, dropped: integer(), left: integer() })) },
    codes: QUEUE,
  },
];

const LETTER_ID: readonly Parameter[] = [
  after(text({ examples: ['3-1'] }), 'The id behind which the page begins'),
];

const LETTERS: readonly Row[] = [
  {
    method: 'GET',
    address: '/v1/dead-letters',
    route: 'dead-letters',
    handler: deadLetters.list,
    about: 'Lists messages between actors that were refused for good, shard by shard, the oldest first',
    query: [...LETTER_ID, LIMIT, TIMEOUT],
    results: { 200: json('A page', answer({ letters: list(ref('DeadLetter')), next: nullable(text()) })) },
    codes: [...READ, 'no-such-dead-letter'],
  },
  {
    method: 'GET',
    address: LETTER_ADDRESS,
    route: 'dead-letter',
    handler: deadLetters.show,
    about: 'A dead letter',
    query: [TIMEOUT],
    results: { 200: json('The letter', ref('DeadLetter')) },
    codes: [...READ, 'no-such-dead-letter'],
  },
  {
    method: 'POST',
    address: `${LETTER_ADDRESS}/replay`,
    route: 'replay-dead-letter',
    handler: deadLetters.replay,
    about: 'Sends the message of a dead letter again, once',
    results: { 200: json('False: the letter was gone already', answer({ id: text(), replayed: flag })) },
    codes: [...READ, 'no-such-dead-letter'],
  },
  {
    method: 'DELETE',
    address: LETTER_ADDRESS,
    route: 'drop-dead-letter',
    handler: deadLetters.drop,
    about: 'Drops a dead letter',
    results: { 200: json('False: the letter was gone already', answer({ id: text(), dropped: flag })) },
    codes: [...READ, 'no-such-dead-letter'],
  },
];

export const QUEUE_ROWS: readonly Row[] = [...TASKS, ...OPERATED, ...LETTERS];
