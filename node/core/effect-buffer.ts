// Collects the effects that the parts of the core request. It numbers the effects that have an answer and
// keeps a continuation for each. Reads and writes of one step leave together.
import { invariant } from '../base/assert.ts';
import { BATCH_BYTES } from '../base/data-limits.ts';
import type { GroupId, NodeId } from '../base/ids.ts';
import type { LogWrite } from '../base/log.ts';
import { NumberedTable } from '../base/numbered-table.ts';
import type { HeartbeatReply, Message } from '../cluster/consensus/index.ts';
import { encodeFrame, type Frame } from '../cluster/wire.ts';
import type { ScanRange, ScanResult, StoreOp } from '../journal/store-port.ts';
import type { ClientResult, Effect, Fields, Lane } from './types.ts';

type Got = (values: readonly (Uint8Array | undefined)[]) => void;
type Scanned = (found: ScanResult) => void;

/** Consensus messages wait for the end of the step, so that all groups share one frame per peer. */
const CONTROL_KINDS = new Set<Message['kind']>([
  'pre-vote',
  'pre-vote-reply',
  'vote',
  'vote-reply',
  'heartbeat',
  'heartbeat-reply',
  'timeout-now',
]);

/** Consensus messages to one peer. */
interface Waiting {
  control: [GroupId, Message][];
  data: [GroupId, Message][];
  /**
   * Replies to heartbeats, which wait for another frame: half of the frames of an idle cluster would be
   * these.
   */
  replies: [GroupId, Message][];
}

export interface Voice {
  readonly life: number;
  readonly position: number;
}

const NOBODY: Voice = { life: 0, position: 0 };

/** What the effects asks of the mesh. */
export interface Ways {
  /** The path to `to`, which ends with it; undefined if the frame is sent directly. */
  detour(to: NodeId): readonly NodeId[] | undefined;
  sent(to: NodeId): void;
}

const DIRECT: Ways = { detour: () => undefined, sent: () => {} };

export class EffectBuffer {
  /** The sender, and up to where its log is durable: see witness.ts. */
  voice: Voice = NOBODY;
  readonly #self: NodeId | undefined;
  #ways: Ways = DIRECT;
  #effects: Effect[] = [];
  #nextId = 1;
  readonly #onPersisted: { readonly id: number; readonly done: (() => void)[] }[] = [];
  readonly #onFlushed = new Map<number, () => void>();
  readonly #onGot = new NumberedTable<readonly (readonly [count: number, done: Got])[]>(1);
  readonly #onScanned = new Map<number, Scanned>();
  #writes: LogWrite[] = [];
  #writesSync = false;
  #writesDone: (() => void)[] = [];
  #getKeys: Uint8Array[] = [];
  #getDone: (readonly [count: number, done: Got])[] = [];
  readonly #messages = new Map<NodeId, Waiting>();
  /** The newest heartbeat round that was replied to, by group and leader. */
  readonly #rounds = new Map<string, { readonly term: number; readonly round: number }>();

  /** Until `use` is called, frames are sent directly and nobody speaks. */
  constructor(self?: NodeId) {
    this.#self = self;
  }

  use(ways: Ways, voice: Voice): void {
    this.#ways = ways;
    this.voice = voice;
  }

