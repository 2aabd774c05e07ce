// Exports of a cluster in which money moves and nodes are lost: what an export holds is one moment, at which
// nothing was paid twice or lost; and it is so, too, where it is imported while nodes are lost.
import test from 'ava';
import { type ActorPath, moduleHash } from '../node/base/ids.ts';
import { parsePath } from '../node/base/path.ts';
import { SeededRandom } from '../node/base/random.ts';
import { type SeqMap, Variant } from '../node/base/value.ts';
import type { ClientRequest } from '../node/core/types.ts';
import { type ExportItem, verified } from '../node/host/export/items.ts';
import { itemsFrom, Kept, rowsByName } from '../node/host/export/lone-moves.test-support.ts';
import { runExport, runImport } from '../node/host/export/moving.ts';
import { Moves } from '../node/host/moves.ts';
import { errorOf } from '../node/host/request-table.ts';
import { decodeHead } from '../node/runtime/actor/head-row.ts';
import { decodeMark } from '../node/runtime/actor/mark-row.ts';
import { decodePayload } from '../node/runtime/actor/payload.ts';
import { decodeSnapshot } from '../node/runtime/actor/snapshot-row.ts';
import { between, happens, pick } from './chance.ts';
import { Trio } from './trio.ts';

const SOURCE = `
union Money { Deposit { amount: Int } Pay { to: String, amount: Int } }
: total ( Map -- Int ) "balance" map.get [ ] [ drop 0 ] if ;
: add ( Map Int -- Map ) over total i.+ "balance" swap map.set ;
: account ( Map Money -- Map )
  match
    Deposit { >amount } -> add
    Pay { >to >amount } -> dup >aux Make-Deposit actor.send 0 aux> i.- add
  end ;
`;
const SECOND = 1_000_000;
const SHARDS = 5;
const FEWER_SHARDS = 2;
const ACCOUNTS = Array.from({ length: 10 }, (_, at) => parsePath(`/user/a/${at}`));
const EXPORTS = Number(process.env.SEQ_NODE_SIM_EXPORTS ?? 2);

/** Payments one after the other, through any node, whether they are answered or not. */
class Payments {
  readonly #trio: Trio;
  readonly #random: SeededRandom;

  constructor(trio: Trio, seed: number) {
    this.#trio = trio;
    this.#random = new SeededRandom(seed);
  }

