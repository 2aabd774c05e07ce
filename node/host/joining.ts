// Admission, both sides: by a token, which a stranger sends, or in the place of a member, which asks for it;
// and what a member answers.

import { isErrorCode, PASSING_CODES, SeqNodeError } from '../base/errors.ts';
import { type NodeId, nodeId } from '../base/ids.ts';
import { isMemberName, nameRefusal } from '../base/member-name.ts';
import { pack, unpack } from '../base/pack.ts';
import type { Peer } from '../base/peer.ts';
import type { Identity } from '../cluster/io/identity.ts';
import { requestJoin } from '../cluster/io/join.ts';
import { REMOVED } from '../cluster/meta-state.ts';
import type { ClusterIdentity, Roster } from '../core/types.ts';
import { isIndex, isRecord, parsePeer } from './data-directory.ts';
import { hashSecret, type JoinToken, names } from './token.ts';

const FORMAT = 1;
const REPLACE_FORMAT = 2;
const SECRET_BYTES_MAX = 64;
const NODE_ID_LENGTH_MAX = 128;
const ADDRESSES_MAX = 16;
/** How long one attempt at one member may take. */
const ATTEMPT_MS = 8_000;
const PAUSE_MS = 300;
/** So often in a row all members hang up on who wants to join before that counts as their answer. */
const HANG_UPS_MAX = 4;
/** How long one peer may take to say how this node stands. */
const STANDING_MS = 3_000;
const REPLACE_PAUSE_MS = 2_000;

export interface Admission {
  readonly cluster: ClusterIdentity;
  readonly peers: readonly Peer[];
  /** The entry of the registry that says so. */
  readonly peersAsOf: number;
}

export interface Candidate {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly privateKey: Uint8Array;
}

/** Codes that another member, or the same one a little later, may answer better. */
const PASSING: ReadonlySet<string> = new Set<string>([
  ...PASSING_CODES,
  'disk-full',
  // A removal that is under way ends, or is taken back.
  'still-leaving',
]);

/**
 * Asks each member in turn, again and again, until one admits or refuses. Rejects with `token-refused`, or
 * after `timeoutMs` with what the last attempt met.
 */
