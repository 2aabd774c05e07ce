// Checks that leadership is held and sought only with a majority in reach (the promise of CheckQuorum and
// PreVote).
//
// Invariants
//  L1 a leader that heard no majority of its voters for three election times leads no more.
//  L2 a node that heard no majority of its voters for two election times does not raise its term by its
//     clock.
//  L3 a node whose disk is full leads nothing for long while all other voters hear each other, and it, and
//     have space.
import type { GroupId, NodeId } from '../node/base/ids.ts';
import type { ConfigState } from '../node/base/log.ts';
import type { Effect, Input } from '../node/core/types.ts';
import type { Observer } from './cluster.ts';
import type { GroupView } from './inspection.ts';
import type { SimNode } from './sim-node.ts';
import { speakerOf } from './spoken.ts';
import { demand } from './violation.ts';

interface Hearing {
  /** Ticks that this process has had; ticks that come in a bunch count once. */
  ticks: number;
  lastTickAt: number;
  /** Ticks at which each peer was last heard. */
  readonly heard: Map<NodeId, number>;
  readonly terms: Map<GroupId, number>;
  /** The views that `terms` is of. */
  seen: readonly GroupView[] | undefined;
  /** Ticks since which each group is led. */
  readonly leadsSince: Map<GroupId, number>;
  full: boolean;
  /** Ticks in a row in which each group could have been handed over, for want of space. */
  readonly overdue: Map<GroupId, number>;
}

/** Within so many election times a leader is expected to find who leads in its place. */
const HAND_OVER_ELECTIONS = 6;

export class LeadershipChecker implements Observer {
  readonly #electionTicks: number;
  readonly #tickMillis: number;
  readonly #hearings = new Map<SimNode, Hearing>();

  constructor(electionTicks: number, tickMillis: number) {
    this.#electionTicks = electionTicks;
    this.#tickMillis = tickMillis;
  }

  started(node: SimNode): void {
    this.#hearings.set(node, {
      ticks: 0,
      lastTickAt: Number.NEGATIVE_INFINITY,
      heard: new Map(),
      terms: new Map(),
      seen: undefined,
      leadsSince: new Map(),
      full: false,
      overdue: new Map(),
    });
  }

  crashed(node: SimNode): void {
    this.#hearings.delete(node);
  }

  stepped(node: SimNode, inputs: readonly Input[], effects: readonly Effect[]): void {
    const hearing = this.#hearings.get(node);
    if (hearing === undefined) return;
    for (const input of inputs) {
      if (input.kind === 'frames')
        for (const frame of input.frames) {
          const speaker = speakerOf(input.from, node.id, frame);
          if (speaker !== undefined) hearing.heard.set(speaker, hearing.ticks);
        }
      if (input.kind === 'disk') hearing.full = input.space === 'full';
      if (input.kind === 'tick') this.#tick(node, hearing);
    }
    if (effects.length === 0 || hearing.seen === node.views) return;
    hearing.seen = node.views;
    for (const { group, term } of node.views) hearing.terms.set(group, term);
  }

  #tick(node: SimNode, hearing: Hearing) {
    const { now } = node.time();
    if (now - hearing.lastTickAt < this.#tickMillis / 2) return;
    hearing.lastTickAt = now;
    hearing.ticks++;
    for (const view of node.views) {
      this.#check(node, hearing, view);
      this.#checkSpace(node, hearing, view);
    }
  }

  #check(node: SimNode, hearing: Hearing, view: GroupView) {
    const { group, role, term, config } = view;
    const before = hearing.terms.get(group);
    if (role !== 'leader') hearing.leadsSince.delete(group);
    else {
      const since = hearing.leadsSince.get(group) ?? hearing.ticks;
      hearing.leadsSince.set(group, since);
      const patience = 3 * this.#electionTicks;
      if (hearing.ticks - since > patience)
        demand(
          this.#hears(node, hearing, config, patience),
          'leads-without-quorum',
          () =>
            `${node.peer.name} still leads group ${group} in term ${term}, ${patience} ticks after it last heard a majority`,
        );
    }
    // Only what this very tick raised counts: terms also come in messages, and with a leadership that is
    // handed over.
    if (before === undefined || term <= before || role !== 'candidate') return;
    const patience = 2 * this.#electionTicks;
    if (hearing.ticks > patience)
      demand(
        this.#hears(node, hearing, config, patience),
        'campaigns-without-quorum',
        () =>
          `${node.peer.name} goes to term ${term} of group ${group}, ${patience} ticks after it last heard a majority`,
      );
  }

  #checkSpace(node: SimNode, hearing: Hearing, { group, role, config }: GroupView) {
    const others = config.voters.filter((voter) => voter !== node.id);
    const could =
      hearing.full && role === 'leader' && others.length > 1 && this.#allWell(node, config.voters);
    const overdue = could ? (hearing.overdue.get(group) ?? 0) + 1 : 0;
    hearing.overdue.set(group, overdue);
    demand(
      overdue <= HAND_OVER_ELECTIONS * this.#electionTicks,
      'leads-without-space',
      () => `${node.peer.name} leads group ${group} though its disk is full, and others could`,
    );
  }

  /** Whether all the voters run and hear each other, and all but `full` have space. */
  #allWell(full: SimNode, voters: readonly NodeId[]): boolean {
    const hearings = [...this.#hearings].filter(([node]) => voters.includes(node.id));
    return (
      hearings.length === voters.length &&
      hearings.every(([node, hearing]) => {
        const hears = (other: NodeId) =>
          other === node.id ||
          hearing.ticks - (hearing.heard.get(other) ?? -Infinity) <= this.#electionTicks / 2;
        return node.isUp && !node.isFrozen && (node === full || !hearing.full) && voters.every(hears);
      })
    );
  }

  #hears(node: SimNode, hearing: Hearing, config: ConfigState, patience: number): boolean {
    const isHeard = (voter: NodeId) =>
      voter === node.id || hearing.ticks - (hearing.heard.get(voter) ?? Number.NEGATIVE_INFINITY) <= patience;
    const majority = (voters: readonly NodeId[]) => voters.filter(isHeard).length * 2 > voters.length;
    return majority(config.voters) && (config.outgoing.length === 0 || majority(config.outgoing));
  }
}
