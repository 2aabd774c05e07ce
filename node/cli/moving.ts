// Exports and imports by way of a node's HTTP API.
import type { BegunExport, Counters, ModuleText, MoveApi, ShardProgress } from '../host/export-api.ts';
import type { Context, Input } from './command.ts';
import { type Call, NodeClient } from './node-client.ts';

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

export class HttpMoves implements MoveApi {
  readonly #context: Context;
  readonly #input: Input;

  constructor(context: Context, input: Input) {
    this.#context = context;
    this.#input = input;
  }

  /** Each request has the whole time that the command line gives: there may be many. */
  #call<T>(call: Call): Promise<T> {
    return new NodeClient(this.#context, this.#input).call(call) as Promise<T>;
  }

  beginExport(): Promise<BegunExport> {
    return this.#call({ method: 'POST', address: '/v1/exports' });
  }

  async exportRows(id: string, shard: number, from: Uint8Array, to: Uint8Array) {
    const query = new URLSearchParams({ shard: String(shard), from: from.toHex(), to: to.toHex() });
    const address = `/v1/exports/${id}/rows?${query}`;
    const { rows, next } = await this.#call<{ readonly rows: string; readonly next: string | null }>({
      method: 'GET',
      address,
    });
    return {
      rows: new Uint8Array(Buffer.from(rows, 'base64')),
      next: next === null ? null : Uint8Array.fromHex(next),
    };
  }

  async endExport(id: string): Promise<void> {
    await this.#call({ method: 'DELETE', address: `/v1/exports/${id}` });
  }

  moduleText(hash: string): Promise<ModuleText> {
    return this.#call({ method: 'GET', address: `/v1/modules/${hash}/source` });
  }

  deploy({ entry, files }: ModuleText): Promise<{ readonly hash: string }> {
    return this.#call({ method: 'POST', address: '/v1/modules', body: { entry, files } });
  }

  async beginImport(id: string): Promise<readonly ShardProgress[]> {
    const { shards } = await this.#call<{ readonly shards: readonly ShardProgress[] }>({
      method: 'POST',
      address: `/v1/imports/${id}`,
    });
    return shards;
  }

  importRows(id: string, shard: number, number: number, rows: Uint8Array): Promise<ShardProgress> {
    const body = { shard, number, rows: base64(rows) };
    return this.#call({ method: 'POST', address: `/v1/imports/${id}/rows`, body });
  }

  async endImport(id: string, counters: Counters): Promise<void> {
    await this.#call({ method: 'POST', address: `/v1/imports/${id}/end`, body: counters });
  }

  async abandonImport(id: string): Promise<void> {
    await this.#call({ method: 'DELETE', address: `/v1/imports/${id}` });
  }
}

const PROGRESS_MS = 1000;

/** Tells a person how far it is, now and then. */
export function progressOf(context: Context, what: string) {
  const startedAt = performance.now();
  let toldAt = startedAt;
  return ({ actors, records }: { readonly actors: number; readonly records: number }) => {
    const now = performance.now();
    if (now - toldAt < PROGRESS_MS) return;
    toldAt = now;
    const perSecond = Math.round((records * 1000) / (now - startedAt));
    context.err.write(
      `seq-node: ${what} ${records} records of ${actors} actors so far, ${perSecond} a second\n`,
    );
  };
}
