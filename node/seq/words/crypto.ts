// Cryptography that depends on nothing but its inputs. What needs randomness is in builtins/randomness.ts.
// Keys, hashes and signatures are hexadecimal; messages, passwords and salts are bytes.
import type { KeyObject } from 'node:crypto';
import { bytesOf, textOf, type Value } from '../../base/value.ts';
import { codePointsOf } from '../../base/value-text.ts';
import { Fault } from '../fault.ts';
import { deferred } from './deferred.ts';
import { decode64 } from './encodings.ts';
import { int, type Results, text, type WordRow, workOfAll } from './row.ts';

export const crypto = deferred<typeof import('node:crypto')>('node:crypto');

export const AES_KEY_BYTES = 32;
export const AES_NONCE_BYTES = 12;
const AES_TAG_BYTES = 16;
const ED25519_KEY_BYTES = 32;
const ED25519_SIGNATURE_BYTES = 64;
/** Fewer derive no key that is worth its name; more would hold up everything else for seconds. */
const ITERATIONS_MIN = 1000;
const ITERATIONS_MAX = 4_000_000;
/**
 * What comes before the 32 bytes of a key in PKCS #8 and in SubjectPublicKeyInfo (RFC 8410, sections 7 and
 * 4).
 */
const PRIVATE_KEY_HEAD = '302e020100300506032b657004220420';
const PUBLIC_KEY_HEAD = '302a300506032b6570032100';

/** Undefined unless `v` is that many bytes in hexadecimal. */
export function hexBytes(v: unknown, length: number): Uint8Array | undefined {
  const digits = codePointsOf(text(v));
  return new RegExp(`^[0-9a-fA-F]{${2 * length}}$`).test(digits) ? Uint8Array.fromHex(digits) : undefined;
}

const bytes = (v: unknown): Uint8Array => bytesOf(text(v));
const hex = (of: Uint8Array): string => new Uint8Array(of).toHex();
const hash = (of: Uint8Array): Uint8Array => crypto().createHash('sha256').update(of).digest();

function deriveKey(password: Value, salt: Value, rounds: Value): Results {
  const iterations = int(rounds);
  if (iterations < ITERATIONS_MIN) return ['', false];
  if (iterations > ITERATIONS_MAX)
    throw new Fault('bad-argument', `A key is derived in at most ${ITERATIONS_MAX} iterations.`);
  return [
    hex(crypto().pbkdf2Sync(bytes(password), bytes(salt), Number(iterations), AES_KEY_BYTES, 'sha256')),
    true,
  ];
}

/** base64(nonce || ciphertext || tag), as `crypto.aes-gcm-encrypt` makes it. */
function decrypt(encrypted: Value, key: Value): Results {
  const keyBytes = hexBytes(key, AES_KEY_BYTES);
  try {
    const whole = decode64(codePointsOf(text(encrypted)));
    if (keyBytes === undefined || whole.length < AES_NONCE_BYTES + AES_TAG_BYTES) return ['', false];
    const decipher = crypto().createDecipheriv('aes-256-gcm', keyBytes, whole.subarray(0, AES_NONCE_BYTES));
    decipher.setAuthTag(whole.subarray(-AES_TAG_BYTES));
    const plain = decipher.update(whole.subarray(AES_NONCE_BYTES, -AES_TAG_BYTES));
    decipher.final();
    return [textOf(new Uint8Array(plain), true), true];
  } catch (error) {
    if (error instanceof Fault) throw error;
    return ['', false];
  }
}

function keyOf(head: string, key: Uint8Array): { key: Buffer; format: 'der' } {
  return { key: Buffer.concat([Buffer.from(head, 'hex'), key]), format: 'der' };
}

function ed25519PrivateKey(seed: Uint8Array): KeyObject {
  return crypto().createPrivateKey({ ...keyOf(PRIVATE_KEY_HEAD, seed), type: 'pkcs8' });
}

/** The public key of a private one, both as 32 bytes. */
export function ed25519PublicKey(seed: Uint8Array): Uint8Array {
  const der = crypto().createPublicKey(ed25519PrivateKey(seed)).export({ format: 'der', type: 'spki' });
  return der.subarray(-ED25519_KEY_BYTES);
}

function signed(message: Value, key: Value): Results {
  const seed = hexBytes(key, ED25519_KEY_BYTES);
  return seed === undefined
    ? ['', false]
    : [hex(crypto().sign(null, bytes(message), ed25519PrivateKey(seed))), true];
}

function verified(message: Value, signature: Value, key: Value): boolean {
  const publicKey = hexBytes(key, ED25519_KEY_BYTES);
  const signatureBytes = hexBytes(signature, ED25519_SIGNATURE_BYTES);
  if (publicKey === undefined || signatureBytes === undefined) return false;
  const spki = crypto().createPublicKey({ ...keyOf(PUBLIC_KEY_HEAD, publicKey), type: 'spki' });
  return crypto().verify(null, bytes(message), spki, signatureBytes);
}

const row = (name: string, effect: string, run: WordRow['run'], reductions = 200): WordRow => ({
  name: `crypto.${name}`,
  // As the seed generation spells them.
  ...(['sha256', 'hmac-sha256', 'constant-time-eq'].includes(name) ? { aliases: [name] } : {}),
  effect,
  run,
  work: (...all) => reductions + workOfAll(...all),
});

export const cryptoWords: readonly WordRow[] = [
  row('sha256', '( String -- String )', (v) => hex(hash(bytes(v)))),
  row('hmac-sha256', '( String String -- String )', (message, key) =>
    hex(crypto().createHmac('sha256', bytes(key)).update(bytes(message)).digest()),
  ),
  // Hashes have one length, so that not even the lengths of the texts tell in time.
  row('constant-time-eq', '( String String -- Bool )', (a, b) =>
    crypto().timingSafeEqual(hash(bytes(a)), hash(bytes(b))),
  ),
  {
    ...row('pbkdf2-sha256', '( String String Int -- String Bool )', deriveKey),
    cost: (_, __, rounds) => 10 * Math.max(0, Number(rounds)) || 0,
  },
  row('aes-gcm-decrypt', '( String String -- String Bool )', decrypt),
  row('ed25519-sign', '( String String -- String Bool )', signed, 5000),
  row('ed25519-verify', '( String String String -- Bool )', verified, 10_000),
];
