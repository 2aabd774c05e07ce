// A small network of Swim nodes on a virtual clock, for the tests of this folder: delay, loss, duplication,
// reordering, one-way and two-way partitions, pauses, crashes and restarts, with or without connections that
// tell of a crash.
import { type NodeId, nodeId } from '../../base/ids.ts';
import { SeededRandom } from '../../base/random.ts';
import type { Liveness, SwimEffect } from './member.ts';
import { Swim, type SwimOptions } from './swim.ts';

export interface GossipConditions {
  /** Of each message, independently. */
  readonly loss: number;
  readonly duplication: number;
  readonly delayMinMs: number;
  readonly delayMaxMs: number;
  /** Whether the end of a process, or a cut, is seen at once as the end of connections. */
  readonly connections: boolean;
  /** Every node sends something else to all others this often; 0: never. It is lost as messages are. */
  readonly trafficMs: number;
}

export const CALM: GossipConditions = {
  loss: 0,
  duplication: 0,
  delayMinMs: 1,
  delayMaxMs: 5,
  connections: true,
  trafficMs: 0,
};

/** What a test may want to see, as one line each: see `log`. */

interface SimulatedNode {
  readonly node: NodeId;
  swim: Swim | undefined;
  pausedUntil: number;
  /** What arrived while it was paused. */
  backlog: (() => void)[];
  nextTick: number;
  nextTraffic: number;
  boots: number;
}

interface Event {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

const TICK_MS = 50;
const CONNECTION_EVENT_MS = 5;

export class SimulatedGossip {
  readonly #random: SeededRandom;
  readonly #options: Partial<SwimOptions>;
  readonly #nodes = new Map<NodeId, SimulatedNode>();
  readonly #cut = new Set<string>();
  #events: Event[] = [];
  #order = 0;
  conditions: GossipConditions;
  now = 1_000_000;
  /** Every change that any node saw: `TIME WHO sees WHOM LIVENESS#INCARNATION`. */
  readonly log: string[] = [];
  messages = 0;
  onMessage: ((from: NodeId, to: NodeId, message: unknown) => void) | undefined;

