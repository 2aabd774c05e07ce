// Join tokens. A token holds a secret of 16 random bytes; the cluster keeps only its SHA-256, so that nobody
// who reads the registry can join by it. It also names the members that its maker knew, so that whoever joins
// shows the secret to no one else.
import { createHash, randomBytes } from 'node:crypto';
import { SeqNodeError } from '../base/errors.ts';
import type { NodeId } from '../base/ids.ts';
import { pack, unpack } from '../base/pack.ts';

const PREFIX = 'seqt1_';
const SECRET_BYTES = 16;
const TOKEN_LENGTH_MAX = 512;
/** Of the hash of a member's id: nobody finds another key with the same. */
const FINGERPRINT_BYTES = 16;
/** A token stays short enough to be copied by hand; whoever joins needs one of them. */
const MEMBERS_MAX = 12;

export interface JoinToken {
  /** The id of the cluster that it admits to. */
  readonly cluster: string;
  /** SECRET_BYTES bytes. */
  readonly secret: Uint8Array;
  /** Fingerprints of the members that may see the secret; FINGERPRINT_BYTES bytes each. */
  readonly members: readonly Uint8Array[];
}

/** `members`: those who may admit, the most likely first. */
export function createJoinToken(cluster: string, members: readonly NodeId[]): JoinToken {
  const secret = new Uint8Array(randomBytes(SECRET_BYTES));
  return { cluster, secret, members: members.slice(0, MEMBERS_MAX).map(fingerprint) };
}

/** Whether the node is one that the token's maker knew as a member. */
export function names(token: JoinToken, node: NodeId): boolean {
  const wanted = fingerprint(node);
  return token.members.some((member) => Buffer.compare(member, wanted) === 0);
}

function fingerprint(node: NodeId): Uint8Array {
  return new Uint8Array(createHash('sha256').update(node).digest().subarray(0, FINGERPRINT_BYTES));
}

/** The text that a person copies: letters, digits, `-` and `_` only. */
export function formatJoinToken(token: JoinToken): string {
  return PREFIX + Buffer.from(pack([token.cluster, token.secret, token.members])).toString('base64url');
}

/** Throws `token-refused` for a text that is not a whole token. */
export function parseJoinToken(text: string): JoinToken {
  const refuse = (why: string) => new SeqNodeError('token-refused', `The join token ${why}.`);
  if (!text.startsWith(PREFIX)) throw refuse(`does not begin with ${PREFIX}`);
  if (text.length > TOKEN_LENGTH_MAX) throw refuse('is too long');
  const bytes = Buffer.from(text.slice(PREFIX.length), 'base64url');
  const fields = unpack(bytes, () => refuse('is damaged; copy it whole'));
  const [cluster, secret, members] = Array.isArray(fields) ? (fields as unknown[]) : [];
  const whole =
    typeof cluster === 'string' &&
    isBytes(secret, SECRET_BYTES) &&
    Array.isArray(members) &&
    members.every((member) => isBytes(member, FINGERPRINT_BYTES));
  if (!whole) throw refuse('is damaged; copy it whole');
  return {
    cluster,
    secret: new Uint8Array(secret),
    members: members.map((member) => new Uint8Array(member)),
  };
}

const isBytes = (value: unknown, length: number): value is Uint8Array =>
  value instanceof Uint8Array && value.byteLength === length;

/** What the cluster knows a token by: the SHA-256 of its secret, in hexadecimal. */
export function hashSecret(secret: Uint8Array): string {
  return createHash('sha256').update(secret).digest('hex');
}
