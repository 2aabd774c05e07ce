// Every setting of a node, in one table: name, type, default, range, unit and what it does. The parser,
// --dump-config, the table in docs/OPERATIONS.md and the test over config/ all read it; nothing else knows a
// setting's name.
import type { Address } from '../base/address.ts';
import { MESSAGE_BYTES_CEILING, STATE_BYTES_CEILING } from '../base/data-limits.ts';

export type Unit =
  | 'ms'
  | 'bytes'
  | 'reductions'
  | 'messages'
  | 'records'
  | 'requests'
  | 'connections'
  | 'actors'
  | 'count';

export type Option =
  | { readonly type: 'text'; readonly default: string; readonly secret: boolean; readonly doc: string }
  /** That of a member; empty stands for one that the node finds itself. */
  | { readonly type: 'name'; readonly default: ''; readonly doc: string }
  | { readonly type: 'boolean'; readonly default: boolean; readonly doc: string }
  | {
      readonly type: 'integer';
      readonly default: number;
      readonly min: number;
      readonly max: number;
      readonly unit: Unit;
      readonly doc: string;
    }
  | { readonly type: 'address'; readonly default: Address; readonly doc: string }
  | { readonly type: 'addresses'; readonly default: readonly Address[]; readonly doc: string }
  | {
      readonly type: 'choice';
      readonly default: string;
      readonly values: readonly string[];
      readonly doc: string;
    };

export interface Section {
  readonly doc: string;
  readonly options: Readonly<Record<string, Option>>;
}

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

const text = (value: string, doc: string) => ({ type: 'text', default: value, secret: false, doc }) as const;
const name = (doc: string) => ({ type: 'name', default: '', doc }) as const;
const secret = (doc: string) => ({ type: 'text', default: '', secret: true, doc }) as const;
const flag = (value: boolean, doc: string) => ({ type: 'boolean', default: value, doc }) as const;
const address = (host: string, port: number, doc: string) =>
  ({ type: 'address', default: { host, port }, doc }) as const;
const addresses = (doc: string) => ({ type: 'addresses', default: [], doc }) as const;
const integer = (value: number, unit: Unit, min: number, max: number, doc: string) =>
  ({ type: 'integer', default: value, min, max, unit, doc }) as const;
const choice = <const V extends readonly string[]>(value: V[number], values: V, doc: string) =>
  ({ type: 'choice', default: value, values, doc }) as const;

