// The lots of rows that an import gives to each shard of a cluster, whatever the number of its shards. The
// same export gives the same lots, so that an import which is repeated goes on where it was.
import type { ActorPath } from '../../base/ids.ts';
import { shardOf } from '../../cluster/placement.ts';
import { type PackedRow, packRows } from '../../journal/packed-rows.ts';
import type { Counters } from '../export-api.ts';
import type { Items } from './items.ts';
import { type ExportRow, restOfRow } from './rows.ts';

export interface Lot {
  readonly shard: number;
  /** From 1 in each shard. */
  readonly number: number;
  readonly rows: Uint8Array;
}

/** A lot takes no further row over this. */
const LOT_BYTES = 256 * 1024;
const ROW_BYTES = 64;

interface Filling {
  rows: PackedRow[];
  bytes: number;
  lots: number;
}

/** Dead letters get new numbers, behind all that the exported cluster gave. */
export class Placing {
  readonly #shards: number;
  readonly #filling = new Map<number, Filling>();
  readonly #counters: Counters;
  #letters: number;

  constructor(shards: number, counters: Counters) {
    this.#shards = shards;
    this.#counters = counters;
    this.#letters = Math.max(1, counters.letters);
  }

  /** The counters of the new cluster, once all rows are placed. */
  get counters(): Counters {
    return { ...this.#counters, letters: this.#letters };
  }

  async *lotsOf(items: Items): AsyncGenerator<Lot> {
    let path = '' as ActorPath;
    for await (const item of items) {
      if (item.kind === 'actor') path = item.path as ActorPath;
      if (item.kind !== 'rows') continue;
      const shard = shardOf(path, this.#shards);
      for (const row of item.rows) {
        const lot = this.#add(shard, path, row);
        if (lot !== undefined) yield lot;
      }
    }
    for (const [shard, filling] of this.#filling)
      if (filling.rows.length > 0) yield this.#seal(shard, filling);
  }

  #add(shard: number, path: ActorPath, row: ExportRow): Lot | undefined {
    let filling = this.#filling.get(shard);
    if (filling === undefined) {
      filling = { rows: [], bytes: 0, lots: 0 };
      this.#filling.set(shard, filling);
    }
    const named = row.kind === 'letter' ? { kind: row.kind, name: String(this.#letters++) } : row;
    const rest = restOfRow(path, named);
    const bytes = rest.length + row.value.length + ROW_BYTES;
    const full = filling.rows.length > 0 && filling.bytes + bytes > LOT_BYTES;
    const lot = full ? this.#seal(shard, filling) : undefined;
    filling.rows.push([rest, row.value]);
    filling.bytes += bytes;
    return lot;
  }

  #seal(shard: number, filling: Filling): Lot {
    const rows = packRows(filling.rows);
    filling.rows = [];
    filling.bytes = 0;
    return { shard, number: ++filling.lots, rows };
  }
}
