// Messages between the replicas of one group. All messages are plain data: strings, numbers, booleans, byte
// arrays. The shell adds the group, carries them, and may lose, repeat, delay or reorder any of them.
import type { LogIndex, NodeId, Term } from '../../base/ids.ts';
import type { Entry, SnapshotMeta } from '../../base/log.ts';
import { configProblem } from './config-change.ts';

interface Addressed {
  readonly from: NodeId;
  readonly to: NodeId;
  /**
   * The sender's term; in a pre-vote, and in a reply that grants one, the term that the sender would campaign
   * for.
   */
  readonly term: Term;
}

/** Would you vote for me? Binds nobody and changes no term (dissertation, section 9.6). */
export interface PreVote extends Addressed {
  readonly kind: 'pre-vote';
  readonly lastIndex: LogIndex;
  readonly lastTerm: Term;
}

export interface PreVoteReply extends Addressed {
  readonly kind: 'pre-vote-reply';
  readonly granted: boolean;
  /**
   * An entry that the sender knows to be committed. A holder of the same entry learns of its commit. It
   * matters when those who could win an election do not know that the configuration has changed, and those
   * who know cannot win.
   */
  readonly commit: LogIndex;
  readonly commitTerm: Term;
}

export interface Vote extends Addressed {
  readonly kind: 'vote';
  readonly lastIndex: LogIndex;
  readonly lastTerm: Term;
  /** The leader itself asked for this election, so nobody defends it. */
  readonly transfer: boolean;
}

export interface VoteReply extends Addressed {
  readonly kind: 'vote-reply';
  readonly granted: boolean;
}

export interface Append extends Addressed {
  readonly kind: 'append';
  readonly prevIndex: LogIndex;
  readonly prevTerm: Term;
  /** Contiguous from `prevIndex + 1`; may be empty. */
  readonly entries: readonly Entry[];
  readonly commit: LogIndex;
}

export interface AppendAccepted extends Addressed {
  readonly kind: 'append-reply';
  readonly accepted: true;
  /** The sender's durable log equals the leader's up to and including this index. */
  readonly index: LogIndex;
}

export interface AppendRejected extends Addressed {
  readonly kind: 'append-reply';
  readonly accepted: false;
  /** The `prevIndex` that was refused. */
  readonly index: LogIndex;
  /** The highest position at which the logs may still agree, and the term that the sender has there. */
  readonly hintIndex: LogIndex;
  readonly hintTerm: Term;
}

export type AppendReply = AppendAccepted | AppendRejected;

export interface Heartbeat extends Addressed {
  readonly kind: 'heartbeat';
  /** Never beyond what the receiver is known to hold. */
  readonly commit: LogIndex;
  /** Number of the newest read round of this leadership; 0 before the first. Echoed in the reply. */
  readonly round: number;
}

export interface HeartbeatReply extends Addressed {
  readonly kind: 'heartbeat-reply';
  readonly round: number;
}

/** Delivered by the shell after it has moved the state of `meta.index` to the receiver's side. */
export interface Snapshot extends Addressed {
  readonly kind: 'snapshot';
  readonly meta: SnapshotMeta;
}

/** From the leader to the node that it hands over to: campaign now. */
export interface TimeoutNow extends Addressed {
  readonly kind: 'timeout-now';
}

export type Message =
  | PreVote
  | PreVoteReply
  | Vote
  | VoteReply
  | Append
  | AppendReply
  | Heartbeat
  | HeartbeatReply
  | Snapshot
  | TimeoutNow;

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isNode = (value: unknown): boolean => typeof value === 'string' && value !== '';

/**
 * The message that an unknown value is, or undefined if it is none. What it checks is the shape, and what no
 * sound replica would send (entries out of order, terms from the future); not the truth of it. Members of a
 * group trust each other.
 */
export function parseMessage(value: unknown): Message | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const message = value as { readonly [field: string]: unknown };
  if (!isNode(message.from) || !isNode(message.to) || !isCount(message.term)) return undefined;
  return bodyIsSound(message, message.term) ? (value as Message) : undefined;
}

function bodyIsSound(message: { readonly [field: string]: unknown }, term: number): boolean {
  switch (message.kind) {
    case 'pre-vote':
      return isCount(message.lastIndex) && isCount(message.lastTerm) && message.lastTerm < term;
    case 'vote':
      return (
        isCount(message.lastIndex) &&
        isCount(message.lastTerm) &&
        message.lastTerm < term &&
        typeof message.transfer === 'boolean'
      );
    case 'pre-vote-reply':
      return typeof message.granted === 'boolean' && isCount(message.commit) && isCount(message.commitTerm);
    case 'vote-reply':
      return typeof message.granted === 'boolean';
    case 'append':
      return isCount(message.commit) && entriesAreSound(message, term);
    case 'append-reply':
      return message.accepted === true
        ? isCount(message.index)
        : message.accepted === false &&
            isCount(message.index) &&
            isCount(message.hintIndex) &&
            isCount(message.hintTerm);
    case 'heartbeat':
      return isCount(message.commit) && isCount(message.round);
    case 'heartbeat-reply':
      return isCount(message.round);
    case 'snapshot':
      return metaIsSound(message.meta, term);
    case 'timeout-now':
      return true;
    default:
      return false;
  }
}

function entriesAreSound(message: { readonly [field: string]: unknown }, term: number): boolean {
  const { prevIndex, prevTerm, entries } = message;
  if (!isCount(prevIndex) || !isCount(prevTerm) || prevTerm > term || !Array.isArray(entries)) return false;
  let index = prevIndex;
  let before = prevTerm;
  for (const entry of entries as unknown[]) {
    if (typeof entry !== 'object' || entry === null) return false;
    const { index: at, term: of, kind, data } = entry as { readonly [field: string]: unknown };
    if (at !== ++index || !isCount(of) || of < before || of > term) return false;
    if ((kind !== 'noop' && kind !== 'data' && kind !== 'config') || !(data instanceof Uint8Array))
      return false;
    before = of;
  }
  return true;
}

function metaIsSound(value: unknown, term: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { index, term: of, config } = value as { readonly [field: string]: unknown };
  if (!isCount(index) || index < 1 || !isCount(of) || of > term) return false;
  if (typeof config !== 'object' || config === null) return false;
  const { voters, outgoing, learners, learnersNext, autoLeave } = config as {
    readonly [field: string]: unknown;
  };
  const areNodes = (list: unknown) => Array.isArray(list) && list.every(isNode);
  if (!areNodes(voters) || !areNodes(outgoing) || !areNodes(learners) || !areNodes(learnersNext))
    return false;
  return typeof autoLeave === 'boolean' && configProblem(config as SnapshotMeta['config']) === undefined;
}
