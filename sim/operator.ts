// The person who runs the cluster: lets new nodes join, and puts a fresh machine in the place of another. Everything goes
// through requests to whichever node answers, as often as it takes.

import { nodeId } from '../node/base/ids.ts';
import type { Random } from '../node/base/random.ts';
import type { Admitted } from '../node/core/results.ts';
import type { ClientRequest, ClientResult, Peer } from '../node/core/types.ts';
import { between, fork, happens, pick } from './chance.ts';
import type { Cluster } from './cluster.ts';
import type { SimNode } from './sim-node.ts';
import { Violation } from './violation.ts';

const SECOND = 1_000_000;

export class Operator {
  readonly #cluster: Cluster;
  readonly #random: Random;
  #busy = 0;
  #secrets = 0;
  /** Damaged nodes, and what they go on as. */
  readonly #repairs = new Map<SimNode, SimNode>();

  /** Whether the configuration of some group names the node. */
  readonly #isNamed: (node: SimNode) => boolean;

  constructor(cluster: Cluster, isNamed: (node: SimNode) => boolean) {
    this.#cluster = cluster;
    this.#isNamed = isNamed;
    this.#random = fork(cluster.random);
  }

  /** Whether something that was begun is not done yet. */
  get isBusy(): boolean {
    return this.#busy > 0;
  }

  /** Makes a token, admits the node with it, and starts it. */
  join(node: SimNode, done: () => void = () => {}): void {
    const secretHash = (++this.#secrets).toString(16).padStart(64, '0');
    const expiresAt = this.#cluster.nodes[0]!.time().wall + 100 * 24 * 3_600_000;
    this.#insist({ op: 'token', secretHash, expiresAt, timeoutMs: 5_000 }, () =>
      this.#insist({ op: 'admit', secretHash, peer: node.peer, timeoutMs: 5_000 }, (value) => {
        node.savedPeers = peersOf(value);
        this.#cluster.members.push(node);
        this.#cluster.start(node);
        done();
      }),
    );
  }

  /**
   * Lets a fresh machine join and removes the old one, which runs on for a while and does not know. Nothing else may be replaced
   * meanwhile: of a group that still counts on one machine that goes, a second one may be the majority.
   */
  replace(old: SimNode, fresh: SimNode): void {
    this.#cluster.trace.event('ops', 'replace', () => `${old.peer.name} by ${fresh.peer.name}`);
    this.join(fresh, () => {
      this.#insist({ op: 'remove-node', node: old.id, timeoutMs: 5_000 }, () => {
        const { members, retired } = this.#cluster;
        members.splice(members.indexOf(old), 1);
        retired.add(old);
        this.#switchOff(old);
      });
    });
  }

  /** Waits until no group counts on the machine: switched off earlier, it would be one failure more. */
  #switchOff(old: SimNode) {
    this.#whenUnnamed(old, () => {
      this.#cluster.switchedOff.add(old);
      this.#cluster.crash(old, false);
    });
  }

  #whenUnnamed(node: SimNode, done: () => void) {
    this.#busy++;
    this.#cluster.scheduler.after(between(this.#random, SECOND, 5 * SECOND), () => {
      this.#busy--;
      if (this.#isNamed(node)) this.#whenUnnamed(node, done);
      else done();
    });
  }

  /**
   * What a node does by itself that finds its log damaged: it asks for its place to be given to one that holds nothing, and
   * goes on as that one, on an empty disk (node/host/repair.ts). One that dies meanwhile asks again, for the same.
   */
  repair(old: SimNode, spare: SimNode, done: () => void): void {
    const { members, retired, switchedOff, trace } = this.#cluster;
    const fresh = this.#repairs.get(old) ?? spare;
    this.#repairs.set(old, fresh);
    trace.event('ops', 'repair', () => `${old.peer.name} as ${fresh.peer.name}`);
    this.#insist({ op: 'replace', old: old.id, node: fresh.id, timeoutMs: 4_000 }, (value) => {
      // It may die again before it hears the answer.
      if (happens(this.#random, 0.3)) return this.repair(old, fresh, done);
      if (retired.has(old)) return;
      fresh.savedPeers = peersOf(value);
      members.splice(members.indexOf(old), 1, fresh);
      retired.add(old);
      switchedOff.add(old);
      this.#cluster.start(fresh);
      this.#whenUnnamed(old, done);
    });
  }

  /** Asks one member after another until one accepts. */
  #insist(request: ClientRequest, done: (value: unknown) => void) {
    this.#busy++;
    let settled = false;
    const ask = () => {
      if (settled) return;
      const node = pick(this.#random, this.#cluster.members);
      let answered = false;
      const again = () => {
        if (answered) return;
        answered = true;
        this.#cluster.scheduler.after(between(this.#random, 50_000, SECOND), ask);
      };
      this.#cluster.call(node, request, (outcome) => {
        if (settled) return;
        if (outcome === 'lost' || !outcome.ok) {
          if (outcome !== 'lost') this.#checkRefusal(request, outcome);
          return again();
        }
        settled = true;
        this.#busy--;
        done(outcome.value);
      });
      this.#cluster.scheduler.after((request.timeoutMs + 500) * 1_000, again);
    };
    ask();
  }

  #checkRefusal(request: ClientRequest, { code, message }: ClientResult & { ok: false }) {
    if (['no-quorum', 'no-leader', 'outcome-unknown', 'disk-full', 'overloaded', 'stopping'].includes(code))
      return;
    throw new Violation('refused', `${request.op} was refused: ${code}: ${message}`);
  }
}

function peersOf(admitted: unknown): Peer[] {
  return (admitted as Admitted).peers.map((peer) => ({ ...peer, node: nodeId(peer.node) }));
}
