// The production loop over the core. Everything that happens becomes an input; inputs wait in a queue and are
// given to the core together, once per turn of the event loop, so that what they cause shares one log write
// and one frame per peer.
//
// Invariants:
// 1. The core is never stepped from within a step: a step's effects may feed inputs, which wait in the queue.
// 2. Actors run in slices of at most SLICE_MS, with a turn of the event loop between two slices, so that
//    frames and ticks are on time however busy the actors are.
// 3. A pause of the process gives one late tick, not one for each that was missed: elections are counted in
//    ticks that the node was awake for, so that a node which wakes up reads its mail before it thinks that
//    its leader is gone.

import { performance } from 'node:perf_hooks';
import { ERRORS, type SeqNodeError } from '../base/errors.ts';
import type { NodeId } from '../base/ids.ts';
import type { ClientRequest, ClientResult, Core, Input, Roster, Space, StepTime } from '../core/types.ts';
import { Delays } from './delays.ts';
import { asFailure, type EffectPorts, Effects } from './effects.ts';
import { errorOf, RequestTable } from './request-table.ts';

export interface DriverOptions {
  readonly core: Core;
  readonly ports: Omit<EffectPorts, 'requests'>;
  readonly tickMillis: number;
  /** Default: SLICE_MS. */
  readonly sliceMillis?: number;
  /** Requests that may wait for their outcome at once. */
  readonly requestsMax: number;
  /** The members that are known now are to be kept, at once: what follows is sent after that. */
  readonly onRoster: (roster: Roster, removed: readonly NodeId[]) => void;
  /** The core, the log or the store met something that must not go on. The driver has stopped. */
  readonly onFailed: (error: SeqNodeError) => void;
}

/** How long inputs, and then actors, may keep the event loop before I/O has its turn, in milliseconds. */
export const SLICE_MS = 4;
/** Inputs that the core takes in one step at most. */
const STEP_INPUTS = 32;
const RUN: readonly Input[] = [{ kind: 'run' }];

export class Driver {
  readonly requests: RequestTable;
  /** How late ticks were, in milliseconds: what a busy event loop does to heartbeats. */
  readonly tickDelays = new Delays();
  readonly #core: Core;
  readonly #effects: Effects;
  readonly #tickMillis: number;
  readonly #sliceMillis: number;
  readonly #onFailed: (error: SeqNodeError) => void;
  #inputs: Input[] = [];
  #scheduled = false;
  #pumping = false;
  #stepping = false;
  #stopped = false;
  #tick: NodeJS.Timeout | undefined;
  #nextTickAt = 0;
  #steps = 0;
  #onDrained: (() => void) | undefined;
  /** How much space there is on the disk, by who says so. */
  readonly #spaces = new Map<'log' | 'watch', Space>();

