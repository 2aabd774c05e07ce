// One simulated machine: a disk that stays, and a process on it that starts, pauses, dies and starts again.
// It is the driver of a core, as node/host is in production: it feeds inputs in, one at a time, and carries
// effects out in order.

import { SeqNodeError } from '../node/base/errors.ts';
import type { NodeId } from '../node/base/ids.ts';
import type { RecoveredGroup } from '../node/base/log.ts';
import type { Peer } from '../node/base/peer.ts';
import type { Random } from '../node/base/random.ts';
import { decodeFrame } from '../node/cluster/wire.ts';
import type {
  ClientRequest,
  ClientResult,
  Core,
  Effect,
  Input,
  Lane,
  Roster,
  StepTime,
} from '../node/core/types.ts';
import { between, happens } from './chance.ts';
import { type GroupView, viewsOf } from './inspection.ts';
import type { SimNetwork } from './network.ts';
import type { Scheduler } from './scheduler.ts';
import type { SimStorage } from './storage.ts';
import { hashBytes, type Trace } from './trace.ts';
import { Violation } from './violation.ts';

/** How the clocks of one machine run. */
export interface ClockQuality {
  /** Virtual milliseconds that its monotonic clock had counted before the simulation began. */
  readonly offsetMillis: number;
  /** How fast its clocks run: 1 is right. */
  readonly rate: number;
  /** What its wall clock is wrong by, in milliseconds. */
  readonly wallSkewMillis: number;
}

export interface NodeEvents {
  started(node: SimNode): void;
  /** After each step, before its effects are carried out. */
  stepped(node: SimNode, inputs: readonly Input[], effects: readonly Effect[]): void;
  responded(node: SimNode, request: number, result: ClientResult): void;
  /** A process found its disk damaged, and did not begin. */
  damaged(node: SimNode): void;
  /** The core asked for its process to be stopped. */
  halted(node: SimNode, code: string, message: string): void;
}

export interface NodeContext {
  readonly scheduler: Scheduler;
  readonly network: SimNetwork;
  readonly trace: Trace;
  readonly random: Random;
  readonly tickMillis: number;
}

export type CoreFactory = (node: SimNode, log: readonly RecoveredGroup[], time: StepTime) => Core;

const DAMAGES: ReadonlySet<string> = new Set(['journal-damaged', 'log-damaged']);
const WALL_START = 1_800_000_000_000;

export class SimNode {
  peer: Peer;
  readonly storage: SimStorage;
  readonly #context: NodeContext;
  readonly #events: NodeEvents;
  readonly #makeCore: CoreFactory;
  #core: Core | undefined;
  /** As of the last step that was looked at. */
  #views: readonly GroupView[] = [];
  #viewsAreOld = false;
  #starting = false;
  #frozen = false;
  #inbox: Input[] = [];
  /** What waits for the next step. */
  #gathered: Input[] = [];
  /** Counts processes. What was scheduled for an earlier one is dropped. */
  life = 0;
  #runScheduled = false;
  clock: ClockQuality = { offsetMillis: 0, rate: 1, wallSkewMillis: 0 };
  /** The registry as the driver last saved it, which every crash leaves. */
  savedRoster: Roster;
  /** What the driver is still to save: the disk had no space for it. */
  #unsaved: Roster | undefined;
  isDraining = false;
  drained = false;

  constructor(
    peer: Peer,
    peers: readonly Peer[],
    storage: SimStorage,
    context: NodeContext,
    events: NodeEvents,
    makeCore: CoreFactory,
  ) {
    this.peer = peer;
    this.savedRoster = { index: 0, peers };
    this.storage = storage;
    this.#context = context;
    this.#events = events;
    this.#makeCore = makeCore;
  }

  get id(): NodeId {
    return this.peer.node;
  }

  get savedPeers(): readonly Peer[] {
    return this.savedRoster.peers;
  }

  get isUp(): boolean {
    return this.#core !== undefined;
  }

  /** Its next process is found elsewhere. */
  moveTo(address: string): void {
    this.peer = { ...this.peer, addresses: [address] };
  }

  /** Neither running nor about to. */
  get isDown(): boolean {
    return this.#core === undefined && !this.#starting;
  }

  get isFrozen(): boolean {
    return this.#frozen;
  }

