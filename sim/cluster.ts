// A cluster of simulated nodes: its clock, network and disks, and the calls that clients make to it.

import { SeqNodeError } from '../node/base/errors.ts';
import { nodeId } from '../node/base/ids.ts';
import type { LogWrite } from '../node/base/log.ts';
import type { Peer } from '../node/base/peer.ts';
import { SeededRandom } from '../node/base/random.ts';
import type { ClientRequest, ClientResult, Effect, Input } from '../node/core/types.ts';
import { between, fork } from './chance.ts';
import { SimNetwork } from './network.ts';
import { Scheduler } from './scheduler.ts';
import { type CoreFactory, SimNode } from './sim-node.ts';
import { SimStorage, type StorageOptions } from './storage.ts';
import { Trace, type TraceOptions } from './trace.ts';
import { Violation } from './violation.ts';

/** What checkers may watch. Each may throw Violation. */
export interface Observer {
  started?(node: SimNode): void;
  /** After a step, before its effects are carried out. */
  stepped?(node: SimNode, inputs: readonly Input[], effects: readonly Effect[]): void;
  /** The process died; the disk holds what survived. */
  crashed?(node: SimNode): void;
  /** A process found its disk damaged, and did not begin. */
  damaged?(node: SimNode): void;
  /** A process is about to stop itself. */
  halted?(node: SimNode, code: string): void;
  /** A client's request comes to a process. */
  asked?(node: SimNode, id: number, request: ClientRequest): void;
  /** It is answered. One whose process dies is not. */
  answered?(id: number, result: ClientResult): void;
  durable?(node: SimNode, writes: readonly LogWrite[]): void;
  /** A batch of rows was written to the store. */
  stored?(node: SimNode): void;
  /**
   * A row that a node's store keeps changed, also when a crash takes it back. It may stand for a run of
   * records.
   */
  row?(node: SimNode, key: Uint8Array, before: Uint8Array | undefined, after: Uint8Array | undefined): void;
}

/** `lost`: the connection to the node broke before it answered, or nobody listens there. */
export type CallOutcome = ClientResult | 'lost';

export interface ClusterOptions {
  readonly seed: number;
  /** Machines. */
  readonly nodes: number;
  readonly tickMillis: number;
  readonly makeCore: CoreFactory;
  readonly storage: StorageOptions;
  readonly observers: readonly Observer[];
  readonly trace?: TraceOptions;
}

interface Call {
  readonly node: SimNode;
  readonly done: (outcome: CallOutcome) => void;
}

export class Cluster {
  readonly scheduler = new Scheduler();
  readonly random: SeededRandom;
  readonly trace: Trace;
  readonly network: SimNetwork;
  /** All machines, also those that are not in use. */
  readonly nodes: readonly SimNode[];
  /** Those that were admitted to the cluster and not removed. */
  readonly members: SimNode[] = [];
  /** Those whose removal was asked for. They stop by themselves once they hear of it. */
  readonly leaving = new Set<SimNode>();
  /** Those that were removed, as the operator was told. They may run on for a while, and not know. */
  readonly retired = new Set<SimNode>();
  readonly switchedOff = new Set<SimNode>();
  readonly #observers: readonly Observer[];
  readonly #calls = new Map<number, Call>();
  #nextCall = 1;
  /** Halts that the nemesis provoked, by node. */
  readonly expectedHalts = new Set<SimNode>();
  steps = 0;

