// Actors: their messages, their life, and what is seen of them.
import * as endpoints from '../endpoints.ts';
import * as timers from '../timers.ts';
import { logs, why } from '../why.ts';
import { acknowledged } from './components.ts';
import type { Body, Parameter, Row } from './row.ts';
import {
  about,
  afterPath,
  answer,
  body,
  choice,
  flag,
  integer,
  list,
  nullable,
  ref,
  text,
} from './schema.ts';
import { after, json, LIMIT, MESSAGE, OF_ACTOR, ORDER, READ, TIMEOUT } from './shared.ts';

const ACTOR = '/v1/actors/{path}';
const ORDER_BODY: Body = { schema: ref('Order') };
const ID = { id: ref('Id'), timeoutMs: ref('TimeoutMs') };
const WORD = text({ minLength: 1, maxLength: 256 });
const HASH = text({ minLength: 1, maxLength: 64 });
const ACKNOWLEDGED = ref('Acknowledged');

const MESSAGE_BODY: Body = {
  schema: ref('Message'),
  required: true,
  example: { message: 'Deposit 100' },
  notation: 'Deposit 100',
};
const MESSAGE_QUERY: readonly Parameter[] = [
  { name: 'timeoutMs', schema: ref('TimeoutMs'), about: 'As the field of the body, which precedes it' },
  { name: 'positional', schema: flag, about: 'As the field of the body, which precedes it' },
];
const MESSAGE_HEADERS: readonly Parameter[] = [
  {
    name: 'Idempotency-Key',
    schema: ref('Id'),
    about: 'As the field id of the body, from which it must not differ',
  },
];

const MESSAGES: readonly Row[] = [
  {
    method: 'POST',
    address: `${ACTOR}/ask`,
    route: 'ask',
    handler: endpoints.ask,
    about: 'Asks an actor: the answer has its reply, once the turn is safe',
    query: MESSAGE_QUERY,
    headers: MESSAGE_HEADERS,
    body: MESSAGE_BODY,
    results: { 200: json('The reply', ref('Answered')) },
    codes: MESSAGE,
  },
  {
    method: 'POST',
    address: `${ACTOR}/messages`,
    route: 'send',
    handler: endpoints.send,
    about: 'Sends to an actor: the answer comes once the turn is safe, whatever it replies',
    query: MESSAGE_QUERY,
    headers: MESSAGE_HEADERS,
    body: MESSAGE_BODY,
    results: { 202: json('The turn is safe', ACKNOWLEDGED) },
    codes: MESSAGE,
  },
  {
    method: 'POST',
    address: '/v1/batch',
    route: 'batch',
    handler: endpoints.batch,
    about: 'Many messages and asks at once; each has its own outcome, at its own place',
    body: {
      schema: list(ref('BatchItem'), { maxItems: 4096 }),
      required: true,
      example: [{ path: '/user/accounts/alice', op: 'ask', message: 'Balance' }],
    },
    results: { 200: json('What the single requests would have been answered', list(ref('BatchOutcome'))) },
    codes: [],
  },
];

const LIFE: readonly Row[] = [
  {
    method: 'POST',
    address: ACTOR,
    route: 'spawn',
    handler: endpoints.spawn,
    about: 'Creates an actor that runs a word of a deployed module, or a supervisor',
    body: {
      schema: {
        oneOf: [
          body(
            { word: WORD },
            { module: HASH, mode: choice('durable', 'volatile'), newLife: flag, journalReads: flag, ...ID },
          ),
          body({ supervisor: ref('Value') }, { newLife: flag, ...ID }),
        ],
      },
      required: true,
      example: { word: 'account' },
    },
    results: { 201: { ...json('The actor lives', ACKNOWLEDGED), location: true } },
    codes: [
      ...ORDER,
      'no-such-module',
      'actor-exists',
      'actor-ended',
      'bad-message',
      'bad-program',
      'not-data',
    ],
  },
  {
    method: 'DELETE',
    address: ACTOR,
    route: 'stop',
    handler: endpoints.stop,
    about: 'Stops an actor; its state and journal are kept',
    body: ORDER_BODY,
    results: { 200: json('It is stopped', ACKNOWLEDGED) },
    codes: ORDER,
  },
  {
    method: 'POST',
    address: `${ACTOR}/suspend`,
    route: 'suspend',
    handler: endpoints.suspend,
    about: 'Suspends an actor: it takes no messages until it is resumed',
    body: ORDER_BODY,
    results: { 200: json('False: it was suspended', acknowledged({ suspended: flag })) },
    codes: ORDER,
  },
  {
    method: 'POST',
    address: `${ACTOR}/resume`,
    route: 'resume',
    handler: endpoints.resume,
    about: 'Lets an actor that is suspended, stopped or has failed go on with its state',
    body: ORDER_BODY,
    results: { 200: json('False: it was running', acknowledged({ resumed: flag })) },
    codes: ORDER,
  },
  {
    method: 'POST',
    address: `${ACTOR}/upgrade`,
    route: 'upgrade',
    handler: endpoints.upgrade,
    about: 'Gives an actor other code, and keeps its state',
    body: {
      schema: body({ module: HASH }, { word: WORD, migrate: WORD, resume: flag, ...ID }),
      required: true,
    },
    results: {
      200: json('False: it ran that already', acknowledged({ upgraded: flag, lifecycle: ref('Lifecycle') })),
    },
    codes: [...ORDER, 'no-such-module', 'migrate-failed', 'bad-program', 'not-ended'],
  },
  {
    method: 'POST',
    address: `${ACTOR}/purge`,
    route: 'purge',
    handler: endpoints.purge,
    about: 'Deletes state and journal of an actor that has ended, for good',
    body: {
      schema: body({ confirm: text({ minLength: 1, maxLength: 1024 }) }, { force: flag, ...ID }),
      required: true,
    },
    results: { 200: json('They are gone', ACKNOWLEDGED) },
    codes: [...ORDER, 'not-ended', 'queue-not-empty'],
  },
];

