// What pre-vote and check-quorum are for: a group whose network is sound but for one node keeps its leader,
// and a leader without followers does not stay. Here time is even: in each tick, all messages arrive.
import type { LogIndex, NodeId, Term } from '../../../base/ids.ts';
import { SeededRandom } from '../../../base/random.ts';
import { configOf } from '../config-change.ts';
import type { RaftBug } from '../options.ts';
import type { RaftStatus } from '../status.ts';
import { CheckError } from './checkers.ts';
import { type Envelope, emptyDisk, Shell } from './shell.ts';

const NAMES = ['a', 'b', 'c'] as NodeId[];
const ELECTION_TICKS = 10;

class EvenGroup {
  readonly nodes: readonly Shell[];
  readonly isolated = new Set<NodeId>();
  #bag: Envelope[] = [];

  constructor(seed: number, faults: ReadonlySet<RaftBug>) {
    const start = { index: 1 as LogIndex, term: 1 as Term, config: configOf(NAMES) };
    const events = {
      send: (_node: Shell, envelope: Envelope) => void this.#bag.push(envelope),
      ready: () => {},
      applied: () => {},
    };
    const options = { electionTicks: ELECTION_TICKS, faults };
    this.nodes = NAMES.map(
      (id, at) => new Shell(id, new SeededRandom([seed, at, 0x57ab]), options, events, emptyDisk(start)),
    );
  }

  ticks(count: number): void {
    for (let tick = 0; tick < count; tick++) {
      for (const node of this.nodes) node.raft?.tick();
      this.#settle();
    }
  }

  #settle(): void {
    for (let busy = true; busy; ) {
      for (const node of this.nodes) {
        node.work();
        while (node.writes.length > 0) node.endWrite();
        while (node.applies.length > 0) node.endApply();
      }
      const bag = this.#bag.splice(0);
      busy = bag.length > 0;
      for (const envelope of bag) {
        const { from, to } = envelope.message;
        if (!this.isolated.has(from) && !this.isolated.has(to))
          this.nodes[NAMES.indexOf(to)]!.receive(envelope);
      }
    }
  }

  node(id: NodeId): Shell {
    return this.nodes[NAMES.indexOf(id)]!;
  }

  /** The leader of the highest term. */
  leader(): RaftStatus | undefined {
    const leads = this.nodes
      .flatMap(({ raft }) => raft?.status() ?? [])
      .filter(({ role }) => role === 'leader');
    return leads.sort((a, b) => b.term - a.term)[0];
  }

  /** The leader after enough time to elect one. */
  settledLeader(): RaftStatus {
    this.ticks(6 * ELECTION_TICKS);
    const leader = this.leader();
    if (leader === undefined) throw new CheckError('progress', 'no leader');
    return leader;
  }
}

/**
 * Throws CheckError if a follower that was away deposes the leader, or a leader that is away stays in office.
 */
export function checkStability(seed: number, faults: ReadonlySet<RaftBug> = new Set()): void {
  const group = new EvenGroup(seed, faults);
  const before = group.settledLeader();
  const follower = NAMES.find((id) => id !== before.id)!;
  group.isolated.add(follower);
  group.ticks(5 * ELECTION_TICKS);
  group.isolated.clear();
  group.ticks(3 * ELECTION_TICKS);
  const after = group.leader();
  if (after?.id !== before.id || after.term !== before.term)
    throw new CheckError('stable-leader', `${follower} came back, and ${before.id} lost its office`);
  group.isolated.add(before.id);
  group.ticks(ELECTION_TICKS);
  if (group.node(before.id).raft?.status().role === 'leader')
    throw new CheckError('minority-steps-down', `${before.id} leads nobody for an election timeout`);
  if (group.settledLeader().id === before.id) throw new CheckError('progress', 'the majority elects nobody');
}

/**
 * Ticks from the death of a leader to the next leader. `told`: the others notice that their connections to it
 * are gone.
 */
export function failoverTicks(seed: number, told: boolean): number {
  const group = new EvenGroup(seed, new Set());
  group.node(group.settledLeader().id).crash(0);
  if (told) for (const { raft } of group.nodes) raft?.leaderUnreachable();
  let ticks = 0;
  while (group.leader() === undefined && ticks < 100) {
    group.ticks(1);
    ticks++;
  }
  return ticks;
}