export const SCHEMA = {
  node: {
    doc: 'The node itself.',
    options: {
      name: name(
        'The name that people see, which no other member has; empty stands for the one that it had, or else the name of the host.',
      ),
      data: text(
        'data',
        'The directory that holds all that the node must not lose. Relative to the working directory.',
      ),
      repair: flag(
        true,
        'Whether a node whose log or store is damaged comes back as a new node in its own place, with what its peers hold. Otherwise it stops.',
      ),
    },
  },
  p2p: {
    doc: 'Traffic between the nodes: libp2p over TCP with Noise.',
    options: {
      listen: address('0.0.0.0', 7400, 'Where other nodes connect to.'),
      announce: addresses(
        'The one address that others are told to dial, where it differs from what the node sees of itself (containers, NAT).',
      ),
      bootstrap: addresses('Members to look for first, beside those that the node remembers.'),
      mdns: flag(
        false,
        'Find the private addresses of admitted peers on the local network by mDNS. It admits nobody; that takes a token.',
      ),
      'connections-max': integer(256, 'connections', 2, 65_536, 'Open connections to peers.'),
    },
  },
  http: {
    doc: 'The gateway for clients.',
    options: {
      listen: address(
        '127.0.0.1',
        7480,
        'Where clients connect to. An address beyond loopback needs a token.',
      ),
      token: secret('The bearer token that clients must send; at least 16 characters. Prefer token-file.'),
      'token-file': text('', 'A file that holds the token.'),
      origins: text(
        '',
        'Origins of web pages that may use the gateway beside its own, separated by spaces, as in https://app.example.',
      ),
      'body-bytes-max': integer(
        4 * MIB,
        'bytes',
        KIB,
        64 * MIB,
        'The longest request body: at least 10 times the largest message, which JSON may take.',
      ),
      'batch-items-max': integer(
        4096,
        'requests',
        1,
        65_536,
        'The most items in one POST /v1/batch, or in one message of a stream.',
      ),
      'connections-max': integer(4096, 'connections', 1, 65_536, 'Open client connections.'),
      'outstanding-max': integer(
        16_384,
        'requests',
        1,
        1_048_576,
        'Messages and asks, those of batches and streams included, that may wait for their outcome at once.',
      ),
      'header-timeout-ms': integer(
        10_000,
        'ms',
        100,
        600_000,
        'How long the head of a request may take to arrive.',
      ),
      'request-timeout-ms': integer(
        30_000,
        'ms',
        100,
        3_600_000,
        'How long a whole request may take to arrive.',
      ),
      'keep-alive-ms': integer(75_000, 'ms', 0, 3_600_000, 'How long an idle client connection stays open.'),
    },
  },
  cluster: {
    doc: 'Fixed when the cluster is created; later values are ignored.',
    options: {
      shards: integer(24, 'count', 1, 1024, 'Shards that the actors are spread over.'),
      replicas: integer(
        3,
        'count',
        1,
        7,
        'Nodes that keep each shard, where there are as many; an odd number.',
      ),
    },
  },
  consensus: {
    doc: 'Raft, for each shard. Give all nodes the same times.',
    options: {
      'heartbeat-ms': integer(200, 'ms', 20, 10_000, 'How often a leader lets followers hear of it.'),
      'election-ms': integer(
        1000,
        'ms',
        50,
        100_000,
        'Silence after which followers elect a leader, up to twice this; at least 5 heartbeats.',
      ),
    },
  },
  runtime: {
    doc: 'Actors and their turns.',
    options: {
      'turn-reductions-max': integer(
        10_000_000,
        'reductions',
        1000,
        100_000_000_000,
        'Reductions after which a turn is given up and fails.',
      ),
      'ask-timeout-ms': integer(5000, 'ms', 10, 3_600_000, 'How long actor-ask waits before the turn fails.'),
      'mailbox-messages-max': integer(
        10_000,
        'messages',
        1,
        1_000_000,
        'Messages that may wait for one actor; over it, senders are refused. It may stash as many.',
      ),
      'mailbox-bytes-max': integer(
        64 * MIB,
        'bytes',
        KIB,
        1024 * MIB,
        'The same by their bytes. A single message is taken, however large.',
      ),
      'resident-actors-max': integer(
        100_000,
        'actors',
        100,
        10_000_000,
        'Actors of the node that stay in memory while they are idle; the others are read when a message comes.',
      ),
      'resident-bytes-max': integer(
        256 * MIB,
        'bytes',
        MIB,
        64 * GIB,
        'The same by the bytes of their states and stashes, as they are stored. In memory they take a multiple.',
      ),
      'outbox-messages-max': integer(
        10_000,
        'messages',
        1,
        1_000_000,
        'Messages of one actor that their receivers have not taken; over it, the actor handles no more messages.',
      ),
      'outbox-bytes-max': integer(64 * MIB, 'bytes', KIB, 1024 * MIB, 'The same by their bytes.'),
      'dead-letters-max': integer(
        1000,
        'messages',
        1,
        100_000,
        'Dead letters that one shard keeps; over it, the oldest go.',
      ),
      'dead-letter-bytes-max': integer(
        4 * MIB,
        'bytes',
        KIB,
        64 * MIB,
        'The same by their bytes. The newest is kept, however large.',
      ),
      'message-bytes-max': integer(
        256 * KIB,
        'bytes',
        KIB,
        MESSAGE_BYTES_CEILING,
        'The largest message, event or reply, encoded.',
      ),
      'state-bytes-max': integer(
        MIB,
        'bytes',
        KIB,
        STATE_BYTES_CEILING,
        'The largest state of one actor, encoded.',
      ),
      'restart-limit': integer(
        3,
        'count',
        0,
        1000,
        'Restarts within the period; with one fault more the actor has failed.',
      ),
      'restart-period-ms': integer(5000, 'ms', 100, 3_600_000, 'The period of the restart limit.'),
    },
  },
  journal: {
    doc: 'The write-ahead log and the store.',
    options: {
      'segment-bytes': integer(64 * MIB, 'bytes', MIB, GIB, 'Size of one file of the write-ahead log.'),
      'snapshot-records': integer(
        1000,
        'records',
        10,
        1_000_000,
        'Records of an actor after which its whole state is written, so that waking it reads no more of them.',
      ),
      'snapshot-bytes': integer(MIB, 'bytes', 16 * KIB, 64 * MIB, 'The same by the bytes of its records.'),
    },
  },
  projection: {
    doc: 'Tables of what the journals of the whole cluster hold, for questions in SQL. See docs/OPERATIONS.md.',
    options: {
      enabled: flag(false, 'Whether this node keeps them, in its data directory.'),
      'query-timeout-ms': integer(10_000, 'ms', 100, 600_000, 'How long a query may take.'),
      'query-rows-max': integer(10_000, 'count', 1, 1_000_000, 'The most rows of an answer.'),
    },
  },
  membership: {
    doc: 'SWIM gossip. It spreads addresses and liveness and decides nothing else.',
    options: {
      'probe-interval-ms': integer(500, 'ms', 50, 60_000, 'How often one member is probed.'),
      'probe-timeout-ms': integer(
        200,
        'ms',
        10,
        30_000,
        'How long a direct probe may take before others are asked to.',
      ),
      'indirect-probes': integer(3, 'count', 0, 16, 'Members asked to probe one that did not answer.'),
      'suspicion-ms': integer(
        1200,
        'ms',
        100,
        600_000,
        'How long a suspect may refute before it counts as dead.',
      ),
    },
  },
  log: {
    doc: 'What the node writes to standard error.',
    options: {
      level: choice('info', ['debug', 'info', 'warn', 'error'], 'The least important line that is written.'),
      format: choice('text', ['text', 'json'], 'Lines for people, or one JSON object a line.'),
    },
  },
} as const satisfies Record<string, Section>;