const VIEWS: readonly Row[] = [
  {
    method: 'GET',
    address: '/v1/actors',
    route: 'actors',
    handler: endpoints.actors,
    about: 'Lists actors in the order of their paths',
    query: [
      {
        name: 'prefix',
        schema: text({ pattern: '^(/.*)?$', examples: ['/user/'] }),
        about: 'Begins with a slash; may end within a segment',
      },
      after(afterPath, 'The path behind which the page begins'),
      LIMIT,
      TIMEOUT,
    ],
    results: {
      200: json('A page', answer({ actors: list(ref('ActorRow')), next: nullable(text()) })),
    },
    codes: READ,
  },
  {
    method: 'GET',
    address: ACTOR,
    route: 'inspect',
    handler: endpoints.inspect,
    about: 'State and life of an actor: a linearizable read',
    query: [TIMEOUT],
    results: { 200: json('The actor', ref('Actor')) },
    codes: OF_ACTOR,
  },
  {
    method: 'GET',
    address: `${ACTOR}/journal`,
    route: 'journal',
    handler: endpoints.journal,
    about: 'The journal of an actor',
    query: [
      {
        name: 'order',
        schema: { ...choice('asc', 'desc'), default: 'asc' },
        about: 'desc: the newest first',
      },
      {
        name: 'from',
        schema: integer(),
        about: 'The record to begin with; absent: the first, or for desc the last',
      },
      LIMIT,
      TIMEOUT,
    ],
    results: {
      200: json(
        'A page',
        answer({ path: text(), records: list(ref('JournalRecord')), next: nullable(integer()) }),
      ),
    },
    codes: OF_ACTOR,
  },
  {
    method: 'GET',
    address: `${ACTOR}/why`,
    route: 'why',
    handler: why,
    about: 'What an actor does in this moment, and those that it waits for',
    query: [TIMEOUT],
    results: {
      200: json(
        'The chain of those that wait, and the newest records of the first',
        answer({
          chain: list({
            anyOf: [ref('Doing'), answer({ path: text(), refused: text(), message: text() })],
          }),
          records: list(ref('JournalRecord')),
        }),
      ),
    },
    codes: OF_ACTOR,
  },
  {
    method: 'GET',
    address: `${ACTOR}/logs`,
    route: 'logs',
    handler: logs,
    about: 'What the behaviour of an actor printed of late, on the node that leads its shard',
    query: [{ name: 'after', schema: text(), about: 'What an earlier answer named as `next`' }, TIMEOUT],
    results: {
      200: json(
        'The newest lines, oldest first',
        answer({
          path: text(),
          lines: list(
            answer({
              atMillis: about('When it was printed, in milliseconds since 1970', integer()),
              text: text(),
            }),
          ),
          next: text(),
          nodeName: text(),
        }),
      ),
    },
    codes: OF_ACTOR,
  },
  {
    method: 'GET',
    address: `${ACTOR}/timers`,
    route: 'timers',
    handler: timers.list,
    about: 'The timers of an actor that have not fired, by id',
    query: [after(text(), 'The id behind which the page begins'), LIMIT, TIMEOUT],
    results: {
      200: json('A page', answer({ path: text(), timers: list(ref('Timer')), next: nullable(text()) })),
    },
    codes: OF_ACTOR,
  },
  {
    method: 'DELETE',
    address: `${ACTOR}/timers`,
    route: 'cancel-timer',
    handler: timers.cancel,
    about: 'Cancels a timer of an actor',
    query: [{ name: 'id', schema: text(), about: 'Of the timer', required: true }],
    results: {
      200: json('False: it was gone already', answer({ path: text(), id: text(), cancelled: flag })),
    },
    codes: OF_ACTOR,
  },
];

export const ACTOR_ROWS: readonly Row[] = [...MESSAGES, ...LIFE, ...VIEWS];
