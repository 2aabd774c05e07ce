// Invariants R1 and R2 of roster.ts, over the life of a node and its next.
import test from 'ava';
import { type NodeId, nodeId } from '../../base/ids.ts';
import { SeededRandom } from '../../base/random.ts';
import { Swim } from '../../cluster/membership/swim.ts';
import { decodeFrame } from '../../cluster/wire.ts';
import { testContext } from '../testing/context.ts';
import type { Effect, Roster } from '../types.ts';
import { AddressBook } from './address-book.ts';

const SELF = nodeId('a');
const OTHER = nodeId('b');
const peer = (name: string, address: string) => ({ node: nodeId(name), name, addresses: [address] });
const NONE: Roster = { index: 0, peers: [] };

/** Node a, whose own registry knows a and b as of entry `index`. */
class Life {
  readonly #context;
  readonly book: AddressBook;
  index: number;
  full = false;
  loneMs = 0;

  /** `heard`: where b says by gossip that it is. */
  constructor(index: number, kept: Roster, faults: readonly string[] = [], heard?: string) {
    this.index = index;
    this.#context = testContext(SELF, 1, { roster: kept, faults: new Set(faults) });
    const swim = Swim.create({ self: { ...peer('a', 'a:1'), incarnation: 1 }, random: new SeededRandom(1) });
    const member = (node: NodeId) =>
      node === OTHER && heard !== undefined ? { addresses: [heard], liveness: 'alive' } : undefined;
    this.book = new AddressBook(this.#context, {
      swim: { setMembers: swim.setMembers.bind(swim), member } as unknown as Swim,
      registryIndex: () => this.index,
      memberNodes: () => [],
      isFull: () => this.full,
      loneMs: () => this.loneMs,
      reachable: () => [OTHER],
      submit: () => undefined,
    });
    this.admit('a', 'a:1');
    this.admit('b', 'b:1');
    this.book.registryChanged();
  }

  admit(name: string, address: string): void {
    const { registry } = this.#context;
    registry.apply({ kind: 'token', secretHash: name, expiresAt: 1 }, 1);
    registry.apply({ kind: 'admit', secretHash: name, wall: 0, peer: peer(name, address) }, 2);
  }

  move(name: string, address: string): void {
    this.#context.registry.apply({ kind: 'readdress', ...peer(name, address) }, ++this.index);
    this.book.registryChanged();
  }

  tick(now: number): void {
    this.#context.time = { now, wall: 0 };
    this.book.tick();
  }

  effects(): Effect[] {
    return this.#context.effects.take();
  }

  /** What the next start is given. */
  kept(): Roster {
    const rosters = this.effects().flatMap((effect) => (effect.kind === 'peers' ? [effect.roster] : []));
    return rosters.at(-1)!;
  }

  at(name: string): readonly string[] | undefined {
    this.book.registryChanged();
    const peers = this.effects().flatMap((effect) => (effect.kind === 'peers' ? [effect.peers] : []));
    return peers.at(-1)?.find(({ node }) => node === name)?.addresses;
  }
}

const TOLD: Roster = { index: 9, peers: [peer('a', 'a:1'), peer('b', 'b:2'), peer('c', 'c:1')] };

test('R1: what a node was told it knows after a crash that set its own registry back', (t) => {
  const life = new Life(5, NONE);
  life.book.learn(OTHER, TOLD);
  const kept = life.kept();
  t.deepEqual(kept, TOLD);
  const next = new Life(4, kept);
  t.deepEqual(next.at('c'), ['c:1']);
  t.deepEqual(next.at('b'), ['b:2']);
  t.true(next.book.isAdmitted(nodeId('c')));
});

test('the mistake forgets-told-roster is seen', (t) => {
  const next = new Life(4, TOLD, ['forgets-told-roster']);
  t.is(next.at('c'), undefined);
  t.is(next.at('b')?.[0], 'b:1');
});