  constructor(options: ClusterOptions) {
    this.random = new SeededRandom(options.seed);
    this.#observers = options.observers;
    const { scheduler } = this;
    this.trace = new Trace(() => scheduler.now, options.trace);
    const byId = new Map<string, SimNode>();
    this.network = new SimNetwork(scheduler, fork(this.random), this.trace, {
      frames: (to, from, lane, frames) => byId.get(to)?.frames(from, lane, frames),
      connected: (node, peer) => byId.get(node)?.input({ kind: 'connected', peer }),
      disconnected: (node, peer) => byId.get(node)?.input({ kind: 'disconnected', peer }),
    });
    const peers = Array.from({ length: options.nodes }, (_, at) => peerOf(at + 1));
    this.nodes = peers.map((peer) => this.#makeNode(peer, [peers[0] as Peer], options));
    for (const node of this.nodes) byId.set(node.id, node);
  }

  #makeNode(peer: Peer, peers: readonly Peer[], options: ClusterOptions): SimNode {
    const { scheduler, network, trace } = this;
    let node: SimNode;
    const storage = new SimStorage(
      scheduler,
      fork(this.random),
      {
        answer: (input) => node.input(input),
        durable: (writes) => this.#notify((observer) => observer.durable?.(node, writes)),
        failed: (error) => this.#diskFailed(node, error),
      },
      options.storage,
      {
        row: (key, before, after) => this.#notify((observer) => observer.row?.(node, key, before, after)),
        written: () => this.#notify((observer) => observer.stored?.(node)),
      },
    );
    const context = { scheduler, network, trace, random: fork(this.random), tickMillis: options.tickMillis };
    const events = {
      started: () => this.#notify((observer) => observer.started?.(node)),
      stepped: (_: SimNode, inputs: readonly Input[], effects: readonly Effect[]) => {
        this.steps++;
        this.#notify((observer) => observer.stepped?.(node, inputs, effects));
      },
      damaged: () => this.#notify((observer) => observer.damaged?.(node)),
      responded: (_: SimNode, id: number, result: ClientResult) => this.#answer(id, result),
      halted: (_: SimNode, code: string, message: string) => this.#halted(node, code, message),
    };
    node = new SimNode(peer, peers, storage, context, events, options.makeCore);
    return node;
  }

  #notify(tell: (observer: Observer) => void) {
    for (const observer of this.#observers) tell(observer);
  }

  /** The node stops: its disk does not do what it is told, or not what it was. */
  #diskFailed(node: SimNode, error: Error) {
    const { name } = node.peer;
    if (!(error instanceof SeqNodeError)) throw new Violation('core-threw', `${name}: ${error.stack}`);
    this.trace.event(name, 'disk', () => `${error.code}: ${error.message}`);
    this.crash(node, error.code === 'disk-failed');
  }

  #halted(node: SimNode, code: string, message: string) {
    const hasLeft = code === 'not-admitted' && this.leaving.has(node);
    if (!hasLeft && !this.expectedHalts.delete(node))
      throw new Violation('halted', `${node.peer.name} stopped itself: ${code}: ${message}`);
    this.#notify((observer) => observer.halted?.(node, code));
    this.crash(node, false);
  }

  // ---- processes ----

  start(node: SimNode): void {
    if (this.switchedOff.has(node)) return;
    node.start();
  }

  crash(node: SimNode, powerLoss: boolean): void {
    if (node.isDown) return;
    node.crash(powerLoss);
    this.#notify((observer) => observer.crashed?.(node));
    const lost = [...this.#calls].filter(([, call]) => call.node === node);
    for (const [id, call] of lost) {
      this.#calls.delete(id);
      this.scheduler.after(between(this.random, 200, 3_000), () => call.done('lost'));
    }
  }

  // ---- calls of clients ----

  /**
   * Sends a request to a node; `done` gets its one outcome, or is never called when the node stays frozen.
   */
  call(node: SimNode, request: ClientRequest, done: (outcome: CallOutcome) => void): void {
    const id = this.#nextCall++;
    this.scheduler.after(between(this.random, 50, 400), () => {
      if (!node.isUp) {
        done('lost');
        return;
      }
      this.#calls.set(id, { node, done });
      this.#notify((observer) => observer.asked?.(node, id, request));
      node.request(id, request);
    });
  }

  #answer(id: number, result: ClientResult) {
    const call = this.#calls.get(id);
    // A node may answer a call once; the process that was asked before a crash is gone, and so are its calls.
    if (call === undefined) throw new Violation('answered-twice', `request ${id} got a second answer`);
    this.#calls.delete(id);
    this.#notify((observer) => observer.answered?.(id, result));
    this.scheduler.after(between(this.random, 50, 400), () => call.done(result));
  }

  // ---- time ----

  /** Runs until `micros` of virtual time have passed, or until `stop` says so. */
  runFor(micros: number, stop: () => boolean = () => false): void {
    const end = this.scheduler.now + micros;
    while (!stop() && this.scheduler.next(end));
  }
}

/** Node identities look like peer ids: long, and alike at the start. */
function peerOf(number: number): Peer {
  return { node: nodeId(`12D3KooWSim${number}`), name: `n${number}`, addresses: [`10.0.0.${number}:7400`] };
}
