// Nodes of which some do not hear each other: whatever a path of working links leads to is served, and what
// none leads to is refused at once.
import test from 'ava';
import { groupId, moduleHash } from '../node/base/ids.ts';
import { parsePath } from '../node/base/path.ts';
import { Variant } from '../node/base/value.ts';
import { shardOf } from '../node/cluster/placement.ts';
import type { ClientRequest } from '../node/core/types.ts';
import { ACCOUNT_WORD, ACCOUNTS_BUNDLE } from './accounts-program.ts';
import { type CallOutcome, Cluster } from './cluster.ts';
import { LIMITS, makeCore, SHARDS, TICK_MILLIS } from './core-factory.ts';
import { Operator } from './operator.ts';
import type { SimNode } from './sim-node.ts';

const SECOND = 1_000_000;
const MODULE = moduleHash('5e'.repeat(32));

type Asked<R = ClientRequest> = R extends ClientRequest ? Omit<R, 'timeoutMs'> : never;

/** One account in each shard. */
const ACCOUNTS = Array.from({ length: SHARDS }, (_, at) =>
  Array.from({ length: 100 }, (_, number) => parsePath(`/bank/a${number}`)).find(
    (path) => shardOf(path, SHARDS) === groupId(at + 1),
  ),
).map((path) => path!);

interface Answer {
  readonly outcome: CallOutcome | undefined;
  /** Virtual milliseconds. */
  readonly took: number;
}

class Scene {
  readonly cluster: Cluster;
  #ids = 0;

  constructor(size: number, faults: readonly string[] = []) {
    this.cluster = new Cluster({
      seed: 7,
      nodes: size,
      tickMillis: TICK_MILLIS,
      storage: { bytes: false, cutsDamage: false },
      observers: [],
      makeCore: (node, log, time) =>
        makeCore(this.cluster, node, { log, time, limits: LIMITS, faults: new Set(faults) }),
    });
    const { nodes, members } = this.cluster;
    members.push(nodes[0]!);
    this.cluster.start(nodes[0]!);
    const operator = new Operator(this.cluster, { told: () => undefined, isNamed: () => true });
    for (const node of nodes.slice(1)) {
      operator.join(node);
      this.cluster.runFor(60 * SECOND, () => !operator.isBusy);
    }
    this.cluster.runFor(20 * SECOND);
    this.ask(nodes[0]!, { op: 'deploy', hash: MODULE, bundle: ACCOUNTS_BUNDLE });
    for (const path of ACCOUNTS) this.spawn(nodes[0]!, path);
  }

  get nodes(): readonly SimNode[] {
    return this.cluster.nodes;
  }

  node(number: number): SimNode {
    return this.nodes[number - 1]!;
  }

  spawn(node: SimNode, path: (typeof ACCOUNTS)[number], hash = MODULE): Answer {
    const code = { module: hash, target: { word: ACCOUNT_WORD }, captured: [] };
    return this.ask(node, { op: 'spawn', path, code, mode: 'durable', newLife: false, id: this.id() });
  }

  deposit(node: SimNode, path: (typeof ACCOUNTS)[number], timeoutMs?: number): Answer {
    const message = new Variant('Deposit', [1]);
    return this.ask(node, { op: 'ask', path, message, id: this.id() }, timeoutMs);
  }

  id(): string {
    return `request-${++this.#ids}`;
  }

  ask(node: SimNode, request: Asked, timeoutMs = 10_000): Answer {
    const { cluster } = this;
    const began = cluster.scheduler.now;
    let outcome: CallOutcome | undefined;
    cluster.call(node, { ...request, timeoutMs } as ClientRequest, (answer) => {
      outcome = answer;
    });
    cluster.runFor((timeoutMs + 1000) * 1000, () => outcome !== undefined);
    return { outcome, took: (cluster.scheduler.now - began) / 1000 };
  }

  cut(from: SimNode, to: SimNode, both: boolean): void {
    this.cluster.network.cut(from.id, to.id);
    if (both) this.cluster.network.cut(to.id, from.id);
  }

  isolate(nodes: readonly SimNode[]): void {
    for (const node of nodes)
      for (const other of this.nodes) if (!nodes.includes(other)) this.cut(node, other, true);
  }

