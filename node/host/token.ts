// Join tokens. A token holds a secret of 16 random bytes; the cluster keeps only its SHA-256, so that nobody who reads the
// registry can join by it.
import { createHash, randomBytes } from 'node:crypto';
import { decode, encode } from '@msgpack/msgpack';
import { SeqNodeError } from '../base/errors.ts';

const PREFIX = 'seqt1_';
const SECRET_BYTES = 16;
const TOKEN_LENGTH_MAX = 512;

export interface JoinToken {
  /** The id of the cluster that it admits to. */
  readonly cluster: string;
  /** SECRET_BYTES bytes. */
  readonly secret: Uint8Array;
}

export function createJoinToken(cluster: string): JoinToken {
  return { cluster, secret: new Uint8Array(randomBytes(SECRET_BYTES)) };
}

/** The text that a person copies: letters, digits, `-` and `_` only. */
export function formatJoinToken(token: JoinToken): string {
  return PREFIX + Buffer.from(encode([token.cluster, token.secret])).toString('base64url');
}

/** Throws `token-refused` for a text that is not a whole token. */
export function parseJoinToken(text: string): JoinToken {
  const refuse = (why: string) => new SeqNodeError('token-refused', `The join token ${why}.`);
  if (!text.startsWith(PREFIX)) throw refuse(`does not begin with ${PREFIX}`);
  if (text.length > TOKEN_LENGTH_MAX) throw refuse('is too long');
  let fields: unknown;
  try {
    fields = decode(Buffer.from(text.slice(PREFIX.length), 'base64url'));
  } catch {
    throw refuse('is damaged; copy it whole');
  }
  const [cluster, secret] = Array.isArray(fields) ? (fields as unknown[]) : [];
  if (typeof cluster !== 'string' || !(secret instanceof Uint8Array) || secret.byteLength !== SECRET_BYTES)
    throw refuse('is damaged; copy it whole');
  return { cluster, secret: new Uint8Array(secret) };
}

/** What the cluster knows a token by: the SHA-256 of its secret, in hexadecimal. */
export function hashSecret(secret: Uint8Array): string {
  return createHash('sha256').update(secret).digest('hex');
}
