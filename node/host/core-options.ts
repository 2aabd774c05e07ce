// What the core of a node is made with, by the configuration of the node.
import { randomBytes } from 'node:crypto';
import type { Peer } from '../base/peer.ts';
import { SeededRandom } from '../base/random.ts';
import type { SwimOptions } from '../cluster/membership/options.ts';
import type { CoreLimits, CoreOptions } from '../core/types.ts';
import type { Config } from './config.ts';
import type { ClusterFile } from './data-directory.ts';

/** Heartbeats are rarer than ticks, so that elections can be timed more finely than they cost. */
const HEARTBEAT_TICKS = 2;
const HEARTBEATS_MIN = 5;
/** About a millisecond. */
const SLICE_REDUCTIONS = 100_000;
/** Of one queue, some 100 bytes each: the repeats of a worker come within seconds. */
const LEASE_MARKS = 100_000;
/**
 * A shard's log is cut when its entries are in the store and there are so many, or so many bytes, of them.
 */
const LOG_ENTRIES = 10_000;
const LOG_BYTES = 8 * 1024 * 1024;
/** Each new segment of the log begins with all that the logs hold: it should be little beside the segment. */
const LOG_TOTAL_BYTES = 8 * 1024 * 1024;

/** `create`: the node founds its cluster, and has written nothing yet. */
export function coreOptions(
  config: Config,
  self: Peer,
  { cluster, peers, peersAsOf }: ClusterFile,
  create: boolean,
): CoreOptions {
  const { heartbeatMs, electionMs } = config.consensus;
  return {
    self,
    cluster,
    roster: { index: peersAsOf, peers },
    create,
    random: new SeededRandom(randomWords()),
    tickMillis: heartbeatMs / HEARTBEAT_TICKS,
    heartbeatTicks: HEARTBEAT_TICKS,
    electionTicks: HEARTBEAT_TICKS * Math.max(HEARTBEATS_MIN, Math.round(electionMs / heartbeatMs)),
    limits: limitsOf(config),
    membership: paceOf(config),
  };
}

function limitsOf({ runtime, journal }: Config): CoreLimits {
  return {
    mailboxMessages: runtime.mailboxMessagesMax,
    mailboxBytes: runtime.mailboxBytesMax,
    messageBytes: runtime.messageBytesMax,
    stateBytes: runtime.stateBytesMax,
    outboxMessages: runtime.mailboxMessagesMax,
    outboxWaiting: runtime.outboxMessagesMax,
    outboxBytes: runtime.outboxBytesMax,
    deadLetters: runtime.deadLettersMax,
    deadLetterBytes: runtime.deadLetterBytesMax,
    leaseMarks: LEASE_MARKS,
    residentActors: runtime.residentActorsMax,
    residentBytes: runtime.residentBytesMax,
    turnReductions: runtime.turnReductionsMax,
    sliceReductions: SLICE_REDUCTIONS,
    askTimeoutMs: runtime.askTimeoutMs,
    restarts: runtime.restartLimit,
    restartPeriodMs: runtime.restartPeriodMs,
    snapshotRecords: journal.snapshotRecords,
    snapshotBytes: journal.snapshotBytes,
    logEntries: LOG_ENTRIES,
    logBytes: LOG_BYTES,
    logTotalBytes: LOG_TOTAL_BYTES,
  };
}

function paceOf({ membership }: Config): Partial<SwimOptions> {
  const { probeIntervalMs, probeTimeoutMs, indirectProbes, suspicionMs } = membership;
  return {
    probeIntervalMs,
    probeTimeoutMs,
    indirectProbes,
    suspicionMinMs: suspicionMs,
    suspicionMaxMs: suspicionMs * 3,
  };
}

function randomWords(): [number, number, number] {
  const bytes = randomBytes(12);
  return [bytes.readUInt32LE(0), bytes.readUInt32LE(4), bytes.readUInt32LE(8)];
}
