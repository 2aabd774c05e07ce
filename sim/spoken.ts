// Frames that one node passes on for others, as checkers see them: whose words they are.
import type { NodeId } from '../node/base/ids.ts';
import { decodeFrame } from '../node/cluster/wire.ts';

/** A MessagePack list of four whose first element is 12. */
const isRelay = (bytes: Uint8Array) => bytes[0] === 0x94 && bytes[1] === 12;

/**
 * What `node` itself says in a frame that it sends to `to`, and to whom; undefined where it passes on what
 * another says.
 */
export function spokenBy(
  node: NodeId,
  to: NodeId,
  bytes: Uint8Array,
): { readonly to: NodeId; readonly frame: Uint8Array } | undefined {
  if (!isRelay(bytes)) return { to, frame: bytes };
  const relay = decodeFrame(bytes, node, to);
  if (relay.kind !== 'relay') throw new Error('a relay frame is of another kind');
  return relay.origin === node ? { to: relay.path.at(-1)!, frame: relay.frame } : undefined;
}

/** Who speaks in a frame that came to `to` from `from`: undefined where it is to be passed on. */
export function speakerOf(from: NodeId, to: NodeId, bytes: Uint8Array): NodeId | undefined {
  if (!isRelay(bytes)) return from;
  const relay = decodeFrame(bytes, from, to);
  return relay.kind === 'relay' && relay.path.length === 0 ? relay.origin : undefined;
}
