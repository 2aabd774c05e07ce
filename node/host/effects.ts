// Carries out what the core wants done: the one place where a decision of the core touches the world.
//
// Invariants:
// 1. Effects are handed to their port in the order in which the core gave them. (The core itself waits for
//    `persisted` before it asks for anything that must not happen earlier.)
// 2. `persisted` is fed in the order of the `persist` effects, after the write is durable, never before.
// 3. After a failure of the log or the store nothing more is carried out: see `halt`.
// 4. While the store is far behind, `persisted` is held back: what is not known to be durable is neither
//    acknowledged nor applied, so the store is given no more than what was under way.

import { InvariantError } from '../base/assert.ts';
import { SeqNodeError } from '../base/errors.ts';
import type { NodeId } from '../base/ids.ts';
import type { Transport } from '../cluster/transport-port.ts';
import type { Effect, Input, Roster } from '../core/types.ts';
import type { WriteAheadLog } from '../journal/log-port.ts';
import type { Store, ViewId } from '../journal/store-port.ts';
import { LogQueue } from './log-queue.ts';
import type { Logger } from './logger.ts';
import type { RequestTable } from './request-table.ts';

export interface EffectPorts {
  readonly log: Pick<WriteAheadLog, 'append' | 'status'>;
  readonly store: Omit<Store, 'close'>;
  readonly transport: Pick<Transport, 'send' | 'setPeers' | 'setGuestsAllowed'>;
  readonly logger: Logger;
  readonly requests: RequestTable;
}

export interface EffectEvents {
  /** Gives the core an input, not from within this call. */
  feed(input: Input): void;
  roster(roster: Roster, removed: readonly NodeId[]): void;
  drained(): void;
  /** The log refuses writes for lack of space, or takes them again. */
  diskFull(full: boolean): void;
  /** Called once: nothing is carried out any more. */
  halted(error: SeqNodeError): void;
}

/** What was carried out, for the metrics. */
export interface EffectCounts {
  framesSent: number;
  frameBytesSent: number;
  framesDropped: number;
  persists: number;
  storeBatches: number;
}

/** Some seconds of work for a store: a burst fits, and memory holds it. */
export const STORE_BACKLOG_BYTES_MAX = 64 * 1024 * 1024;

type ReadEffect = Extract<Effect, { kind: 'get' | 'scan' | 'flush' | 'open-view' | 'close-view' }>;

export class Effects {
  readonly counts: EffectCounts = {
    framesSent: 0,
    frameBytesSent: 0,
    framesDropped: 0,
    persists: 0,
    storeBatches: 0,
  };
  readonly #ports: EffectPorts;
  readonly #events: EffectEvents;
  readonly #log: LogQueue;
  /** The core's number of a view → the store's. */
  readonly #views = new Map<number, ViewId>();
  /** A write that is durable, of which the core is not told while the store is behind. */
  #heldBack: number | undefined;
  #halted = false;