  /** What the core knows of its groups, as of its last step. */
  get views(): readonly GroupView[] {
    if (this.#viewsAreOld) this.#views = viewsOf(this.#core, this.#views);
    this.#viewsAreOld = false;
    return this.#views;
  }

  time(): StepTime {
    const { offsetMillis, rate, wallSkewMillis } = this.clock;
    const elapsed = (this.#context.scheduler.now / 1000) * rate;
    return {
      now: Math.floor(elapsed + offsetMillis),
      wall: Math.floor(WALL_START + elapsed + wallSkewMillis),
    };
  }

  /** Starts a process, which reads its disk first. It stays away when the disk is damaged. */
  start(): void {
    // A start that meets the end of the disk waits for space.
    if (this.#core !== undefined || this.#starting || this.storage.isStoreFull) return;
    const life = ++this.life;
    this.#starting = true;
    this.#frozen = false;
    this.#inbox = [];
    this.#gathered = [];
    this.#runScheduled = false;
    this.isDraining = false;
    this.drained = false;
    this.#context.trace.event(this.peer.name, 'start');
    const readable = this.storage.open((log) => {
      if (life === this.life) this.#begin(log);
    });
    if (readable) return;
    this.#starting = false;
    this.#damaged();
  }

  #damaged() {
    this.#context.trace.event(this.peer.name, 'damaged');
    this.#events.damaged(this);
  }

  #begin(log: readonly RecoveredGroup[]) {
    this.#starting = false;
    this.#context.network.started(this.peer);
    this.#context.network.setPeers(this.id, this.savedPeers);
    const core = this.#guard(() => this.#make(log));
    if (core === undefined) {
      this.life++;
      this.#context.network.died(this.id);
      this.storage.crash(false);
      return this.#damaged();
    }
    this.#core = core;
    this.#viewsAreOld = true;
    this.#events.started(this);
    this.#tickLater(this.life, between(this.#context.random, 1_000, this.#context.tickMillis * 1000));
    if (this.#core.hasWork) this.#runLater();
    if (this.storage.isFull) this.input({ kind: 'disk', space: 'full' });
  }

  /** Undefined when what a core begins with cannot be read. */
  #make(log: readonly RecoveredGroup[]): Core | undefined {
    try {
      return this.#makeCore(this, log, this.time());
    } catch (error) {
      if (error instanceof SeqNodeError && DAMAGES.has(error.code)) return undefined;
      throw error;
    }
  }

  /** Kills the process. `powerLoss` also loses what the operating system had not written. */
  crash(powerLoss: boolean): void {
    if (this.#core === undefined && !this.#starting) return;
    this.#context.trace.event(this.peer.name, powerLoss ? 'power-loss' : 'kill');
    this.life++;
    this.#core = undefined;
    this.#viewsAreOld = true;
    this.#starting = false;
    this.#inbox = [];
    this.#gathered = [];
    this.#unsaved = undefined;
    this.#context.network.died(this.id);
    this.storage.crash(powerLoss);
  }

  /** Stops the process as SIGSTOP does: nothing is noticed by anybody, inputs wait. */
  freeze(): void {
    if (this.#core === undefined || this.#frozen) return;
    this.#frozen = true;
    this.#context.trace.event(this.peer.name, 'freeze');
    this.#context.network.frozen(this.id, true);
  }

  /** Goes on; `ticks` that fell due meanwhile come in a bunch. */
  thaw(ticks: number): void {
    if (this.#core === undefined || !this.#frozen) return;
    this.#frozen = false;
    this.#context.trace.event(this.peer.name, 'thaw');
    this.#context.network.frozen(this.id, false);
    const waiting = this.#inbox;
    this.#inbox = [];
    for (let count = 0; count < ticks; count++) waiting.splice(0, 0, { kind: 'tick' });
    const life = this.life;
    for (const input of waiting)
      this.#context.scheduler.after(0, () => {
        if (life === this.life) this.input(input);
      });
  }

  request(id: number, request: ClientRequest): void {
    this.input({ kind: 'request', id, request });
  }

  /**
   * Gives the core an input: now, or soon, with others of the same turn of the event loop, or once the
   * process goes on. Without a process it is lost.
   */
  input(input: Input): void {
    if (this.#core === undefined) return;
    if (this.#frozen) {
      this.#inbox.push(input);
      return;
    }
    if (input.kind === 'drain') this.isDraining = true;
    if (input.kind === 'disk') this.#saveRoster();
    const alone = input.kind === 'tick' || input.kind === 'run';
    if (alone) this.#step();
    if (this.#core === undefined) return;
    this.#gathered.push(input);
    if (alone || (this.#gathered.length === 1 && happens(this.#context.random, 0.8))) this.#step();
    else if (this.#gathered.length === 1) this.#stepLater();
  }

  #saveRoster() {
    if (this.#unsaved === undefined || this.storage.isFull) return;
    this.savedRoster = this.#unsaved;
    this.#unsaved = undefined;
  }

  #stepLater() {
    const life = this.life;
    this.#context.scheduler.after(between(this.#context.random, 10, 2_000), () => {
      if (life === this.life) this.#step();
    });
  }

  #step() {
    const core = this.#core;
    const inputs = this.#gathered;
    this.#gathered = [];
    if (core === undefined || inputs.length === 0) return;
    if (this.#frozen) {
      this.#inbox.unshift(...inputs);
      return;
    }
    const { trace } = this.#context;
    for (const input of inputs) trace.event(this.peer.name, input.kind, () => describeInput(input));
    const effects = this.#guard(() => core.step(inputs, this.time()));
    this.#viewsAreOld = true;
    this.#events.stepped(this, inputs, effects);
    const life = this.life;
    for (const effect of effects) {
      this.#carryOut(effect);
      if (life !== this.life) break;
    }
    this.#context.network.flush(this.id);
    if (life === this.life && core.hasWork) this.#runLater();
  }

  #carryOut(effect: Effect) {
    const { trace, network } = this.#context;
    trace.hash.text(effect.kind);
    const { storage } = this;
    switch (effect.kind) {
      case 'send':
        trace.hash.number(hashBytes(effect.frame));
        trace.note(
          this.peer.name,
          () => `  send ${shortName(effect.to)} ${describeFrame(effect.frame, this.id, effect.to)}`,
        );
        network.send(this.id, effect.to, effect.lane, effect.frame);
        return;
      case 'persist':
        trace.note(this.peer.name, () => `  persist ${effect.id}${effect.sync ? '' : ' (lazy)'}`);
        storage.persist(effect.id, effect.writes, effect.sync);
        return;
      case 'store':
        storage.write(effect.ops);
        return;
      case 'flush':
        storage.flush(effect.id);
        return;
      case 'get':
        storage.get(effect.id, effect.keys);
        return;
      case 'scan':
        storage.scan(effect.id, effect.from, effect.to, effect.limit, effect.view);
        return;
      case 'open-view':
        storage.openView(effect.view);
        return;
      case 'close-view':
        storage.closeView(effect.view);
        return;
      case 'respond':
        trace.note(this.peer.name, () => `  respond ${effect.id} ${JSON.stringify(effect.result, jsonSafe)}`);
        this.#events.responded(this, effect.id, effect.result);
        return;
      case 'peers':
        this.#unsaved = effect.roster;
        this.#saveRoster();
        network.setPeers(this.id, effect.peers);
        return;
      case 'log':
        trace.note(
          this.peer.name,
          () => `  ${effect.level} ${effect.event} ${JSON.stringify(effect.fields)}`,
        );
        return;
      case 'drained':
        this.drained = true;
        return;
      case 'halt':
        trace.event(this.peer.name, 'halt', () => `${effect.code}: ${effect.message}`);
        this.#events.halted(this, effect.code, effect.message);
        return;
    }
  }

  /**
   * Whatever a core or a refused batch throws is a violation: asserts stay on in production and would stop
   * the node.
   */
  #guard<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      if (error instanceof Violation) throw error;
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      throw new Violation('core-threw', `${this.peer.name}: ${text}`);
    }
  }

