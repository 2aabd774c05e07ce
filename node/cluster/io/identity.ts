// Who a node is: an Ed25519 key pair. The NodeId is the text form of its libp2p peer id, which holds the
// public key.
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { privateKeyFromRaw } from '@libp2p/crypto/keys';
import type { Ed25519PrivateKey } from '@libp2p/interface';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { SeqNodeError } from '../../base/errors.ts';
import { type NodeId, nodeId } from '../../base/ids.ts';

/** Seed (32 bytes), then public key (32 bytes), as in RFC 8032 and libp2p's raw form. */
export const PRIVATE_KEY_BYTES = 64;
const SEED_BYTES = 32;
/** What precedes the seed in PKCS #8 (RFC 8410). */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

export interface Identity {
  /** PRIVATE_KEY_BYTES bytes. A secret: whoever has it is the node. */
  readonly privateKey: Uint8Array;
  readonly node: NodeId;
}

/** A fresh identity from the system's source of randomness. */
export function createIdentity(): Identity {
  const { d, x } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  if (d === undefined || x === undefined) throw new Error('an Ed25519 key without its parts');
  const privateKey = new Uint8Array(
    Buffer.concat([Buffer.from(d, 'base64url'), Buffer.from(x, 'base64url')]),
  );
  return { privateKey, node: identityOf(privateKey) };
}

/** The node that holds `privateKey`. Throws `bad-config` for bytes that are not a private key. */
export function identityOf(privateKey: Uint8Array): NodeId {
  return nodeId(peerIdFromPrivateKey(libp2pKey(privateKey)).toString());
}

/** Throws `bad-config` for bytes that are not a private key. */
export function libp2pKey(privateKey: Uint8Array): Ed25519PrivateKey {
  if (privateKey.byteLength !== PRIVATE_KEY_BYTES)
    throw new SeqNodeError(
      'bad-config',
      `The node's private key has ${privateKey.byteLength} bytes instead of ${PRIVATE_KEY_BYTES}.`,
    );
  const seed = Buffer.from(privateKey.subarray(0, SEED_BYTES));
  const whole = createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: 'der', type: 'pkcs8' });
  const { x = '' } = createPublicKey(whole).export({ format: 'jwk' });
  const key = privateKeyFromRaw(privateKey);
  // Ed25519 signatures made with a public key that is not the seed's own give the seed away.
  if (
    key.type !== 'Ed25519' ||
    Buffer.compare(Buffer.from(x, 'base64url'), privateKey.subarray(SEED_BYTES)) !== 0
  )
    throw new SeqNodeError('bad-config', "The halves of the node's private key do not belong together.");
  return key;
}