  constructor(
    seed: number,
    names: readonly string[],
    conditions: GossipConditions = CALM,
    options: Partial<SwimOptions> = {},
  ) {
    this.#random = new SeededRandom(seed);
    this.#options = options;
    this.conditions = conditions;
    for (const name of names) {
      const node = nodeId(name);
      this.#nodes.set(node, {
        node,
        swim: undefined,
        pausedUntil: 0,
        backlog: [],
        nextTick: 0,
        nextTraffic: 0,
        boots: 0,
      });
    }
    for (const name of names) this.start(name);
  }

  get names(): string[] {
    return [...this.#nodes.keys()];
  }

  swim(name: string): Swim {
    const swim = this.#node(name).swim;
    if (swim === undefined) throw new Error(`${name} does not run`);
    return swim;
  }

  /** What `observer` believes of `subject`. */
  liveness(observer: string, subject: string): Liveness | undefined {
    return this.swim(observer).member(nodeId(subject))?.liveness;
  }

  running(): string[] {
    return [...this.#nodes.values()].filter(({ swim }) => swim !== undefined).map(({ node }) => node);
  }

  /** Starts or restarts the process, which remembers nothing. */
  start(name: string): void {
    const node = this.#node(name);
    node.boots++;
    node.pausedUntil = 0;
    node.backlog = [];
    node.nextTick = this.now + this.#random.below(TICK_MS);
    node.swim = Swim.create({
      self: { node: node.node, name, addresses: [`${name}:${node.boots}`], incarnation: 0 },
      random: new SeededRandom([this.#random.uint32(), this.#random.uint32(), this.#random.uint32()]),
      options: this.#options,
    });
    const admitted = this.names.map((other) => ({ node: nodeId(other), name: other, addresses: [] }));
    node.swim.setMembers(admitted, this.now);
    this.#carryOut(node);
    for (const other of this.#nodes.values()) this.#connect(node, other);
  }

  /** SIGKILL. */
  crash(name: string): void {
    const node = this.#node(name);
    node.swim = undefined;
    node.backlog = [];
    for (const other of this.#nodes.values()) this.#disconnect(other, node);
  }

  leave(name: string): void {
    const node = this.#node(name);
    this.swim(name).leaving(this.now);
    this.#carryOut(node);
    node.swim = undefined;
  }

  pause(name: string, ms: number): void {
    this.#node(name).pausedUntil = this.now + ms;
  }

  /** Nothing goes from `from` to `to` any more. */
  cutOneWay(from: string, to: string): void {
    this.#cut.add(`${from}>${to}`);
    this.#disconnect(this.#node(from), this.#node(to));
    this.#disconnect(this.#node(to), this.#node(from));
  }

  cut(group: readonly string[], rest: readonly string[]): void {
    for (const a of group)
      for (const b of rest) {
        this.cutOneWay(a, b);
        this.cutOneWay(b, a);
      }
  }

  heal(): void {
    const before = new Set(this.#cut);
    this.#cut.clear();
    for (const pair of before) {
      const [from = '', to = ''] = pair.split('>');
      this.#connect(this.#node(from), this.#node(to));
    }
  }

  setFacts(name: string, facts: Readonly<Record<string, number>>): void {
    this.swim(name).setLocalFacts(facts, this.now);
    this.#carryOut(this.#node(name));
  }

  run(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const event = this.#nextEvent();
      const tick = Math.min(...[...this.#nodes.values()].map(({ nextTick }) => nextTick));
      const at = Math.min(event?.at ?? Number.POSITIVE_INFINITY, tick);
      if (at > end) break;
      this.now = Math.max(this.now, at);
      if (event !== undefined && event.at <= tick) {
        this.#events.splice(this.#events.indexOf(event), 1);
        event.run();
      } else this.#tickAll();
    }
    this.now = end;
  }

  /** Runs until `condition` holds; answers after how long, or undefined after `limitMs`. */
  runUntil(condition: () => boolean, limitMs: number): number | undefined {
    const from = this.now;
    while (this.now - from <= limitMs) {
      if (condition()) return this.now - from;
      this.run(10);
    }
    return undefined;
  }

  #node(name: string): SimulatedNode {
    const node = this.#nodes.get(nodeId(name));
    if (node === undefined) throw new Error(`no node ${name}`);
    return node;
  }

  #nextEvent(): Event | undefined {
    let first: Event | undefined;
    for (const event of this.#events)
      if (first === undefined || event.at < first.at || (event.at === first.at && event.order < first.order))
        first = event;
    return first;
  }

  #at(delayMs: number, run: () => void): void {
    this.#events.push({ at: this.now + delayMs, order: this.#order++, run });
  }

  #tickAll(): void {
    for (const node of this.#nodes.values()) {
      if (node.nextTick > this.now) continue;
      node.nextTick = this.now + TICK_MS;
      if (node.swim === undefined || node.pausedUntil > this.now) continue;
      node.swim.tick(this.now);
      this.#carryOut(node);
      this.#sendTraffic(node);
      const backlog = node.backlog;
      node.backlog = [];
      for (const run of backlog) run();
    }
  }

  #sendTraffic(from: SimulatedNode): void {
    const { trafficMs, loss } = this.conditions;
    if (trafficMs === 0 || this.now < from.nextTraffic) return;
    from.nextTraffic = this.now + trafficMs;
    for (const to of this.#nodes.values()) {
      if (to === from || this.#random.fraction() < loss) continue;
      const { boots } = to;
      this.#at(this.#delay(), () => {
        if (this.#cut.has(`${from.node}>${to.node}`)) return;
        this.#input(to, boots, (swim) => swim.heard(from.node, this.now));
      });
    }
  }

  /** Hands an input to the node, later if it is paused. */
  #input(node: SimulatedNode, boots: number, give: (swim: Swim) => void): void {
    if (node.swim === undefined || node.boots !== boots) return;
    if (node.pausedUntil > this.now) {
      node.backlog.push(() => this.#input(node, boots, give));
      return;
    }
    give(node.swim);
    this.#carryOut(node);
  }

  #carryOut(node: SimulatedNode): void {
    for (const effect of node.swim?.drain() ?? []) this.#carry(node, effect);
  }

  #carry(node: SimulatedNode, effect: SwimEffect): void {
    if (effect.kind === 'changed') {
      const { member } = effect;
      this.log.push(`${this.now} ${node.node} sees ${member.node} ${member.liveness}#${member.incarnation}`);
      return;
    }
    this.messages++;
    this.onMessage?.(node.node, effect.to, effect.message);
    const { loss, duplication } = this.conditions;
    if (this.#random.fraction() < loss) return;
    const copies = this.#random.fraction() < duplication ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) this.#deliver(node.node, effect.to, effect.message);
  }

  #deliver(from: NodeId, to: NodeId, message: unknown): void {
    const target = this.#node(to);
    const { boots } = target;
    this.#at(this.#delay(), () => {
      if (this.#cut.has(`${from}>${to}`)) return;
      this.#input(target, boots, (swim) => swim.receive(from, message, this.now));
    });
  }

  #delay(): number {
    const { delayMinMs, delayMaxMs } = this.conditions;
    return delayMinMs + this.#random.fraction() * (delayMaxMs - delayMinMs);
  }

  #connect(a: SimulatedNode, b: SimulatedNode): void {
    const open = a !== b && a.swim !== undefined && b.swim !== undefined;
    if (!open || !this.conditions.connections || this.#isCut(a, b)) return;
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      const { boots } = one;
      this.#at(CONNECTION_EVENT_MS, () =>
        this.#input(one, boots, (swim) => swim.connected(other.node, this.now)),
      );
    }
  }

  #disconnect(observer: SimulatedNode, lost: SimulatedNode): void {
    if (observer === lost || !this.conditions.connections) return;
    const { boots } = observer;
    this.#at(CONNECTION_EVENT_MS, () =>
      this.#input(observer, boots, (swim) => swim.connectionLost(lost.node, this.now)),
    );
  }

  #isCut(a: SimulatedNode, b: SimulatedNode): boolean {
    return this.#cut.has(`${a.node}>${b.node}`) || this.#cut.has(`${b.node}>${a.node}`);
  }
}
