// One run of one seed: a cluster of real cores forms, works while things go wrong, is healed, and is judged.
import { type ModuleHash, moduleHash } from '../node/base/ids.ts';
import type { Random } from '../node/base/random.ts';
import type { CoreLimits } from '../node/core/types.ts';
import { NOTES_WORD } from './accounts-program.ts';
import { AvailabilityChecker } from './availability-checker.ts';
import { happens, pick } from './chance.ts';
import { Cluster } from './cluster.ts';
import { ConsensusChecker } from './consensus-checker.ts';
import { collectJournals, furthestRow, whatIsUnsettled } from './convergence.ts';
import { ELECTION_TICKS, LIMITS, makeCore, REPLICAS, SHARDS, TICK_MILLIS } from './core-factory.ts';
import { DepartureChecker } from './departure-checker.ts';
import { type Extra, type ExtraName, extrasOf, makeExtras } from './extras.ts';
import { drawPlan, type FaultKind, type SwarmPlan } from './fault-plan.ts';
import { checkHistory } from './history-checker.ts';
import { LeadershipChecker } from './leadership-checker.ts';
import { LifeWorkload } from './life-workload.ts';
import { MortalWorkload } from './mortal-workload.ts';
import { Nemesis, observedBy } from './nemesis.ts';
import { Operator } from './operator.ts';
import { describeEntry, ReleaseChecker } from './release-checker.ts';
import type { SimNode } from './sim-node.ts';
import { StateChecker } from './state-checker.ts';
import { TimerWorkload } from './timer-workload.ts';
import type { TraceOptions } from './trace.ts';
import { demand, Violation } from './violation.ts';
import { isVolatilePath, VolatileWorkload, volatilePaths } from './volatile-workload.ts';
import { Workload } from './workload.ts';

export interface SimulationOptions {
  readonly seed: number;
  /**
   * Mistakes to make on purpose: those of CoreOptions.faults, and what is made of a damaged log:
   * `torn-middle`, `goes-on-damaged`.
   */
  readonly faults?: ReadonlySet<string>;
  readonly trace?: TraceOptions;
  /** Kinds of fault that the run has, whatever it draws. */
  readonly kinds?: readonly FaultKind[];
  /** What the clients do besides. Default: by the seed. */
  readonly extras?: readonly ExtraName[];
  /** Limits in the place of those that the run draws. */
  readonly limits?: Partial<CoreLimits>;
  /**
   * Whether a run goes on, to be judged by everything else, where availability was missed: see `missed` of
   * its result.
   */
  readonly goesOnUnavailable?: boolean;
}

export interface SimulationResult {
  readonly seed: number;
  readonly hash: string;
  /** The promise that was broken; undefined if all were kept. */
  readonly violation: Violation | undefined;
  /** What the checker of availability found first, where the run went on. */
  readonly missed: Violation | undefined;
  readonly steps: number;
  readonly virtualSeconds: number;
  readonly operations: number;
  readonly acknowledged: number;
  readonly plan: SwarmPlan;
  /** The faults of the plan that came to strike. */
  readonly struck: ReadonlySet<FaultKind>;
  /** Answers that were judged, see AvailabilityChecker. */
  readonly served: number;
  readonly refused: number;
}

const SECOND = 1_000_000;
/** How many nodes a cluster has, by the seed. */
const SIZES = [5, 3, 7];
/** Machines that stand by to replace others. */
const SPARES = 2;
const VOLATILE_ACTORS = 3;
const FAULT_SECONDS = 60;
/** How long a healed cluster may take to finish what its clients wait for, and to agree. */
const PROGRESS_SECONDS = 60;

/** Stands for the SHA-256 of the program, which a pure folder cannot compute. */
const MODULE: ModuleHash = moduleHash('5e'.repeat(32));

