// Whatever the gate accepts arrives: three nodes, through each of them, on every path that values take, and
// comes back equal.
import test from 'ava';
import fc from 'fast-check';
import { checkData, messageLimit, STATE_BYTES_CEILING, TURN_BYTES_MAX } from '../node/base/data-limits.ts';
import { moduleHash } from '../node/base/ids.ts';
import { formatNotation } from '../node/base/notation.ts';
import { arbitraryHeavy, arbitrarySent, nested } from '../node/base/testing/arbitrary-data.ts';
import {
  type Data,
  encodedBytes,
  equals,
  List,
  NESTING_MAX,
  SeqMap,
  textOf,
  Variant,
} from '../node/base/value.ts';
import { LIMITS } from '../node/core/testing/lone-node.ts';
import type { ClientRequest, ClientResult } from '../node/core/types.ts';
import type { JournalPage, JournalRow, NodeApi } from '../node/host/api.ts';
import { HostApi } from '../node/host/node-api.ts';
import { Telemetry } from '../node/host/telemetry.ts';
import { Cluster } from './cluster.ts';
import { makeCore } from './core-factory.ts';
import { Operator } from './operator.ts';
import type { SimNode } from './sim-node.ts';

const SECOND = 1_000_000;
const MODULE = moduleHash('aa');
const MESSAGE_BYTES = LIMITS.messageBytes;
const STATE_BYTES = STATE_BYTES_CEILING;

const SOURCE = `
# Replies what it is sent, and keeps it as its state and as an event.
: keeper ( Map M -- Map ) dup actor.reply dup journal.append "last" swap map.set ;
: echo ( Map M -- Map ) actor.reply ;
: relay ( Map M -- Map ) "/user/b/keeper" swap actor.send ;
: asker ( Map M -- Map ) "/user/c/keeper" swap actor.ask actor.reply ;

# Keeps one value after the other.
union Bag { Put { value: String } Sum }
: put ( Map String -- Map ) over map.size int->string swap map.set ;
: bag ( Map Bag -- Map )
  match
    Put { >value } -> put
    Sum -> dup map.size actor.reply
  end ;

# Sends, appends or asks for the same again and again.
union Load { Send { times: Int, value: String } Append { times: Int, value: String } }
: sends ( Int String -- ) over 0 i.> [ dup "/user/b/keeper" swap actor.send swap 1 i.- swap sends ] [ 2drop ] if ;
: appends ( Int String -- ) over 0 i.> [ dup journal.append swap 1 i.- swap appends ] [ 2drop ] if ;
: loader ( Map Load -- Map )
  match
    Send { >times >value } -> sends
    Append { >times >value } -> appends
  end ;
`;

type Settled<T> = { readonly value: T } | { readonly code: string; readonly message: string };

/** Three nodes, and the API of each. */
class Trio {
  readonly cluster: Cluster;
  readonly apis: readonly NodeApi[];
  #answered = false;
  #requests = 0;

  constructor() {
    this.cluster = new Cluster({
      seed: 1,
      nodes: 3,
      tickMillis: 100,
      storage: { bytes: false, cutsDamage: false },
      observers: [],
      makeCore: (node, log, time) =>
        makeCore(this.cluster, node, {
          log,
          time,
          limits: {
            ...LIMITS,
            stateBytes: STATE_BYTES,
            outboxMessages: 1000,
            logBytes: 8 << 20,
            restarts: 100,
          },
          shards: 3,
        }),
    });
    const { nodes, members } = this.cluster;
    members.push(nodes[0]!);
    this.cluster.start(nodes[0]!);
    const operator = new Operator(this.cluster, { told: () => undefined, isNamed: () => true });
    for (const node of nodes.slice(1)) operator.join(node);
    this.cluster.runFor(30 * SECOND);
    this.apis = nodes.map((node) => this.#apiOf(node));
  }

  #apiOf(node: SimNode): NodeApi {
    const unused = () => {
      throw new Error('not asked for');
    };
    return new HostApi({
      cluster: 'simulated',
      members: () => [],
      messageBytesMax: MESSAGE_BYTES,
      telemetry: new Telemetry(),
      submit: (request: ClientRequest, done: (result: ClientResult) => void) =>
        this.cluster.call(node, request, (outcome) => {
          this.#answered = true;
          done(
            outcome === 'lost' ? { ok: false, code: 'unreachable', message: 'lost', details: {} } : outcome,
          );
        }),
      clusterView: unused,
      shards: 3,
      modules: unused,
      program: unused,
      moduleText: () => undefined,
      readiness: unused,
      metrics: unused,
    });
  }

