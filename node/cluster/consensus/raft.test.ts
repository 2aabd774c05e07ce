import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { InvariantError } from '../../base/assert.ts';
import type { LogIndex, NodeId, Term } from '../../base/ids.ts';
import type { Entry, HardState } from '../../base/log.ts';
import { SeededRandom } from '../../base/random.ts';
import { configOf, EMPTY_CONFIG, encodeConfig } from './config-change.ts';
import { DEFAULT_RAFT_OPTIONS, type Message, Raft, type RaftStart, type Ready } from './index.ts';

const [a, b, c] = ['a', 'b', 'c'] as [NodeId, NodeId, NodeId];
const at = (index: number) => index as LogIndex;
const of = (term: number) => term as Term;
const three = configOf([a, b, c]);
const hard = (term: number, commit: number, vote: NodeId | null = null): HardState => ({
  term: of(term),
  vote,
  commit: at(commit),
});
const data = (index: number, term: number): Entry => ({
  index: at(index),
  term: of(term),
  kind: 'data',
  data: Uint8Array.of(index),
});

function start(more: Partial<RaftStart> = {}): Raft {
  return Raft.create({
    id: a,
    random: new SeededRandom(1),
    hardState: hard(1, 1),
    snapshot: { index: at(1), term: of(1), config: three },
    entries: [],
    applied: at(1),
    ...more,
  });
}

/** Carries out everything but messages; returns the Readys. */
function settle(raft: Raft): Ready[] {
  const all: Ready[] = [];
  for (let ready = raft.takeReady(); ready !== undefined; ready = raft.takeReady()) {
    all.push(ready);
    raft.persisted(ready.serial);
    const last = ready.committed.at(-1);
    if (last) raft.applied(last.index);
  }
  return all;
}

const sent = (all: readonly Ready[]): Message[] =>
  all.flatMap(({ messages, messagesAfterPersist }) => [...messages, ...messagesAfterPersist]);

/** A replica that leads the three with an entry of its own committed at index 2 of term 2. */
function leading(more: Partial<RaftStart> = {}): Raft {
  const raft = start({ ...more, options: { preVote: false, ...more.options } });
  raft.campaign();
  settle(raft);
  raft.step({ kind: 'vote-reply', from: b, to: a, term: of(2), granted: true });
  settle(raft);
  raft.step({ kind: 'append-reply', from: b, to: a, term: of(2), accepted: true, index: at(2) });
  settle(raft);
  return raft;
}

test('a replica starts only from parts that fit together', (t) => {
  const bad: Partial<RaftStart>[] = [
    { applied: at(2) },
    { applied: at(0) },
    { hardState: hard(1, 2) },
    { entries: [data(3, 1)] },
    { entries: [data(2, 2)] },
    { entries: [data(2, 1), data(3, 0)] },
    { options: { electionTicks: 1, heartbeatTicks: 1 } },
    { options: { maxInflightMessages: 0 } },
  ];
  for (const more of bad) t.throws(() => start(more), { instanceOf: InvariantError });
  t.notThrows(() => start({ hardState: hard(3, 2), entries: [data(2, 1), data(3, 3)], applied: at(2) }));
});

test('a follower commits no further than the entries that agree with its leader', (t) => {
  const raft = start({ entries: [data(2, 1), data(3, 1), data(4, 1)] });
  const head = { kind: 'append', from: b, to: a, term: of(2), prevIndex: at(1), prevTerm: of(1) } as const;
  // What the leader has at 3 and 4, which are committed, is not in this message.
  raft.step({ ...head, entries: [data(2, 1)], commit: at(4) });
  t.is<number, number>(raft.status().committed, 2);
  raft.step({ ...head, prevIndex: at(2), entries: [data(3, 2)], commit: at(4) });
  t.is<number, number>(raft.status().committed, 3);
});

test('an acknowledgement that a later leader has overtaken on its way to the disk does not go', (t) => {
  const raft = start();
  const append = (from: NodeId, term: number) =>
    raft.step({
      kind: 'append',
      from,
      to: a,
      term: of(term),
      prevIndex: at(1),
      prevTerm: of(1),
      entries: term === 2 ? [data(2, 2), data(3, 2)] : [data(2, 3)],
      commit: at(1),
    });
  append(b, 2);
  const [old] = raft.takeReady()!.messagesAfterPersist;
  t.like(old, { kind: 'append-reply', accepted: true, index: 3 });
  t.true(raft.stillHolds(old!));
  append(c, 3);
  const { messagesAfterPersist, serial } = raft.takeReady()!;
  raft.persisted(serial);
  t.false(raft.stillHolds(old!), 'the entry 3 is gone');
  t.like(messagesAfterPersist[0], { kind: 'append-reply', accepted: true, index: 2 });
  t.true(raft.stillHolds(messagesAfterPersist[0]!));
});

