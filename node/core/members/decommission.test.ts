import test from 'ava';
import { type GroupId, groupId, META_GROUP, nodeId } from '../../base/ids.ts';
import type { Peer } from '../../base/peer.ts';
import { decodeMetaCommand, type MetaCommand, type MetaState } from '../../cluster/meta-state.ts';
import type { Replica } from '../../cluster/replica.ts';
import type { ReadIndex } from '../groups/read-index.ts';
import type { Answer } from '../requests/codec.ts';
import { testContext } from '../testing/context.ts';
import type { ClientRequest, ClientResult } from '../types.ts';
import { Decommission } from './decommission.ts';

const SHARDS = 2;
const GONE = nodeId('b');

/** The registry's leader of a cluster of a, b and c, in which b has been leaving since entry 7. */
class Scene {
  readonly meta: MetaState;
  readonly #context = testContext(nodeId('a'), SHARDS);
  readonly decommission: Decommission;
  readonly questions: { readonly group: GroupId; readonly done: (result: ClientResult) => void }[] = [];
  readonly proposed: MetaCommand[] = [];
  readonly settling: ((leads: boolean) => void)[] = [];
  term = 1;
  leads = true;
  unaware: Peer[] = [];
  readonly asked: [index: number, except: string][] = [];
  unlinkedMs = 0;
  #now = 0;

  constructor() {
    this.meta = this.#context.registry;
    for (const name of ['a', 'b', 'c']) {
      this.meta.apply({ kind: 'token', secretHash: name, expiresAt: 1 }, 1);
      const peer = { node: nodeId(name), name, addresses: [] };
      this.meta.apply({ kind: 'admit', secretHash: name, wall: 0, peer }, 2);
    }
    this.meta.apply({ kind: 'leave', node: GONE }, 7);
    const reads = {
      settle: (_: Replica, __: Uint8Array, done: (leads: boolean) => void) => this.settling.push(done),
    };
    this.decommission = new Decommission(this.#context, {
      readIndex: reads as unknown as ReadIndex,
      registryReplica: () => this.#registry(),
      unaware: (index, except) => {
        this.asked.push([index, except]);
        return this.unaware;
      },
      unlinkedMs: () => this.unlinkedMs,
      submit: (request, done) =>
        this.questions.push({ group: (request as ClientRequest & { op: 'does-without' }).group, done }),
    });
  }

  #registry(): Replica {
    const raft = {
      propose: ([data]: Uint8Array[]) => {
        this.proposed.push(decodeMetaCommand(data!));
        return { ok: true };
      },
    };
    const replica = { group: META_GROUP, isLeader: this.leads, report: { term: this.term }, raft, pump() {} };
    return replica as unknown as Replica;
  }

  tick(): void {
    this.#now += 1000;
    this.decommission.tick(this.#now);
  }

  /** Answers what was asked since the last call; says of which groups it was. */
  answer(result: (group: GroupId) => ClientResult): number[] {
    const questions = this.questions.splice(0);
    for (const { group, done } of questions) done(result(group));
    return questions.map(({ group }) => group).sort();
  }

  /** What the leader of a group answers; undefined while it waits. */
  ask(group: number, voters: readonly string[], learners: readonly string[] = [], since = 7) {
    const config = {
      voters: voters.map(nodeId),
      outgoing: [],
      learners: learners.map(nodeId),
      learnersNext: [],
      autoLeave: false,
    };
    const replica = { group: groupId(group), config };
    const asked = { answer: undefined as Answer | undefined, replica };
    const request = { op: 'does-without', group: groupId(group), node: GONE, since, timeoutMs: 1 } as const;
    this.decommission.answer(replica as unknown as Replica, request, (answer) => {
      asked.answer = answer;
    });
    return asked;
  }
}

const YES = { ok: true, value: true } as const;
const NO = { ok: true, value: false } as const;

test('P1: a leader says nothing before an entry behind the configuration is committed', (t) => {
  const scene = new Scene();
  const asked = scene.ask(1, ['a', 'c']);
  t.is(asked.answer, undefined);
  scene.settling[0]!(true);
  t.deepEqual(asked.answer, YES);
});

test('P1: no, when the lead is lost meanwhile or the configuration names the node again', (t) => {
  const scene = new Scene();
  const lost = scene.ask(1, ['a', 'c']);
  scene.settling[0]!(false);
  t.deepEqual(lost.answer, NO);
  const again = scene.ask(1, ['a', 'c']);
  Object.assign(again.replica.config, { learners: [GONE] });
  scene.settling[1]!(true);
  t.deepEqual(again.answer, NO);
});

