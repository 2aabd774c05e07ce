// Disks that lose or change what they held, and who puts that right. Of what is damaged the others must have
// enough: one disk at a time, and none while the operator changes members.
import type { Random } from '../node/base/random.ts';
import { between } from './chance.ts';
import type { Cluster } from './cluster.ts';
import type { FaultKind } from './fault-plan.ts';
import type { Operator } from './operator.ts';
import type { SimNode } from './sim-node.ts';
import { demand } from './violation.ts';

const SECOND = 1_000_000;
/** Within so long everybody is told up to where a node has spoken. */
const TOLD_MICROS = SECOND;
/** Within so long a node that forgot is told so, where nothing else goes wrong. */
const NOTICE_MICROS = 10 * SECOND;

export class Damage {
  readonly #cluster: Cluster;
  readonly #random: Random;
  readonly #operator: Operator;
  readonly #struck: (kind: FaultKind) => void;
  /** The node whose log or store was damaged, until its groups do without it. */
  #damaged: SimNode | undefined;
  /** The node whose log lost its end, until it hears of it. */
  #forgetful: SimNode | undefined;
  /**
   * The end of each log when another process last began: only those that ran all the while remember what was
   * said before.
   */
  readonly #remembered = new Map<SimNode, number>();

  constructor(cluster: Cluster, random: Random, operator: Operator, struck: (kind: FaultKind) => void) {
    this.#cluster = cluster;
    this.#random = random;
    this.#operator = operator;
    this.#struck = struck;
  }

  /**
   * Whether a disk is damaged and its groups may still count on it: another node that goes may be the
   * majority.
   */
  get hasDamaged(): boolean {
    return this.#damaged !== undefined;
  }

  /**
   * Whether a node forgot what it said and has not been told. Who heard it must not go now: nobody else could
   * know.
   */
  get isDelicate(): boolean {
    return this.#forgetful !== undefined;
  }

  /** What can take the place of a node: one at a time, and never the same twice. */
  freshFor(node: SimNode): SimNode | undefined {
    const { members } = this.#cluster;
    if (this.hasDamaged || this.#operator.isBusy || !members.includes(node)) return undefined;
    return this.#spare();
  }

  #spare(): SimNode | undefined {
    const { nodes, members, retired } = this.#cluster;
    return nodes.find((each) => !members.includes(each) && !retired.has(each));
  }

  /** Damages a log while its process is away. What it held must then come from the others. */
  corruptLog(node: SimNode): void {
    if (this.freshFor(node) === undefined) return;
    this.#cluster.crash(node, true);
    if (node.storage.corruptLog()) this.#note('corrupt-log', node);
  }

  /**
   * Damages the store of a node, mostly one that runs. It is found when it is read, by whoever asks or by
   * what tends the tables.
   */
  corruptStore(node: SimNode): void {
    if (this.freshFor(node) === undefined || !node.storage.damageStore()) return;
    this.#note('corrupt-store', node);
    const tend = () => {
      if (this.#damaged !== node) return;
      if (node.isUp) node.storage.readDamage();
      this.#cluster.scheduler.after(between(this.#random, SECOND, 4 * SECOND), tend);
    };
    this.#cluster.scheduler.after(between(this.#random, 0, 4 * SECOND), tend);
  }

  /**
   * Takes off the end of a log what others have heard the node speak for. They must tell it, and it must
   * stop, to be replaced: others remember in memory, so all of them have to be there, with the time to hear
   * it all before and to say so after.
   */
  loseTail(node: SimNode): void {
    const { scheduler } = this.#cluster;
    const told = node.storage.position;
    const lives = this.#attentive(node);
    if (lives === undefined) return;
    scheduler.after(TOLD_MICROS, () => {
      if (this.#attentive(node) !== lives) return;
      const from = this.#remembered.get(node) ?? 0;
      this.#cluster.crash(node, true);
      if (!node.storage.loseTail({ from, to: told })) return;
      this.#note('lost-tail', node);
      this.#forgetful = node;
      this.#cluster.expectedHalts.add(node);
      this.#cluster.start(node);
      scheduler.after(NOTICE_MICROS, () =>
        demand(
          this.#forgetful !== node,
          'forgot',
          () => `${node.peer.name} goes on though its log lost what it spoke for`,
        ),
      );
    });
  }

  /**
   * Names the processes of all members, if none of them may miss what `node` says and nothing is about to end
   * one.
   */
  #attentive(node: SimNode): string | undefined {
    const { members, network } = this.#cluster;
    if (this.isDelicate || this.freshFor(node) === undefined) return undefined;
    const isWell = (each: SimNode) =>
      each.isUp && !each.isFrozen && !each.isDraining && each.storage.isWell && !each.storage.isFull;
    if (!node.storage.keepsBytes) return undefined;
    const hears = (each: SimNode) =>
      each === node || (network.isConnected(each.id, node.id) && network.works(each.id, node.id));
    const all = members.every((each) => isWell(each) && hears(each));
    return all ? members.map(({ id, life }) => `${id} ${life}`).join() : undefined;
  }

  /**
   * A process begins: it has not heard what any other said before, and of what it said itself it counts
   * nothing as remembered.
   */
  started(): void {
    for (const node of this.#cluster.nodes) this.#remembered.set(node, node.storage.position);
  }

  /**
   * A node stopped itself: one that was told that it forgot finds the damage noted when it is started again.
   */
  halted(node: SimNode, code: string): void {
    if (node !== this.#forgetful || code !== 'log-damaged') return;
    this.#forgetful = undefined;
    node.storage.noteDamage();
  }

  damaged(node: SimNode): void {
    // Its log and its store may contradict each other already.
    if (node === this.#forgetful) {
      this.#forgetful = undefined;
      this.#cluster.expectedHalts.delete(node);
    }
    const fresh = this.#spare();
    if (fresh !== undefined) this.#operator.repair(node, fresh, () => (this.#damaged = undefined));
  }

  #note(kind: FaultKind, node: SimNode): void {
    this.#struck(kind);
    this.#damaged = node;
    this.#cluster.trace.event('nem', kind, () => node.peer.name);
  }
}
