// A group of simulated nodes, a network that loses, repeats, delays and reorders, and a schedule drawn from one seed.
import { InvariantError } from '../../../base/assert.ts';
import type { LogIndex, NodeId, Term } from '../../../base/ids.ts';
import { type Random, SeededRandom } from '../../../base/random.ts';
import { type ConfigChange, type ConfigStep, configOf, isJoint, membersOf } from '../config-change.ts';
import type { RaftBug, RaftOptions } from '../options.ts';
import { CheckError, Checkers } from './checkers.ts';
import { type Envelope, Shell } from './shell.ts';

export interface WorldOptions {
  readonly seed: number;
  readonly steps: number;
  readonly faults?: ReadonlySet<RaftBug>;
  /** Called with one line for each thing that happens. */
  readonly trace?: (line: string) => void;
}

const NAMES = ['a', 'b', 'c', 'd', 'e'] as NodeId[];
const MESSAGES_MAX = 120;

interface Mood {
  /** Chances out of 1,000 per step. */
  readonly drop: number;
  readonly repeat: number;
  readonly crash: number;
  readonly partition: number;
  readonly config: number;
  readonly compact: number;
  readonly transfer: number;
  readonly propose: number;
  /** How many who crash start again at once. */
  readonly restart: number;
  /** How often each kind of step comes, relative to each other. */
  readonly weights: Readonly<Record<StepKind, number>>;
  /** Everything that a Ready asks for is begun at once. */
  readonly prompt: boolean;
}

type StepKind = 'deliver' | 'tick' | 'write' | 'apply' | 'install' | 'send' | 'nudge' | 'ask' | 'work';

export class World {
  readonly random: Random;
  readonly nodes: readonly Shell[];
  readonly checkers = new Checkers();
  readonly #mood: Mood;
  readonly #trace: (line: string) => void;
  #bag: Envelope[] = [];
  #blocked = new Set<string>();
  #nextContext = 1;
  #nextData = 1;
  /** Faults of network and nodes are over. */
  #calm = false;