  #tickLater(life: number, micros: number) {
    this.#context.scheduler.after(micros, () => {
      if (life !== this.life) return;
      // A paused process has no timers; it gets its late ticks when it goes on.
      if (!this.#frozen) this.input({ kind: 'tick' });
      if (life === this.life) this.#tickLater(life, (this.#context.tickMillis * 1000) / this.clock.rate);
    });
  }

  #runLater() {
    if (this.#runScheduled) return;
    this.#runScheduled = true;
    const life = this.life;
    this.#context.scheduler.after(between(this.#context.random, 10, 200), () => {
      if (life !== this.life) return;
      this.#runScheduled = false;
      if (this.#core?.hasWork) this.input({ kind: 'run' });
    });
  }

  frames(from: NodeId, lane: Lane, frames: readonly Uint8Array[]): void {
    this.input({ kind: 'frames', from, lane, frames });
  }
}

function describeInput(input: Input): string {
  switch (input.kind) {
    case 'tick':
    case 'run':
    case 'drain':
      return '';
    case 'frames': {
      const bytes = input.frames.reduce((sum, frame) => sum + frame.length, 0);
      return `from ${shortName(input.from)} ${input.lane} ${input.frames.length} × ${bytes} B`;
    }
    case 'connected':
    case 'disconnected':
      return shortName(input.peer);
    case 'persisted':
    case 'flushed':
    case 'got':
    case 'scanned':
      return `${input.id}`;
    case 'request':
      return `${input.id} ${JSON.stringify(input.request, jsonSafe)}`;
    case 'disk':
      return input.space;
  }
}

/** The end of an identity tells nodes apart. */
const shortName = (node: NodeId) => node.slice(-2);

function describeFrame(bytes: Uint8Array, from: NodeId, to: NodeId): string {
  const frame = decodeFrame(bytes, from, to);
  if (frame.kind === 'relay') {
    const { origin, path } = frame;
    const target = path.at(-1) ?? to;
    const way = `relay of ${shortName(origin)} by ${path.map(shortName).join(' ')}`;
    return `${way}: ${describeFrame(frame.frame, origin, target)}`;
  }
  if (frame.kind !== 'raft') return JSON.stringify(frame, jsonSafe).slice(0, 300);
  return frame.messages
    .map(([group, message]) => {
      const { kind, from: _from, to: _to, ...rest } = message;
      const entries = 'entries' in rest ? { entries: rest.entries.length } : {};
      return `${group}:${kind}${JSON.stringify({ ...rest, ...entries })}`;
    })
    .join(' ');
}

function jsonSafe(_key: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return `${value.length} B`;
  return typeof value === 'bigint' ? `${value}n` : value;
}
