// The store on RocksDB, which a worker thread owns: it writes, scans and syncs. Writes gather for a moment
// and are sent as one message, because waking a thread costs more than a small write. Single keys are read by
// the calling thread itself, from the writes that are still pending or from the database that the worker
// opened.
import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { RocksLevel } from '@nxtedition/rocksdb';
import { SeqNodeError } from '../../base/errors.ts';
import { NumberedTable } from '../../base/numbered-table.ts';
import { errorOf, type FaultCode, faultOf } from '../store/store-faults.ts';
import { packRequests, type Reply, type Request, unpackReplies } from '../store/store-messages.ts';
import { GATHER_MS, StoreQueue } from '../store/store-queue.ts';
import type { ScanRange, ScanResult, Store, StoreOp, ViewId } from '../store-port.ts';
import { BUFFERS } from './rocks-key-values.ts';

type Opened = { opened: true; handle: bigint } | { opened: false; code: FaultCode; message: string };
type Waiting = { readonly resolve: (reply: Reply) => void; readonly reject: (error: Error) => void };
/** A request without its number. */
type Call = Request extends infer R ? (R extends Request ? Omit<R, 'id'> : never) : never;

/**
 * Opens the store in `directory`: see `OpenStore`. The directory is this process's alone until the store is
 * closed.
 */
export async function openStore(directory: string): Promise<Store> {
  // Beside this module, or beside the bundle that this module is in; with its extension.
  const entry = join(import.meta.dirname, `store-worker${extname(import.meta.filename)}`);
  const worker = new Worker(entry, { workerData: { directory }, name: 'store' });
  const opened = await firstMessage(worker);
  if (opened.opened) {
    // At once, and creating nothing: left to itself it would open when it comes to it, perhaps what is closed
    // by then.
    const reader = await RocksLevel.open(opened.handle, { ...BUFFERS, createIfMissing: false });
    return new WorkerStore(worker, reader);
  }
  await worker.terminate();
  throw errorOf(opened.code, opened.message, directory);
}

function firstMessage(worker: Worker): Promise<Opened> {
  return new Promise((resolve) => {
    const failed = (message: string) => resolve({ opened: false, code: 'disk-failed', message });
    worker.once('message', resolve);
    worker.once('error', (cause) => failed(String(cause)));
    worker.once('exit', (status) => failed(`the worker ended with status ${status}`));
  });
}

class WorkerStore implements Store {
  readonly #worker: Worker;
  /**
   * The worker's database. Of this object nothing but single reads may be called: it does not own what it
   * reads.
   */
  readonly #reader: RocksLevel;
  readonly #waiting = new NumberedTable<Waiting>(1);
  readonly #queue = new StoreQueue();
  #gathering: NodeJS.Timeout | undefined;
  #posting = false;
  #views = 0;
  /** Set once nothing can be asked any more. */
  #end: Error | null = null;

  constructor(worker: Worker, reader: RocksLevel) {
    this.#worker = worker;
    this.#reader = reader;
    worker.on('message', (message: ArrayBuffer | { failed: string }) => {
      if (message instanceof ArrayBuffer) this.#receive(unpackReplies(message));
      else this.#stop(errorOf('internal', message.failed));
    });
    worker.on('error', (cause) => this.#stop(errorOf('disk-failed', String(cause))));
    worker.on('exit', (status) =>
      this.#stop(errorOf('disk-failed', `the worker ended with status ${status}`)),
    );
  }

  get backlogBytes() {
    return this.#queue.backlogBytes;
  }

  write(ops: readonly StoreOp[], options: { readonly sync?: boolean } = {}): Promise<unknown> {
    return this.#ask({ kind: 'write', ops, sync: options.sync ?? false });
  }

  async get(keys: readonly Uint8Array[]) {
    const reply = await this.#ask({ kind: 'get', keys });
    return [...(reply as Extract<Reply, { kind: 'values' }>).values];
  }

  getNow(keys: readonly Uint8Array[]) {
    if (this.#end !== null) return undefined;
    return this.#queue.values(keys, this.#read);
  }

  async scan(range: ScanRange): Promise<ScanResult> {
    return scanResult(await this.#ask({ kind: 'scan', range, view: null }));
  }

  openView(): ViewId {
    const view = ++this.#views;
    this.#tell({ kind: 'open-view', view });
    return view;
  }

  async scanView(view: ViewId, range: ScanRange): Promise<ScanResult> {
    return scanResult(await this.#ask({ kind: 'scan', range, view }));
  }

  closeView(view: ViewId) {
    this.#tell({ kind: 'close-view', view });
  }

  async flush() {
    await this.#ask({ kind: 'flush' });
  }

  async close() {
    if (this.#end) return;
    const closed = this.#ask({ kind: 'close' });
    this.#end = new SeqNodeError('stopping', 'The store is closed.');
    try {
      await closed;
    } finally {
      await this.#worker.terminate();
    }
  }

  /** For requests whose failure shows in the next one that is asked. */
  #tell(call: Call) {
    this.#ask(call).catch(() => undefined);
  }

  #ask(call: Call): Promise<Reply> {
    if (this.#end) return Promise.reject(this.#end);
    return new Promise((resolve, reject) => {
      const now = this.#queue.add({ ...call, id: this.#waiting.add({ resolve, reject }) });
      if (now) this.#post();
      else this.#gathering ??= setTimeout(() => this.#post(), GATHER_MS);
    });
  }

  readonly #read = (keys: readonly Uint8Array[]): (Uint8Array | undefined)[] => {
    try {
      return this.#reader._getManySync(keys, BUFFERS);
    } catch (cause) {
      const { code, message } = faultOf(cause);
      throw errorOf(code, message);
    }
  };

  /** In a microtask, so that what one step of the node asks for goes together. */
  #post() {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    if (this.#queue.hold() || this.#posting) return;
    this.#posting = true;
    queueMicrotask(() => {
      this.#posting = false;
      const message = this.#queue.take();
      if (message === undefined) return;
      const buffer = packRequests(message.requests, message.bytes);
      this.#worker.postMessage(buffer, [buffer]);
    });
  }

  #receive(replies: readonly Reply[]) {
    const goes = this.#queue.answered();
    for (const reply of replies) {
      const waiting = this.#waiting.take(reply.id);
      if (reply.kind === 'fault') waiting?.reject(errorOf(reply.code, reply.message));
      else waiting?.resolve(reply);
    }
    if (goes) this.#post();
  }

  #stop(error: Error) {
    this.#end ??= error;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    clearTimeout(this.#gathering);
    for (const { reject } of waiting) reject(error);
  }
}

const scanResult = (reply: Reply): ScanResult => (reply as Extract<Reply, { kind: 'scanned' }>).found;