  leads(node: SimNode, path: (typeof ACCOUNTS)[number]): boolean {
    const group = shardOf(path, SHARDS);
    return node.views.some((view) => view.group === group && view.role === 'leader');
  }
}

const PAIRS = [
  [1, 2],
  [1, 3],
  [2, 3],
] as const;

for (const both of [true, false])
  test(`with one link cut ${both ? 'both ways' : 'one way'}, every node serves every shard`, (t) => {
    for (const pair of PAIRS)
      for (const [from, to] of both ? [pair] : [pair, [pair[1], pair[0]] as const]) {
        const scene = new Scene(3);
        scene.cut(scene.node(from), scene.node(to), both);
        // What is asked at once may have to wait until the silence is noticed, and no longer.
        for (let round = 0; round < 6; round++) {
          for (const node of scene.nodes)
            for (const path of ACCOUNTS) {
              const { outcome, took } = scene.deposit(node, path);
              t.like(outcome, { ok: true }, `n${from} n${to}: ${path} at ${node.peer.name}, round ${round}`);
              t.true(took < (round === 0 ? 2500 : 200), `${took} ms in round ${round}`);
            }
          scene.cluster.runFor(2 * SECOND);
        }
        const seen = ACCOUNTS.map((path) => scene.ask(scene.node(from), { op: 'inspect', path }).outcome);
        for (const outcome of seen) t.like(outcome, { ok: true, value: { sequence: 1 + 6 * 3 } });
      }
  });

test('actors of two shards whose leaders do not hear each other send money to each other', (t) => {
  const scene = new Scene(3);
  scene.cut(scene.node(1), scene.node(3), true);
  const leaderOf = (path: (typeof ACCOUNTS)[number]) =>
    scene.nodes.findIndex((node) => scene.leads(node, path)) + 1;
  const apart = ACCOUNTS.flatMap((one) => ACCOUNTS.map((other) => [one, other] as const)).filter(
    ([one, other]) => leaderOf(one) * leaderOf(other) === 3,
  );
  t.true(apart.length > 0, 'two shards are led by the two nodes');
  for (const [one, other] of apart) {
    for (let number = 1; number <= 5; number++) {
      t.like(scene.deposit(scene.node(2), one).outcome, { ok: true });
      const message = new Variant('Transfer', [1, other, number]);
      t.like(scene.ask(scene.node(1), { op: 'ask', path: one, message, id: scene.id() }).outcome, {
        ok: true,
      });
    }
    const message = new Variant('Survey', [other]);
    const survey = scene.ask(scene.node(3), { op: 'ask', path: one, message, id: scene.id() });
    t.like(survey.outcome, { ok: true });
  }
  scene.cluster.runFor(3 * SECOND);
  for (const [, other] of apart) {
    const balance = scene.ask(scene.node(2), {
      op: 'ask',
      path: other,
      message: new Variant('Balance', []),
      id: scene.id(),
    }); // prettier-ignore
    t.like(balance.outcome, { ok: true });
  }
});

test('what is deployed while a link is cut is known on both its sides', (t) => {
  const scene = new Scene(3);
  scene.cut(scene.node(1), scene.node(3), true);
  scene.cluster.runFor(15 * SECOND);
  const hash = moduleHash('6f'.repeat(32));
  t.like(scene.ask(scene.node(3), { op: 'deploy', hash, bundle: ACCOUNTS_BUNDLE }).outcome, { ok: true });
  for (const [at, path] of ACCOUNTS.entries()) {
    const late = parsePath(`${path}x`);
    t.like(scene.spawn(scene.node(1 + (at % 3)), late, hash).outcome, { ok: true });
  }
});

test('a chain of five nodes serves from end to end', (t) => {
  const scene = new Scene(5);
  for (let from = 1; from <= 5; from++)
    for (let to = from + 2; to <= 5; to++) scene.cut(scene.node(from), scene.node(to), true);
  scene.cluster.runFor(15 * SECOND);
  for (const node of scene.nodes)
    for (const path of ACCOUNTS) t.like(scene.deposit(node, path).outcome, { ok: true });
});