test('after a restart, what was committed and not applied comes out again; the configuration is that of what is applied', (t) => {
  const four = configOf([a, b, c, 'd' as NodeId]);
  const change: Entry = { index: at(3), term: of(1), kind: 'config', data: encodeConfig(four) };
  const entries = [data(2, 1), change, data(4, 1)];
  const before = start({ hardState: hard(1, 3), entries, applied: at(2) });
  t.deepEqual(before.config, three);
  const committed = settle(before).flatMap((ready) => ready.committed);
  t.deepEqual(committed, [change]);
  t.deepEqual(before.config, four);
  t.deepEqual(start({ hardState: hard(1, 3), entries, applied: at(3) }).config, four);
});

test('R4: of two config entries in a recovered log the first is committed, though the hard state does not say so', (t) => {
  const change = (index: number, ...voters: string[]): Entry => ({
    index: at(index),
    term: of(1),
    kind: 'config',
    data: encodeConfig(configOf(voters as NodeId[])),
  });
  const entries = [change(2, 'a', 'b', 'c', 'd'), data(3, 1), change(4, 'a', 'b', 'c', 'd', 'e')];
  const raft = start({ entries });
  t.is<number, number>(raft.status().committed, 2);
  // R5: it does not campaign before it has applied it.
  raft.campaign();
  t.is(raft.status().role, 'follower');
  settle(raft);
  raft.campaign();
  t.is(raft.status().role, 'pre-candidate');
});

test('R5: a replica that was told to campaign does so when the configuration it knows of is applied', (t) => {
  const raft = start({ entries: [], hardState: hard(2, 1) });
  const change: Entry = { index: at(2), term: of(2), kind: 'config', data: encodeConfig(configOf([a, b])) };
  const head = { from: b, to: a, term: of(2) };
  raft.step({ kind: 'append', ...head, prevIndex: at(1), prevTerm: of(1), entries: [change], commit: at(2) });
  const ready = raft.takeReady()!;
  raft.step({ kind: 'timeout-now', ...head });
  t.is(raft.status().role, 'follower');
  raft.persisted(ready.serial);
  t.deepEqual(raft.takeReady()?.committed, [change]);
  t.is(raft.status().role, 'follower');
  raft.applied(at(2));
  t.is(raft.status().role, 'candidate');
  const votes = sent(settle(raft));
  t.deepEqual(
    votes.map(({ kind, to }) => [kind, to]),
    [['vote', b]],
  );
});

test('a replica that has nothing, and a learner, do not campaign', (t) => {
  const nothing = start({
    hardState: hard(0, 0),
    snapshot: { index: at(0), term: of(0), config: EMPTY_CONFIG },
    applied: at(0),
  });
  const learner = start({ snapshot: { index: at(1), term: of(1), config: configOf([b, c], [a]) } });
  for (const raft of [nothing, learner]) {
    for (let tick = 0; tick < 50; tick++) raft.tick();
    t.is(raft.status().role, 'follower');
    t.is(raft.takeReady(), undefined);
  }
});

test('R2: votes of all others do not make a leader whose own vote is not durable', (t) => {
  const raft = start({ options: { preVote: false } });
  raft.campaign();
  const ready = raft.takeReady()!;
  t.deepEqual(ready.messages, []);
  for (const from of [b, c]) raft.step({ kind: 'vote-reply', from, to: a, term: of(2), granted: true });
  t.is(raft.status().role, 'candidate');
  raft.persisted(ready.serial);
  t.is(raft.status().role, 'leader');
});

test('proposals are refused by who does not lead, and beyond the limit of what is not applied', (t) => {
  t.deepEqual(start().propose([Uint8Array.of(1)]), { ok: false, reason: 'not-leader' });
  const raft = leading({ options: { maxUncommittedBytes: 100 } });
  // An idle leader takes any size.
  t.true(raft.propose([new Uint8Array(500)]).ok);
  t.deepEqual(raft.propose([new Uint8Array(1)]), { ok: false, reason: 'overloaded' });
  settle(raft);
  t.false(raft.propose([new Uint8Array(1)]).ok, 'written is not applied');
  raft.step({ kind: 'append-reply', from: c, to: a, term: of(2), accepted: true, index: at(3) });
  settle(raft);
  t.deepEqual(raft.propose([new Uint8Array(1), new Uint8Array(2)]), {
    ok: true,
    firstIndex: at(4),
    term: of(2),
  });
});

