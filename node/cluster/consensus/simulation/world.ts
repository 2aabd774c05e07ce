// A group of simulated nodes, a network that loses, repeats, delays and reorders, and a schedule drawn from
// one seed.
import { InvariantError } from '../../../base/assert.ts';
import type { LogIndex, NodeId, Term } from '../../../base/ids.ts';
import { type Random, SeededRandom } from '../../../base/random.ts';
import { type ConfigChange, type ConfigStep, configOf, isJoint, membersOf } from '../config-change.ts';
import type { RaftBug, RaftOptions } from '../options.ts';
import { CheckError, Checkers } from './checkers.ts';
import { divergentDisks, latestOf } from './divergent.ts';
import { drawMood, type Mood, PROFILES, type Profile, type StepKind } from './mood.ts';
import { type Envelope, emptyDisk, Shell } from './shell.ts';

export interface WorldOptions {
  readonly seed: number;
  readonly steps: number;
  /** Which trouble the schedule seeks; drawn from the seed if not given. */
  readonly profile?: Profile;
  readonly faults?: ReadonlySet<RaftBug>;
  /** Called with one line for each thing that happens. */
  readonly trace?: (line: string) => void;
}

const NAMES = ['a', 'b', 'c', 'd', 'e'] as NodeId[];
const MESSAGES_MAX = 120;

export class World {
  readonly random: Random;
  readonly nodes: readonly Shell[];
  readonly checkers = new Checkers(() => this.nodes);
  readonly #mood: Mood;
  readonly #trace: (line: string) => void;
  #bag: Envelope[] = [];
  #blocked = new Set<string>();
  /** A node that is to crash when so many more steps are done. */
  #doomed: { readonly node: Shell; steps: number } | undefined;
  /** A node whose disk ends no writes for so many more steps. */
  #stalled: { readonly node: Shell; steps: number } | undefined;
  /** A node that is down until something is committed, so that others may lead without what it holds. */
  #away: Shell | undefined;
  #nextContext = 1;
  #nextData = 1;
  /** Faults of network and nodes are over. */
  #calm = false;

