// Snapshots of actors.
import { decodeData, encodeData } from '../../base/codec.ts';
import { pack } from '../../base/pack.ts';
import { bytesView, count, malformed } from '../../base/tree.ts';
import { SeqMap } from '../../base/value.ts';
import { ROW_VERSION, readRow } from './row.ts';

/** The whole state of an actor as of one record. */
export interface StateSnapshot {
  readonly sequence: number;
  readonly state: SeqMap;
}

export function encodeSnapshot({ sequence, state }: StateSnapshot): Uint8Array {
  return pack([ROW_VERSION, sequence, encodeData(state)]);
}

export function decodeSnapshot(bytes: Uint8Array): StateSnapshot {
  return readRow(bytes, 'The snapshot of an actor', ([sequence, encoded]) => {
    const state = decodeData(bytesView(encoded));
    if (!(state instanceof SeqMap)) throw malformed('a Map');
    return { sequence: count(sequence), state };
  });
}
