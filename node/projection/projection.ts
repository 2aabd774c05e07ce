// Keeps the projection up to date: takes what a feed of events hands out, and has it written batch by batch
// by a thread of its own. It never fails the node: what goes wrong is logged, and tried again.
import { extname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { SeqNodeError } from '../base/errors.ts';
import { Asker } from './asker.ts';
import { packBatch } from './batch.ts';
import { Batches, type Feed } from './batches.ts';
import { COPIED, type CopiedRow, type CopiedTable } from './copied-tables.ts';
import type { WorkerReply, WorkerRequest } from './projection-worker.ts';
import type { Query, QueryAnswer } from './query-process.ts';

export interface ProjectionOptions {
  readonly file: string;
  /** The cluster's id. */
  readonly cluster: string;
  /** From behind a cursor; null: from the beginning. */
  feed(cursor: string | null): Feed;
  /** What the cluster holds now of what is no record, by table. */
  readonly copy: Readonly<Record<CopiedTable, () => Promise<readonly CopiedRow[]>>>;
  log(level: 'info' | 'warn', event: string, fields: Readonly<Record<string, string>>): void;
}

const RETRY_MS = 1000;
/** A query that comes sooner finds the copies of the one before. */
const COPIES_FRESH_MS = 500;

export class Projection {
  readonly #options: ProjectionOptions;
  readonly #asker: Asker;
  readonly #worker: Worker;
  readonly #replies: ((reply: WorkerReply) => void)[] = [];
  #batches: Batches | undefined;
  readonly #ending = new AbortController();
  #closing: Promise<void> | undefined;
  readonly #opening: Promise<WorkerReply>;
  readonly #running: Promise<void>;
  /** Why nothing is written any more. */
  #broken: string | undefined;
  /** Why nothing was written last. */
  #problem: string | undefined;
  readonly #copied = new Map<CopiedTable, { readonly at: number; readonly done: Promise<void> }>();

  constructor(options: ProjectionOptions) {
    const { file, cluster } = options;
    this.#options = options;
    this.#asker = new Asker(file);
    // Beside this module, or beside the bundle that this module is in; with its extension.
    const entry = join(import.meta.dirname, `projection-worker${extname(import.meta.filename)}`);
    this.#worker = new Worker(entry, { workerData: { file, cluster }, name: 'projection' });
    this.#worker.on('message', (reply: WorkerReply) => this.#replies.shift()!(reply));
    this.#worker.on('error', (error) => this.#break(String(error)));
    this.#worker.on('exit', () => this.#break('its thread has ended'));
    this.#opening = new Promise((resolve) => {
      this.#replies.push(resolve);
    });
    this.#running = this.#run();
  }

  /** Rejects as `Asker.ask` does, and with `no-projection` where it cannot be kept. */
  async query(query: Query, timeoutMs: number): Promise<QueryAnswer> {
    await this.#opening;
    if (this.#broken !== undefined)
      throw new SeqNodeError('no-projection', `The projection of this node cannot be kept: ${this.#broken}.`);
    const sql = query.sql.toLowerCase();
    await Promise.all(COPIED.filter((table) => sql.includes(table)).map((table) => this.#copy(table)));
    return this.#asker.ask(query, timeoutMs);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#ending.abort();
    this.#batches?.close();
    this.#asker.close();
    await this.#running;
    if (this.#broken === undefined) await this.#request({ kind: 'close' });
    await this.#worker.terminate();
  }

  // ── Records ──

  async #run(): Promise<void> {
    const opened = await this.#opening;
    if ('failed' in opened) return this.#break(opened.failed);
    let { cursor } = opened;
    while (!this.#ending.signal.aborted && this.#broken === undefined) {
      try {
        for await (const written of this.#follow(cursor)) cursor = written;
      } catch (error) {
        if (await this.#isToBeginAnew(error)) cursor = null;
        this.#waits(error instanceof Error ? error.message : String(error));
        await sleep(RETRY_MS, undefined, { signal: this.#ending.signal }).catch(() => undefined);
      }
    }
  }

  /** Writes what follows a cursor, and gives the cursors of what is written. */
  async *#follow(cursor: string | null): AsyncGenerator<string> {
    const batches = new Batches(this.#options.feed(cursor));
    this.#batches = batches;
    try {
      for (let batch = await batches.next(); batch !== undefined; batch = await batches.next()) {
        const bytes = packBatch(batch);
        const reply = await this.#request({ kind: 'write', batch: bytes }, [bytes.buffer]);
        if ('failed' in reply) throw new WriteError(reply.failed, reply.anew === true);
        if (this.#problem !== undefined) this.#options.log('info', 'projection-goes-on', {});
        this.#problem = undefined;
        yield batch.cursor;
      }
    } finally {
      batches.close();
    }
  }

  /** Whether what is written is of no use any more, and was deleted. */
  async #isToBeginAnew(error: unknown): Promise<boolean> {
    if (error instanceof WriteError) return error.anew;
    if (!(error instanceof SeqNodeError) || (error.code as string) !== 'bad-cursor') return false;
    return 'done' in (await this.#request({ kind: 'reset' }));
  }

  #waits(problem: string): void {
    if (problem !== this.#problem) this.#options.log('warn', 'projection-waits', { problem });
    this.#problem = problem;
  }

  #break(why: string): void {
    if (this.#broken !== undefined || this.#ending.signal.aborted) return;
    this.#broken = why;
    this.#options.log('warn', 'projection-ended', { problem: why });
    this.#batches?.close();
    for (const done of this.#replies.splice(0)) done({ failed: why });
  }

  // ── Copies ──

  /** For queries that come together, once. */
  #copy(table: CopiedTable): Promise<void> {
    const at = performance.now();
    let copied = this.#copied.get(table);
    if (copied === undefined || at - copied.at > COPIES_FRESH_MS) {
      copied = { at, done: this.#replace(table) };
      this.#copied.set(table, copied);
    }
    return copied.done;
  }

  async #replace(table: CopiedTable): Promise<void> {
    const rows = await this.#options.copy[table]();
    const reply = await this.#request({ kind: 'replace', table, rows });
    if ('failed' in reply) throw new SeqNodeError('no-projection', `It cannot be written: ${reply.failed}.`);
  }

  #request(request: WorkerRequest, transfer: readonly ArrayBuffer[] = []): Promise<WorkerReply> {
    if (this.#broken !== undefined) return Promise.resolve({ failed: this.#broken });
    return new Promise((resolve) => {
      this.#replies.push(resolve);
      this.#worker.postMessage(request, transfer);
    });
  }
}

class WriteError extends Error {
  override readonly name = 'WriteError';
  /** The projection is empty now. */
  readonly anew: boolean;

  constructor(message: string, anew: boolean) {
    super(message);
    this.anew = anew;
  }
}
