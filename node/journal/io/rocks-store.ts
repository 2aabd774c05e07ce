// The store on RocksDB, which a worker thread owns: it writes, scans and syncs. Writes gather for a moment and go as one message,
// for waking a thread costs more than a small write. Single keys are read by the calling thread itself, from the writes that
// are still pending or from the database that the worker opened.
import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { RocksLevel } from '@nxtedition/rocksdb';
import { InvariantError } from '../../base/assert.ts';
import { SeqNodeError } from '../../base/errors.ts';
import { NumberedTable } from '../../base/numbered-table.ts';
import { isRecord } from '../keys.ts';
import type { ScanRange, ScanResult, Store, StoreOp, ViewId } from '../store-port.ts';
import { PendingWrites } from './pending-writes.ts';
import { faultOf } from './rocks-engine.ts';
import { BUFFERS } from './rocks-rows.ts';
import { type FaultCode, packRequests, type Reply, type Request, unpackReplies } from './store-messages.ts';

type Opened = { opened: true; handle: bigint } | { opened: false; code: FaultCode; message: string };
type Waiting = { readonly resolve: (reply: Reply) => void; readonly reject: (error: Error) => void };
/** A request without its number. */
type Call = Request extends infer R ? (R extends Request ? Omit<R, 'id'> : never) : never;

/**
 * How long a write may wait for others to share its message, and with how many bytes it waits no longer. The more records an actor has
 * in a message, the less each costs; above this, what that saves goes into collecting what waits.
 */
const GATHER_MS = 150;
const GATHER_BYTES = 1024 * 1024;
/** While the worker carries one message out, the next may wait at its door; more only makes each smaller. */
const MESSAGES_IN_FLIGHT_MAX = 2;
/** About what a step of a write costs beside its value. */
const OP_BYTES = 96;
const REQUEST_BYTES = 32;

/** Opens the store in `directory`: see `OpenStore`. The directory is this process's alone until the store is closed. */
export async function openStore(directory: string): Promise<Store> {
  // Beside this module, or beside the bundle that this module is in; with its extension.
  const entry = join(import.meta.dirname, `store-worker${extname(import.meta.filename)}`);
  const worker = new Worker(entry, { workerData: { directory }, name: 'store' });
  const opened = await firstMessage(worker);
  if (opened.opened) {
    // At once, and creating nothing: left to itself it would open when it comes to it, perhaps what is closed by then.
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

function errorOf(code: FaultCode, message: string, directory = 'the data directory'): Error {
  if (code === 'invariant') return new InvariantError(message);
  if (code === 'data-in-use')
    return new SeqNodeError(code, `Another process uses ${directory}.`, { directory, cause: message });
  const what = code === 'journal-damaged' ? 'The store does not match its checksums' : 'The store failed';
  return new SeqNodeError(code, `${what}: ${message.replace(/\.$/, '')}.`);
}

class WorkerStore implements Store {
  readonly #worker: Worker;
  /** The worker's database. Of this object nothing but single reads may be called: it does not own what it reads. */
  readonly #reader: RocksLevel;
  readonly #waiting = new NumberedTable<Waiting>(1);
  readonly #pending = new PendingWrites();
  #queue: Request[] = [];
  #queueBytes = 0;
  /** Of the messages that are under way, oldest first. */
  readonly #sentBytes: number[] = [];
  #backlogBytes = 0;
  #gathering: NodeJS.Timeout | undefined;
  #posting = false;
  /** What waits is to go as soon as the worker takes another message. */
  #held = false;
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
    return this.#backlogBytes;
  }

  write(ops: readonly StoreOp[], options: { readonly sync?: boolean } = {}): Promise<unknown> {
    const sync = options.sync ?? false;
    if (this.#end === null) {
      this.#pending.add(ops);
      const before = this.#queueBytes;
      for (const op of ops) this.#queueBytes += OP_BYTES + bytesOf(op);
      this.#backlogBytes += this.#queueBytes - before;
    }
    return this.#ask({ kind: 'write', ops, sync }, !sync);
  }

  async get(keys: readonly Uint8Array[]) {
    const reply = await this.#ask({ kind: 'get', keys });
    return [...(reply as Extract<Reply, { kind: 'values' }>).values];
  }

  getNow(keys: readonly Uint8Array[]) {
    if (this.#end !== null) return undefined;
    const values: (Uint8Array | undefined)[] = [];
    const stored: Uint8Array[] = [];
    const places: number[] = [];
    for (const key of keys) {
      const value = this.#pending.get(key);
      if (value === 'unclear' || (value === 'unknown' && isRecord(key))) return undefined;
      if (value === 'unknown') {
        stored.push(key);
        places.push(values.length);
      }
      values.push(typeof value === 'string' ? undefined : (value ?? undefined));
    }
    const read = this.#readStored(stored);
    if (stored.length === keys.length) return read;
    for (let at = 0; at < places.length; at++) values[places[at]!] = read[at];
    return values;
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

  /** `mayWait`: for others, to share the message. */
  #ask(call: Call, mayWait = false): Promise<Reply> {
    if (this.#end) return Promise.reject(this.#end);
    return new Promise((resolve, reject) => {
      this.#queue.push({ ...call, id: this.#waiting.add({ resolve, reject }) });
      if (mayWait && this.#queueBytes < GATHER_BYTES && !this.#held)
        this.#gathering ??= setTimeout(() => this.#post(), GATHER_MS);
      else this.#post();
    });
  }

  #readStored(keys: readonly Uint8Array[]): (Uint8Array | undefined)[] {
    try {
      return keys.length === 0 ? [] : this.#reader._getManySync(keys, BUFFERS);
    } catch (cause) {
      const { code, message } = faultOf(cause);
      throw errorOf(code, message);
    }
  }

  /** In a microtask, so that what one step of the node asks for goes together. */
  #post() {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    this.#held = this.#sentBytes.length >= MESSAGES_IN_FLIGHT_MAX;
    if (this.#posting || this.#held) return;
    this.#posting = true;
    queueMicrotask(() => {
      this.#posting = false;
      if (this.#queue.length === 0) return;
      const buffer = packRequests(this.#queue, this.#queueBytes + REQUEST_BYTES * this.#queue.length);
      this.#queue = [];
      this.#sentBytes.push(this.#queueBytes);
      this.#queueBytes = 0;
      this.#pending.seal();
      this.#worker.postMessage(buffer, [buffer]);
    });
  }

  #receive(replies: readonly Reply[]) {
    this.#backlogBytes -= this.#sentBytes.shift() ?? 0;
    this.#pending.settle();
    for (const reply of replies) {
      const waiting = this.#waiting.take(reply.id);
      if (reply.kind === 'fault') waiting?.reject(errorOf(reply.code, reply.message));
      else waiting?.resolve(reply);
    }
    if (this.#held) this.#post();
  }

  #stop(error: Error) {
    this.#end ??= error;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#queue = [];
    clearTimeout(this.#gathering);
    for (const { reject } of waiting) reject(error);
  }
}

function bytesOf(op: StoreOp): number {
  return op.kind === 'put' ? op.value.byteLength : op.kind === 'steps' ? op.steps.byteLength : 0;
}

const scanResult = (reply: Reply): ScanResult => (reply as Extract<Reply, { kind: 'scanned' }>).found;