test('P1: no, while the leader does not know of the leaving or the group counts on the node', (t) => {
  const scene = new Scene();
  t.deepEqual(scene.ask(1, ['a', 'c'], [], 8).answer, NO, 'another leaving');
  t.deepEqual(scene.ask(1, ['a', 'b', 'c']).answer, NO);
  t.deepEqual(scene.ask(1, ['a', 'c'], ['b']).answer, NO);
  t.deepEqual(scene.ask(0, ['a', 'b', 'c']).answer, NO);
  t.is(scene.settling.length, 0);
  t.is(scene.ask(0, ['a', 'c'], ['b']).answer, undefined, 'it follows the registry to the end');
  const { meta } = scene;
  meta.apply({ kind: 'stay', node: GONE }, 9);
  t.deepEqual(scene.ask(1, ['a', 'c']).answer, NO, 'it stays');
  meta.apply({ kind: 'leave', node: GONE }, 10);
  meta.apply({ kind: 'left', node: GONE, since: 10 }, 11);
  t.is(scene.ask(1, ['a', 'c'], [], 10).answer, undefined, 'it has left already');
});

test('the node is removed once every group has said yes, each once', (t) => {
  const scene = new Scene();
  scene.tick();
  t.deepEqual(
    scene.answer((group) => (group === 1 ? YES : NO)),
    [0, 1, 2],
  );
  t.deepEqual(scene.decommission.waiting, [0, 2].map(groupId));
  scene.tick();
  t.deepEqual(
    scene.answer((group) => (group === 0 ? YES : { ok: false, code: 'no-quorum', message: '', details: {} })),
    [0, 2],
  );
  scene.tick();
  scene.tick();
  t.deepEqual(scene.proposed, []);
  t.deepEqual(
    scene.answer(() => YES),
    [2],
    'one question at a time',
  );
  scene.tick();
  t.deepEqual(scene.proposed, [{ kind: 'left', node: GONE, since: 7 }]);
});

test('P4: the node is not removed before everybody knows who stays, while it can tell', (t) => {
  const scene = new Scene();
  scene.unaware = [{ node: nodeId('c'), name: 'c', addresses: [] }];
  scene.tick();
  scene.answer(() => YES);
  scene.tick();
  t.deepEqual(scene.proposed, []);
  t.deepEqual(scene.asked.at(-1), [7, GONE]);
  t.deepEqual(scene.decommission.unaware, scene.unaware);
  scene.unlinkedMs = 59_000;
  scene.tick();
  t.deepEqual(scene.proposed, []);
  const left: MetaCommand = { kind: 'left', node: GONE, since: 7 };
  scene.unaware = [];
  scene.tick();
  t.deepEqual(scene.proposed, [left]);
});

test('P4: a node that has long been silent is removed all the same', (t) => {
  const scene = new Scene();
  scene.unaware = [{ node: nodeId('c'), name: 'c', addresses: [] }];
  scene.unlinkedMs = 60_000;
  scene.tick();
  scene.answer(() => YES);
  scene.tick();
  t.deepEqual(scene.proposed, [{ kind: 'left', node: GONE, since: 7 }]);
  t.deepEqual(scene.decommission.unaware, []);
});

test('P3: another term, and another leaving, begin anew', (t) => {
  const scene = new Scene();
  scene.tick();
  scene.answer((group) => (group === 0 ? NO : YES));
  scene.term = 2;
  scene.tick();
  t.deepEqual(
    scene.answer(() => YES),
    [0, 1, 2],
  );
  scene.meta.apply({ kind: 'stay', node: GONE }, 9);
  scene.meta.apply({ kind: 'leave', node: GONE }, 10);
  scene.tick();
  t.deepEqual(scene.proposed, []);
  t.deepEqual(
    scene.answer(() => NO),
    [0, 1, 2],
  );
  scene.leads = false;
  scene.tick();
  t.deepEqual(
    scene.answer(() => YES),
    [],
  );
});

test('an answer that comes late, to an earlier leaving, counts for nothing', (t) => {
  const scene = new Scene();
  scene.tick();
  const late = scene.questions.splice(0);
  scene.meta.apply({ kind: 'stay', node: GONE }, 9);
  scene.meta.apply({ kind: 'leave', node: GONE }, 10);
  scene.tick();
  for (const { done } of late) done(YES);
  t.deepEqual(scene.decommission.waiting, [0, 1, 2].map(groupId));
});
