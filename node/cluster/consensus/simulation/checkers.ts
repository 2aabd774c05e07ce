// What must hold of a group at every step (Raft paper, figure 3), and of its reads. Each breach throws a
// CheckError that names the property.
import { sameBytes } from '../../../base/bytes.ts';
import type { NodeId } from '../../../base/ids.ts';
import type { ConfigState, Entry } from '../../../base/log.ts';
import { voteResult } from '../quorum.ts';
import type { Ready } from '../ready.ts';
import type { Shell, State } from './shell.ts';

export type Property =
  | 'election-safety'
  | 'log-matching'
  | 'leader-completeness'
  | 'state-machine-safety'
  | 'durable-before-applied'
  | 'durable-on-quorum'
  | 'linearizable-read'
  | 'progress'
  | 'stable-leader'
  | 'minority-steps-down';

export class CheckError extends Error {
  override readonly name = 'CheckError';
  readonly property: Property;

  constructor(property: Property, text: string) {
    super(`${property}: ${text}`);
    this.property = property;
  }
}

interface Committed {
  readonly entry: Entry;
  /** A term by which it was committed. */
  readonly byTerm: number;
}

/** Whether the entry is on the node's disk, as itself or within the snapshot. */
function holds({ disk }: Shell, { index, term }: Entry): boolean {
  const { snapshot, entries } = disk;
  return index <= snapshot.index || entries[index - snapshot.index - 1]?.term === term;
}

export class Checkers {
  readonly #nodes: () => readonly Shell[];
  /** What each node's configuration was before the present one. */
  readonly #configBefore = new Map<Shell, ConfigState>();
  readonly #configNow = new Map<Shell, ConfigState>();
  /** Term → the one life of the one node that leads it. */
  readonly #leaders = new Map<number, string>();
  /** Index and term → what stands there, and the term before. */
  readonly #written = new Map<
    string,
    { readonly data: Uint8Array; readonly kind: string; before: number | undefined }
  >();
  readonly #committed: (Committed | undefined)[] = [];
  readonly #digests = new Map<number, number>();
  readonly #reads = new Map<number, number>();
  #reported = 0;

  constructor(nodes: () => readonly Shell[]) {
    this.#nodes = nodes;
  }

  /** The highest index that any node has handed to its state machine. */
  get committedIndex(): number {
    return Math.max(this.#reported, this.#committed.length - 1);
  }

  ready(node: Shell, ready: Ready): void {
    for (const entry of ready.entries) this.#logMatching(node, entry, ready.entries);
    if (ready.role?.role === 'leader') this.#elected(node, ready.role.term);
    this.#configChanged(node);
    const { term, role } = node.raft!.status();
    if (role === 'leader') for (const entry of ready.committed) this.#durableOnQuorum(node, entry);
    for (const entry of ready.committed) {
      this.#stateMachineSafety(node.id, entry, term);
      if (!holds(node, entry))
        throw new CheckError(
          'durable-before-applied',
          `${node.id} applies ${entry.index} before it is on disk`,
        );
    }
    for (const { context, index } of ready.readStates) this.#readEnded(context, index);
  }

  #configChanged(node: Shell): void {
    const { config } = node.raft!;
    const now = this.#configNow.get(node);
    if (now === config) return;
    this.#configNow.set(node, config);
    this.#configBefore.set(node, now ?? config);
  }

  /**
   * What a leader gives out as committed is on the disks of a quorum, by its configuration or the one just
   * before.
   */
  #durableOnQuorum(leader: Shell, entry: Entry): void {
    if (this.#committed[entry.index] !== undefined) return;
    const votes = new Map(this.#nodes().map((node) => [node.id, holds(node, entry)]));
    const configs = [leader.raft!.config, this.#configBefore.get(leader)!];
    if (!configs.some((config) => voteResult(config, votes) === 'won'))
      throw new CheckError(
        'durable-on-quorum',
        `${leader.id} commits ${entry.index}, which too few disks hold`,
      );
  }

  #elected(node: Shell, term: number): void {
    const life = `${node.id}#${node.life}`;
    const other = this.#leaders.get(term);
    if (other !== undefined && other !== life)
      throw new CheckError('election-safety', `${life} and ${other} lead term ${term}`);
    this.#leaders.set(term, life);
    const { snapshotIndex, lastIndex } = node.raft!.status();
    for (let index = snapshotIndex + 1; index < this.#committed.length; index++) {
      const committed = this.#committed[index];
      if (committed === undefined || committed.byTerm >= term) continue;
      // All that the new leader holds it has written, for its own vote went with it.
      const held = node.disk.entries[index - node.disk.snapshot.index - 1];
      if (index > lastIndex || (held !== undefined && held.term !== committed.entry.term))
        throw new CheckError('leader-completeness', `${life} leads term ${term} without entry ${index}`);
    }
  }

  /**
   * Equal index and term mean equal entries and equal prefixes; the latter follows by induction from the term
   * before.
   */
  #logMatching(node: Shell, entry: Entry, batch: readonly Entry[]): void {
    const key = `${entry.index}/${entry.term}`;
    const inBatch = batch[entry.index - batch[0]!.index - 1];
    const before = inBatch?.term ?? this.#termOnDisk(node, entry.index - 1);
    const known = this.#written.get(key);
    if (known === undefined) {
      this.#written.set(key, { data: entry.data, kind: entry.kind, before });
      return;
    }
    const same = known.kind === entry.kind && sameBytes(known.data, entry.data);
    if (!same || (before !== undefined && known.before !== undefined && before !== known.before))
      throw new CheckError('log-matching', `two logs differ at ${key}`);
    known.before ??= before;
  }

  #termOnDisk(node: Shell, index: number): number | undefined {
    const { snapshot, entries } = node.disk;
    // While writes are under way the disk may hold what they replace.
    if (node.writes.length > 0) return undefined;
    return index === snapshot.index ? snapshot.term : entries[index - snapshot.index - 1]?.term;
  }

  #stateMachineSafety(node: NodeId, entry: Entry, byTerm: number): void {
    const known = this.#committed[entry.index];
    if (known === undefined) {
      this.#committed[entry.index] = { entry, byTerm };
      return;
    }
    const same = known.entry.term === entry.term && sameBytes(known.entry.data, entry.data);
    if (!same)
      throw new CheckError('state-machine-safety', `${node} applies another entry at ${entry.index}`);
    if (byTerm < known.byTerm) this.#committed[entry.index] = { entry, byTerm };
  }

  /** The states of all nodes at one index are one state, whether applied or installed. */
  applied(node: Shell, state: State): void {
    const { index } = state.meta;
    const known = this.#digests.get(index);
    if (known !== undefined && known !== state.digest)
      throw new CheckError('state-machine-safety', `the state of ${node.id} at ${index} is another`);
    this.#digests.set(index, state.digest);
    this.#reported = Math.max(this.#reported, index);
  }

  readStarted(context: number): void {
    this.#reads.set(context, this.committedIndex);
  }

  #readEnded(context: number, index: number): void {
    const floor = this.#reads.get(context);
    if (floor === undefined) throw new CheckError('linearizable-read', `read ${context} was not asked`);
    if (index < floor)
      throw new CheckError('linearizable-read', `read ${context} at ${index} misses entry ${floor}`);
    this.#reads.delete(context);
  }
}