/** Runs one seed to its end, or to the first broken promise. */
export function simulate(options: SimulationOptions): SimulationResult {
  const simulation = new Simulation(options);
  let violation: Violation | undefined;
  try {
    simulation.run();
  } catch (error) {
    violation =
      error instanceof Violation
        ? error
        : new Violation('simulator', error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  return simulation.result(violation);
}

class Simulation {
  readonly #options: SimulationOptions;
  readonly #size: number;
  readonly #cluster: Cluster;
  readonly #consensus: ConsensusChecker;
  readonly #state: StateChecker;
  readonly #availability: AvailabilityChecker;
  #missed: Violation | undefined;
  readonly #workload: Workload;
  readonly #volatile: VolatileWorkload;
  readonly #mortal: MortalWorkload;
  readonly #life: LifeWorkload;
  readonly #timers: TimerWorkload;
  readonly #extras: readonly Extra[];
  readonly #nemesis: Nemesis;
  readonly #operator: Operator;
  readonly #limits: CoreLimits;

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#size = SIZES[options.seed % SIZES.length] as number;
    const faults = options.faults ?? new Set<string>();
    const release = new ReleaseChecker(() => this.#consensus, isVolatilePath);
    this.#consensus = new ConsensusChecker(
      () => this.#cluster.nodes,
      (group, entry) => {
        this.#cluster.trace.note('log', () => describeEntry(group, entry));
        release.entry(group, entry);
      },
    );
    this.#state = new StateChecker(this.#consensus);
    this.#availability = this.#makeAvailabilityChecker(options);
    const departures = new DepartureChecker();
    const trustsCut = faults.has('goes-on-damaged');
    const cutsDamage = trustsCut || faults.has('torn-middle');
    const kinds = [...(options.kinds ?? []), ...(trustsCut ? (['corrupt-log'] as const) : [])];
    const needsBytes = kinds.includes('corrupt-log') || kinds.includes('lost-tail');
    this.#cluster = new Cluster({
      seed: options.seed,
      nodes: this.#size + SPARES,
      tickMillis: TICK_MILLIS,
      // Bytes cost time: a part of the seeds keeps them.
      storage: { bytes: cutsDamage || needsBytes || options.seed % 4 === 0, cutsDamage, trustsCut },
      observers: [
        new LeadershipChecker(ELECTION_TICKS, TICK_MILLIS),
        this.#consensus,
        this.#state,
        release,
        departures,
        this.#availability,
        observedBy(() => this.#nemesis),
      ],
      makeCore: (node, log, time) =>
        makeCore(this.#cluster, node, { log, time, limits: this.#limits, faults }),
      ...(options.trace && { trace: options.trace }),
    });
    const { random } = this.#cluster;
    this.#limits = { ...drawLimits(random), ...options.limits };
    drawClocks(this.#cluster.nodes, random);
    const plan = drawPlan(random, kinds);
    this.#operator = new Operator(this.#cluster, departures);
    this.#nemesis = new Nemesis(this.#cluster, plan, this.#operator, () => this.#leaders());
    this.#workload = new Workload(this.#cluster, {
      module: MODULE,
      clients: pick(random, [2, 4, 6]),
      accounts: pick(random, [3, 6]),
      notes: volatilePaths(VOLATILE_ACTORS),
      think: pick(random, [200_000, 500_000]),
    });
    this.#volatile = new VolatileWorkload(this.#cluster, {
      module: MODULE,
      word: NOTES_WORD,
      actors: VOLATILE_ACTORS,
      accounts: () => this.#workload.accounts,
      think: 200_000,
      orderly: !plan.kinds.has('wild-network'),
    });
    this.#mortal = new MortalWorkload(this.#cluster, MODULE);
    this.#life = new LifeWorkload(this.#cluster, options.limits?.outboxWaiting === undefined);
    this.#timers = new TimerWorkload(this.#cluster, MODULE);
    this.#extras = makeExtras(options.extras ?? extrasOf(options.seed), this.#cluster, MODULE);
  }

  #makeAvailabilityChecker({ goesOnUnavailable }: SimulationOptions): AvailabilityChecker {
    const missed = (violation: Violation) => {
      this.#missed ??= violation;
    };
    return new AvailabilityChecker(() => this.#cluster, {
      shards: SHARDS,
      configOf: (group) => furthestRow(this.#cluster.nodes, this.#state, group)?.config,
      ...(goesOnUnavailable && { missed }),
    });
  }

  run(): void {
    const cluster = this.#cluster;
    this.#form();
    this.#workload.prepare();
    this.#volatile.prepare();
    this.#mortal.prepare();
    this.#life.prepare();
    this.#timers.prepare();
    for (const extra of this.#extras) extra.prepare();
    cluster.runFor(6 * SECOND);
    this.#workload.begin();
    this.#volatile.begin();
    this.#mortal.begin();
    this.#life.begin();
    this.#timers.begin();
    for (const extra of this.#extras) extra.begin();
    this.#nemesis.begin();
    this.#availability.begin();
    cluster.runFor(FAULT_SECONDS * SECOND);
    const leaveDown = this.#chooseAbsent();
    this.#nemesis.heal(leaveDown);
    this.#workload.stop();
    this.#volatile.stop();
    this.#mortal.stop();
    this.#life.stop();
    this.#timers.stop();
    for (const extra of this.#extras) extra.stop();
    this.#settle();
    if (leaveDown !== undefined) {
      this.#nemesis.wake();
      this.#settle();
    }
    const journals = collectJournals(cluster.members, this.#state);
    checkHistory(this.#workload.history, journals, !this.#nemesis.plan.kinds.has('wild-network'));
    this.#volatile.check(journals);
    this.#mortal.check(journals);
    this.#life.check(journals);
    this.#timers.check(journals);
    for (const extra of this.#extras) extra.check(journals);
  }

  /** Creates the cluster with the first node and lets the others join it, one after the other. */
  #form() {
    const cluster = this.#cluster;
    const [first, ...others] = cluster.nodes.slice(0, this.#size);
    if (first === undefined) return;
    cluster.members.push(first);
    cluster.start(first);
    for (const node of others) {
      this.#operator.join(node);
      cluster.runFor(PROGRESS_SECONDS * SECOND, () => !this.#operator.isBusy);
      demand(!this.#operator.isBusy, 'progress', () => `${node.peer.name} cannot join`);
    }
  }

  /** A healed cluster must do without one node; a machine whose log is damaged is away already. */
  #chooseAbsent(): SimNode | undefined {
    const { random, members } = this.#cluster;
    if (this.#operator.isBusy || this.#nemesis.hasDamaged) return undefined;
    return happens(random, 0.3) ? pick(random, members) : undefined;
  }

  /** Demands progress: everything that clients wait for ends, and the replicas agree. */
  #settle() {
    const cluster = this.#cluster;
    let unsettled: string | undefined = 'nothing was looked at';
    let lookAt = 0;
    cluster.runFor(PROGRESS_SECONDS * SECOND, () => {
      if (cluster.scheduler.now < lookAt) return false;
      lookAt = cluster.scheduler.now + 200_000;
      if (this.#operator.isBusy) unsettled = 'the operator is not done';
      else
        unsettled = this.#openOperations ?? whatIsUnsettled(cluster.members, this.#state, SHARDS, REPLICAS);
      return unsettled === undefined;
    });
    if (unsettled !== undefined)
      throw new Violation('progress', `${PROGRESS_SECONDS} s after the heal: ${unsettled}`);
  }

  get #openOperations(): string | undefined {
    if (!this.#workload.isDone) return `${this.#workload.history.open.length} operations are open`;
    const extra = this.#extras.find(({ isDone }) => !isDone);
    if (extra !== undefined) return extra.unsettled;
    if (!this.#volatile.isDone) return 'operations of volatile actors are open';
    if (!this.#mortal.isDone) return 'operations of an actor that fails are open';
    if (!this.#life.isDone) return 'operations of an actor that is upgraded are open';
    return this.#timers.isDone ? undefined : 'timers have not rung';
  }

  result(violation: Violation | undefined): SimulationResult {
    const { operations } = this.#workload.history;
    return {
      seed: this.#options.seed,
      hash: this.#cluster.trace.hash.hex,
      violation,
      missed: this.#missed,
      steps: this.#cluster.steps,
      virtualSeconds: this.#cluster.scheduler.now / SECOND,
      operations: operations.length,
      acknowledged: operations.filter(({ outcome }) => outcome?.ok).length,
      plan: this.#nemesis.plan,
      struck: this.#nemesis.struck,
      served: this.#availability.served,
      refused: this.#availability.refused,
    };
  }

  #leaders(): SimNode[] {
    return this.#cluster.members.filter((node) => node.views.some(({ role }) => role === 'leader'));
  }
}

function drawLimits(random: Random): CoreLimits {
  return {
    ...LIMITS,
    mailboxMessages: pick(random, [4, 200]),
    // With five, most turns go on in slices.
    sliceReductions: pick(random, [5, 2000]),
    snapshotRecords: pick(random, [3, 30]),
    logEntries: pick(random, [12, 60]),
    logTotalBytes: pick(random, [10_000, 1024 * 1024]),
  };
}

function drawClocks(nodes: readonly SimNode[], random: Random): void {
  for (const node of nodes)
    node.clock = {
      offsetMillis: random.below(1_000_000),
      rate: 0.97 + 0.06 * random.fraction(),
      wallSkewMillis: 0,
    };
}
