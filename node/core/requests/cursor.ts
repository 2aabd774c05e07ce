// How far a stream of events was read, in every shard of the cluster: opaque to clients. In base64url:
// version, checksum of the cluster's id, number of shards; then for each its next entry, and how many of the
// records of that were read.
import { SeqNodeError } from '../../base/errors.ts';
import { hashBytes } from '../../base/hash.ts';
import { MsgpackReader } from '../../base/msgpack-reader.ts';
import { MsgpackWriter } from '../../base/msgpack-writer.ts';
import type { ClusterIdentity } from '../types.ts';

/** The next entry that is wanted of a shard, and how many of its records were read. */
export interface ShardPosition {
  readonly index: number;
  readonly skip: number;
}

/** Of shard 1, 2, 3 … */
export type Positions = readonly ShardPosition[];

export const FROM_THE_BEGINNING: ShardPosition = { index: 0, skip: 0 };

const VERSION = 1;
const CURSOR_LENGTH_MAX = 64 * 1024;
const BASE64 = { alphabet: 'base64url' } as const;
const utf8 = new TextEncoder();
const writer = new MsgpackWriter();

type Cluster = Pick<ClusterIdentity, 'id' | 'shards'>;

export function cursorOf(cluster: Cluster, positions: Positions): string {
  writer.clear();
  writer.count(VERSION, 'the version');
  writer.count(checksum(cluster), 'the checksum');
  writer.list(positions.length);
  for (const { index, skip } of positions) {
    // Nearly always an entry was read whole.
    writer.count(2 * index + (skip > 0 ? 1 : 0), 'an entry');
    if (skip > 0) writer.count(skip, 'a number of records');
  }
  return writer.take().toBase64({ ...BASE64, omitPadding: true });
}

/** Throws `bad-cursor`. */
export function readCursor(cluster: Cluster, text: string): Positions {
  if (text.length > CURSOR_LENGTH_MAX) throw malformed('is too long');
  let bytes: Uint8Array;
  try {
    bytes = Uint8Array.fromBase64(text, BASE64);
  } catch {
    throw malformed('is no base64url');
  }
  const reader = new MsgpackReader(bytes, malformed);
  if (reader.count('the version') !== VERSION) throw malformed('is of another version');
  if (reader.count('the checksum') !== checksum(cluster)) throw malformed('is of another cluster');
  if (reader.list('the shards') !== cluster.shards) throw malformed('is of another number of shards');
  const positions = Array.from({ length: cluster.shards }, (): ShardPosition => {
    const index = reader.count('an entry');
    return { index: Math.floor(index / 2), skip: index % 2 === 1 ? reader.count('a number of records') : 0 };
  });
  reader.end();
  return positions;
}

function checksum({ id }: Cluster): number {
  const bytes = utf8.encode(id);
  return hashBytes(bytes, 0, bytes.length) >>> 0;
}

const malformed = (reason: string) => new SeqNodeError('bad-cursor', `The cursor ${reason}.`);
