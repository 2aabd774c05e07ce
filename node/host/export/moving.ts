// An export from a cluster to its writer, and an import from an export to a cluster.
import { SeqNodeError } from '../../base/errors.ts';
import { unpackRows } from '../../journal/packed-rows.ts';
import type { ModuleText, MoveApi, ShardProgress } from '../export-api.ts';
import { collectExport } from './collect.ts';
import type { ExportHeader, ExportItem, ExportWriter, Items } from './items.ts';
import { type Lot, Placing } from './place.ts';
import { NO_ROWS, type TotalSum } from './rows.ts';

/** Called now and then, with what was done so far. */
export type Progress = (done: { readonly actors: number; readonly records: number }) => void;

/** Leaves nothing where it fails. */
export async function runExport(
  api: MoveApi,
  makeWriter: () => ExportWriter,
  prefix: string,
  progress: Progress = () => {},
): Promise<{ readonly header: ExportHeader; readonly totals: TotalSum }> {
  const begun = await api.beginExport();
  try {
    const source = {
      begun,
      rows: async (shard: number, from: Uint8Array, to: Uint8Array) => {
        const { rows, next } = await api.exportRows(begun.export, shard, from, to);
        return { rows: unpackRows(rows), next };
      },
      module: (hash: string) => api.moduleText(hash),
    };
    const writer = makeWriter();
    const counting = new Counting(progress);
    try {
      for await (const item of collectExport(source, prefix, Date.now())) {
        counting.add(item);
        const written = writer.write(item);
        if (written !== undefined) await written;
      }
      await writer.finish();
    } catch (error) {
      await writer.abandon();
      throw error;
    }
    return counting.summary;
  } finally {
    await api.endExport(begun.export).catch(() => {});
  }
}

/** What passes by. */
class Counting {
  readonly #progress: Progress;
  #header: ExportHeader | undefined;
  #totals: TotalSum = { actors: 0, ...NO_ROWS };
  #actors = 0;
  #records = 0;
  readonly modules: (ModuleText & { readonly hash: string })[] = [];

  constructor(progress: Progress) {
    this.#progress = progress;
  }

  add(item: ExportItem): void {
    if (item.kind === 'header') this.#header = item.header;
    else if (item.kind === 'module') this.modules.push(item);
    else if (item.kind === 'actor-end') {
      this.#actors++;
      this.#records += item.sum.records;
      this.#progress({ actors: this.#actors, records: this.#records });
    } else if (item.kind === 'end') this.#totals = item.totals;
  }

  get summary() {
    return { header: this.#header!, totals: this.#totals };
  }
}

export interface ImportTarget {
  readonly moves: Pick<MoveApi, 'beginImport' | 'importRows' | 'endImport'>;
  deploy(module: ModuleText): Promise<{ readonly hash: string }>;
}

export interface Imported {
  readonly header: ExportHeader;
  readonly totals: TotalSum;
  /** The very same was imported before. */
  readonly before: boolean;
}

/** The name under which an export is imported: another one where a single row differs. */
export const importId = ({ export: name }: ExportHeader, { crc }: TotalSum): string =>
  `${name}.${crc.toString(16).padStart(8, '0')}`;

/** Reads the export to its end. Throws `export-damaged`. */
export async function readWhole(items: Items, progress: Progress = () => {}) {
  const counting = new Counting(progress);
  for await (const item of items) counting.add(item);
  return { ...counting.summary, modules: counting.modules };
}

/**
 * `open` gives the items of the export, checked, twice: nothing is imported of one that is not as it was
 * written.
 */
export async function runImport(
  target: ImportTarget,
  open: () => Items,
  progress: Progress = () => {},
): Promise<Imported> {
  const { header, totals, modules } = await readWhole(open());
  const id = importId(header, totals);
  for (const { hash, entry, files } of modules) {
    const deployed = await target.deploy({ entry, files });
    if (deployed.hash !== hash)
      throw new SeqNodeError('export-damaged', `The source of module ${hash} is another: ${deployed.hash}.`);
  }
  const shards = await target.moves.beginImport(id);
  if (shards.every(({ done }) => done)) return { header, totals, before: true };
  const placing = new Placing(shards.length, header.counters);
  const sending = new Sending(target, id, shards);
  for await (const lot of placing.lotsOf(counted(open(), new Counting(progress)))) await sending.add(lot);
  await sending.finish();
  await target.moves.endImport(id, placing.counters);
  return { header, totals, before: false };
}

async function* counted(items: Items, counting: Counting): AsyncGenerator<ExportItem> {
  for await (const item of items) {
    counting.add(item);
    yield item;
  }
}

/** Lots that are under way at once, each to another shard. */
const SENDING_MAX = 8;

class Sending {
  readonly #target: ImportTarget;
  readonly #id: string;
  readonly #taken: ReadonlyMap<number, ShardProgress>;
  readonly #underWay = new Map<number, Promise<void>>();
  #failure: { readonly error: unknown } | undefined;

  constructor(target: ImportTarget, id: string, shards: readonly ShardProgress[]) {
    this.#target = target;
    this.#id = id;
    this.#taken = new Map(shards.map((progress) => [progress.shard, progress]));
  }

  /** Waits until there is room. Throws what an earlier lot ended with. */
  async add({ shard, number, rows }: Lot): Promise<void> {
    const progress = this.#taken.get(shard);
    if (progress !== undefined && (progress.done || number <= progress.taken)) return;
    const before = this.#underWay.get(shard);
    if (before !== undefined) await before;
    while (this.#underWay.size >= SENDING_MAX) await Promise.race(this.#underWay.values());
    this.#check();
    const sent = this.#target.moves.importRows(this.#id, shard, number, rows).then(
      () => {},
      (error: unknown) => {
        this.#failure ??= { error };
      },
    );
    this.#underWay.set(
      shard,
      sent.then(() => {
        this.#underWay.delete(shard);
      }),
    );
  }

  async finish(): Promise<void> {
    await Promise.all(this.#underWay.values());
    this.#check();
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
