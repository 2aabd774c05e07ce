// Entries as earlier versions wrote them: they delete ranges of an outbox, before all other mutations.
import type { ActorPath } from '../../base/ids.ts';
import { MsgpackWriter } from '../../base/msgpack-writer.ts';
import { PLACE_BYTES } from '../key-kinds.ts';
import type { GroupKeys, KeyRange } from '../keys.ts';

/** The messages from `sender` to `receiver` with a number up to and including `last`. */
export function outboxUpTo(keys: GroupKeys, sender: string, receiver: ActorPath, last: number): KeyRange {
  return { from: keys.outbox(sender, receiver, 0), to: keys.outbox(sender, receiver, last + 1) };
}

/** Mutations that delete `ranges`, and then are `mutations`. */
export function oldMutations(
  ranges: readonly KeyRange[],
  mutations: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const writer = new MsgpackWriter();
  for (const { from, to } of ranges) {
    writer.count(1, 'the kind of a mutation');
    writer.binaryFrom(from, PLACE_BYTES);
    writer.binaryFrom(to, PLACE_BYTES);
  }
  return Uint8Array.of(...writer.take(), ...mutations);
}
