// The person who runs the cluster: lets new nodes join, and puts fresh machines in the place of others.
// Everything goes through requests to whichever node answers, as often as it takes.

import type { Random } from '../node/base/random.ts';
import type { Admitted, Departure } from '../node/core/requests/results.ts';
import type { ClientRequest, ClientResult, Roster } from '../node/core/types.ts';
import { between, fork, happens, pick } from './chance.ts';
import type { Cluster } from './cluster.ts';
import type { SimNode } from './sim-node.ts';
import { Violation } from './violation.ts';

const SECOND = 1_000_000;

/** Knows whom the groups count on. */
export interface GroupsWatch {
  /** The operator was told that the machine may be switched off. */
  told(node: SimNode): void;
  /** Whether a group counts on the machine. */
  isNamed(node: SimNode): boolean;
}

export class Operator {
  readonly #cluster: Cluster;
  readonly #random: Random;
  #busy = 0;
  #secrets = 0;
  /** Damaged nodes, and what they go on as. */
  readonly #repairs = new Map<SimNode, SimNode>();

  readonly #groups: GroupsWatch;

  constructor(cluster: Cluster, groups: GroupsWatch) {
    this.#cluster = cluster;
    this.#groups = groups;
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
        node.savedRoster = rosterOf(value);
        this.#cluster.members.push(node);
        this.#cluster.start(node);
        done();
      }),
    );
  }

  /**
   * Lets a fresh machine join and removes the old one. May be called for several, which then are asked for at
   * the same time.
   */
  replace(old: SimNode, fresh: SimNode): void {
    this.#cluster.trace.event('ops', 'replace', () => `${old.peer.name} by ${fresh.peer.name}`);
    this.join(fresh, () => this.remove(old));
  }

  /**
   * Asks for the removal, and how far it is, until the machine may be switched off. Now and then the person
   * thinks better of it.
   */
  remove(old: SimNode): void {
    this.#cluster.leaving.add(old);
    const request = { op: 'remove-node', member: old.id, timeoutMs: 5_000 } as const;
    const changesMind = happens(this.#random, 0.15);
    this.#insist(request, (value) => {
      const { state } = value as Departure;
      if (state === 'removed') this.#told(old);
      else if (changesMind) this.#keep(old);
      else this.#insist(request, () => this.#told(old), isRemoved);
    });
  }

  #keep(old: SimNode) {
    this.#insist({ op: 'keep-node', member: old.id, timeoutMs: 5_000 }, () => {
      this.#busy++;
      this.#cluster.scheduler.after(between(this.#random, 0, 3 * SECOND), () => {
        this.#busy--;
        this.remove(old);
      });
    });
  }

  #told(old: SimNode) {
    const { members, retired, scheduler } = this.#cluster;
    this.#cluster.trace.event('ops', 'removed', () => old.peer.name);
    this.#groups.told(old);
    members.splice(members.indexOf(old), 1);
    retired.add(old);
    const switchOff = () => {
      this.#cluster.switchedOff.add(old);
      this.#cluster.crash(old, false);
    };
    if (happens(this.#random, 0.7)) switchOff();
    else scheduler.after(between(this.#random, SECOND, 8 * SECOND), switchOff);
  }

  #whenUnnamed(node: SimNode, done: () => void) {
    this.#busy++;
    this.#cluster.scheduler.after(between(this.#random, SECOND, 5 * SECOND), () => {
      this.#busy--;
      if (this.#groups.isNamed(node)) this.#whenUnnamed(node, done);
      else done();
    });
  }

  /**
   * What a node does by itself that finds its log damaged: it asks for its place to be given to one that
   * holds nothing, and goes on as that one, on an empty disk (node/host/repair.ts). One that dies meanwhile
   * asks again, for the same.
   */
  repair(old: SimNode, spare: SimNode, done: () => void): void {
    const { members, retired, switchedOff, trace } = this.#cluster;
    // One that died before it heard the answer may have asked twice: the second has moved on since.
    if (retired.has(old)) return;
    const fresh = this.#repairs.get(old) ?? spare;
    this.#repairs.set(old, fresh);
    // It is the same machine.
    fresh.moveTo(old.peer.addresses[0] as string);
    trace.event('ops', 'repair', () => `${old.peer.name} as ${fresh.peer.name}`);
    this.#insist({ op: 'replace', old: old.id, node: fresh.id, timeoutMs: 4_000 }, (value) => {
      // It may die again before it hears the answer.
      if (happens(this.#random, 0.3)) return this.repair(old, fresh, done);
      if (retired.has(old)) return;
      fresh.savedRoster = rosterOf(value);
      members.splice(members.indexOf(old), 1, fresh);
      retired.add(old);
      switchedOff.add(old);
      this.#cluster.start(fresh);
      this.#whenUnnamed(old, done);
    });
  }

  /** Asks one member after another until one accepts, and answers as `suits`. */
  #insist(
    request: ClientRequest,
    done: (value: unknown) => void,
    suits: (value: unknown) => boolean = () => true,
  ) {
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
        const tooLate = outcome !== 'lost' && !outcome.ok && isTooLate(request, outcome);
        if (outcome !== 'lost' && !outcome.ok && !tooLate) this.#checkRefusal(request, outcome);
        if (outcome === 'lost' || (!outcome.ok && !tooLate)) return again();
        const value = outcome.ok ? outcome.value : undefined;
        if (!suits(value)) return again();
        settled = true;
        this.#busy--;
        done(value);
      });
      this.#cluster.scheduler.after((request.timeoutMs + 500) * 1_000, again);
    };
    ask();
  }

  #checkRefusal(request: ClientRequest, { code, message }: ClientResult & { ok: false }) {
    if (['no-quorum', 'outcome-unknown', 'disk-full', 'overloaded', 'stopping'].includes(code)) return;
    // Two are asked for at once, and one goes after the other.
    if (request.op === 'remove-node' && code === 'still-leaving') return;
    // It is to go, not to come back: it asks on until it has left, or is to stay.
    if (request.op === 'replace' && code === 'still-leaving') return;
    throw new Violation('refused', `${request.op} was refused: ${code}: ${message}`);
  }
}

/** It has left before it could be kept. */
const isTooLate = ({ op }: ClientRequest, { code }: ClientResult & { ok: false }) =>
  op === 'keep-node' && code === 'no-such-member';

const isRemoved = (value: unknown) => (value as Departure).state === 'removed';
function rosterOf(admitted: unknown): Roster {
  const { index, peers } = admitted as Admitted;
  return { index, peers };
}