  constructor(ports: EffectPorts, events: EffectEvents) {
    this.#ports = ports;
    this.#events = events;
    this.#log = new LogQueue(ports.log, {
      persisted: (id) => this.#persisted(id),
      full: (full) => this.#events.diskFull(full),
      failed: (error) => this.halt(asFailure(error)),
    });
  }

  readonly #refused = (error: unknown) => this.halt(asFailure(error));

  readonly #stored = () => {
    if (this.#heldBack !== undefined) this.#persisted(this.#heldBack);
  };

  /** Durability is a prefix, so of what is held back the newest says it all. */
  #persisted(id: number): void {
    const { backlogBytes } = this.#ports.store;
    this.#heldBack = backlogBytes > STORE_BACKLOG_BYTES_MAX ? id : undefined;
    if (this.#heldBack === undefined)
      this.#feed({ kind: 'persisted', id, position: this.#ports.log.status().durable });
  }

  get halted(): boolean {
    return this.#halted;
  }

  carryOut(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (this.#halted) return;
      this.#one(effect);
    }
  }

  /** Hands gathered log writes to the log: to be called once a batch of inputs has been carried out. */
  flush(): void {
    this.#log.flush();
  }

  /** Stops for good: no effect is carried out and no input fed after this. */
  halt(error: SeqNodeError): void {
    if (this.#halted) return;
    this.close();
    this.#ports.logger.log('error', 'halt', { code: error.code, message: error.message });
    this.#events.halted(error);
  }

  close(): void {
    this.#halted = true;
    this.#log.close();
  }

  #feed(input: Input): void {
    if (!this.#halted) this.#events.feed(input);
  }

  #one(effect: Effect): void {
    const { transport, store, requests, logger } = this.#ports;
    if (effect.kind === 'send') this.#send(effect);
    else if (effect.kind === 'persist') {
      this.counts.persists++;
      this.#log.add(effect.id, effect.writes, effect.sync);
    } else if (effect.kind === 'store') {
      this.counts.storeBatches++;
      store.write(effect.ops).then(this.#stored, this.#refused);
    } else if (effect.kind === 'respond') requests.settle(effect.id, effect.result);
    else if (effect.kind === 'log') logger.log(effect.level, effect.event, effect.fields);
    else if (effect.kind === 'peers') {
      transport.setPeers(effect.peers);
      transport.setGuestsAllowed(effect.guestsAllowed, effect.removed);
      this.#events.roster(effect.roster, effect.removed);
    } else if (effect.kind === 'drained') this.#events.drained();
    else if (effect.kind === 'halt') this.halt(new SeqNodeError(effect.code, effect.message));
    else this.#read(effect);
  }

  #read(effect: ReadEffect): void {
    const { store } = this.#ports;
    const { kind } = effect;
    if (kind === 'get') this.#get(effect);
    else if (kind === 'scan') this.#scan(effect);
    else if (kind === 'flush')
      this.#settle(store.flush(), () => this.#feed({ kind: 'flushed', id: effect.id }));
    else if (kind === 'open-view') this.#views.set(effect.view, store.openView());
    else {
      store.closeView(this.#storeView(effect.view));
      this.#views.delete(effect.view);
    }
  }

  #get({ id, keys }: Effect & { kind: 'get' }): void {
    const { store } = this.#ports;
    let values: (Uint8Array | undefined)[] | undefined;
    try {
      values = store.getNow(keys);
    } catch (cause) {
      return this.halt(asFailure(cause));
    }
    if (values !== undefined) this.#feed({ kind: 'got', id, values });
    else this.#settle(store.get(keys), (late) => this.#feed({ kind: 'got', id, values: late }));
  }

  #send(effect: Effect & { kind: 'send' }): void {
    if (this.#ports.transport.send(effect.to, effect.lane, effect.frame)) {
      this.counts.framesSent++;
      this.counts.frameBytesSent += effect.frame.byteLength;
    } else this.counts.framesDropped++;
  }

  #scan({ id, from, to, limit, view }: Effect & { kind: 'scan' }): void {
    const range = { from, to, limit };
    const store = this.#ports.store;
    const result = view === undefined ? store.scan(range) : store.scanView(this.#storeView(view), range);
    this.#settle(result, (found) => this.#feed({ kind: 'scanned', id, found }));
  }

  #storeView(view: number): ViewId {
    const known = this.#views.get(view);
    if (known === undefined) throw new InvariantError(`view ${view} is not open`);
    return known;
  }

  #settle<T>(promise: Promise<T>, then: (value: T) => void): void {
    promise.then(then).catch((error: unknown) => this.halt(asFailure(error)));
  }
}

/** What was thrown, as what it means for the node. */
export function asFailure(error: unknown): SeqNodeError {
  if (error instanceof SeqNodeError) return error;
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new SeqNodeError('internal', text);
}
