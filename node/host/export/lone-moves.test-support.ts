// Exports and imports of a node by itself, by way of all that a running node does with them.
import { moduleHash } from '../../base/ids.ts';
import type { LoneNode } from '../../core/testing/lone-node.ts';
import type { ClientRequest } from '../../core/types.ts';
import { Moves } from '../moves.ts';
import { errorOf } from '../request-table.ts';
import type { ExportItem, ExportWriter, Items } from './items.ts';
import { type ImportTarget, runExport } from './moving.ts';

type WithoutTimeout<R> = R extends ClientRequest ? Omit<R, 'timeoutMs'> : never;

export function movesOf(lone: LoneNode, shards: number): Moves {
  return new Moves({
    cluster: 'test',
    shards,
    modules: () => [...lone.core.inspect.modules()].map(({ hash }) => hash),
    moduleText: (hash) => lone.core.inspect.moduleText(hash),
    send: async <T>(request: ClientRequest) => {
      const { timeoutMs: _, ...rest } = request;
      const result = lone.request(rest as WithoutTimeout<ClientRequest>);
      if (!result.ok) throw errorOf(result);
      return result.value as T;
    },
  });
}

export function targetOf(lone: LoneNode, shards: number): ImportTarget {
  return {
    moves: movesOf(lone, shards),
    deploy: async ({ entry, files }) => {
      const hash = moduleHash('aa');
      const result = lone.request({ op: 'deploy', hash, bundle: { entry, files } });
      if (!result.ok) throw errorOf(result);
      return { hash };
    },
  };
}

/** Keeps the items of an export. */
export class Kept implements ExportWriter {
  readonly items: ExportItem[] = [];
  finished = false;

  write(item: ExportItem): void {
    this.items.push(item);
  }

  async finish(): Promise<void> {
    this.finished = true;
  }

  async abandon(): Promise<void> {
    this.items.length = 0;
  }
}

export async function exportOf(lone: LoneNode, shards: number, prefix = '/'): Promise<ExportItem[]> {
  const kept = new Kept();
  await runExport(movesOf(lone, shards), () => kept, prefix);
  return kept.items;
}

export async function* itemsFrom(items: readonly ExportItem[]): Items {
  yield* items;
}

/** The rows of all actors by what they are, as JSON would show them: equal for exports that hold the same. */
export function rowsByName(items: readonly ExportItem[]): readonly (readonly [string, string])[] {
  const rows = new Map<string, string>();
  const letters = new Map<string, number>();
  let path = '';
  for (const item of items) {
    if (item.kind === 'actor') path = item.path;
    if (item.kind !== 'rows') continue;
    for (const { kind, name, value } of item.rows) {
      // A dead letter gets another number where it goes.
      const nth = kind === 'letter' ? String(letters.get(path) ?? 0) : name;
      if (kind === 'letter') letters.set(path, Number(nth) + 1);
      rows.set(`${path} ${kind} ${nth}`, Buffer.from(value).toString('hex'));
    }
  }
  return [...rows].sort(([a], [b]) => (a < b ? -1 : 1));
}