  /** How a request through the node ends. */
  async through<T>(at: number, ask: (api: NodeApi, id: string) => Promise<T>): Promise<Settled<T>> {
    this.#answered = false;
    const settled = ask(this.apis[at % 3]!, `request-${++this.#requests}`).then(
      (value) => ({ value }),
      (error: { code: string; message: string }) => ({ code: error.code, message: error.message }),
    );
    this.cluster.runFor(60 * SECOND, () => this.#answered);
    return settled;
  }

  /** The same where no other end is expected. */
  async value<T>(at: number, ask: (api: NodeApi, id: string) => Promise<T>): Promise<T> {
    const settled = await this.through(at, ask);
    if ('value' in settled) return settled.value;
    throw new Error(`${settled.code}: ${settled.message}`);
  }

  async prepare(): Promise<void> {
    await this.value(0, (api) => this.#deploy(api));
    for (const [path, word, mode] of ACTORS)
      await this.value(0, (api, id) => api.spawn(path, { module: MODULE, word }, { mode, id }));
  }

  #deploy(api: NodeApi): Promise<unknown> {
    const request = {
      op: 'deploy',
      hash: MODULE,
      bundle: { entry: 'm.seq', files: { 'm.seq': SOURCE } },
    } as const;
    return new Promise((resolve) => {
      void api;
      this.cluster.call(this.cluster.nodes[0]!, { ...request, timeoutMs: 5000 }, (outcome) => {
        this.#answered = true;
        resolve(outcome);
      });
    });
  }

  leaders(): ReadonlySet<SimNode> {
    const leads = ({ views }: SimNode) => views.some(({ group, role }) => group !== 0 && role === 'leader');
    return new Set(this.cluster.nodes.filter(leads));
  }

  /** Until the keeper at `path` has `wanted`, seen through each node. */
  async keeps(path: string, wanted: Data): Promise<void> {
    for (let at = 0; at < 3; at++) {
      let last: Data | undefined;
      for (let attempt = 0; attempt < 20; attempt++) {
        const { state } = await this.value(at, (api) => api.inspect(path));
        last = (state as SeqMap).get('last');
        if (last !== undefined && equals(last, wanted)) break;
        this.cluster.runFor(SECOND / 2);
      }
      if (last === undefined || !equals(last, wanted))
        throw new Error(`${path} through n${at + 1} has ${brief(last)}, not ${brief(wanted)}`);
    }
  }
}

const brief = (value: Data | undefined) =>
  value === undefined ? 'nothing' : formatNotation(value).slice(0, 200);

const ACTORS = [
  ['/user/a/keeper', 'keeper', 'durable'],
  ['/user/b/keeper', 'keeper', 'durable'],
  ['/user/c/keeper', 'keeper', 'durable'],
  ['/user/c/echo', 'echo', 'durable'],
  ['/user/d/echo', 'echo', 'volatile'],
  ['/user/a/relay', 'relay', 'durable'],
  ['/user/d/relay', 'relay', 'volatile'],
  ['/user/d/asker', 'asker', 'durable'],
  ['/user/a/bag', 'bag', 'durable'],
  ['/user/b/loader', 'loader', 'durable'],
] as const;

async function trio(): Promise<Trio> {
  const made = new Trio();
  await made.prepare();
  return made;
}

/** Levels of the value. */
function depthOf(v: Data): number {
  if (v instanceof List)
    return 1 + v.toArray().reduce((most: number, each) => Math.max(most, depthOf(each)), 0);
  if (v instanceof Variant)
    return 1 + v.fields.reduce((most: number, each) => Math.max(most, depthOf(each)), 0);
  if (v instanceof SeqMap) return 1 + v.sorted().reduce((most, [, each]) => Math.max(most, depthOf(each)), 0);
  return 0;
}

/** Sends the value on every path. Throws where it does not come back equal. */
async function travels(cluster: Trio, value: Data): Promise<void> {
  const same = (got: Data, where: string) => {
    if (!equals(got, value)) throw new Error(`${where} came back as ${brief(got)}, not ${brief(value)}`);
  };
  for (let at = 0; at < 3; at++)
    for (const path of ['/user/c/echo', '/user/d/echo'])
      same(
        (await cluster.value(at, (api, id) => api.ask(path, value, { id }))).response,
        `a reply of ${path}`,
      );
  if (depthOf(value) === NESTING_MAX) {
    // The Map of a state is a level more.
    const kept = await cluster.through(0, (api, id) => api.ask('/user/a/keeper', value, { id }));
    if (!('code' in kept) || !kept.message.includes('too-large')) throw new Error('a state nests too deep');
    return;
  }
  const { response, sequence } = await cluster.value(1, (api, id) =>
    api.ask('/user/a/keeper', value, { id }),
  );
  same(response, 'a reply');
  await cluster.keeps('/user/a/keeper', value);
  for (let at = 0; at < 3; at++) {
    const { records } = await cluster.value(at, (api) =>
      api.journal('/user/a/keeper', { from: sequence, limit: 1 }),
    );
    const [record] = records;
    same(record!.events[0]!, 'an event');
    same(record!.message!, 'a message in the journal');
    same(record!.reply!, 'a reply in the journal');
  }
  for (const path of ['/user/a/relay', '/user/d/relay']) {
    await cluster.value(2, (api, id) => api.ask('/user/b/keeper', 'before', { id }));
    await cluster.value(2, (api, id) => api.tell(path, value, { id }));
    await cluster.keeps('/user/b/keeper', value);
  }
  same((await cluster.value(0, (api, id) => api.ask('/user/d/asker', value, { id }))).response, 'an answer');
}

/** A value that takes exactly so many bytes, in one of several ways. */
const sized = (bytes: number): fc.Arbitrary<Data> =>
  fc.constantFrom<Data>(
    textOf(new Uint8Array(bytes - 3).fill(0x91)),
    textOf(new Uint8Array(bytes - 3).fill(0xc1)),
    'x'.repeat(bytes - 3),
    List.of(new Array<Data>(bytes - 3).fill(1)),
    List.of<Data>([
      ...new Array<Data>(Math.floor((bytes - 3) / 9) - 1).fill(2n ** 60n),
      'x'.repeat(7 + ((bytes - 3) % 9) + 1).slice(0, 8 + ((bytes - 3) % 9)),
    ]),
  );

test('a value of any shape comes back equal from every path, through each node', async (t) => {
  t.timeout(300_000);
  const cluster = await trio();
  t.is(cluster.leaders().size, 3, 'each node leads something');
  await fc.assert(
    fc.asyncProperty(fc.oneof(arbitrarySent, arbitraryHeavy), async (value) => {
      if (encodedBytes(value) > MESSAGE_BYTES) return;
      await travels(cluster, value);
    }),
    { numRuns: 40 },
  );
});

test('a value of the largest size and depth comes back, and one beyond is refused at once', async (t) => {
  t.timeout(300_000);
  const cluster = await trio();
  for (const size of [MESSAGE_BYTES - 1, MESSAGE_BYTES])
    for (const value of fc.sample(sized(size), 5)) {
      t.is(encodedBytes(value), size);
      await travels(cluster, value);
    }
  const deepest = nested(new Array<'list'>(NESTING_MAX).fill('list'), 1);
  await travels(cluster, deepest);
  const beyond = [...fc.sample(sized(MESSAGE_BYTES + 1), 5), List.of<Data>([deepest])];
  for (const value of beyond) {
    t.throws(() => checkData(value, 'message', messageLimit(MESSAGE_BYTES)), { code: 'too-large' });
    for (let at = 0; at < 3; at++)
      t.like(await cluster.through(at, (api, id) => api.ask('/user/c/echo', value, { id })), {
        code: 'too-large',
      });
  }
});

test('a state that grew by parts to its limit is seen through each node, and grows no further', async (t) => {
  t.timeout(300_000);
  const cluster = await trio();
  const put = (text: string) =>
    cluster.through(1, (api, id) => api.tell('/user/a/bag', new Variant('Put', [text]), { id }));
  const part = '\u{1f600}'.repeat(15_000);
  let state: SeqMap = SeqMap.empty;
  for (let at = 0; ; at++) {
    const next = state.set(String(at), part);
    if (encodedBytes(next) > STATE_BYTES) break;
    t.true('value' in (await put(part)));
    state = next;
  }
  const left = STATE_BYTES - encodedBytes(state.set(String(state.size), ''));
  const last = 'x'.repeat(left - 2);
  t.like(await put(`${last}x`), { code: 'turn-failed' });
  t.true('value' in (await put(last)));
  state = state.set(String(state.size), last);
  t.is(encodedBytes(state), STATE_BYTES);
  for (let at = 0; at < 3; at++) {
    const seen = await cluster.value(at, (api) => api.inspect('/user/a/bag'));
    t.true(equals(seen.state, state), `through n${at + 1}`);
  }
});

test('a turn may leave so much and no more, and all of it arrives', async (t) => {
  t.timeout(300_000);
  const cluster = await trio();
  const text = 'x'.repeat(60_000);
  const load = (tag: string, times: number) =>
    cluster.through(2, (api, id) => api.tell('/user/b/loader', new Variant(tag, [times, text]), { id }));
  const most = Math.floor(TURN_BYTES_MAX / encodedBytes(text));
  for (const tag of ['Send', 'Append']) {
    t.true('value' in (await load(tag, most)), tag);
    const beyond = await load(tag, most + 1);
    t.like(beyond, { code: 'turn-failed' });
    t.regex('message' in beyond ? beyond.message : '', /too-large: What one turn sends/);
  }
  await cluster.keeps('/user/b/keeper', text);
  cluster.cluster.runFor(20 * SECOND);
  const { sequence } = await cluster.value(0, (api) => api.inspect('/user/b/keeper'));
  t.is(sequence, 1 + most, 'the spawn and each message');
  // A record that is larger than the rest of its page has one of its own.
  let last: JournalRow | undefined;
  for (let from: number | null = 1; from !== null; ) {
    const at: number = from;
    const page: JournalPage = await cluster.value(1, (api) =>
      api.journal('/user/b/loader', { from: at, limit: 10 }),
    );
    last = page.records.at(-1);
    from = page.next;
  }
  t.is(last!.events.length, most);
});
