// The named schemas of the OpenAPI document.
import { ERRORS } from '../../base/errors.ts';
import {
  about,
  answer,
  body,
  choice,
  flag,
  integer,
  list,
  nullable,
  only,
  ref,
  type Schema,
  text,
} from './schema.ts';

const millis = (what: string): Schema => about(`${what}, in milliseconds since 1970`, integer());
const shard = about('0 is the registry', integer());
const lifecycle = ref('Lifecycle');
const value = ref('Value');
const maybeText = nullable(text());
const maybeMillis = (what: string): Schema =>
  about(`${what}, in milliseconds since 1970`, nullable(integer()));
const every = nullable(answer({ periodMs: integer(1), missed: choice('once', 'skip', 'all') }));

const done = { acknowledged: only(true), mode: ref('Durability'), sequence: ref('Sequence') };
const remarks = {
  read: about('The turn changed nothing, and nothing was written', only(true)),
  replayed: about('The id had been sent before: this is how that ended', only(true)),
  leader: about('The id of the node that leads the actor, where another was asked', text()),
};

/** With more fields than that of a message. */
export const acknowledged = (fields: Record<string, Schema>): Schema =>
  answer({ ...done, ...fields }, remarks);

const MESSAGES: Record<string, Schema> = {
  Value: about(
    'A value of Seq: numbers, booleans, texts, lists; {"Tag": [fields]} is a variant, any other object a map; ' +
      '{"$int": "…"}, {"$float": …}, {"$bytes": "hex"}, {"$sym": "…"}, {"$map": [[key, value]]} and ' +
      '{"$variant": ["Tag", …]} are what JSON has no form for. null is no value. ' +
      'As a message, a text is message notation, as in "Deposit 100".',
    { type: ['boolean', 'number', 'string', 'array', 'object'] },
  ),
  Reply: about(
    'A value, in which the fields of variants have their names where the program declares them: ' +
      '{"Balanced": {"balance": 70}}.',
    {},
  ),
  Durability: about(
    'On the disks of a majority; on the one disk of a lone node; in the memory of one node',
    choice('quorum-fsync', 'single-fsync', 'volatile'),
  ),
  Sequence: about(
    'The number of the record of the turn in the journal; of a read, of the newest that it saw',
    integer(),
  ),
  Id: about(
    'Takes effect once at a path, however often it is sent',
    text({ minLength: 1, maxLength: 128, pattern: '^[\\x21-\\x7e]{1,128}$' }),
  ),
  TimeoutMs: about('How long the node waits before the outcome counts as unknown', integer(1, 300_000)),
  Message: body({ message: value }, { id: ref('Id'), timeoutMs: ref('TimeoutMs'), positional: flag }),
  Acknowledged: acknowledged({}),
  Answered: answer({ response: ref('Reply'), mode: ref('Durability'), sequence: ref('Sequence') }, remarks),
  BatchItem: body(
    { path: text(), op: choice('ask', 'send'), message: value },
    { id: ref('Id'), timeoutMs: ref('TimeoutMs'), positional: flag },
  ),
  BatchOutcome: { anyOf: [ref('Answered'), ref('Acknowledged'), ref('Refusal')] },
  Order: body({}, { id: ref('Id'), timeoutMs: ref('TimeoutMs') }),
  Refusal: answer({
    error: answer({
      code: choice(...Object.keys(ERRORS)),
      message: text(),
      advice: about('What to do next', text()),
      details: about('What belongs to the code, such as the forms that an actor accepts', { type: 'object' }),
    }),
  }),
};

const supervised = answer({
  id: text(),
  path: text(),
  status: text(),
  type: choice('worker', 'supervisor'),
  restart: text(),
  restartsAt: maybeMillis('When its back-off is over'),
});

const pendingTimers = answer({
  count: integer(),
  more: flag,
  next: list(answer({ id: text(), dueMillis: millis('When it fires'), every, to: text() })),
});

const inspected = {
  path: text(),
  state: value,
  sequence: ref('Sequence'),
  code: answer({ module: text(), target: text() }),
  lifecycle,
  since: maybeMillis('When it came into that state of life'),
  waitingSince: maybeMillis('When the turn began that waits for an answer'),
  restarts: integer(),
  lastFault: maybeText,
  mode: ref('Durability'),
  node: text(),
  nodeName: text(),
  shard,
  accepts: list(text()),
  journalReads: flag,
  watching: list(text()),
  watchers: integer(),
  supervisor: maybeText,
  supervises: { anyOf: [ref('Supervisor'), { type: 'null' }] },
  timers: pendingTimers,
  stashed: integer(),
  subscriptions: list(text()),
};

