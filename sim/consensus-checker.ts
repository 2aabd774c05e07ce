// Checks the promises of consensus after every step, by watching what nodes write, send, and believe.
//
// Invariants (numbers: figure 3 of the Raft paper, then ours)
//  C1 election safety: one leader per group and term.
//  C2 one committer: all entries of a term were first written by that term's leader.
//  C3 log matching: an index and term name one entry, with one entry before it.
//  C4 leader completeness: a leader's log holds every entry committed in an earlier term.
//  C5 state-machine safety: two nodes never commit different entries at one index.
//  C6 committed is durable: when an index is first committed, disks of a quorum hold it.
//  C7 commit by term: only entries of the leader's own term are committed by counting.
//  C8 nothing committed is cut from a log that holds it.
//  C9 promises are kept on disk: a vote or an acknowledgement leaves a node only after what it speaks for is
//     durable.
//  C10 terms, votes and commit indexes never go back, on disk, over crashes.
//  C11 configuration changes do not overlap.
import type { GroupId, NodeId } from '../node/base/ids.ts';
import type { ConfigState, Entry, LogWrite } from '../node/base/log.ts';
import type { Message } from '../node/cluster/consensus/index.ts';
import { decodeFrame } from '../node/cluster/wire.ts';
import type { Effect, Input } from '../node/core/types.ts';
import type { Observer } from './cluster.ts';
import type { GroupView } from './inspection.ts';
import { type GroupLog, type LogFold, lastIndexOf, termAt } from './log-model.ts';
import type { SimNode } from './sim-node.ts';
import { spokenBy } from './spoken.ts';
import { hashBytes } from './trace.ts';
import { demand, Violation } from './violation.ts';

interface KnownEntry {
  readonly hash: number;
  readonly previousTerm: number | undefined;
  readonly kind: string;
}

export interface CommittedEntry {
  readonly term: number;
  readonly hash: number;
  readonly kind: string;
}

/** What is true of one group, in the whole cluster, over all time. */
class GroupHistory {
  readonly group: GroupId;
  readonly leaders = new Map<number, NodeId>();
  /** By index, then term. */
  readonly entries = new Map<number, Map<number, KnownEntry>>();
  readonly committed = new Map<number, CommittedEntry>();
  maxCommitted = 0;
  /** Indexes of known configuration entries. */
  readonly configs = new Set<number>();

  constructor(group: GroupId) {
    this.group = group;
  }
}

/** What one node's log says, with all writes that its present process asked for. */
interface NodeLogs {
  asked: LogFold;
  /** The views before the present step. */
  views: Map<GroupId, GroupView>;
  /** All of them, as SimNode has them. */
  seen: readonly GroupView[] | undefined;
}

/** Told of each entry at its first appearance. */
export type EntryWatcher = (group: GroupId, entry: Entry) => void;

export class ConsensusChecker implements Observer {
  readonly #groups = new Map<GroupId, GroupHistory>();
  readonly #nodes = new Map<SimNode, NodeLogs>();
  readonly #allNodes: () => readonly SimNode[];
  readonly #onEntry: EntryWatcher;

  constructor(nodes: () => readonly SimNode[], onEntry: EntryWatcher = () => {}) {
    this.#allNodes = nodes;
    this.#onEntry = onEntry;
  }

  history(group: GroupId): GroupHistory {
    let history = this.#groups.get(group);
    if (history === undefined) {
      history = new GroupHistory(group);
      this.#groups.set(group, history);
    }
    return history;
  }

  isCommitted(group: GroupId, index: number, term: number): boolean {
    return this.#groups.get(group)?.committed.get(index)?.term === term;
  }

  /** The node that leads the group in its latest led term, as far as anybody has seen. */
  latestLeader(group: GroupId): { readonly term: number; readonly node: NodeId } | undefined {
    let latest: { term: number; node: NodeId } | undefined;
    for (const [term, node] of this.#groups.get(group)?.leaders ?? [])
      if (latest === undefined || term > latest.term) latest = { term, node };
    return latest;
  }

  started(node: SimNode): void {
    const asked = node.storage.durableLog.copy();
    this.#nodes.set(node, { asked, views: new Map(), seen: undefined });
  }

  crashed(node: SimNode): void {
    this.#nodes.delete(node);
  }

  stepped(node: SimNode, _inputs: readonly Input[], effects: readonly Effect[]): void {
    const isNews = this.#nodes.get(node)?.seen !== node.views;
    if (isNews) for (const view of node.views) this.#checkRole(node, view);
    for (const effect of effects) {
      if (effect.kind === 'persist') for (const write of effect.writes) this.#checkWrite(node, write);
      else if (effect.kind === 'send') this.#checkFrame(node, effect.to, effect.frame);
    }
    if (isNews) this.#checkViews(node);
  }

  // ---- writes ----

  #checkWrite(node: SimNode, write: LogWrite) {
    const logs = this.#nodes.get(node);
    if (logs === undefined) return;
    const history = this.history(write.group);
    const log = logs.asked.group(write.group);
    const { hardState, snapshot, entries } = write;
    if (hardState !== undefined) checkHardState(node, write.group, log.hardState, hardState);
    if (snapshot?.discard) this.#checkCut(node, history, log, snapshot.index + 1, []);
    else if (snapshot !== undefined)
      demand(
        snapshot.index <= history.maxCommitted,
        'compaction',
        () => `${node.peer.name} cuts group ${write.group} at ${snapshot.index}, which nobody committed`,
      );
    const first = entries?.[0];
    if (entries !== undefined && first !== undefined)
      this.#checkCut(node, history, log, first.index, entries);
    logs.asked.apply([write]);
    for (const entry of entries ?? []) this.#checkEntry(node, history, log, entry);
  }