  /** Some virtual time, in which money moves and a node may be lost. */
  pass(faults: boolean): void {
    const { cluster } = this.#trio;
    for (let n = between(this.#random, 0, 3); n > 0; n--) {
      const [from, to] = [pick(this.#random, ACCOUNTS), pick(this.#random, ACCOUNTS)];
      const message = new Variant('Pay', [to, between(this.#random, 1, 9)]);
      const request = { op: 'tell', path: from, message, id: this.#trio.id(), timeoutMs: 2000 } as const;
      cluster.call(pick(this.#random, cluster.nodes), request, () => undefined);
    }
    if (faults && happens(this.#random, 0.002)) {
      const lost = pick(this.#random, cluster.nodes);
      if (!lost.isUp) return cluster.runFor(SECOND / 10);
      cluster.crash(lost, true);
      cluster.scheduler.after(between(this.#random, SECOND / 10, 3 * SECOND), () => cluster.start(lost));
    }
    cluster.runFor(between(this.#random, 100, 20_000));
  }
}

function movesOf(trio: Trio, shards: number): Moves {
  let asked = 0;
  return new Moves({
    cluster: 'simulated',
    shards,
    modules: () => [],
    moduleText: () => undefined,
    send: <T>(request: ClientRequest) =>
      new Promise<T>((resolve, reject) => {
        const { nodes } = trio.cluster;
        const node = nodes[asked++ % nodes.length]!;
        const call = () =>
          trio.cluster.call(node, request, (outcome) => {
            if (outcome === 'lost') reject(new Error('lost'));
            else if (outcome.ok) resolve(outcome.value as T);
            else reject(errorOf(outcome));
          });
        // The requests of one step come apart, as on a slow network.
        if (request.op === 'hold-shard' || request.op === 'open-export')
          trio.cluster.scheduler.after(between(trio.cluster.random, 0, SECOND / 4), call);
        else call();
      }),
  });
}

/** Lets virtual time pass until `act` has ended. */
async function during<T>(act: Promise<T>, pass: () => void): Promise<T | undefined> {
  let ended = false;
  const settled = act.then(
    (value) => {
      ended = true;
      return value;
    },
    () => {
      ended = true;
      return undefined;
    },
  );
  while (!ended) {
    pass();
    // The promises of what came meanwhile go on.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return settled;
}

/** An export that succeeds, however often it has to begin. */
async function exported(trio: Trio, shards: number, pass: () => void): Promise<readonly ExportItem[]> {
  for (;;) {
    const kept = new Kept();
    const done = await during(
      runExport(movesOf(trio, shards), () => kept, '/'),
      pass,
    );
    if (done !== undefined) return kept.items;
  }
}

interface Seen {
  /** Of each account in one of its lives: how many messages it had sent. */
  readonly sent: Map<string, number>;
  balances: number;
  /** Amounts that wait in outboxes, by sender, receiver and number. */
  readonly waiting: {
    readonly sender: string;
    readonly receiver: string;
    readonly number: number;
    readonly amount: number;
  }[];
  /** The newest number of each sender that each receiver took. */
  readonly taken: Map<string, number>;
}

function seenIn(items: readonly ExportItem[]): Seen {
  const seen: Seen = { sent: new Map(), balances: 0, waiting: [], taken: new Map() };
  let path = '' as ActorPath;
  for (const item of items) {
    if (item.kind === 'actor') path = item.path as ActorPath;
    if (item.kind !== 'rows') continue;
    for (const { kind, name, value } of item.rows) {
      if (kind === 'head') {
        const { incarnation, sent } = decodeHead(value);
        seen.sent.set(`${path}#${incarnation}`, sent);
      } else if (kind === 'snapshot') {
        const balance = (decodeSnapshot(value).state as SeqMap).get('balance') ?? 0;
        seen.balances += Number(balance);
      } else if (kind === 'mark' && name.startsWith('a:'))
        seen.taken.set(`${name.slice(2)}>${path}`, decodeMark(value).number);
      else if (kind === 'outbox') {
        const [incarnation, receiver, number] = name.split(' ') as [string, string, string];
        const payload = decodePayload(value);
        const amount = payload.kind === 'message' ? Number((payload.message as Variant).fields[0]) : 0;
        seen.waiting.push({ sender: `${path}#${incarnation}`, receiver, number: Number(number), amount });
      }
    }
  }
  return seen;
}

/** What is wrong with the moment that an export shows. */
function wrongIn(items: readonly ExportItem[]): string[] {
  const { sent, balances, waiting, taken } = seenIn(items);
  const wrong: string[] = [];
  for (const [pair, number] of taken) {
    const sender = pair.slice(0, pair.indexOf('>'));
    if (number > (sent.get(sender) ?? 0)) wrong.push(`X1: ${pair} took ${number}, which was not sent`);
  }
  const underWay = waiting
    .filter(({ sender, receiver, number }) => number > (taken.get(`${sender}>${receiver}`) ?? 0))
    .reduce((sum, { amount }) => sum + amount, 0);
  if (balances + underWay !== 0) wrong.push(`X2: ${balances} in accounts and ${underWay} under way`);
  return wrong;
}

function bank(seed: number, ...faults: readonly string[]): Trio {
  const trio = new Trio(SOURCE, { shards: SHARDS, seed, faults: new Set(faults) });
  for (const path of ACCOUNTS) trio.spawn(path, 'account');
  return trio;
}

test('X1, X2: an export shows one moment, whatever moves and whoever is lost meanwhile', async (t) => {
  const trio = bank(11);
  const payments = new Payments(trio, 12);
  let moved = 0;
  for (let n = 0; n < EXPORTS; n++) {
    const items = await exported(trio, SHARDS, () => payments.pass(true));
    t.deepEqual(wrongIn(items), [], `export ${n}`);
    moved += seenIn(items).waiting.length;
  }
  t.true(moved > 0, 'money was under way');
});

test('views that open one by one, with nothing held, show no one moment', async (t) => {
  const trio = bank(31, 'export-without-hold');
  const payments = new Payments(trio, 32);
  const wrong: string[] = [];
  for (let n = 0; n < 30 && wrong.length === 0; n++)
    wrong.push(...wrongIn(await exported(trio, SHARDS, () => payments.pass(false))));
  t.regex(wrong.join('; '), /X[12]/);
});

test('an import while nodes are lost brings all of it, once, and nobody sees half of it', async (t) => {
  const from = bank(21);
  const payments = new Payments(from, 22);
  const items = await exported(from, SHARDS, () => payments.pass(false));
  const trio = new Trio(SOURCE, { shards: FEWER_SHARDS, seed: 23 });
  const nemesis = new Payments(trio, 24);
  const target = { moves: movesOf(trio, FEWER_SHARDS), deploy: async () => ({ hash: moduleHash('aa') }) };
  for (let imported: object | undefined; imported === undefined; )
    imported = await during(
      runImport(target, () => verified(itemsFrom(items))),
      // Clients try to pay as well: they are refused, or what they pay comes after all that was imported.
      () => nemesis.pass(true),
    );
  trio.cluster.runFor(20 * SECOND);
  const after = await exported(trio, FEWER_SHARDS, () => trio.cluster.runFor(SECOND / 5));
  t.deepEqual(wrongIn(after), []);
  const records = new Map(rowsByName(after));
  for (const [name, value] of rowsByName(items))
    if (/ (record|mark) /.test(name) && !name.includes(' mark a:')) t.is(records.get(name), value, name);
});
