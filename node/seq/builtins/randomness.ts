// Words of cryptography that need randomness. Keys, nonces and random bytes must be secret, so that a turn of
// an actor, whose randomness is recorded with it, cannot make them; a UUID or a number in a range it can.
import { bytesOf, type Int, intOf, type Value } from '../../base/value.ts';
import { Fault } from '../fault.ts';
import type { RunContext } from '../run/context.ts';
import { AES_KEY_BYTES, AES_NONCE_BYTES, crypto, ed25519PublicKey, hexBytes } from '../words/crypto.ts';
import { encode64 } from '../words/encodings.ts';
import { int, type Results, text } from '../words/row.ts';
import { checked } from '../words/strings.ts';
import type { BuiltinRow } from './table.ts';
import { worldly } from './world.ts';

const RANDOM_BYTES_MAX = 1024;

/** From the world of a script, or from what is recorded with a turn. */
function drawn({ host }: RunContext, count: number): Uint8Array {
  if (host.world !== undefined) return host.world.randomBytes(count);
  return Uint8Array.from({ length: count }, () => Math.floor(host.random() * 256));
}

/** A number in [low, high), each as likely as any other; `low` when there is none. */
function inRange(context: RunContext, low: Int, high: Int): Int {
  const range = BigInt(high) - BigInt(low);
  if (range <= 0n) return low;
  const bits = range.toString(2).length;
  const bytes = Math.ceil(bits / 8);
  for (;;) {
    const n = BigInt.asUintN(bits, BigInt(`0x${drawn(context, bytes).toHex()}`));
    if (n < range) return intOf(BigInt(low) + n);
  }
}

/** Version 4 (RFC 9562, section 5.4). */
function uuid(context: RunContext): string {
  const bytes = drawn(context, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toHex().replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function encrypt(plain: Value, key: Value, nonce: Uint8Array): Results {
  const keyBytes = hexBytes(key, AES_KEY_BYTES);
  const message = bytesOf(text(plain));
  if (keyBytes === undefined) return ['', false];
  const cipher = crypto().createCipheriv('aes-256-gcm', keyBytes, nonce);
  const parts = [nonce, cipher.update(message), cipher.final()];
  return [checked(encode64(Buffer.concat([...parts, cipher.getAuthTag()]))), true];
}

export const randomWords: readonly BuiltinRow[] = [
  {
    ...worldly('crypto.random-bytes', '( Int -- String )', (world, v) => {
      const count = int(v);
      if (count < 0 || count > RANDOM_BYTES_MAX)
        throw new Fault('bad-argument', `Between 0 and ${RANDOM_BYTES_MAX} random bytes can be had at once.`);
      return world.randomBytes(Number(count)).toHex();
    }),
    aliases: ['random-bytes'],
  },
  {
    name: 'crypto.random-int',
    aliases: ['random-int'],
    effect: '( Int Int -- Int )',
    host: (context, low, high) => inRange(context, int(low), int(high)),
  },
  { name: 'crypto.uuid4', aliases: ['uuid4'], effect: '( -- String )', host: uuid },
  worldly('crypto.aes-gcm-encrypt', '( String String -- String Bool )', (world, plain, key) =>
    encrypt(plain!, key!, world.randomBytes(AES_NONCE_BYTES)),
  ),
  worldly('crypto.ed25519-keypair', '( -- String String )', (world) => {
    const seed = world.randomBytes(32);
    return [new Uint8Array(ed25519PublicKey(seed)).toHex(), seed.toHex()];
  }),
];