test('proposals that come together travel together, within the bytes of a message', (t) => {
  const raft = leading({ options: { maxEntriesBytesPerMessage: 100 } });
  for (let at = 0; at < 6; at++) raft.propose([new Uint8Array(10)]);
  const toB = sent(settle(raft)).filter((message) => message.to === b && message.kind === 'append');
  t.deepEqual(
    toB.map((message) => message.kind === 'append' && message.entries.length),
    [2, 2, 2],
  );
});

test('reads: too many are refused, and those that wait are void when the leadership is lost', (t) => {
  const raft = leading({ options: { maxPendingReads: 2 } });
  t.true(raft.readIndex(1).ok);
  t.true(raft.readIndex(2).ok);
  t.deepEqual(raft.readIndex(3), { ok: false, reason: 'overloaded' });
  settle(raft);
  raft.step({ kind: 'heartbeat', from: c, to: a, term: of(3), commit: at(2), round: 0 });
  raft.step({ kind: 'heartbeat-reply', from: b, to: a, term: of(2), round: 1 });
  const ready = settle(raft);
  t.deepEqual(
    ready.flatMap(({ readStates }) => readStates),
    [],
  );
  t.is(ready[0]?.role?.role, 'follower');
  t.deepEqual(raft.readIndex(4), { ok: false, reason: 'not-leader' });
});

test('a snapshot is described by the configuration that was in force at its index', (t) => {
  const raft = leading();
  raft.proposeConfig({ steps: [{ op: 'remove', node: c }] });
  settle(raft);
  raft.step({ kind: 'append-reply', from: b, to: a, term: of(2), accepted: true, index: at(3) });
  settle(raft);
  const two = configOf([a, b]);
  t.deepEqual(raft.snapshotMeta(at(2)), { index: at(2), term: of(2), config: three });
  t.deepEqual(raft.snapshotMeta(at(3)), { index: at(3), term: of(2), config: two });
  raft.compact(at(3));
  t.deepEqual(raft.snapshotMeta(at(3)), { index: at(3), term: of(2), config: two });
  t.throws(() => raft.snapshotMeta(at(2)), { instanceOf: InvariantError });
  t.throws(() => raft.snapshotMeta(at(4)), { instanceOf: InvariantError });
});

test('a commit index alone is not worth a write, but goes along with the next', (t) => {
  const raft = leading();
  t.is<number, number>(raft.status().committed, 2);
  raft.tick();
  t.false(raft.takeReady()!.mustSync);
  raft.propose([Uint8Array.of(1)]);
  t.deepEqual(raft.takeReady()?.hardState, hard(2, 2, a));
});

test('a leader without commit notices tells the commit by the next heartbeat', (t) => {
  const raft = leading({ options: { commitNotices: false } });
  raft.propose([Uint8Array.of(1)]);
  settle(raft);
  raft.step({ kind: 'append-reply', from: b, to: a, term: of(2), accepted: true, index: at(3) });
  t.deepEqual(sent(settle(raft)), []);
  raft.tick();
  const [heartbeat] = sent(settle(raft));
  t.is(heartbeat?.kind === 'heartbeat' && Number(heartbeat.commit), 3);
});

test('D6: a leader without commit notices tells at once of a configuration that came into force', (t) => {
  const raft = leading({ options: { commitNotices: false } });
  raft.proposeConfig({ steps: [{ op: 'remove', node: c }] });
  settle(raft);
  raft.step({ kind: 'append-reply', from: b, to: a, term: of(2), accepted: true, index: at(3) });
  const [notice, ...others] = sent(settle(raft));
  t.true(notice?.kind === 'append' && notice.to === b && Number(notice.commit) === 3);
  t.deepEqual(others, []);
});

test('a member that was only just added is not active before it has answered', (t) => {
  const raft = leading();
  raft.proposeConfig({ steps: [{ op: 'add-learner', node: 'd' as NodeId }] });
  settle(raft);
  raft.step({ kind: 'append-reply', from: b, to: a, term: of(2), accepted: true, index: at(3) });
  settle(raft);
  const active = () => raft.status().peers.map((peer) => [peer.node, peer.active]);
  t.deepEqual(active(), [
    [b, true],
    [c, false],
    ['d', false],
  ]);
  raft.step({ kind: 'heartbeat-reply', from: 'd' as NodeId, to: a, term: of(2), round: 0 });
  t.deepEqual(active()[2], ['d', true]);
});

