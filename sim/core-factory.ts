// The cores of simulated nodes, and what node/host does for them at their start.
import type { ModuleHash } from '../node/base/ids.ts';
import type { RecoveredGroup } from '../node/base/log.ts';
import { groupRowsOf, metaItemRange, metaItemsOf } from '../node/core/groups/recovered.ts';
import { NodeCore } from '../node/core/node-core.ts';
import type { CoreLimits, CoreOptions, Recovered, StepTime } from '../node/core/types.ts';
import { groupRows } from '../node/journal/keys.ts';
import { loadModule, type Program, type SourceBundle } from '../node/runtime/behaviour.ts';
import { fork } from './chance.ts';
import type { Cluster } from './cluster.ts';
import type { SimNode } from './sim-node.ts';
import type { SimStorage } from './storage.ts';

export const SHARDS = 3;
export const CLUSTER_ID = 'simulated';
export const REPLICAS = 3;
export const TICK_MILLIS = 100;
export const ELECTION_TICKS = 10;

export const LIMITS: CoreLimits = {
  mailboxMessages: 200,
  mailboxBytes: 4 * 1024 * 1024,
  messageBytes: 64 * 1024,
  stateBytes: 1024 * 1024,
  outboxMessages: 100,
  outboxWaiting: 1000,
  outboxBytes: 4 * 1024 * 1024,
  // More than there are in a run: none makes room for others.
  deadLetters: 1000,
  deadLetterBytes: 1024 * 1024,
  leaseMarks: 20,
  residentActors: 12,
  residentBytes: 1000,
  turnReductions: 10_000,
  sliceReductions: 2000,
  restarts: 3,
  restartPeriodMs: 5_000,
  askTimeoutMs: 5_000,
  snapshotRecords: 10,
  snapshotBytes: 64 * 1024,
  logEntries: 60,
  logBytes: 1024 * 1024,
  logTotalBytes: 1024 * 1024,
};

export interface Making {
  readonly log: readonly RecoveredGroup[];
  readonly time: StepTime;
  readonly limits: CoreLimits;
  /** Mistakes to make on purpose. */
  readonly faults?: ReadonlySet<string>;
  /** Default: SHARDS. */
  readonly shards?: number;
}

/** The first node of the cluster creates it. */
export function makeCore(cluster: Cluster, node: SimNode, making: Making): NodeCore {
  const { log, time, limits, faults = new Set(), shards = SHARDS } = making;
  const options: CoreOptions = {
    self: node.peer,
    cluster: { id: CLUSTER_ID, shards, replicas: REPLICAS },
    roster: node.savedRoster,
    create: node === cluster.nodes[0] && log.length === 0,
    random: fork(cluster.random),
    tickMillis: TICK_MILLIS,
    heartbeatTicks: 2,
    electionTicks: ELECTION_TICKS,
    limits,
    loadModule: sharedModule,
    faults,
  };
  return new NodeCore(options, recover(log, node.storage), time);
}

/** A program does not depend on who runs it, and to compile it costs as much as thousands of steps. */
function sharedModule(hash: ModuleHash, bundle: SourceBundle): Program {
  const key = JSON.stringify([hash, bundle]);
  const known = modules.get(key);
  if (known !== undefined) return known;
  const program = loadModule(hash, bundle);
  modules.set(key, program);
  return program;
}

const modules = new Map<string, Program>();

/** What node/host reads at its start, from a store that answers at once. */
function recover(groups: readonly RecoveredGroup[], storage: SimStorage): Recovered {
  const rows = groupRowsOf(storage.readAll(groupRows()));
  const items = metaItemRange(rows);
  const { position } = storage;
  return {
    groups,
    rows,
    position,
    metaItems: items === undefined ? [] : metaItemsOf(storage.readAll(items)),
  };
}
