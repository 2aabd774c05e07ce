// One run of one seed that is all about members: they are replaced, moved, damaged, cut off and away, and no
// client asks for anything. So a run is short, and many fit where `simulate` has time for one.
//
// It ends with the loss of power on every node at once, in the midst of the faults: whoever comes back must
// find the others by what it kept, whichever member stays away.
import type { Random } from '../node/base/random.ts';
import { happens, pick } from './chance.ts';
import { Cluster } from './cluster.ts';
import { ConsensusChecker } from './consensus-checker.ts';
import { whatIsUnsettled } from './convergence.ts';
import { LIMITS, makeCore, REPLICAS, SHARDS, TICK_MILLIS } from './core-factory.ts';
import { DepartureChecker } from './departure-checker.ts';
import type { FaultKind, SwarmPlan } from './fault-plan.ts';
import { Nemesis, observedBy } from './nemesis.ts';
import { Operator } from './operator.ts';
import type { SimNode } from './sim-node.ts';
import { StateChecker } from './state-checker.ts';
import type { TraceOptions } from './trace.ts';
import { Violation } from './violation.ts';

const SECOND = 1_000_000;
/** How many nodes a cluster has, by the seed. Of few, each is needed. */
const SIZES = [3, 4, 3, 5];
const SPARES = 6;
/** Those that joined have votes by then. */
const FORMED_SECONDS = 5;
const FAULT_SECONDS = 60;
const PROGRESS_SECONDS = 60;
/** What sends members away, and what changes them. */
const ABSENCES: readonly FaultKind[] = [
  'kill',
  'power-loss',
  'outage',
  'drain',
  'freeze',
  'partition',
  'one-way-cut',
  'broken-link',
  'slow-network',
  'aimed-crash',
  'disk-full',
  'full-store',
];
const CHANGES: readonly FaultKind[] = ['replace-node', 'readdress', 'corrupt-log', 'corrupt-store'];

export interface ChurnOptions {
  readonly seed: number;
  readonly faults?: ReadonlySet<string>;
  readonly trace?: TraceOptions;
}

export interface ChurnResult {
  /** The promise that was broken; undefined if all were kept. */
  readonly violation: Violation | undefined;
  readonly struck: ReadonlySet<FaultKind>;
}

export function churn(options: ChurnOptions): ChurnResult {
  const run = new Churn(options);
  let violation: Violation | undefined;
  try {
    run.run();
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    violation = error;
  }
  return { violation, struck: run.struck };
}

class Churn {
  readonly #size: number;
  readonly #cluster: Cluster;
  readonly #state: StateChecker;
  readonly #operator: Operator;
  readonly #nemesis: Nemesis;

  constructor({ seed, faults = new Set(), trace }: ChurnOptions) {
    this.#size = SIZES[seed % SIZES.length] as number;
    const consensus = new ConsensusChecker(() => this.#cluster.nodes);
    this.#state = new StateChecker(consensus);
    const departures = new DepartureChecker();
    this.#cluster = new Cluster({
      seed,
      nodes: this.#size + SPARES,
      tickMillis: TICK_MILLIS,
      storage: { bytes: true, cutsDamage: false },
      observers: [consensus, this.#state, departures, observedBy(() => this.#nemesis)],
      makeCore: (node, log, time) => makeCore(this.#cluster, node, { log, time, limits: LIMITS, faults }),
      ...(trace && { trace }),
    });
    const { random } = this.#cluster;
    this.#operator = new Operator(this.#cluster, departures);
    this.#nemesis = new Nemesis(this.#cluster, drawChurn(random), this.#operator, () => this.#leaders());
  }

  get struck(): ReadonlySet<FaultKind> {
    return this.#nemesis.struck;
  }

  #leaders(): SimNode[] {
    return this.#cluster.members.filter((node) => node.views.some(({ role }) => role === 'leader'));
  }

  run(): void {
    this.#form();
    this.#nemesis.begin();
    this.#cluster.runFor(FAULT_SECONDS * SECOND);
    this.#cluster.runFor(PROGRESS_SECONDS * SECOND, () => this.#mayLackOne);
    const absent = this.#mayLackOne ? pick(this.#cluster.random, this.#cluster.members) : undefined;
    this.#nemesis.heal(absent);
    for (const node of [...this.#cluster.members]) this.#cluster.crash(node, true);
    this.#settle(`the loss of power${absent === undefined ? '' : `, without ${absent.peer.name}`}`);
    this.#nemesis.wake();
    this.#settle('its return');
  }

  /** Nobody else is about to leave, or to be replaced. */
  get #mayLackOne(): boolean {
    return !this.#operator.isBusy && !this.#nemesis.hasDamaged;
  }

  #form(): void {
    const [first, ...others] = this.#cluster.nodes.slice(0, this.#size) as [SimNode, ...SimNode[]];
    this.#cluster.members.push(first);
    this.#cluster.start(first);
    for (const node of others) {
      this.#operator.join(node);
      this.#cluster.runFor(PROGRESS_SECONDS * SECOND, () => !this.#operator.isBusy);
    }
    this.#cluster.runFor(FORMED_SECONDS * SECOND);
    this.#settle('the start');
  }

  #settle(since: string): void {
    const { scheduler } = this.#cluster;
    let unsettled: string | undefined = 'nothing was looked at';
    let lookAt = 0;
    this.#cluster.runFor(PROGRESS_SECONDS * SECOND, () => {
      if (scheduler.now < lookAt) return false;
      lookAt = scheduler.now + 200_000;
      unsettled = this.#unsettled();
      return unsettled === undefined;
    });
    if (unsettled !== undefined)
      throw new Violation('progress', `${PROGRESS_SECONDS} s after ${since}: ${unsettled}`);
  }

  #unsettled(): string | undefined {
    if (this.#operator.isBusy) return 'the operator is not done';
    if (this.#nemesis.hasDamaged) return 'a damaged node is not replaced';
    return whatIsUnsettled(this.#cluster.members, this.#state, SHARDS, REPLICAS);
  }
}

/** Members change in every run. */
function drawChurn(random: Random): SwarmPlan {
  const share = 0.2 + 0.6 * random.fraction();
  const absences = ABSENCES.filter(() => happens(random, share));
  const changes = CHANGES.filter(() => happens(random, 0.7));
  return {
    kinds: new Set([...absences, ...changes, 'replace-node']),
    pace: pick(random, [400_000, 800_000, 1_600_000]),
    huntsLeaders: happens(random, 0.5),
  };
}
