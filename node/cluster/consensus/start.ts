// The start of a replica from its stored state, and how a configuration comes into force.
import { invariant } from '../../base/assert.ts';
import type { LogIndex, NodeId } from '../../base/ids.ts';
import type { Entry } from '../../base/log.ts';
import { configProblem, decodeConfig, isLegalStep } from './config-change.ts';
import { RaftLog } from './log.ts';
import { DEFAULT_RAFT_OPTIONS, type RaftOptions, type RaftStart } from './options.ts';
import { type ConfigSince, type Replica, resetTimer } from './replica.ts';

const NOBODY: ReadonlySet<NodeId> = new Set();

/** Throws InvariantError if the parts do not fit together. */
export function replicaOf(start: RaftStart): Replica {
  const options = checkOptions({ ...DEFAULT_RAFT_OPTIONS, ...start.options });
  const { hardState, snapshot, entries, applied } = start;
  const commit = Math.max(hardState.commit, knownCommit(entries));
  const problem = configProblem(snapshot.config);
  invariant(problem === undefined, `the snapshot's configuration: ${problem}`);
  const log = new RaftLog(snapshot, entries, commit as LogIndex, applied);
  invariant(log.lastTerm <= hardState.term, 'R1: the log holds no term that was not entered');
  const replica: Replica = {
    id: start.id,
    options,
    random: start.random,
    log,
    term: hardState.term,
    vote: hardState.vote,
    role: { name: 'follower', leader: null },
    config: snapshot.config,
    configs: [{ index: snapshot.index, config: snapshot.config }],
    configIndex: snapshot.index,
    clock: start.clock ?? 0,
    elapsedTicks: 0,
    timeoutTicks: 0,
    campaignWhenApplied: false,
    installing: null,
    reluctant: false,
    resting: NOBODY,
    outbox: { messages: [], afterPersist: [], readStates: [], snapshotsToSend: [] },
  };
  resetTimer(replica);
  for (const entry of entries) if (entry.index <= applied) enforceConfig(replica, entry);
  return replica;
}

function checkOptions(options: RaftOptions): RaftOptions {
  invariant(options.heartbeatTicks >= 1, 'heartbeatTicks is at least 1');
  invariant(options.electionTicks > options.heartbeatTicks, 'electionTicks is more than heartbeatTicks');
  invariant(options.maxInflightMessages >= 1, 'maxInflightMessages is at least 1');
  if (options.faults.has('no-prevote-checkquorum')) return { ...options, preVote: false, checkQuorum: false };
  return options;
}

/** R4: of all config entries in a log, all but the last are committed, whatever the hard state remembers. */
function knownCommit(entries: readonly Entry[]): number {
  let last = 0;
  let lastButOne = 0;
  for (const { kind, index } of entries) {
    if (kind !== 'config') continue;
    lastButOne = last;
    last = index;
  }
  return lastButOne;
}

/** A configuration that is applied is the replica's; other entries change nothing here. */
export function enforceConfig(replica: Replica, entry: Entry): void {
  if (entry.kind !== 'config') return;
  const before = replica.config;
  replica.config = decodeConfig(entry.data);
  invariant(isLegalStep(before, replica.config), 'C4: quorums of configurations in a row overlap');
  const since: ConfigSince = { index: entry.index, config: replica.config };
  replica.configs.push(since);
  replica.configIndex = since.index;
}
