// Shared by every part of the core: the identity of the node, the time of the step, the registry as applied
// here, and the effect buffer.
import type { BehaviourRef } from '../base/behaviour-ref.ts';
import type { ActorPath, ModuleHash } from '../base/ids.ts';
import type { Peer } from '../base/peer.ts';
import type { Random } from '../base/random.ts';
import { MetaState } from '../cluster/meta-state.ts';
import type { ScanRange, ScanResult } from '../journal/store-port.ts';
import { Programs } from '../runtime/actor/programs.ts';
import type { Fields, Metric, RuntimeContext, StepTime } from '../runtime/context.ts';
import { RecentOutput } from '../runtime/output.ts';
import { EffectBuffer } from './effect-buffer.ts';
import type { ClusterIdentity, CoreLimits, CoreOptions } from './types.ts';

const NO_FAULTS: ReadonlySet<string> = new Set();

export class StepContext implements RuntimeContext {
  readonly options: CoreOptions;
  readonly self: Peer;
  readonly cluster: ClusterIdentity;
  readonly limits: CoreLimits;
  readonly faults: ReadonlySet<string>;
  readonly random: Random;
  readonly effects: EffectBuffer;
  /** The time of the step that is being made. */
  time: StepTime;
  /** Ticks of consensus so far. */
  raftTicks = 0;
  /** The registry, as far as it is applied here. */
  registry = new MetaState();
  readonly programs: Programs;
  /** Of the turns that this node ran. */
  readonly output = new RecentOutput();
  /** Tells the numbers of its lines from those of other nodes and processes. */
  readonly outputSource: string;
  readonly counters: Record<Metric, number> = {
    turns: 0,
    reads: 0,
    faults: 0,
    restarts: 0,
    escalations: 0,
    duplicates: 0,
    'dead-letters': 0,
    overloaded: 0,
    'timers-fired': 0,
    'events-taken': 0,
    'tasks-queued': 0,
    'tasks-completed': 0,
    'tasks-failed': 0,
    'task-leases-expired': 0,
    'malformed-frames': 0,
    spawned: 0,
    stopped: 0,
    failed: 0,
    suspended: 0,
    resumed: 0,
    upgraded: 0,
    purged: 0,
  };

  /** Set by the part that can ask the registry's leader. */
  registryIsCurrent: RuntimeContext['registryIsCurrent'] = (done) => done('unknown');

  constructor(options: CoreOptions, time: StepTime) {
    this.options = options;
    this.self = options.self;
    this.cluster = options.cluster;
    this.limits = options.limits;
    this.faults = options.faults ?? NO_FAULTS;
    this.random = options.random;
    this.effects = new EffectBuffer(options.self.node);
    this.programs = new Programs((hash) => this.registry.module(hash), options.loadModule);
    this.time = time;
    this.outputSource = `${options.self.node}.${Math.floor(time.wall).toString(36)}`;
  }

  printed(path: ActorPath, text: string): void {
    this.output.add(path, text, Math.floor(this.time.wall));
  }

  log(level: 'debug' | 'info' | 'warn' | 'error', event: string, fields: Fields): void {
    this.effects.log(level, event, fields);
  }

  count(metric: Metric, by = 1): void {
    this.counters[metric] += by;
  }

  get(keys: readonly Uint8Array[], done: (values: readonly (Uint8Array | undefined)[]) => void): void {
    this.effects.get(keys, done);
  }

  scan(range: ScanRange, done: (found: ScanResult) => void): void {
    this.effects.scan(range, done);
  }

  behaviour(code: BehaviourRef) {
    return this.programs.behaviour(code);
  }

  migration(module: ModuleHash, word: string) {
    return this.programs.migration(module, word);
  }
}