  /** Takes everything out, in an order that is safe to carry out one by one. */
  take(): Effect[] {
    this.#sealReads();
    this.#sealWrites();
    this.#sealMessages();
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  // ── Write-ahead log and store ──

  /** `done` runs once the write, and every one before it, is durable. */
  persist(write: LogWrite, sync: boolean, done: () => void): void {
    this.#writes.push(write);
    this.#writesSync ||= sync;
    this.#writesDone.push(done);
  }

  /** `done` runs once all writes so far are durable: at once if they are. */
  afterPersist(done: () => void): void {
    if (this.#writes.length > 0) this.#writesDone.push(done);
    else if (this.#onPersisted.length > 0) this.#onPersisted.at(-1)!.done.push(done);
    else done();
  }

  store(ops: readonly StoreOp[]): void {
    if (ops.length === 0) return;
    this.#sealReads();
    this.#effects.push({ kind: 'store', ops });
  }

  flush(done: () => void): void {
    const id = this.#nextId++;
    this.#onFlushed.set(id, done);
    this.#effects.push({ kind: 'flush', id });
  }

  get(keys: readonly Uint8Array[], done: Got): void {
    this.#getKeys.push(...keys);
    this.#getDone.push([keys.length, done]);
  }

  scan(range: ScanRange & { readonly view?: number }, done: Scanned): void {
    const id = this.#nextId++;
    this.#onScanned.set(id, done);
    this.#effects.push({ kind: 'scan', id, ...range });
  }

  openView(): number {
    const view = this.#nextId++;
    this.#effects.push({ kind: 'open-view', view });
    return view;
  }

  closeView(view: number): void {
    this.#effects.push({ kind: 'close-view', view });
  }

  // ── Answers ──

  /** Durability is a prefix: the answer to one write answers those before it too. */
  persisted(id: number): void {
    const last = this.#onPersisted.findIndex((write) => write.id === id);
    invariant(last >= 0, () => `write ${id} was answered out of order`);
    for (const { done } of this.#onPersisted.splice(0, last + 1)) for (const each of done) each();
  }

  flushed(id: number): void {
    const done = this.#onFlushed.get(id);
    invariant(done, () => `flush ${id} was never asked for`);
    this.#onFlushed.delete(id);
    done();
  }

  got(id: number, values: readonly (Uint8Array | undefined)[]): void {
    const parts = this.#onGot.take(id);
    invariant(parts, () => `read ${id} was never asked for`);
    let at = 0;
    for (const [count, done] of parts) {
      done(parts.length === 1 ? values : values.slice(at, at + count));
      at += count;
    }
  }

  scanned(id: number, found: ScanResult): void {
    const done = this.#onScanned.get(id);
    invariant(done, () => `scan ${id} was never asked for`);
    this.#onScanned.delete(id);
    done(found);
  }

  // ── Everything else ──

  send(to: NodeId, lane: Lane, frame: Frame): void {
    const detour = this.#ways.detour(to);
    if (detour === undefined) return this.sendDirectly(to, lane, frame);
    const [next, ...path] = detour as readonly [NodeId, ...NodeId[]];
    this.sendDirectly(next, lane, { kind: 'relay', origin: this.#self!, path, frame: encodeFrame(frame) });
  }

  /** For what speaks of the connection itself, or was sent on its way by another. */
  sendDirectly(to: NodeId, lane: Lane, frame: Frame): void {
    this.#ways.sent(to);
    this.#effects.push({ kind: 'send', to, lane, frame: encodeFrame(frame) });
  }

  sendRaft(group: GroupId, message: Message): void {
    const waiting = this.#messages.get(message.to) ?? { control: [], data: [], replies: [] };
    this.#messages.set(message.to, waiting);
    if (message.kind === 'heartbeat-reply' && !this.#confirmsRead(group, message))
      waiting.replies.push([group, message]);
    else waiting[CONTROL_KINDS.has(message.kind) ? 'control' : 'data'].push([group, message]);
  }

  // A heartbeat of a new round belongs to a read, which waits for the reply. Others only say that this node
  // is there.
  #confirmsRead(group: GroupId, { to, term, round }: HeartbeatReply): boolean {
    const name = `${group}>${to}`;
    const last = this.#rounds.get(name);
    if (last?.term === term && last.round === round) return false;
    this.#rounds.set(name, { term, round });
    return round > 0;
  }

  /**
   * Lets replies go that waited for another frame to the same peer. To be called at every tick with
   * heartbeats.
   */
  releaseReplies(): void {
    for (const waiting of this.#messages.values()) waiting.control.push(...waiting.replies.splice(0));
  }

  respond(id: number, result: ClientResult): void {
    this.#effects.push({ kind: 'respond', id, result });
  }

  push(effect: Effect): void {
    this.#effects.push(effect);
  }

  log(level: 'debug' | 'info' | 'warn' | 'error', event: string, fields: Fields): void {
    this.#effects.push({ kind: 'log', level, event, fields });
  }

  #sealReads(): void {
    if (this.#getKeys.length === 0) return;
    const id = this.#onGot.add(this.#getDone);
    this.#effects.push({ kind: 'get', id, keys: this.#getKeys });
    this.#getKeys = [];
    this.#getDone = [];
  }

  #sealWrites(): void {
    if (this.#writes.length === 0) return;
    const id = this.#nextId++;
    this.#onPersisted.push({ id, done: this.#writesDone });
    this.#effects.push({ kind: 'persist', id, writes: this.#writes, sync: this.#writesSync });
    this.#writes = [];
    this.#writesDone = [];
    this.#writesSync = false;
  }

  #sealMessages(): void {
    for (const [to, waiting] of this.#messages) {
      const { control, data, replies } = waiting;
      if (control.length === 0 && data.length === 0) continue;
      if (control.length > 0) {
        this.#sendMessages(to, 'control', [...control, ...replies]);
        waiting.control = [];
        waiting.replies = [];
      }
      for (const messages of batches(data)) this.#sendMessages(to, 'data', messages);
      waiting.data = [];
    }
  }

  #sendMessages(to: NodeId, lane: Lane, messages: readonly [GroupId, Message][]): void {
    const { life, position } = this.voice;
    this.send(to, lane, { kind: 'raft', life, position, messages });
  }
}

/** The messages in order, as many in each batch as one frame takes. */
function* batches(messages: [GroupId, Message][]): Generator<readonly [GroupId, Message][]> {
  let from = 0;
  let bytes = 0;
  for (let at = 0; at < messages.length; at++) {
    const size = entriesBytes(messages[at]![1]);
    if (at > from && bytes + size > BATCH_BYTES) {
      yield messages.slice(from, at);
      from = at;
      bytes = 0;
    }
    bytes += size;
  }
  if (messages.length > 0) yield from === 0 ? messages : messages.slice(from);
}

function entriesBytes(message: Message): number {
  if (message.kind !== 'append') return 0;
  let bytes = 0;
  for (const { data } of message.entries) bytes += data.length;
  return bytes;
}
