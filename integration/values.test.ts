// Values of every shape, and as large and deep as they may be, through three real nodes: gateway, frames,
// log, store and back.
import { isDeepStrictEqual } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { Cluster } from './cluster.ts';
import { type ActorAnswer, type NodeClient, RefusedError } from './node-client.ts';
import { until } from './node-process.ts';

const SOURCE = `
: keeper ( Map M -- Map ) dup actor.reply dup journal.append "last" swap map.set ;
: echo ( Map M -- Map ) actor.reply ;
: relay ( Map M -- Map ) "/test/values/b/keeper" swap actor.send ;
union Bag { Put { value: String } }
: bag ( Map Bag -- Map ) match Put { >value } -> over map.size int->string swap map.set end ;
`;
const ACTORS = [
  ['/test/values/a/keeper', 'keeper', 'durable'],
  ['/test/values/b/keeper', 'keeper', 'durable'],
  ['/test/values/c/echo', 'echo', 'durable'],
  ['/test/values/d/echo', 'echo', 'volatile'],
  ['/test/values/e/relay', 'relay', 'durable'],
  ['/test/values/a/bag', 'bag', 'durable'],
] as const;
const MESSAGE_BYTES_MAX = 256 * 1024;
const STATE_BYTES_MAX = 1024 * 1024;
/** Of a text of 64 KiB and more in a list of one. */
const HEADS_BYTES = 6;

/** The largest values take a busy machine seconds. */
const PATIENCE_MS = 60_000;

let cluster: Cluster;
let requests = 0;
const id = () => `value-${++requests}`;

test.before(async () => {
  cluster = await Cluster.start({ size: 3 });
  const { client } = cluster.node(0);
  const bundle = { entry: 'values.seq', files: { 'values.seq': SOURCE } };
  const { hash: module } = await until('the program is deployed', () =>
    client.call<{ hash: string }>('POST', '/v1/modules', bundle),
  );
  for (const [path, word, mode] of ACTORS)
    await client.call('POST', `/v1/actors${path}`, { module, word, mode, id: id() });
});

test.after.always(async () => {
  await cluster?.dispose();
});

/** `wrap` around `inner`, so many times. */
function nested(levels: number, inner: unknown, wrap: (value: unknown) => unknown): unknown {
  let value = inner;
  for (let at = 0; at < levels; at++) value = wrap(value);
  return value;
}

const list = (value: unknown) => [value];
const variant = (value: unknown) => ({ In: [value] });
const byFalse = (value: unknown) => ({ $map: [[false, value]] });

/** In the form in which the gateway writes them. */
const VALUES: readonly unknown[] = [
  ...['91', '81', 'c1', 'dc', 'ff', '80'].map((byte) => ({ $bytes: byte.repeat(5000).replace(/^../, 'ff') })),
  ...[list, variant, byFalse].flatMap((wrap) =>
    [33, 34, 63].map((levels) => nested(levels, { $float: 3 }, wrap)),
  ),
  [],
  {},
  { Nil: [] },
  { $sym: '' },
  [{ $float: 'NaN' }, { $float: 'Infinity' }, { $float: '-Infinity' }, { $float: '-0' }, 1.5, 0, -1],
  [{ $int: '4611686018427387903' }, { $int: '-4611686018427387904' }, 9007199254740991, true, false],
  { $map: [[false, 'y'], [1, 'x'], ['k', 'z']] }, // biome-ignore format: one line
  ['\u0001'.repeat(MESSAGE_BYTES_MAX - HEADS_BYTES)],
  ['é'.repeat((MESSAGE_BYTES_MAX - HEADS_BYTES) / 2)],
  new Array(80_000).fill(byFalse(false)),
];

/**
 * AVA's comparison takes seconds for the largest value, and minutes on a busy machine. Nothing else runs in
 * this process meanwhile, so that requests would go out on connections that the node has closed as idle.
 */
function same(t: ExecutionContext, actual: unknown, expected: unknown, what: string): void {
  if (isDeepStrictEqual(actual, expected)) t.pass();
  else t.deepEqual(actual, expected, what);
}

