// What an export is, whatever its format: a header, the modules, then each actor with its rows, then the
// totals. A reader of any format gives these items; `verified` holds them against the sums that the writer
// noted.
import { SeqNodeError } from '../../base/errors.ts';
import { parsePath } from '../../base/path.ts';
import type { Counters, ModuleText, ShardMoment } from '../export-api.ts';
import { checkRow, type ExportRow, type Sum, Summing, type TotalSum, Totals } from './rows.ts';

export const EXPORT_VERSION = 1;

export interface ExportHeader {
  readonly version: number;
  /** Names the export, and so what is imported of it. */
  readonly export: string;
  readonly cluster: string;
  readonly program: string;
  readonly atMillis: number;
  readonly prefix: string;
  /** Of each shard the last log entry that is in the export. */
  readonly shards: readonly ShardMoment[];
  readonly counters: Counters;
}

export type ExportItem =
  | { readonly kind: 'header'; readonly header: ExportHeader }
  | ({ readonly kind: 'module'; readonly hash: string } & ModuleText)
  | { readonly kind: 'actor'; readonly path: string }
  /** Of the actor before. */
  | { readonly kind: 'rows'; readonly rows: readonly ExportRow[] }
  | { readonly kind: 'actor-end'; readonly path: string; readonly sum: Sum }
  | { readonly kind: 'end'; readonly totals: TotalSum };

export type Items = AsyncIterable<ExportItem>;

/** Takes the items of one export, in order. */
export interface ExportWriter {
  write(item: ExportItem): void | Promise<void>;
  /** The export is whole: it gets its name. */
  finish(): Promise<void>;
  /** Leaves nothing behind. */
  abandon(): Promise<void>;
}

export const damaged = (message: string, details: Readonly<Record<string, unknown>> = {}): SeqNodeError =>
  new SeqNodeError('export-damaged', message, details);

const same = (a: object, b: object) => JSON.stringify(a) === JSON.stringify(b);

/** The same items. Throws `export-damaged` for the first that is not as it was written. */
export async function* verified(items: Items): AsyncGenerator<ExportItem> {
  const totals = new Totals();
  let actor: { readonly path: string; readonly summing: Summing } | undefined;
  let last = '';
  let phase: 'begin' | 'actors' | 'end' = 'begin';
  for await (const item of items) {
    if ((phase === 'begin') !== (item.kind === 'header')) throw damaged('The export has no header.');
    switch (item.kind) {
      case 'header':
        if (item.header.version !== EXPORT_VERSION)
          throw damaged(
            `The export is of version ${item.header.version}; this program reads version ${EXPORT_VERSION}.`,
          );
        phase = 'actors';
        totals.before(item.header);
        break;
      case 'module':
        totals.before([item.hash, item.entry, item.files]);
        break;
      case 'actor':
        checkPath(item.path);
        if (actor !== undefined || item.path === last)
          throw damaged(`The rows of ${item.path} are in disorder.`);
        actor = { path: item.path, summing: new Summing() };
        break;
      case 'rows':
        if (actor === undefined) throw damaged('The export holds rows of no actor.');
        for (const row of item.rows) take(actor.path, row, actor.summing);
        break;
      case 'actor-end': {
        if (actor?.path !== item.path) throw damaged(`The rows of ${item.path} are in disorder.`);
        const { sum } = actor.summing;
        if (!same(sum, item.sum)) throw damaged(changed(item.path, sum, item.sum), { path: item.path });
        totals.add(item.path, item.sum);
        last = item.path;
        actor = undefined;
        break;
      }
      case 'end':
        if (actor !== undefined || !same(totals.sum, item.totals))
          throw damaged(
            `The export holds ${totals.sum.actors} actors with ${totals.sum.records} records; it was written with ${item.totals.actors} and ${item.totals.records}, or others.`,
          );
        phase = 'end';
        break;
    }
    yield item;
  }
  if (phase !== 'end') throw damaged('The export is cut off: its end is missing.');
}

function checkPath(path: string): void {
  try {
    parsePath(path);
  } catch (error) {
    if (!(error instanceof SeqNodeError)) throw error;
    throw damaged(`The export names an actor by what is no path. ${error.message}`);
  }
}

function changed(path: string, found: Sum, written: Sum): string {
  if (found.rows === written.rows)
    return `What the export holds of ${path} was changed: its checksum differs.`;
  return `The export holds ${found.rows} rows of ${path}, and was written with ${written.rows}.`;
}

function take(path: string, row: ExportRow, summing: Summing): void {
  try {
    checkRow(row);
  } catch (error) {
    if (!(error instanceof SeqNodeError)) throw error;
    throw damaged(`The ${row.kind} ${row.name} of ${path} cannot be read. ${error.message}`, { path });
  }
  summing.add(row);
}
