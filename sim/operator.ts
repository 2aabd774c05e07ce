// The person who runs the cluster: lets new nodes join, and puts a fresh machine in the place of another. Everything goes
// through requests to whichever node answers, as often as it takes.

import { nodeId } from '../node/base/ids.ts';
import type { Random } from '../node/base/random.ts';
import type { Admitted } from '../node/core/results.ts';
import type { ClientRequest, ClientResult, Peer } from '../node/core/types.ts';
import { between, fork, pick } from './chance.ts';
import type { Cluster } from './cluster.ts';
import type { SimNode } from './sim-node.ts';
import { Violation } from './violation.ts';

const SECOND = 1_000_000;

export class Operator {
  readonly #cluster: Cluster;
  readonly #random: Random;
  #busy = 0;
  #secrets = 0;

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
        node.savedPeers = (value as Admitted).peers.map(
          (peer): Peer => ({ ...peer, node: nodeId(peer.node) }),
        );
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
    this.#busy++;
    this.#cluster.scheduler.after(between(this.#random, SECOND, 5 * SECOND), () => {
      this.#busy--;
      if (this.#isNamed(old)) {
        this.#switchOff(old);
        return;
      }
      this.#cluster.switchedOff.add(old);
      this.#cluster.crash(old, false);
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