function read<T>(client: NodeClient, address: string): Promise<T> {
  const query = address.includes('?') ? '&' : '?';
  return client.call(
    'GET',
    `/v1/actors${address}${query}timeoutMs=${PATIENCE_MS}`,
    undefined,
    2 * PATIENCE_MS,
  );
}

test.serial(
  'every value comes back equal, through each node, as reply, state, event and message',
  async (t) => {
    t.timeout(300_000);
    for (const [at, value] of VALUES.entries()) {
      const asking = cluster.nodes[at % 3]!.client;
      const what = JSON.stringify(value).slice(0, 100);
      for (const path of ['/test/values/c/echo', '/test/values/d/echo'])
        same(
          t,
          (await asking.ask(path, value, id(), PATIENCE_MS)).response,
          value,
          `${what} as a reply of ${path}`,
        );
      const kept = (await asking.ask('/test/values/a/keeper', value, id(), PATIENCE_MS)) as {
        response: unknown;
        sequence: number;
      };
      same(t, kept.response, value, what);
      await asking.tell('/test/values/e/relay', value, id(), PATIENCE_MS);
      for (const { client } of cluster.nodes) {
        const { state } = await read<ActorAnswer>(client, '/test/values/a/keeper');
        same(t, lastOf(state), value, `${what} as a state`);
        const page = `/test/values/a/keeper/journal?from=${kept.sequence}&limit=1`;
        const { records } = await read<{ records: { events: unknown[]; message: unknown }[] }>(client, page);
        const { events, message } = records[0]!;
        same(t, [events, message], [[value], value], `${what} in the journal`);
      }
      const arrived = async () => {
        const { state } = await read<ActorAnswer>(asking, '/test/values/b/keeper');
        return isDeepStrictEqual(lastOf(state), value) ? true : undefined;
      };
      await until(`${what} from actor to actor`, arrived, { timeoutMs: PATIENCE_MS });
    }
  },
);

/** A Map of one entry reads as a variant where a list is bound, so it is written otherwise. */
function lastOf(state: unknown): unknown {
  const { last, $map } = state as { last?: unknown; $map?: [[string, unknown]] };
  return $map === undefined ? last : $map[0][1];
}

test.serial('what is too large or too deep is refused at once by each node', async (t) => {
  const tooLong = ['x'.repeat(MESSAGE_BYTES_MAX - HEADS_BYTES + 1)];
  const tooDeep = nested(65, 1, list);
  for (const { client } of cluster.nodes) {
    for (const [value, code] of [
      [tooLong, 'too-large'],
      [tooDeep, 'bad-message'],
    ] as const) {
      // biome-ignore format: one line
      const error = await t.throwsAsync(client.ask('/test/values/c/echo', value, id()), { instanceOf: RefusedError });
      t.is(error?.code, code);
    }
    const deepest = nested(64, 1, list);
    t.deepEqual((await client.ask('/test/values/c/echo', deepest, id())).response, deepest);
    const kept = await t.throwsAsync(client.ask('/test/values/a/keeper', deepest, id()), {
      instanceOf: RefusedError,
    });
    t.is(kept?.code, 'turn-failed');
    t.regex(kept?.message ?? '', /too-large/);
    await client.call('POST', '/v1/actors/test/values/a/keeper/resume', { id: id() });
  }
});

test.serial('a state that grew by parts to its limit is seen through each node', async (t) => {
  const part = 'x'.repeat(200_000);
  const put = (value: string) => cluster.node(1).client.tell('/test/values/a/bag', { Put: [value] }, id());
  for (let at = 0; at < 5; at++) await put(part);
  // The Map and its six keys, and the heads of the texts.
  await put('y'.repeat(STATE_BYTES_MAX - 5 * (200_000 + 7) - 1 - 5));
  const error = await t.throwsAsync(put('z'), { instanceOf: RefusedError });
  t.is(error?.code, 'turn-failed');
  for (const { client } of cluster.nodes) {
    const { state } = await client.inspect('/test/values/a/bag');
    t.is(Object.keys(state as object).length, 6);
    t.is((state as Record<string, string>)['4'], part);
  }
});