  constructor({ seed, faults, trace, profile }: WorldOptions) {
    this.random = new SeededRandom(seed);
    this.#trace = trace ?? (() => {});
    const { random } = this;
    const kind = profile ?? PROFILES[random.below(PROFILES.length)]!;
    const mood = drawMood(random, kind);
    this.#mood = mood;
    const options: Partial<RaftOptions> = {
      electionTicks: 3 + random.below(5),
      commitNotices: random.below(2) === 0,
      preVote: !mood.classic,
      checkQuorum: !mood.classic,
      maxInflightMessages: 1 + random.below(5),
      maxEntriesBytesPerMessage: kind === 'divergent' ? 20 : 20 << random.below(6),
      maxCommittedBytesPerReady: 40 << random.below(6),
      ...(faults && { faults }),
    };
    const events = {
      send: (node: Shell, envelope: Envelope) => {
        this.#post(envelope);
        if (envelope.message.kind === 'vote-reply' && this.#chance(mood.crashAfterVote))
          this.#doomed ??= { node, steps: random.below(4) };
      },
      ready: (node: Shell, ready: Parameters<Checkers['ready']>[1]) => {
        if (ready.role) this.#trace(`${node.id} ${JSON.stringify(ready.role)}`);
        if (ready.role?.role === 'leader' && this.#chance(mood.meddle)) this.#meddle(node);
        if (ready.committed.length > 0) this.#away = undefined;
        if (ready.committed.length > 0 && this.#chance(mood.crashAfterCommit))
          this.#doomed ??= { node, steps: random.below(4) };
        this.checkers.ready(node, ready);
      },
      applied: (node: Shell, state: Parameters<Checkers['applied']>[1]) => this.checkers.applied(node, state),
    };
    const { founders } = mood;
    const config = configOf(NAMES.slice(0, founders));
    const start = { index: 1 as LogIndex, term: 1 as Term, config };
    const disks = kind === 'divergent' ? divergentDisks(random, start) : [];
    this.nodes = NAMES.map((id, at) => {
      const own = new SeededRandom([seed, at, 0x5eed]);
      return new Shell(id, own, options, events, disks[at] ?? emptyDisk(at < founders ? start : undefined));
    });
    if (kind === 'divergent') this.#away = latestOf(this.nodes);
    this.#away?.crash(0);
  }

  #post(envelope: Envelope): void {
    this.#bag.push(envelope);
    if (this.#bag.length > MESSAGES_MAX && !this.#calm)
      this.#bag.splice(this.random.below(this.#bag.length), 1);
  }

  node(id: NodeId): Shell {
    return this.nodes.find((node) => node.id === id)!;
  }

  #pick<T>(items: readonly T[]): T | undefined {
    return items.length === 0 ? undefined : items[this.random.below(items.length)];
  }

  #chance(outOfThousand: number): boolean {
    return this.random.below(1000) < outOfThousand;
  }

  /** One step of the schedule. */
  step(): void {
    const mood = this.#mood;
    this.#crashDoomed();
    this.#stall();
    if (this.#chance(mood.crash)) this.#crash(this.#victim());
    if (this.#chance(mood.partition)) this.#partition();
    if (this.#blocked.size > 0 && this.#chance(mood.recover)) this.#blocked.clear();
    const down = this.#pick(this.nodes.filter((node) => !node.up && node !== this.#away));
    if (down !== undefined && this.#chance(mood.recover)) this.#start(down);
    const node = this.#act(this.#draw());
    if (mood.prompt) node?.work();
  }

  /**
   * Cuts a new leader off from some of the others, and lets it live for a few steps, or takes its disk from
   * it.
   */
  #meddle(node: Shell): void {
    if (this.#calm) return;
    this.#blocked.clear();
    for (const other of NAMES) {
      if (this.#chance(500)) continue;
      this.#blocked.add(`${node.id}>${other}`);
      if (this.#chance(500)) this.#blocked.add(`${other}>${node.id}`);
    }
    if (this.#chance(this.#mood.stallLeader)) this.#stalled = { node, steps: 200 + this.random.below(600) };
    else this.#doomed = { node, steps: this.random.below(150) };
  }

  #crashDoomed(): void {
    if (this.#doomed === undefined || this.#calm || this.#doomed.steps-- > 0) return;
    const { node } = this.#doomed;
    this.#doomed = undefined;
    if (node.up) this.#crash(node);
  }

  #draw(): StepKind {
    const { weights } = this.#mood;
    const kinds = Object.keys(weights) as StepKind[];
    let left = this.random.below(kinds.reduce((sum, kind) => sum + weights[kind], 0));
    for (const kind of kinds) {
      left -= weights[kind];
      if (left < 0) return kind;
    }
    return 'work';
  }

  /**
   * Does a thing of this kind on a node that has it to do; or delivers, or lets time pass. Returns the node.
   */
  #act(kind: StepKind): Shell | undefined {
    const up = this.nodes.filter((node) => node.up);
    const candidates = up.filter((node) => {
      if (kind === 'write') return node.writes.length > 0;
      if (kind === 'apply') return node.applies.length > 0;
      if (kind === 'install') return node.installing !== undefined;
      if (kind === 'send') return node.sends.length > 0;
      return kind !== 'deliver';
    });
    const node = this.#pick(candidates);
    if (node === undefined) return this.#deliver() ? undefined : this.#tick(this.#pick(up));
    if (kind === 'tick') this.#tick(node);
    else if (kind === 'write') this.#endWrite(node);
    else if (kind === 'apply') this.#apply(node);
    else if (kind === 'install') node.endInstallation(this.#chance(300));
    else if (kind === 'send') this.#endSend(node);
    else if (kind === 'nudge') this.#nudge(node);
    else if (kind === 'ask') this.#ask(this.#chance(600) ? (this.leader() ?? node) : node);
    else node.work();
    return node;
  }

  #tick(node: Shell | undefined): Shell | undefined {
    // Time goes on slowly while there is something to do.
    if (this.#bag.length === 0 || this.#chance(500)) node?.raft?.tick();
    return node;
  }

  #endWrite(node: Shell): void {
    if (node !== this.#stalled?.node) node.endWrite();
  }

  #stall(): void {
    if (this.#stalled === undefined) {
      const node = this.#pick(this.nodes)!;
      if (this.#chance(this.#mood.stall)) this.#stalled = { node, steps: 50 + this.random.below(800) };
    } else if (this.#stalled.steps-- <= 0) {
      this.#stalled = undefined;
    }
  }

  #apply(node: Shell): void {
    if (this.nodes.indexOf(node) >= this.#mood.slowAppliers || this.#chance(50)) node.endApply();
  }

  #ask(node: Shell): void {
    const mood = this.#mood;
    const raft = node.raft!;
    if (this.#chance(mood.propose)) this.propose(node);
    if (this.#chance(mood.read)) {
      const context = this.#nextContext++;
      this.checkers.readStarted(context);
      raft.readIndex(context);
    }
    if (this.#chance(mood.config)) this.#changeConfig(node);
    if (this.#chance(mood.transfer)) raft.transferLeadership(this.#pick(NAMES)!);
    if (this.#chance(mood.compact)) {
      node.sync();
      node.compact((node.state.meta.index - this.random.below(4)) as LogIndex);
    }
  }

  propose(node: Shell): ReturnType<NonNullable<Shell['raft']>['propose']> {
    const datas = Array.from({ length: 1 + this.random.below(3) }, () => {
      const number = this.#nextData++;
      return Uint8Array.of(number >> 16, number >> 8, number);
    });
    return node.raft!.propose(datas);
  }

  #changeConfig(node: Shell): void {
    const { config } = node.raft!;
    if (isJoint(config) && this.#chance(500)) {
      node.raft!.proposeConfig({ leave: true });
      return;
    }
    const ops = ['add-voter', 'add-voter', 'add-learner', 'remove'] as const;
    const steps = Array.from(
      { length: 1 + this.random.below(3) },
      (): ConfigStep => ({ op: this.#pick(ops)!, node: this.#pick(NAMES)! }),
    );
    const transition = this.#pick(['auto', 'auto', 'joint', 'joint-manual'] as const)!;
    const change: ConfigChange = { steps, transition };
    const answer = node.raft!.proposeConfig(change);
    if (answer.ok) this.#trace(`${node.id} changes ${JSON.stringify(change)} at ${answer.index}`);
  }

  #nudge(node: Shell): void {
    const raft = node.raft!;
    const what = this.random.below(5);
    if (what === 0) raft.campaign();
    else if (what === 4) this.#duel();
    else if (what === 1) raft.leaderUnreachable();
    else if (what === 2) raft.reportUnreachable(this.#pick(NAMES)!);
    else node.abandonInstallation();
  }

  /** Some campaign for the same votes at the same time. */
  #duel(): void {
    for (const node of this.nodes) if (this.#chance(600)) node.raft?.campaign();
  }

  #endSend(node: Shell): void {
    const envelope = node.endSend();
    if (envelope === undefined) return;
    this.#post(envelope);
    // What is reported need not be what happens.
    const moved = this.#calm || this.#chance(500);
    node.raft!.reportSnapshot(envelope.message.to, moved);
  }

  #deliver(): boolean {
    const at = this.random.below(Math.max(1, this.#bag.length));
    const envelope = this.#bag[at];
    if (envelope === undefined) return false;
    const { from, to } = envelope.message;
    if (!this.#chance(this.#mood.repeat)) this.#bag.splice(at, 1);
    if (this.#blocked.has(`${from}>${to}`) || this.#chance(this.#mood.drop)) return true;
    this.#hand(envelope);
    return true;
  }

  #hand(envelope: Envelope): void {
    const { message } = envelope;
    const node = this.node(message.to);
    node.receive(envelope);
    this.#trace(`${message.from}>${message.to} ${JSON.stringify(message)}`);
    if (this.#mood.prompt || this.#calm) node.work();
  }

  #victim(): Shell | undefined {
    const writing = this.nodes.filter(({ writes }) => writes.length > 0);
    const writer = this.#chance(this.#mood.crashWriting) ? this.#pick(writing) : undefined;
    return writer ?? this.#pick(this.nodes.filter((node) => node.up));
  }

  #crash(node: Shell | undefined): void {
    if (node === undefined) return;
    node.crash(this.#chance(500) ? 0 : this.random.below(node.writes.length + 1));
    this.#trace(`${node.id} crashes`);
    // Its connections break, and what was under way on them may be lost.
    if (this.#chance(500)) this.#bag = this.#bag.filter(({ message }) => message.from !== node.id);
    if (this.#chance(this.#mood.restart)) this.#start(node);
  }

  #start(node: Shell): void {
    node.start();
    this.#trace(`${node.id} starts`);
  }

  #partition(): void {
    this.#blocked.clear();
    if (this.#chance(600)) {
      // One link, or one direction of it.
      const [from, to] = [this.#pick(NAMES), this.#pick(NAMES)];
      this.#blocked.add(`${from}>${to}`);
      if (this.#chance(700)) this.#blocked.add(`${to}>${from}`);
      return;
    }
    const side = NAMES.filter(() => this.#chance(500));
    for (const from of NAMES)
      for (const to of NAMES)
        if (side.includes(from) !== side.includes(to)) this.#blocked.add(`${from}>${to}`);
  }

  /**
   * Ends all faults, and demands that the group gets on: a leader, a new commit, the same state on all
   * members.
   */
  healAndCheckProgress(): void {
    this.#calm = true;
    this.#blocked.clear();
    this.#bag = [];
    for (const node of this.nodes) if (!node.up) node.start();
    let wanted: number | undefined;
    for (let round = 0; round < 300; round++) {
      for (const node of this.nodes) {
        node.raft!.tick();
        node.work();
      }
      this.#settle();
      const leader = this.leader();
      if (leader === undefined) continue;
      const { config } = leader.raft!;
      if (isJoint(config) && !config.autoLeave) leader.raft!.proposeConfig({ leave: true });
      if (wanted === undefined) {
        const answer = this.propose(leader);
        if (answer.ok) wanted = answer.firstIndex;
        continue;
      }
      if (!isJoint(config) && this.#membersAgree(leader, wanted)) return;
      if (leader.raft!.status().lastIndex < wanted) wanted = undefined;
    }
    throw new CheckError(
      'progress',
      `not got on: ${JSON.stringify(this.nodes.map((node) => node.raft!.status()))}`,
    );
  }

  #membersAgree(leader: Shell, wanted: number): boolean {
    const { index } = leader.state.meta;
    if (index < wanted) return false;
    return membersOf(leader.raft!.config).every((id) => this.node(id).state.meta.index === index);
  }

  /** The leader of the highest term. */
  leader(): Shell | undefined {
    let best: Shell | undefined;
    for (const node of this.nodes) {
      if (node.raft?.status().role !== 'leader') continue;
      if (best === undefined || node.raft.status().term > best.raft!.status().term) best = node;
    }
    return best;
  }

  /** Carries out and delivers everything until nothing is left to do. */
  #settle(): void {
    for (let turn = 0; turn < 10_000; turn++) {
      const envelope = this.#bag.shift();
      if (envelope !== undefined) this.#hand(envelope);
      let busy = envelope !== undefined;
      for (const node of this.nodes) {
        busy ||=
          node.writes.length + node.applies.length + node.sends.length > 0 || node.installing !== undefined;
        node.endWrite();
        node.endApply();
        node.endInstallation(false);
        this.#endSend(node);
        node.work();
      }
      if (!busy) return;
    }
    throw new CheckError('progress', 'the group never comes to rest');
  }
}

/** How a run ended: well, or by which breach. */
export interface Outcome {
  readonly breach?: { readonly property: string; readonly text: string; readonly step: number };
  readonly committed: number;
}

export function runWorld(options: WorldOptions): Outcome {
  const world = new World(options);
  let step = 0;
  try {
    for (; step < options.steps; step++) world.step();
    world.healAndCheckProgress();
    return { committed: world.checkers.committedIndex };
  } catch (error) {
    const committed = world.checkers.committedIndex;
    if (error instanceof CheckError)
      return { breach: { property: error.property, text: error.message, step }, committed };
    if (error instanceof InvariantError)
      return { breach: { property: 'invariant', text: error.stack ?? error.message, step }, committed };
    throw error;
  }
}