test('a router that never relays leaves requests unanswered', (t) => {
  const scene = new Scene(3, ['no-relay']);
  scene.cut(scene.node(1), scene.node(3), true);
  scene.cluster.runFor(12 * SECOND);
  const outcomes = scene.nodes.flatMap((node) => ACCOUNTS.map((path) => scene.deposit(node, path).outcome));
  t.true(outcomes.some((outcome) => outcome !== 'lost' && outcome?.ok === false));
});

test('a node without a majority refuses at once, and serves again once it has one', (t) => {
  const scene = new Scene(3);
  const [path] = ACCOUNTS;
  for (const node of scene.nodes) {
    scene.isolate([node]);
    scene.cluster.runFor(12 * SECOND);
    for (const request of [
      { op: 'tell', path: path!, message: new Variant('Deposit', [1]), id: scene.id() },
      { op: 'inspect', path: path! },
      { op: 'token', secretHash: 'ab', expiresAt: 0 },
    ] as const) {
      const { outcome, took } = scene.ask(node, request);
      t.like(outcome, { ok: false, code: 'no-quorum' }, request.op);
      t.true(took < 100, `${took} ms`);
    }
    scene.cluster.network.healAll();
    scene.cluster.runFor(3 * SECOND);
    t.like(scene.deposit(node, path!).outcome, { ok: true });
  }
});

test('a node that others hear, and that hears nobody, refuses at once, whatever it keeps', (t) => {
  const scene = new Scene(5);
  const deaf = scene.node(4);
  for (const other of scene.nodes) if (other !== deaf) scene.cut(other, deaf, false);
  // Its connections are still there.
  scene.cluster.runFor(4 * SECOND);
  for (const path of ACCOUNTS) {
    const { outcome, took } = scene.deposit(deaf, path);
    t.like(outcome, { ok: false, code: 'no-quorum' });
    t.true(took < 1500, `${took} ms`);
  }
});

test('a node that hears others, and that nobody hears, refuses at once', (t) => {
  const scene = new Scene(3);
  const mute = scene.node(1);
  for (const other of scene.nodes) if (other !== mute) scene.cut(mute, other, false);
  scene.cluster.runFor(6 * SECOND);
  for (const path of ACCOUNTS) {
    const { outcome, took } = scene.deposit(mute, path);
    t.like(outcome, { ok: false, code: 'no-quorum' });
    t.true(took < 100, `${took} ms`);
    t.like(scene.deposit(scene.node(2), path).outcome, { ok: true });
  }
});

test('what a leader had begun when it lost its majority is of unknown outcome, soon', (t) => {
  const scene = new Scene(3);
  const path = ACCOUNTS[0]!;
  const leader = scene.nodes.find((node) => scene.leads(node, path))!;
  scene.isolate([leader]);
  const { outcome, took } = scene.deposit(leader, path, 60_000);
  t.like(outcome, { ok: false, code: 'outcome-unknown' });
  t.true(took < 6000, `${took} ms`);
});

test('two of five nodes refuse at once what the other three lead, and nothing that they can serve', (t) => {
  const scene = new Scene(5);
  const few = [scene.node(1), scene.node(2)];
  scene.isolate(few);
  scene.cluster.runFor(12 * SECOND);
  for (const path of ACCOUNTS) {
    const many = scene.deposit(scene.node(4), path);
    const answers = few.map((node) => scene.deposit(node, path));
    const wanted =
      many.outcome !== 'lost' && many.outcome?.ok ? { ok: false, code: 'no-quorum' } : { ok: true };
    for (const { outcome, took } of answers) {
      t.like(outcome, wanted);
      t.true(took < 600, `${took} ms`);
    }
  }
});

test('while another leader is being elected nothing is refused', (t) => {
  for (const powerLoss of [false, true]) {
    const scene = new Scene(3);
    for (const path of ACCOUNTS) {
      const leader = scene.nodes.find((node) => scene.leads(node, path))!;
      const others = scene.nodes.filter((node) => node !== leader);
      scene.cluster.crash(leader, powerLoss);
      for (const node of others) t.like(scene.deposit(node, path).outcome, { ok: true });
      scene.cluster.start(leader);
      scene.cluster.runFor(8 * SECOND);
    }
  }
});
