// Exports and imports as the node's API gives them: each asks all shards in turn.
import { randomUUID } from 'node:crypto';
import { SeqNodeError } from '../base/errors.ts';
import { type GroupId, groupId } from '../base/ids.ts';
import type { ExportOpened, ExportPage, ImportProgress } from '../core/requests/results.ts';
import type { ClientRequest } from '../core/types.ts';
import type {
  BegunExport,
  Counters,
  ExportedRows,
  ModuleText,
  MoveApi,
  ShardProgress,
} from './export-api.ts';
import { VERSION } from './version.ts';

export interface MoveParts {
  readonly cluster: string;
  readonly shards: number;
  modules(): readonly string[];
  moduleText(hash: string): ModuleText | undefined;
  send<T>(request: ClientRequest): Promise<T>;
}

const TIMEOUT_MS = 5000;
/** What an import takes into a shard, or gives up, may be much. */
const END_TIMEOUT_MS = 30_000;
const NO_COUNTERS: Counters = { wall: 0, sent: 0, letters: 0 };

export class Moves implements MoveApi {
  readonly #parts: MoveParts;

  constructor(parts: MoveParts) {
    this.#parts = parts;
  }

  async beginExport(): Promise<BegunExport> {
    const name = randomUUID();
    const ask = <T>(op: 'hold-shard' | 'open-export') =>
      this.#all((group) => this.#parts.send<T>({ op, group, export: name, timeoutMs: TIMEOUT_MS }));
    try {
      // All are held before the first view opens.
      await ask<null>('hold-shard');
      const opened = await ask<ExportOpened>('open-export');
      const { cluster } = this.#parts;
      const shards = opened.map(({ index }, at) => ({ shard: at + 1, index }));
      return { export: name, cluster, version: VERSION, shards, modules: this.#parts.modules() };
    } catch (error) {
      await this.endExport(name).catch(() => {});
      throw error;
    }
  }

  async exportRows(id: string, shard: number, from: Uint8Array, to: Uint8Array): Promise<ExportedRows> {
    const group = this.#group(shard);
    return this.#parts.send<ExportPage>({
      op: 'read-export',
      group,
      export: id,
      from,
      to,
      timeoutMs: TIMEOUT_MS,
    });
  }

  async endExport(id: string): Promise<void> {
    await this.#all((group) =>
      this.#parts.send({ op: 'close-export', group, export: id, timeoutMs: TIMEOUT_MS }),
    );
  }

  async moduleText(hash: string): Promise<ModuleText> {
    const text = this.#parts.moduleText(hash);
    if (text !== undefined) return text;
    throw new SeqNodeError('no-such-module', `This node knows no module ${JSON.stringify(hash)}.`);
  }

  async beginImport(id: string): Promise<readonly ShardProgress[]> {
    const begun = new Set<GroupId>();
    const begin = async (group: GroupId) => {
      const progress = await this.#parts.send<ImportProgress>({
        op: 'begin-import',
        group,
        import: id,
        timeoutMs: TIMEOUT_MS,
      });
      if (progress.taken === 0 && !progress.done) begun.add(group);
      return { shard: group, ...progress };
    };
    try {
      return await this.#all(begin);
    } catch (error) {
      // One that is not empty must not close those that are.
      if (error instanceof SeqNodeError && error.code === 'not-empty')
        await Promise.all([...begun].map((group) => this.#end(id, group, false, NO_COUNTERS)));
      throw error;
    }
  }

  async importRows(id: string, shard: number, number: number, rows: Uint8Array): Promise<ShardProgress> {
    const group = this.#group(shard);
    const request = { op: 'import-rows', group, import: id, number, rows, timeoutMs: TIMEOUT_MS } as const;
    return { shard, ...(await this.#parts.send<ImportProgress>(request)) };
  }

  async endImport(id: string, counters: Counters): Promise<void> {
    await this.#all((group) => this.#end(id, group, true, counters));
  }

  async abandonImport(id: string): Promise<void> {
    await this.#all((group) => this.#end(id, group, false, NO_COUNTERS));
  }

  #end(id: string, group: GroupId, keep: boolean, counters: Counters): Promise<ImportProgress> {
    const timeoutMs = END_TIMEOUT_MS;
    return this.#parts.send({ op: 'end-import', group, import: id, keep, counters, timeoutMs });
  }

  /** Once all have answered, whatever they did. Rejects with the first failure. */
  async #all<T>(ask: (group: GroupId) => Promise<T>): Promise<T[]> {
    const groups = Array.from({ length: this.#parts.shards }, (_, at) => groupId(at + 1));
    const answers = await Promise.allSettled(groups.map(ask));
    return answers.map((answer) => {
      if (answer.status === 'rejected') throw answer.reason;
      return answer.value;
    });
  }

  #group(shard: number): GroupId {
    if (Number.isInteger(shard) && shard >= 1 && shard <= this.#parts.shards) return groupId(shard);
    const message = `There is no shard ${shard}: the cluster has ${this.#parts.shards}.`;
    throw new SeqNodeError('bad-request', message, { shards: this.#parts.shards });
  }
}
