// Exports and imports of a node in memory: one shard that holds what was imported into it, a lot as a row.
import { SeqNodeError } from '../base/errors.ts';
import type { MoveApi } from '../host/api.ts';

export class MemoryMoves implements MoveApi {
  #lots: Uint8Array[] = [];
  readonly #open = new Set<string>();
  #importing: string | undefined;

  async beginExport() {
    const name = `export-${this.#open.size + 1}`;
    this.#open.add(name);
    return {
      export: name,
      cluster: 'memory',
      version: '1',
      shards: [{ shard: 1, index: 7 }],
      modules: ['module'],
    };
  }

  /** The first byte of `from` says which lot. */
  async exportRows(id: string, shard: number, [at = 0]: Uint8Array) {
    if (!this.#open.has(id)) throw new SeqNodeError('export-lost', `The view of shard ${shard} is lost.`);
    const next = at + 1 < this.#lots.length ? Uint8Array.of(at + 1) : null;
    return { rows: this.#lots[at] ?? new Uint8Array(0), next };
  }

  async endExport(id: string) {
    this.#open.delete(id);
  }

  async moduleText() {
    return { entry: 'a.seq', files: { 'a.seq': ': f ( -- ) ;' } };
  }

  async beginImport(id: string) {
    if (this.#importing !== id && this.#lots.length > 0) throw new SeqNodeError('not-empty');
    this.#importing = id;
    return [{ shard: 1, taken: this.#lots.length, done: false }];
  }

  async importRows(_id: string, shard: number, number: number, rows: Uint8Array) {
    this.#lots[number - 1] = rows.slice();
    return { shard, taken: number, done: false };
  }

  async endImport() {
    this.#importing = undefined;
  }

  async abandonImport() {
    this.#importing = undefined;
    this.#lots = [];
  }
}