  constructor({ seed, faults, trace }: WorldOptions) {
    this.random = new SeededRandom(seed);
    this.#trace = trace ?? (() => {});
    const { random } = this;
    // Without pre-vote, nodes that were removed disturb the group for good, so such a group keeps its members.
    const classic = random.below(4) === 0;
    this.#mood = { ...drawMood(random), ...(classic && { config: 0 }) };
    const options: Partial<RaftOptions> = {
      electionTicks: 3 + random.below(5),
      ...(classic && { preVote: false, checkQuorum: false }),
      maxInflightMessages: 1 + random.below(5),
      maxEntriesBytesPerMessage: 20 << random.below(6),
      maxCommittedBytesPerReady: 40 << random.below(6),
      ...(faults && { faults }),
    };
    const events = {
      send: (_node: Shell, envelope: Envelope) => this.#post(envelope),
      ready: (node: Shell, ready: Parameters<Checkers['ready']>[1]) => {
        if (ready.role) this.#trace(`${node.id} ${JSON.stringify(ready.role)}`);
        this.checkers.ready(node, ready);
      },
      applied: (node: Shell, state: Parameters<Checkers['applied']>[1]) => this.checkers.applied(node, state),
    };
    const founders = 1 + random.below(NAMES.length);
    const config = configOf(NAMES.slice(0, founders));
    const start = { index: 1 as LogIndex, term: 1 as Term, config };
    this.nodes = NAMES.map((id, at) => {
      const own = new SeededRandom([seed, at, 0x5eed]);
      return new Shell(id, own, options, events, at < founders ? start : undefined);
    });
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
    if (this.#chance(mood.crash)) this.#crashOrStart();
    if (this.#chance(mood.partition)) this.#partition();
    const node = this.#pick(this.nodes.filter(({ up }) => up));
    if (node === undefined) {
      this.#crashOrStart();
      return;
    }
    this.#act(node, this.#draw());
    if (mood.prompt) node.work();
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

  #act(node: Shell, kind: StepKind): void {
    switch (kind) {
      case 'deliver':
        this.#deliver();
        break;
      case 'tick':
        node.raft!.tick();
        break;
      case 'write':
        node.endWrite();
        break;
      case 'apply':
        node.endApply();
        break;
      case 'install':
        node.endInstallation(this.#chance(300));
        break;
      case 'send':
        this.#endSend(node);
        break;
      case 'nudge':
        this.#nudge(node);
        break;
      case 'ask':
        this.#ask(node);
        break;
      case 'work':
        node.work();
        break;
    }
  }

  #ask(node: Shell): void {
    const mood = this.#mood;
    const raft = node.raft!;
    if (this.#chance(mood.propose)) this.propose(node);
    if (this.#chance(100)) {
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
    const what = this.random.below(4);
    if (what === 0) raft.campaign();
    else if (what === 1) raft.leaderUnreachable();
    else if (what === 2) raft.reportUnreachable(this.#pick(NAMES)!);
    else node.abandonInstallation();
  }

  #endSend(node: Shell): void {
    const envelope = node.endSend();
    if (envelope === undefined) return;
    this.#post(envelope);
    // What is reported need not be what happens.
    const moved = this.#calm || this.#chance(500);
    node.raft!.reportSnapshot(envelope.message.to, moved);
  }

  #deliver(): void {
    const at = this.random.below(Math.max(1, this.#bag.length));
    const envelope = this.#bag[at];
    if (envelope === undefined) return;
    const { from, to } = envelope.message;
    if (!this.#chance(this.#mood.repeat)) this.#bag.splice(at, 1);
    if (this.#blocked.has(`${from}>${to}`) || this.#chance(this.#mood.drop)) return;
    this.#hand(envelope);
  }

  #hand(envelope: Envelope): void {
    const { message } = envelope;
    const node = this.node(message.to);
    node.receive(envelope);
    this.#trace(`${message.from}>${message.to} ${JSON.stringify(message)}`);
    if (this.#mood.prompt || this.#calm) node.work();
  }

  #crashOrStart(): void {
    const node = this.#pick(this.nodes)!;
    if (node.up) {
      node.crash(this.random.below(node.writes.length + 1));
      this.#trace(`${node.id} crashes`);
      if (!this.#chance(this.#mood.restart)) return;
    }
    node.start();
    this.#trace(`${node.id} starts`);
  }

  #partition(): void {
    this.#blocked.clear();
    if (this.#chance(400)) return;
    if (this.#chance(300)) {
      // One direction of one link.
      this.#blocked.add(`${this.#pick(NAMES)}>${this.#pick(NAMES)}`);
      return;
    }
    const side = NAMES.filter(() => this.#chance(500));
    for (const from of NAMES)
      for (const to of NAMES)
        if (side.includes(from) !== side.includes(to)) this.#blocked.add(`${from}>${to}`);
  }

  /** Ends all faults, and demands that the group gets on: a leader, a new commit, the same state on all members. */
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

function drawMood(random: Random): Mood {
  const rare = (max: number) => (random.below(2) === 0 ? 0 : random.below(max));
  return {
    drop: rare(150),
    repeat: rare(150),
    crash: rare(15),
    partition: rare(10),
    config: rare(80),
    compact: rare(150),
    transfer: rare(30),
    propose: 100 + random.below(400),
    restart: random.below(1000),
    weights: {
      deliver: 20 + random.below(60),
      tick: 1 + random.below(20),
      write: 1 + random.below(20),
      apply: 1 + random.below(20),
      install: 2,
      send: 2,
      nudge: random.below(2) === 0 ? 1 : random.below(10),
      ask: 5 + random.below(20),
      work: 10,
    },
    prompt: random.below(4) > 0,
  };
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