  constructor(options: DriverOptions) {
    this.#core = options.core;
    this.#tickMillis = options.tickMillis;
    this.#sliceMillis = options.sliceMillis ?? SLICE_MS;
    this.#onFailed = options.onFailed;
    this.requests = new RequestTable(options.requestsMax);
    this.#effects = new Effects(
      { ...options.ports, requests: this.requests },
      {
        feed: (input) => this.feed(input),
        roster: options.onRoster,
        drained: () => this.#onDrained?.(),
        diskFull: (full) => this.diskSpace('log', full ? 'full' : 'enough'),
        halted: (error) => this.#fail(error),
      },
    );
  }

  start(): void {
    this.#nextTickAt = performance.now();
    this.#onTick();
  }

  get counts() {
    return { steps: this.#steps, ...this.#effects.counts };
  }

  /** Queues an input; it is given to the core within this turn of the event loop. */
  feed(input: Input): void {
    if (this.#stopped) return;
    const last = this.#inputs.at(-1);
    // Durability is a prefix: a later `persisted` says what an earlier one said.
    if (input.kind === 'persisted' && last?.kind === 'persisted') this.#inputs.pop();
    this.#inputs.push(input);
    if (!this.#pumping) this.#schedule();
  }

  /** What `by` finds of the space on the disk. The core hears of the least. */
  diskSpace(by: 'log' | 'watch', space: Space): void {
    const before = this.space;
    this.#spaces.set(by, space);
    if (before !== this.space) this.feed({ kind: 'disk', space: this.space });
  }

  get space(): Space {
    const found = new Set(this.#spaces.values());
    return (['full', 'low'] as const).find((space) => found.has(space)) ?? 'enough';
  }

  /** `done` is called once, maybe before this returns. */
  submit(request: ClientRequest, done: (result: ClientResult) => void): void {
    const id = this.requests.open(request.op, done);
    if (id !== undefined) this.feed({ kind: 'request', id, request });
  }

  /** Resolves with the result's value. Rejects with SeqNodeError. */
  request(request: ClientRequest): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.submit(request, (result) => {
        if (result.ok) resolve(result.value);
        else reject(errorOf(result));
      });
    });
  }

  /** Asks the core to hand over what it leads; resolves to whether it did so within `timeoutMs`. */
  drain(timeoutMs: number): Promise<boolean> {
    if (this.#stopped) return Promise.resolve(false);
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), timeoutMs);
      this.#onDrained = () => {
        clearTimeout(timer);
        resolve(true);
      };
      this.feed({ kind: 'drain' });
    });
  }

  /** Gives the core no more inputs. Requests that wait are rejected: see RequestTable. */
  stop(): void {
    this.#halt(ERRORS.stopping.meaning);
    this.#effects.close();
  }

  /** Something outside of the core failed for good: as if the core had said `halt`. */
  fail(error: SeqNodeError): void {
    this.#effects.halt(error);
  }

  #fail(error: SeqNodeError): void {
    if (this.#stopped) return;
    this.#halt(`The node stops: ${error.message}`);
    this.#onFailed(error);
  }

  #halt(sentence: string): void {
    this.#stopped = true;
    clearTimeout(this.#tick);
    this.#inputs = [];
    this.requests.close(sentence);
  }

  #onTick(): void {
    const now = performance.now();
    this.tickDelays.add(now - this.#nextTickAt);
    const next = this.#nextTickAt + this.#tickMillis;
    this.#nextTickAt = next > now ? next : now + this.#tickMillis;
    this.#tick = setTimeout(() => this.#onTick(), this.#nextTickAt - now);
    this.feed({ kind: 'tick' });
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#stopped) return;
    this.#pumping = true;
    try {
      this.#giveInputs(performance.now() + this.#sliceMillis);
      if (!this.#stopped && this.#core.hasWork) this.#runActors(performance.now() + this.#sliceMillis);
      this.#flushLater();
    } catch (error) {
      this.#stepping = false;
      this.#effects.halt(asFailure(error));
    }
    this.#pumping = false;
    if (!this.#stopped && (this.#inputs.length > 0 || this.#core.hasWork)) this.#schedule();
  }

  #giveInputs(until: number): void {
    // Also what the steps themselves feed, such as a read that was answered at once.
    while (this.#inputs.length > 0 && !this.#stopped) {
      this.#step(this.#inputs.splice(0, STEP_INPUTS));
      if (performance.now() > until) break;
    }
  }

  #runActors(until: number): void {
    do this.#step(RUN);
    while (!this.#stopped && this.#core.hasWork && performance.now() < until);
  }

  /**
   * Frames leave in a microtask, and from the socket's queue in another. What they carry to others should be
   * under way before this node waits for its own disk.
   */
  #flushLater(): void {
    queueMicrotask(() => queueMicrotask(() => this.#effects.flush()));
  }

  #step(inputs: readonly Input[]): void {
    if (this.#stepping) throw new Error(`a step within a step, by ${inputs[0]?.kind}`);
    this.#stepping = true;
    this.#steps++;
    const effects = this.#core.step(inputs, stepTime());
    this.#stepping = false;
    this.#effects.carryOut(effects);
  }
}

const stepTime = (): StepTime => ({ now: performance.now(), wall: Date.now() });
