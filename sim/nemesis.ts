// What goes wrong in a run: strikes with the kinds of fault of its plan, until it is told to heal.
import type { Peer } from '../node/base/peer.ts';
import type { Random } from '../node/base/random.ts';
import type { Effect, Input } from '../node/core/types.ts';
import { between, exponential, fork, happens, pick, shuffled } from './chance.ts';
import type { Cluster, Observer } from './cluster.ts';
import { Damage } from './damage.ts';
import type { FaultKind, SwarmPlan } from './fault-plan.ts';
import { GOOD_DISK, SLOW_DISK } from './log-device.ts';
import { CALM_LINK, type LinkQuality } from './network.ts';
import type { Operator } from './operator.ts';
import type { SimNode } from './sim-node.ts';

const SECOND = 1_000_000;
/** Faults that are not always there when their time comes: each says itself when it strikes. */
const MAY_MISS: ReadonlySet<FaultKind> = new Set([
  'outage',
  'slow-network',
  'aimed-crash',
  'uneven-disks',
  'corrupt-log',
  'corrupt-store',
  'lost-tail',
  'replace-node',
  'readdress',
]);

export class Nemesis implements Observer {
  readonly plan: SwarmPlan;
  /** What struck so far. */
  readonly struck = new Set<FaultKind>();
  readonly #cluster: Cluster;
  readonly #random: Random;
  /** Gives the nodes that lead something now. */
  readonly #leaders: () => readonly SimNode[];
  #active = false;
  readonly #damage: Damage;
  /** How often a node moved. */
  #moves = 0;
  /** Nodes that the end of the fault phase leaves down. */
  #spared: SimNode | undefined;

  readonly #operator: Operator;

  constructor(cluster: Cluster, plan: SwarmPlan, operator: Operator, leaders: () => readonly SimNode[]) {
    this.#cluster = cluster;
    this.#random = fork(cluster.random);
    this.plan = plan;
    this.#operator = operator;
    this.#leaders = leaders;
    this.#damage = new Damage(cluster, this.#random, operator, (kind) => this.struck.add(kind));
  }