test('messages for others, from itself, and of who is no member change nothing', (t) => {
  const raft = leading();
  const before = raft.status();
  const stranger = 'z' as NodeId;
  raft.step({ kind: 'heartbeat', from: b, to: c, term: of(9), commit: at(1), round: 0 });
  raft.step({ kind: 'heartbeat', from: a, to: a, term: of(9), commit: at(1), round: 0 });
  raft.step({ kind: 'append-reply', from: stranger, to: a, term: of(2), accepted: true, index: at(2) });
  t.deepEqual(raft.status(), before);
  t.is(raft.takeReady(), undefined);
});

test('a second leader in one term is noticed', (t) => {
  const raft = leading();
  const heartbeat: Message = { kind: 'heartbeat', from: b, to: a, term: of(2), commit: at(1), round: 0 };
  t.throws(() => raft.step(heartbeat), { instanceOf: InvariantError });
});

test('each seeded mistake is one line of the core, and none is on by default', (t) => {
  const files = readdirSync(import.meta.dirname).filter((file) => /^[a-z-]+\.ts$/.test(file));
  const source = files.map((file) => readFileSync(join(import.meta.dirname, file), 'utf8')).join('\n');
  const declared = /export type RaftBug =([^;]*);/.exec(source)?.[1]?.match(/'[a-z-]+'/g) ?? [];
  t.true(declared.length >= 11);
  for (const bug of declared) t.is(source.split(`faults.has(${bug})`).length - 1, 1, bug);
  t.is(DEFAULT_RAFT_OPTIONS.faults.size, 0);
});

test('a reluctant replica accepts no leadership, votes, and campaigns only after the others had time to', (t) => {
  const waits = (reluctant: boolean, config = three) => {
    const raft = start({ snapshot: { index: at(1), term: of(1), config } });
    raft.setReluctant(reluctant);
    let ticks = 0;
    while (raft.status().role === 'follower') {
      raft.tick();
      ticks++;
    }
    return ticks;
  };
  const patience = waits(false);
  t.is(waits(true), patience + 3 * DEFAULT_RAFT_OPTIONS.electionTicks);
  t.is(waits(true, configOf([a])), patience, 'nobody else can');
  const raft = start();
  raft.setReluctant(true);
  raft.step({ kind: 'heartbeat', from: b, to: a, term: of(1), commit: at(1), round: 0 });
  raft.step({ kind: 'timeout-now', from: b, to: a, term: of(1) });
  t.is(raft.status().role, 'follower');
  raft.step({ kind: 'vote', from: c, to: a, term: of(2), lastIndex: at(1), lastTerm: of(1), transfer: true });
  t.like(sent(settle(raft)).at(-1), { kind: 'vote-reply', granted: true });
  raft.setReluctant(false);
  raft.step({ kind: 'heartbeat', from: c, to: a, term: of(2), commit: at(1), round: 0 });
  raft.step({ kind: 'timeout-now', from: c, to: a, term: of(2) });
  t.is(raft.status().role, 'candidate');
});

test('a member that rests is sent no entries and no snapshot, and both again when it does not', (t) => {
  const raft = leading();
  raft.setResting(new Set([b]));
  raft.propose([Uint8Array.of(7)]);
  const entriesTo = (node: NodeId, messages: readonly Message[]) =>
    messages.some((each) => each.to === node && each.kind === 'append' && each.entries.length > 0);
  const proposed = sent(settle(raft));
  t.false(entriesTo(b, proposed));
  raft.step({ kind: 'append-reply', from: c, to: a, term: of(2), accepted: true, index: at(3) });
  settle(raft);
  raft.compact(at(3));
  raft.step({
    kind: 'append-reply',
    from: b,
    to: a,
    term: of(2),
    accepted: false,
    index: at(2),
    hintIndex: at(1),
    hintTerm: of(1),
  });
  t.deepEqual(
    settle(raft).flatMap(({ snapshotsToSend }) => snapshotsToSend),
    [],
  );
  raft.setResting(new Set());
  raft.step({ kind: 'heartbeat-reply', from: b, to: a, term: of(2), round: 0 });
  t.is(settle(raft).flatMap(({ snapshotsToSend }) => snapshotsToSend)[0]?.to, b);
});