test('R1: an older registry, told or kept, overrules nothing', (t) => {
  const life = new Life(12, TOLD, [], 'b:1');
  t.deepEqual(life.at('b'), ['b:1']);
  t.is(life.at('c'), undefined);
  life.book.learn(OTHER, { ...TOLD, index: 12 });
  t.is(life.at('c'), undefined);
  life.book.learn(OTHER, { ...TOLD, index: 13 });
  t.deepEqual(life.at('c'), ['c:1']);
  life.index = 13;
  life.move('b', 'b:3');
  t.true(life.at('b')?.includes('b:3'));
});

test('where a peer was found last is tried after a crash, until it is heard of again', (t) => {
  const kept = new Life(5, NONE, [], 'b:7').kept();
  t.deepEqual(kept.peers.find(({ node }) => node === OTHER)?.addresses, ['b:7', 'b:1']);
  const next = new Life(5, kept);
  t.deepEqual(next.at('b'), ['b:1', 'b:7']);
  t.deepEqual(new Life(5, kept, [], 'b:8').at('b'), ['b:8', 'b:1']);
});

test('R2: what a node tells it has kept before, and it tells what it was told', (t) => {
  const life = new Life(5, NONE);
  life.effects();
  life.book.learn(OTHER, TOLD);
  const effects = life.effects();
  const kept = effects.findIndex((effect) => effect.kind === 'peers' && effect.roster.index === TOLD.index);
  const told = effects.findIndex((effect) => effect.kind === 'send');
  t.true(kept >= 0 && kept < told);
  const sent = effects[told] as Effect & { kind: 'send' };
  t.deepEqual(decodeFrame(sent.frame, SELF, OTHER), { kind: 'roster', ...TOLD });
  life.index = 9;
  life.move('b', 'b:3');
  const kinds = life.effects().map(({ kind }) => kind);
  t.true(kinds.indexOf('peers') >= 0 && kinds.indexOf('peers') < kinds.indexOf('send'), kinds.join());
});

test('R2: a node that can keep nothing tells nothing', (t) => {
  const life = new Life(5, NONE);
  life.effects();
  const sends = () => life.effects().filter(({ kind }) => kind === 'send').length;
  life.full = true;
  life.book.learn(OTHER, TOLD);
  t.is(sends(), 0);
  life.full = false;
  life.book.registryChanged();
  t.is(sends(), 1);
});

test('a node that has found nobody for a minute says whom it tried, once', (t) => {
  const life = new Life(5, NONE);
  const said = (now: number, loneMs: number) => {
    life.loneMs = loneMs;
    life.tick(now);
    return life
      .effects()
      .flatMap((effect) => (effect.kind === 'log' && effect.event === 'nobody-found' ? [effect.fields] : []));
  };
  t.deepEqual(said(10_000, 59_000), []);
  t.deepEqual(said(20_000, 60_000), [{ forMs: 60_000, tried: 'b b:1' }]);
  t.deepEqual(said(30_000, 70_000), []);
  t.deepEqual(said(40_000, 0), []);
  t.is(said(50_000, 60_000).length, 1);
});

test('entries of the registry that change no member are not kept again', (t) => {
  const life = new Life(5, NONE);
  const { index } = life.kept();
  life.index = 8;
  life.book.registryChanged();
  t.is(life.kept().index, index);
  life.move('b', 'b:3');
  t.is(life.kept().index, 9);
});

test('who may not know the registry up to an entry is told apart from who said so', (t) => {
  const life = new Life(5, NONE);
  life.admit('c', 'c:1');
  life.admit('d', 'd:1');
  const unaware = (index: number) => life.book.unaware(index, nodeId('d')).map(({ name }) => name);
  t.deepEqual(unaware(5), ['b', 'c']);
  life.book.learn(OTHER, { ...TOLD, index: 4 });
  t.deepEqual(unaware(5), ['b', 'c']);
  life.book.learn(OTHER, { ...TOLD, index: 5 });
  t.deepEqual(unaware(5), ['c']);
  life.book.learn(OTHER, { ...TOLD, index: 3 });
  t.deepEqual(unaware(5), ['c'], 'it will not forget');
  t.deepEqual(unaware(6), ['b', 'c']);
});