  begin(): void {
    this.#active = true;
    if (this.plan.kinds.has('clock-skew'))
      for (const node of this.#cluster.nodes) {
        node.clock = { ...node.clock, wallSkewMillis: between(this.#random, -3_600_000, 3_600_000) };
      }
    if (this.plan.kinds.has('slow-network')) this.#slowNetwork();
    if (this.plan.kinds.has('uneven-disks')) {
      this.struck.add('uneven-disks');
      for (const node of this.#cluster.nodes)
        node.storage.quality = { ...GOOD_DISK, syncMean: pick(this.#random, [100, 2_000, 15_000]) };
    }
    for (const kind of this.plan.kinds) this.#repeat(kind);
  }

  /** Ends all faults. With `leaveDown`, that node stays away, until `wake`. */
  heal(leaveDown?: SimNode): void {
    this.#active = false;
    this.#spared = leaveDown;
    const { network, nodes, members, retired } = this.#cluster;
    this.#cluster.trace.event('nem', 'heal', () => (leaveDown ? `without ${leaveDown.peer.name}` : ''));
    network.setDefaultQuality(CALM_LINK);
    network.healAll();
    if (leaveDown !== undefined) this.#cluster.crash(leaveDown, false);
    for (const node of nodes) {
      node.storage.quality = GOOD_DISK;
      node.storage.failWrites(false);
      if (node.storage.isFull) this.#setFull(node, false);
      node.storage.fillStore(false);
      node.thaw(1);
      if (node !== leaveDown && (members.includes(node) || retired.has(node))) this.#cluster.start(node);
    }
  }

  /** Brings back the node that `heal` left down. */
  wake(): void {
    if (this.#spared !== undefined) this.#cluster.start(this.#spared);
    this.#spared = undefined;
  }

  /** An aimed crash strikes in the moment between what a node asked of its disk and its being there. */
  stepped(node: SimNode, _inputs: readonly Input[], effects: readonly Effect[]): void {
    if (!this.#active || !this.plan.kinds.has('aimed-crash')) return;
    let chance = 0;
    for (const effect of effects) {
      if (effect.kind !== 'persist') continue;
      if (effect.writes.some(({ entries }) => entries !== undefined)) chance = 0.004;
      else if (effect.writes.some(({ hardState }) => hardState !== undefined)) chance = 0.002;
    }
    if (!happens(this.#random, chance)) return;
    const life = node.life;
    this.#cluster.scheduler.after(between(this.#random, 0, 1_500), () => {
      if (!this.#active || this.#damage.isDelicate || node.life !== life) return;
      this.struck.add('aimed-crash');
      this.#crash(node, true);
    });
  }

  #repeat(kind: FaultKind) {
    const mean = this.plan.pace * Math.max(1, this.plan.kinds.size / 2);
    this.#cluster.scheduler.after(exponential(this.#random, mean), () => {
      if (!this.#active) return;
      if (!this.#damage.isDelicate) {
        if (!MAY_MISS.has(kind)) this.struck.add(kind);
        this.#strike(kind);
      }
      this.#repeat(kind);
    });
  }

  #strike(kind: FaultKind) {
    const random = this.#random;
    switch (kind) {
      case 'kill':
        return this.#crash(this.#victim(), false);
      case 'power-loss':
        return this.#crash(this.#victim(), true);
      case 'outage':
        return this.#outage();
      case 'drain':
        return this.#drain(this.#victim());
      case 'freeze':
        return this.#freeze(this.#victim());
      case 'partition':
        return this.#partition();
      case 'one-way-cut':
        return this.#oneWayCut();
      case 'broken-link':
        return this.#breakLink();
      case 'clog':
        return this.#clog();
      case 'reset': {
        const [a, b] = shuffled(random, this.#cluster.members);
        if (a !== undefined && b !== undefined) this.#cluster.network.reset(a.id, b.id);
        return;
      }
      case 'wild-network':
        return this.#wildNetwork();
      case 'slow-disk':
        return this.#slowDisk(this.#victim());
      case 'disk-full':
        return this.#fillDisk(this.#victim());
      case 'disk-error':
        return this.#victim().storage.failWrites(true);
      case 'clock-skew':
        return this.#skew(this.#victim());
      case 'corrupt-log':
        return this.#damage.corruptLog(this.#victim());
      case 'corrupt-store':
        return this.#damage.corruptStore(this.#victim());
      case 'lost-tail':
        return this.#damage.loseTail(this.#victim());
      case 'full-store':
        return this.#fillStore(this.#victim());
      case 'replace-node':
        return this.#replace(this.#victim());
      case 'readdress':
        return this.#readdress(this.#victim());
      case 'slow-network':
      case 'uneven-disks':
      case 'aimed-crash':
        return;
    }
  }

  #victim(): SimNode {
    const leaders = this.#leaders().filter((node) => node.isUp);
    const hunted = this.plan.huntsLeaders && leaders.length > 0 && happens(this.#random, 0.6);
    return pick(this.#random, hunted ? leaders : this.#cluster.members);
  }

  #crash(node: SimNode, powerLoss: boolean) {
    this.#cluster.crash(node, powerLoss);
  }

  /** Whatever a process died of, somebody starts it again. */
  crashed(node: SimNode): void {
    if (!this.#active) {
      if (node !== this.#spared) this.#cluster.scheduler.after(SECOND, () => this.#cluster.start(node));
      return;
    }
    const random = this.#random;
    const away = happens(random, 0.3) ? between(random, 1_000, 200_000) : exponential(random, 2 * SECOND);
    this.#cluster.scheduler.after(away, () => {
      if (this.#active) this.#cluster.start(node);
    });
  }

  /** Most of the nodes, or all, lose power at once. */
  #outage() {
    if (happens(this.#random, 0.5)) return;
    this.struck.add('outage');
    const count = between(this.#random, 3, this.#cluster.members.length);
    for (const node of shuffled(this.#random, this.#cluster.members).slice(0, count)) this.#crash(node, true);
  }

  /** Stops a node as an operator does: it hands over first, for as long as it is given. */
  #drain(node: SimNode) {
    node.input({ kind: 'drain' });
    const life = node.life;
    const deadline = this.#cluster.scheduler.now + 3 * SECOND;
    const look = () => {
      if (node.life !== life) return;
      // A node that drains is on its way out, whatever else ends.
      if (!this.#active || node.drained || this.#cluster.scheduler.now >= deadline) this.#crash(node, false);
      else this.#cluster.scheduler.after(20_000, look);
    };
    look();
  }

  #freeze(node: SimNode) {
    const random = this.#random;
    const micros = happens(random, 0.5)
      ? between(random, 50_000, SECOND)
      : between(random, SECOND, 7 * SECOND);
    node.freeze();
    const life = node.life;
    this.#cluster.scheduler.after(micros, () => {
      // Some runtimes give one late tick after a pause, some give all that were missed.
      if (node.life === life)
        node.thaw(happens(random, 0.5) ? 1 : Math.min(20, Math.floor(micros / 100_000)));
    });
  }

  #partition() {
    const random = this.#random;
    const nodes = shuffled(random, this.#cluster.members);
    const hunted = this.plan.huntsLeaders && happens(random, 0.5) ? this.#victim() : undefined;
    const side = hunted ? [hunted] : nodes.slice(0, between(random, 1, nodes.length - 2));
    const others = nodes.filter((node) => !side.includes(node));
    this.#cut(side, others, true);
    // A cable that is pulled is noticed at once: others may be elected before a leader that is cut off steps
    // down.
    if (happens(random, 0.5))
      for (const a of side) for (const b of others) this.#cluster.network.reset(a.id, b.id);
  }

  #oneWayCut() {
    const random = this.#random;
    const nodes = shuffled(random, this.#cluster.members);
    const count = between(random, 1, 2);
    const [side, others] = [
      nodes.slice(0, count),
      nodes.slice(count, happens(random, 0.5) ? count + 1 : nodes.length),
    ];
    if (happens(random, 0.5)) this.#cut(side, others, false);
    else this.#cut(others, side, false);
  }

  /** Two nodes do not hear each other, or one of them the other, for long: everybody else hears both. */
  #breakLink() {
    const random = this.#random;
    const [a, b] = shuffled(random, this.#cluster.members);
    if (a === undefined || b === undefined) return;
    this.#cut([a], [b], happens(random, 0.5), between(random, 4 * SECOND, 20 * SECOND));
  }

  #cut(from: readonly SimNode[], to: readonly SimNode[], both: boolean, lasts?: number) {
    const { network, scheduler, trace } = this.#cluster;
    const names = (nodes: readonly SimNode[]) => nodes.map(({ peer }) => peer.name).join(',');
    trace.event('nem', 'cut', () => `${names(from)} ${both ? '|' : '>'} ${names(to)}`);
    const pairs = from.flatMap((a) => to.map((b) => [a.id, b.id] as const));
    for (const [a, b] of pairs) {
      network.cut(a, b);
      if (both) network.cut(b, a);
    }
    const drawn = between(this.#random, 200_000, happens(this.#random, 0.2) ? 20 * SECOND : 6 * SECOND);
    scheduler.after(lasts ?? drawn, () => {
      if (!this.#active) return;
      trace.event('nem', 'uncut', () => `${names(from)} ${names(to)}`);
      for (const [a, b] of pairs) {
        network.heal(a, b);
        if (both) network.heal(b, a);
      }
    });
  }

  #clog() {
    const [a, b] = shuffled(this.#random, this.#cluster.members);
    if (a === undefined || b === undefined) return;
    const micros = between(this.#random, 100_000, 4 * SECOND);
    this.#cluster.network.clog(a.id, b.id, micros);
  }

  #wildNetwork() {
    const random = this.#random;
    const { network, scheduler } = this.#cluster;
    const quality: LinkQuality = {
      ...CALM_LINK,
      delayMean: between(random, 300, 20_000),
      wild: true,
      loss: pick(random, [0, 0.01, 0.05, 0.2]),
      duplication: pick(random, [0, 0.05, 0.2]),
      reordering: pick(random, [0, 0.05, 0.3]),
    };
    network.setDefaultQuality(quality);
    scheduler.after(between(random, SECOND, 8 * SECOND), () => {
      if (this.#active) network.setDefaultQuality(CALM_LINK);
    });
  }

  #slowNetwork() {
    this.struck.add('slow-network');
    const { network, nodes } = this.#cluster;
    for (const from of nodes)
      for (const to of nodes)
        if (from !== to && happens(this.#random, 0.4))
          network.setQuality(from.id, to.id, {
            ...CALM_LINK,
            delayMin: between(this.#random, 1_000, 60_000),
            delayMean: between(this.#random, 500, 30_000),
          });
  }

  #slowDisk(node: SimNode) {
    const { quality } = node.storage;
    if (quality === SLOW_DISK) return;
    node.storage.quality = SLOW_DISK;
    this.#cluster.scheduler.after(between(this.#random, SECOND, 5 * SECOND), () => {
      if (this.#active) node.storage.quality = quality;
    });
  }

  #fillDisk(node: SimNode) {
    if (node.storage.isFull) return;
    this.#setFull(node, true);
    const micros = between(this.#random, SECOND, happens(this.#random, 0.2) ? 20 * SECOND : 6 * SECOND);
    this.#cluster.scheduler.after(micros, () => {
      if (this.#active) this.#setFull(node, false);
    });
  }

  #setFull(node: SimNode, full: boolean) {
    node.storage.setFull(full);
    node.input({ kind: 'disk', space: full ? 'full' : 'enough' });
  }

  /**
   * The next write of the store meets the end of the disk. The node stops, and begins anew once there is
   * space (node/host).
   */
  #fillStore(node: SimNode) {
    if (node.storage.isStoreFull) return;
    node.storage.fillStore(true);
    this.#cluster.trace.event('nem', 'full-store', () => node.peer.name);
    this.#cluster.scheduler.after(between(this.#random, 100_000, 4 * SECOND), () => {
      if (this.#active) this.#emptyStore(node);
    });
  }

  #emptyStore(node: SimNode) {
    node.storage.fillStore(false);
    const { members, retired } = this.#cluster;
    if (node.isDown && (members.includes(node) || retired.has(node))) this.#cluster.start(node);
  }

  /**
   * Whether a disk is damaged and its groups may still count on it: another node that goes may be the
   * majority.
   */
  get hasDamaged(): boolean {
    return this.#damage.hasDamaged;
  }

  started(): void {
    this.#damage.started();
  }

  damaged(node: SimNode): void {
    this.#damage.damaged(node);
  }

  halted(node: SimNode, code: string): void {
    this.#damage.halted(node, code);
  }

  #replace(node: SimNode) {
    const fresh = this.#damage.freshFor(node);
    if (fresh === undefined) return;
    this.struck.add('replace-node');
    this.#operator.replace(node, fresh);
    const { nodes, members, retired } = this.#cluster;
    const another = nodes.find((each) => each !== fresh && !members.includes(each) && !retired.has(each));
    const others = members.filter((each) => each !== node);
    if (another !== undefined && happens(this.#random, 0.5))
      this.#operator.replace(pick(this.#random, others), another);
  }

  /**
   * A node comes back where nobody looks for it: it tells the registry, and others hear of it there. It must
   * know itself where all others are: of two that moved meanwhile, neither finds the other.
   */
  #readdress(node: SimNode) {
    const { members } = this.#cluster;
    const { savedPeers } = node;
    const knowsAll = members.every(({ peer }) => peer === node.peer || knows(savedPeers, peer));
    if (node.isDown || !members.includes(node) || !knowsAll) return;
    this.struck.add('readdress');
    this.#crash(node, false);
    node.moveTo(`10.1.${++this.#moves}.1:7400`);
    this.#cluster.trace.event('nem', 'move', () => `${node.peer.name} to ${node.peer.addresses}`);
  }

  #skew(node: SimNode) {
    const { clock } = node;
    node.clock = {
      ...clock,
      wallSkewMillis: clock.wallSkewMillis + between(this.#random, -600_000, 600_000),
    };
  }
}

function knows(peers: readonly Peer[], { node, addresses: [address] }: Peer): boolean {
  return peers.some((each) => each.node === node && each.addresses.includes(address as string));
}

/** A nemesis that comes later than the cluster that it watches. */
export function observedBy(nemesis: () => Nemesis | undefined): Observer {
  return {
    stepped: (...step) => nemesis()?.stepped(...step),
    crashed: (node) => nemesis()?.crashed(node),
    started: () => nemesis()?.started(),
    damaged: (node) => nemesis()?.damaged(node),
    halted: (node, code) => nemesis()?.halted(node, code),
  };
}