const doing = answer(
  {
    path: text(),
    lifecycle,
    since: maybeMillis('When it came into that state of life'),
    lastFault: maybeText,
    waits: nullable(
      answer({
        for: maybeText,
        since: maybeMillis('When it began to wait'),
        atMost: nullable(integer()),
        ask: text(),
        sender: text(),
      }),
    ),
    runs: flag,
    mailbox: integer(),
    uncommitted: integer(),
    outboxes: list(answer({ receiver: text(), messages: integer(), putOff: maybeText })),
    paused: flag,
    senders: answer({ count: integer(), first: list(text()) }),
    subscriptions: list(
      answer({
        prefix: text(),
        status: choice('behind', 'caught-up', 'waits'),
        problem: maybeText,
        taken: integer(),
      }),
    ),
    watchers: integer(),
    stashed: integer(),
    supervisor: maybeText,
    supervises: { anyOf: [ref('Supervisor'), { type: 'null' }] },
    timers: pendingTimers,
    sequence: ref('Sequence'),
    shard,
    node: text(),
    nodeName: text(),
    replicas: list(text()),
  },
  {
    task: answer({ number: integer(), status: text(), attempt: integer(), at: integer(), worker: text() }),
  },
);

const ACTORS: Record<string, Schema> = {
  Lifecycle: choice('running', 'restarting', 'suspended', 'failed', 'stopped', 'quarantined'),
  Actor: answer(inspected),
  ActorRow: answer({
    path: text(),
    sequence: ref('Sequence'),
    lifecycle,
    since: maybeMillis('When it came into that state of life'),
    shard,
    nodeName: text(),
  }),
  Supervisor: answer({
    strategy: text(),
    phase: text(),
    restarts: answer({ counted: integer(), allowed: integer(), periodMs: integer() }),
    restarted: integer(),
    autoShutdown: text(),
    children: list(supervised),
    size: integer(),
  }),
  JournalRecord: answer({
    sequence: ref('Sequence'),
    kind: text(),
    term: integer(),
    atMillis: millis('When the turn ran, by the clock of the leader'),
    message: about('Null for an order', ref('Reply')),
    events: list(value),
    set: about('Keys that the turn set, with their values', list(list(value, { minItems: 2, maxItems: 2 }))),
    removed: about('Keys that it removed', list(value)),
    reply: about('Null where there was none', ref('Reply')),
    code: text(),
    origin: maybeText,
    upgrade: nullable(answer({ from: text(), migrate: maybeText })),
  }),
  Doing: doing,
  Timer: answer({ id: text(), dueMillis: millis('When it fires next'), to: text(), message: value, every }),
  DeadLetter: answer({
    id: text(),
    atMillis: millis('When it was refused'),
    sender: text(),
    receiver: text(),
    code: text(),
    reason: text(),
    kind: text(),
    message: about('Null for an order', ref('Reply')),
  }),
  Module: answer({
    hash: text(),
    behaviours: list(answer({ word: text(), accepts: list(text()) })),
  }),
};

const count = integer();
const task = {
  number: integer(1),
  attempt: integer(),
  message: value,
  atMillis: millis('When it came'),
  sender: text(),
};

const QUEUES: Record<string, Schema> = {
  QueueOptions: answer({
    leaseMs: integer(),
    attemptsMax: integer(),
    backOffMs: integer(),
    capacity: integer(),
  }),
  Queue: answer({
    name: text(),
    path: text(),
    options: ref('QueueOptions'),
    ready: count,
    leased: count,
    waiting: count,
    completed: count,
    failed: count,
    expired: count,
    dropped: count,
  }),
  TakenTask: answer({
    ...task,
    token: about('Names the lease', text()),
    untilMillis: millis('When the lease runs out'),
    leaseMs: integer(),
  }),
  Task: answer({
    ...task,
    status: choice('ready', 'leased', 'waiting', 'dead', 'gone'),
    untilMillis: maybeMillis('When its lease or its back-off ends'),
    worker: maybeText,
    reason: maybeText,
    asked: about('Whether its sender waits for the outcome', flag),
  }),
};

const member = answer({
  node: text(),
  name: text(),
  addresses: list(text()),
  liveness: choice('alive', 'suspect', 'dead', 'unknown'),
  self: flag,
  leaving: flag,
  leads: count,
  replicas: count,
  healthy: count,
});

const shardView = answer({
  shard,
  leader: maybeText,
  term: integer(),
  voters: list(text()),
  learners: list(text()),
  healthy: list(text()),
  commitIndex: integer(),
  mode: nullable(ref('Durability')),
});

const field = answer({ name: text(), type: text() });

const CLUSTER: Record<string, Schema> = {
  Cluster: answer({
    cluster: text(),
    node: text(),
    name: text(),
    version: text(),
    members: list(member),
    shards: list(shardView),
  }),
  Departure: answer({
    node: text(),
    name: text(),
    state: choice('member', 'leaving', 'removed'),
    waiting: about('Shards that may still count on it', list(shard)),
    unaware: about('Members that do not know yet who stays', list(text())),
  }),
  Program: answer({
    hash: text(),
    unions: list(answer({ name: text(), variants: list(answer({ tag: text(), fields: list(field) })) })),
    behaviours: list(
      answer(
        { word: text() },
        {
          messages: about(
            'Absent: it takes any variant',
            list(
              answer({
                tag: text(),
                fields: list(field),
                answers: list(answer({ type: text() }, { tag: text() })),
              }),
            ),
          ),
        },
      ),
    ),
  }),
  Readiness: answer({ ready: flag, checks: list(answer({ name: text(), ok: flag, text: text() })) }),
};

export const COMPONENTS: Readonly<Record<string, Schema>> = { ...MESSAGES, ...ACTORS, ...QUEUES, ...CLUSTER };