type Camel<K extends string> = K extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : K;

type ValueOf<O> = O extends { type: 'boolean' }
  ? boolean
  : O extends { type: 'integer' }
    ? number
    : O extends { type: 'address' }
      ? Address
      : O extends { type: 'addresses' }
        ? readonly Address[]
        : O extends { type: 'choice'; values: readonly (infer V)[] }
          ? V
          : string;

type OptionsOf<S> = S extends { options: infer O }
  ? { readonly [K in keyof O & string as Camel<K>]: ValueOf<O[K]> }
  : never;

/** The whole configuration, deep-frozen. Keys are those of the table in camel case: `http.tokenFile`. */
export type Config = { readonly [S in keyof typeof SCHEMA]: OptionsOf<(typeof SCHEMA)[S]> };

export const camelCase = (key: string): string =>
  key.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** The option of `section.key`, or undefined. Own properties only: `constructor` is not an option. */
export function findOption(section: string, key: string): Option | undefined {
  const sections: Readonly<Record<string, Section>> = SCHEMA;
  if (!Object.hasOwn(sections, section)) return undefined;
  const options = sections[section]!.options;
  return Object.hasOwn(options, key) ? options[key] : undefined;
}

/** Every option with its section, in table order. */
export function* everyOption(): Generator<{ section: string; key: string; option: Option }> {
  const sections: Readonly<Record<string, Section>> = SCHEMA;
  for (const [section, { options }] of Object.entries(sections))
    for (const [key, option] of Object.entries(options)) yield { section, key, option };
}