export async function askToJoin(
  candidate: Candidate,
  members: readonly string[],
  token: JoinToken,
  timeoutMs: number,
  waiting: (error: SeqNodeError) => void = () => {},
): Promise<Admission> {
  const until = performance.now() + timeoutMs;
  let last = new SeqNodeError('unreachable', 'No member to join was named.');
  let said = '';
  let hangUps = 0;
  while (performance.now() < until) {
    let strangers = 0;
    let hungUp = 0;
    for (const address of members) {
      try {
        return await attempt(candidate, address, token);
      } catch (error) {
        if (!(error instanceof SeqNodeError) || !PASSING.has(error.code)) throw error;
        if (error.details.unexpected === true) strangers++;
        if (error.details.hungUp === true) hungUp++;
        last = error;
      }
    }
    if (strangers > 0 && strangers === members.length)
      throw new SeqNodeError(
        'token-refused',
        `${last.message} The token may be of another cluster, or the address of a node that joined after it was made.`,
      );
    hangUps = hungUp > 0 && hungUp === members.length ? hangUps + 1 : 0;
    // A member expects guests only while there is a token that can be used.
    if (hangUps === HANG_UPS_MAX)
      throw new SeqNodeError(
        'token-refused',
        'No member takes a new node at the moment: the token was used already, or it has expired.',
      );
    if (said !== last.message) waiting(last);
    said = last.message;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  throw last;
}

async function attempt(candidate: Candidate, address: string, token: JoinToken): Promise<Admission> {
  const payload = pack([FORMAT, token.cluster, token.secret, candidate.name, candidate.addresses]);
  const { privateKey } = candidate;
  const isExpected = (node: NodeId) => names(token, node);
  const { reply } = await requestJoin({ privateKey, address, isExpected, payload, timeoutMs: ATTEMPT_MS });
  const admission = readReply(reply);
  if (admission.cluster.id !== token.cluster)
    throw new SeqNodeError(
      'token-refused',
      `The node at ${address} belongs to another cluster than the token.`,
    );
  return admission;
}

function readReply(bytes: Uint8Array): Admission {
  const value = decodeSafely(bytes);
  if (isRecord(value) && typeof value.code === 'string' && isErrorCode(value.code))
    throw new SeqNodeError(value.code, String(value.message), { answered: true });
  const cluster = isRecord(value) && isRecord(value.cluster) ? value.cluster : {};
  const { id, shards, replicas } = cluster;
  const peers = isRecord(value) && Array.isArray(value.peers) ? value.peers.map(parsePeer) : [];
  const known = peers.filter((peer) => peer !== undefined);
  const index = isRecord(value) ? value.index : undefined;
  const isWhole = typeof id === 'string' && isCount(shards) && isCount(replicas) && isIndex(index);
  if (!isWhole || known.length === 0)
    throw new SeqNodeError('unreachable', 'The member answered something that is not an admission.');
  return { cluster: { id, shards, replicas }, peers: known, peersAsOf: index };
}

/**
 * Whether one of the peers says that this node was removed. They turn a removed node away without a word, but
 * for this question. Peers that do not answer, or still know the node, say nothing. Never rejects.
 */
export async function isRemovedBy(
  peers: readonly Peer[],
  candidate: Candidate,
  cluster: string,
): Promise<boolean> {
  const { privateKey, name, addresses } = candidate;
  // What a node would ask that wants to join; the token of none is empty.
  const payload = pack([FORMAT, cluster, new Uint8Array(0), name, addresses]);
  for (const { node, addresses: at } of peers)
    for (const address of at)
      try {
        const isExpected = (other: NodeId) => other === node;
        const { reply } = await requestJoin({
          privateKey,
          address,
          isExpected,
          payload,
          timeoutMs: STANDING_MS,
        });
        const value = decodeSafely(reply);
        if (isRecord(value) && value.code === 'not-admitted') return true;
      } catch {
        // Another may know.
      }
  return false;
}

export interface Replacement {
  /** The id of the cluster. */
  readonly cluster: string;
  readonly old: Identity;
  readonly fresh: Identity;
  /** `HOST:PORT` each. */
  readonly members: readonly string[];
  /** Whose word counts. */
  isMember(node: NodeId): boolean;
  readonly timeoutMs: number;
  /** Everybody was asked, and nobody agreed: why not. */
  waiting(error: SeqNodeError): void;
}

/**
 * Asks each member in turn, again and again, until one says that the registry has `fresh` in the place of
 * `old`, and who the members are. Rejects with `not-admitted` when it has neither, or after `timeoutMs` with
 * what the last attempts met.
 */
export async function askToReplace(replacement: Replacement): Promise<Admission> {
  const until = performance.now() + replacement.timeoutMs;
  for (;;) {
    let last = new SeqNodeError('unreachable', 'No other member of the cluster is known.');
    for (const address of replacement.members) {
      const answer = await attemptReplacement(replacement, address);
      if (!(answer instanceof SeqNodeError)) return answer;
      if (wasAnswered(answer) || !wasAnswered(last)) last = answer;
    }
    replacement.waiting(last);
    if (performance.now() >= until || replacement.members.length === 0) throw last;
    await new Promise((resolve) => setTimeout(resolve, REPLACE_PAUSE_MS));
  }
}

const wasAnswered = (error: SeqNodeError) => error.details.answered === true;

/** Or why not, when that may pass. */
async function attemptReplacement(
  replacement: Replacement,
  address: string,
): Promise<Admission | SeqNodeError> {
  const { old, fresh, cluster, isMember: isExpected } = replacement;
  const payload = pack([REPLACE_FORMAT, cluster, fresh.node]);
  let last = new SeqNodeError('unreachable', `Nobody was asked at ${address}.`);
  // Once the old node is out of the registry, who knows that lets only the new one in.
  for (const { privateKey } of [old, fresh])
    try {
      const { reply } = await requestJoin({
        privateKey,
        address,
        isExpected,
        payload,
        timeoutMs: ATTEMPT_MS,
      });
      return readReply(reply);
    } catch (error) {
      if (!(error instanceof SeqNodeError)) throw error;
      if (wasAnswered(error) && !PASSING.has(error.code)) throw error;
      if (wasAnswered(error)) return error;
      last = error;
    }
  return last;
}

export interface Admitter {
  readonly cluster: ClusterIdentity;
  isRemoved(node: NodeId): boolean;
  /** Rejects with SeqNodeError. Resolves once the registry holds the peer. */
  admit(secretHash: string, peer: Peer): Promise<unknown>;
  /** Rejects with SeqNodeError. Resolves once the registry holds `node` in the place of `old`. */
  replace(old: NodeId, node: NodeId): Promise<unknown>;
  /** The members as they are known here, this node included. */
  roster(): Roster;
}

/** A member's answer to a join request. Never rejects. */
export async function answerJoin(admitter: Admitter, from: NodeId, payload: Uint8Array): Promise<Uint8Array> {
  try {
    const value = decodeSafely(payload);
    const replacement = readReplacement(value);
    if (replacement !== undefined) {
      await replaceBy(admitter, from, replacement);
      return pack({ cluster: admitter.cluster, ...admitter.roster() });
    }
    const { cluster, secret, peer } = readRequest(from, value);
    if (cluster !== admitter.cluster.id)
      throw new SeqNodeError('token-refused', 'The join token is of another cluster.');
    if (admitter.isRemoved(from)) throw new SeqNodeError('not-admitted', REMOVED);
    if (secret.byteLength === 0) throw new SeqNodeError('token-refused', 'The request brings no join token.');
    await admitter.admit(hashSecret(secret), peer);
    const { index, peers } = admitter.roster();
    const others = peers.filter(({ node }) => node !== from);
    return pack({ cluster: admitter.cluster, index, peers: [...others, peer] });
  } catch (error) {
    const { code, message } = error instanceof SeqNodeError ? error : new SeqNodeError('internal');
    return pack({ code, message });
  }
}

async function replaceBy(admitter: Admitter, from: NodeId, { cluster, node }: ReplaceRequest): Promise<void> {
  if (cluster !== admitter.cluster.id)
    throw new SeqNodeError('not-admitted', 'The node belongs to another cluster.');
  // Only the old node may give its place away. The new one may ask whether it has it.
  if (from !== node) await admitter.replace(from, node);
  else if (!admitter.roster().peers.some((peer) => peer.node === node))
    throw new SeqNodeError('outcome-unknown', 'The registry here does not have the new node yet.');
}

interface ReplaceRequest {
  readonly cluster: string;
  readonly node: NodeId;
}

function readReplacement(value: unknown): ReplaceRequest | undefined {
  const [format, cluster, node] = Array.isArray(value) ? (value as unknown[]) : [];
  if (format !== REPLACE_FORMAT || typeof cluster !== 'string' || typeof node !== 'string') return undefined;
  return node.length > NODE_ID_LENGTH_MAX ? undefined : { cluster, node: nodeId(node) };
}

function readRequest(from: NodeId, value: unknown): { cluster: string; secret: Uint8Array; peer: Peer } {
  const [format, cluster, secret, name, addresses] = Array.isArray(value) ? (value as unknown[]) : [];
  const peer = parsePeer({ node: from, name, addresses });
  const whole =
    format === FORMAT &&
    typeof cluster === 'string' &&
    secret instanceof Uint8Array &&
    secret.byteLength <= SECRET_BYTES_MAX &&
    peer !== undefined &&
    peer.addresses.length <= ADDRESSES_MAX;
  if (!whole) throw new SeqNodeError('bad-request', 'The join request makes no sense.');
  if (!isMemberName(peer.name)) throw new SeqNodeError('bad-config', nameRefusal(peer.name));
  return { cluster, secret, peer };
}

function decodeSafely(bytes: Uint8Array): unknown {
  try {
    return unpack(bytes, (reason) => new SeqNodeError('bad-request', reason));
  } catch {
    return undefined;
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;