  /** C8: entries from `from` on are replaced by `entries`. */
  #checkCut(node: SimNode, history: GroupHistory, log: GroupLog, from: number, entries: readonly Entry[]) {
    for (let index = from; index <= lastIndexOf(log); index++) {
      const committed = history.committed.get(index);
      if (committed === undefined || termAt(log, index) !== committed.term) continue;
      demand(
        entries[index - from]?.term === committed.term,
        'committed-cut',
        () =>
          `${node.peer.name} cuts the committed entry ${index} (term ${committed.term}) of group ${history.group}`,
      );
    }
  }

  #checkEntry(node: SimNode, history: GroupHistory, log: GroupLog, entry: Entry) {
    let terms = history.entries.get(entry.index);
    if (terms === undefined) {
      terms = new Map();
      history.entries.set(entry.index, terms);
    }
    const known = terms.get(entry.term);
    const hash = hashBytes(entry.data);
    const previousTerm = termAt(log, entry.index - 1);
    if (known !== undefined) {
      const same =
        known.hash === hash &&
        known.kind === entry.kind &&
        (known.previousTerm === previousTerm ||
          previousTerm === undefined ||
          known.previousTerm === undefined);
      demand(
        same,
        'log-matching',
        () =>
          `${node.peer.name} holds another entry ${entry.index} of term ${entry.term} in group ${history.group}`,
      );
      return;
    }
    terms.set(entry.term, { hash, previousTerm, kind: entry.kind });
    const leader = history.leaders.get(entry.term);
    if (leader === undefined) history.leaders.set(entry.term, node.id);
    demand(
      (leader ?? node.id) === node.id,
      'one-committer',
      () =>
        `${node.peer.name} made entry ${entry.index} of term ${entry.term} in group ${history.group}, which ${leader} leads`,
    );
    if (entry.kind === 'config') this.#checkConfig(node, history, entry);
    this.#onEntry(history.group, entry);
  }

  /** C11: while a configuration is not committed, the same log gets no second one. */
  #checkConfig(node: SimNode, history: GroupHistory, entry: Entry) {
    const log = this.#nodes.get(node)?.asked.group(history.group);
    // The step that commits the one may append the other.
    const commit = node.views.find(({ group }) => group === history.group)?.commit ?? 0;
    const committed = Math.max(history.maxCommitted, commit);
    for (const index of history.configs) {
      if (index >= entry.index || index <= committed || log === undefined) continue;
      const term = termAt(log, index);
      const held = term === undefined ? undefined : history.entries.get(index)?.get(term);
      demand(
        held?.kind !== 'config',
        'overlapping-config-changes',
        () =>
          `${node.peer.name} appends configuration ${entry.index} while ${index} is not committed in group ${history.group}`,
      );
    }
    history.configs.add(entry.index);
  }

  // ---- messages ----

  #checkFrame(node: SimNode, to: NodeId, bytes: Uint8Array) {
    const spoken = spokenBy(node.id, to, bytes);
    // A MessagePack list whose first element is 0: consensus messages. Others promise nothing about the log.
    if (spoken?.frame[1] !== 0) return;
    const frame = decodeFrame(spoken.frame, node.id, spoken.to);
    if (frame.kind !== 'raft') return;
    for (const [group, message] of frame.messages) this.#checkPromise(node, group, message);
  }

  /** C9 */
  #checkPromise(node: SimNode, group: GroupId, message: Message) {
    const durable = node.storage.durableLog.group(group);
    const { term, vote } = durable.hardState;
    if (message.kind === 'vote-reply' && message.granted)
      demand(
        term > message.term || (term === message.term && vote === message.to),
        'vote-durable',
        () =>
          `${node.peer.name} tells its vote of term ${message.term} in group ${group}; on its disk: ${vote} in term ${term}`,
      );
    else if (message.kind === 'append-reply' && message.accepted)
      demand(
        lastIndexOf(durable) >= message.index,
        'append-durable',
        () =>
          `${node.peer.name} acknowledges ${message.index} in group ${group}; its disk ends at ${lastIndexOf(durable)}`,
      );
  }

  // ---- beliefs ----

  #checkViews(node: SimNode) {
    const logs = this.#nodes.get(node);
    if (logs === undefined) return;
    logs.seen = node.views;
    for (const view of node.views) {
      const before = logs.views.get(view.group);
      if (before === view) continue;
      this.#checkRole(node, view);
      if (before === undefined || view.commit !== before.commit) this.#checkCommit(node, logs, view, before);
      demand(
        view.applied <= view.commit,
        'applied-uncommitted',
        () => `${node.peer.name} applied ${view.applied} of group ${view.group}, committed is ${view.commit}`,
      );
      if (before !== undefined)
        demand(
          view.applied >= before.applied && view.term >= before.term,
          'monotonic',
          () => `${node.peer.name} went back in group ${view.group}: ${JSON.stringify([before, view])}`,
        );
      logs.views.set(view.group, view);
    }
  }

  #checkRole(node: SimNode, view: GroupView) {
    if (view.role !== 'leader') return;
    const history = this.history(view.group);
    const leader = history.leaders.get(view.term);
    if (leader === undefined) {
      history.leaders.set(view.term, node.id);
      this.#checkCompleteness(node, history, view);
    } else if (leader !== node.id)
      throw new Violation(
        'election-safety',
        `${node.id} and ${leader} both lead group ${view.group} in term ${view.term}`,
      );
  }

  /** C4. By C3 it is enough to look at the last committed entry. */
  #checkCompleteness(node: SimNode, history: GroupHistory, view: GroupView) {
    const index = history.maxCommitted;
    const last = history.committed.get(index);
    const log = this.#nodes.get(node)?.asked.group(view.group);
    if (last === undefined || log === undefined || last.term >= view.term) return;
    const held = index < log.snapshot.index ? last.term : termAt(log, index);
    demand(
      held === last.term,
      'leader-completeness',
      () =>
        `${node.peer.name} leads group ${view.group} in term ${view.term} without the committed entry ${index} of term ${last.term}`,
    );
  }

  #checkCommit(node: SimNode, logs: NodeLogs, view: GroupView, before: GroupView | undefined) {
    const history = this.history(view.group);
    const log = logs.asked.group(view.group);
    demand(
      before === undefined || view.commit > before.commit,
      'monotonic',
      () => `${node.peer.name} takes back the commit index of group ${view.group}`,
    );
    const from = Math.max(before?.commit ?? 0, log.snapshot.index) + 1;
    for (let index = from; index <= view.commit; index++) {
      const term = termAt(log, index);
      const entry = term === undefined ? undefined : history.entries.get(index)?.get(term);
      if (term === undefined || entry === undefined)
        throw new Violation(
          'commit-beyond-log',
          `${node.peer.name} commits ${index} of group ${view.group}, which it does not hold`,
        );
      const known = history.committed.get(index);
      if (known === undefined) history.committed.set(index, { term, hash: entry.hash, kind: entry.kind });
      else
        demand(
          known.term === term && known.hash === entry.hash,
          'state-machine-safety',
          () =>
            `${node.peer.name} commits term ${term} at ${index} of group ${view.group}, others term ${known.term}`,
        );
    }
    if (view.commit <= history.maxCommitted) return;
    history.maxCommitted = view.commit;
    // Where a group begins nothing was voted on.
    if (before === undefined && view.commit === log.snapshot.index) return;
    this.#checkDurable(node, log, view, before);
    if (view.role === 'leader' && before?.role === 'leader' && before.term === view.term)
      demand(
        termAt(log, view.commit) === view.term,
        'commit-by-term',
        () =>
          `${node.peer.name} leads term ${view.term} of group ${view.group} and commits an entry of term ${termAt(log, view.commit)}`,
      );
  }

  /** C6 */
  #checkDurable(node: SimNode, log: GroupLog, view: GroupView, before: GroupView | undefined) {
    const term = termAt(log, view.commit);
    const holders = new Set<NodeId>();
    for (const other of this.#allNodes()) {
      const disk = other.storage.durableLog.groups.get(view.group);
      if (disk === undefined) continue;
      if (view.commit < disk.snapshot.index || termAt(disk, view.commit) === term) holders.add(other.id);
    }
    const held =
      hasQuorum(view.config, holders) || (before !== undefined && hasQuorum(before.config, holders));
    demand(
      held,
      'committed-durable',
      () =>
        `${node.peer.name} commits ${view.commit} (term ${term}) of group ${view.group}, durable only on ${[...holders]}`,
    );
  }
}

function checkHardState(
  node: SimNode,
  group: GroupId,
  from: GroupLog['hardState'],
  to: GroupLog['hardState'],
) {
  const sound =
    to.term >= from.term &&
    (to.term > from.term || from.vote === null || from.vote === to.vote) &&
    to.commit >= from.commit;
  demand(sound, 'hard-state', () => `${node.peer.name} group ${group}: ${JSON.stringify([from, to])}`);
}

function hasQuorum(config: ConfigState, holders: ReadonlySet<NodeId>): boolean {
  return (
    isMajority(config.voters, holders) &&
    (config.outgoing.length === 0 || isMajority(config.outgoing, holders))
  );
}

function isMajority(nodes: readonly NodeId[], holders: ReadonlySet<NodeId>): boolean {
  return nodes.filter((node) => holders.has(node)).length * 2 > nodes.length;
}
