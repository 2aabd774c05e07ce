// This node's beliefs about the others, and the precedence of rumours (SWIM, section 4.2).
//
// 1. Only admitted nodes are in the table; a rumour about anyone else changes nothing.
// 2. A member's incarnation never goes down here, and its version never within one incarnation.
// 3. At one incarnation belief moves only from unknown or alive to suspect to dead.
// 4. A suspicion exists exactly while the member is suspect.

import type { NodeId } from '../../base/ids.ts';
import type { Peer } from '../../base/peer.ts';
import type { Facts, Liveness, Member, Rumour } from './member.ts';
import { Suspicion, type SuspicionBounds } from './suspicion.ts';

export interface Known {
  member: Member;
  /** Of the addresses and facts; -1: none were told. */
  version: number;
  /** The nodes that found it suspect or dead. */
  by: NodeId | undefined;
  suspicion: Suspicion | undefined;
  /**
   * What the member itself said last; less than what is known of it when it has restarted and does not know
   * yet.
   */
  heardIncarnation: number;
  heardVersion: number;
}

const NO_FACTS: Facts = Object.freeze({});

export class MemberTable {
  readonly #known = new Map<NodeId, Known>();
  readonly #onChange: (member: Member) => void;

  constructor(onChange: (member: Member) => void) {
    this.#onChange = onChange;
  }

  get size(): number {
    return this.#known.size;
  }

  get(node: NodeId): Known | undefined {
    return this.#known.get(node);
  }

  nodes(): NodeId[] {
    return [...this.#known.keys()];
  }

  values(): Iterable<Known> {
    return this.#known.values();
  }

  /** The registry admits the node, or tells new facts about it. Answers whether it is new. */
  admit({ node, name, addresses }: Peer): boolean {
    const known = this.#known.get(node);
    if (known === undefined) {
      const member: Member = { node, name, addresses, liveness: 'unknown', incarnation: 0, facts: NO_FACTS };
      this.#known.set(node, {
        member,
        version: -1,
        by: undefined,
        suspicion: undefined,
        heardIncarnation: 0,
        heardVersion: -1,
      });
      this.#onChange(member);
      return true;
    }
    const told = known.version >= 0 ? known.member.addresses : addresses;
    if (name !== known.member.name || told.join() !== known.member.addresses.join())
      this.#change(known, { name, addresses: told });
    return false;
  }

  expel(node: NodeId): void {
    this.#known.delete(node);
  }

  /**
   * Answers whether the rumour was news, which is then to be passed on. `bounds` are those of a suspicion
   * that it starts.
   */
  apply(rumour: Rumour, bounds: SuspicionBounds, now: number): boolean {
    const known = this.#known.get(rumour.node);
    if (known === undefined) return false;
    if (rumour.kind === 'alive') return this.#applyAlive(known, rumour);
    if (rumour.incarnation < known.member.incarnation) return false;
    if (rumour.kind === 'suspect')
      return this.#applySuspect(known, rumour.incarnation, rumour.by, bounds, now);
    return this.#applyDead(known, rumour.incarnation, rumour.by);
  }

  /** A message came from the member itself, which says what its incarnation and version are. */
  heard(node: NodeId, incarnation: number, version: number): void {
    const known = this.#known.get(node);
    if (known === undefined) return;
    known.heardIncarnation = incarnation;
    known.heardVersion = version;
    const { member } = known;
    if (incarnation > member.incarnation) known.version = -1;
    if (
      incarnation > member.incarnation ||
      (member.liveness === 'unknown' && incarnation === member.incarnation)
    )
      this.#revive(known, { incarnation });
  }

  /** Whether the member, at this version of what it tells about itself, has told more than is known here. */
  isBehind(node: NodeId, incarnation: number, version: number): boolean {
    const known = this.#known.get(node);
    return known !== undefined && incarnation === known.member.incarnation && version > known.version;
  }

  /** What there is to tell about the member; undefined when nothing is known. */
  rumour(known: Known): Rumour | undefined {
    const { node, incarnation, liveness, addresses, facts } = known.member;
    switch (liveness) {
      case 'unknown':
        return undefined;
      case 'alive':
        return known.version < 0
          ? undefined
          : { kind: 'alive', node, incarnation, version: known.version, addresses, facts };
      default:
        return { kind: liveness, node, incarnation, by: known.by ?? node };
    }
  }

  /**
   * What the member itself has to be told, for it alone can put it right; undefined when there is nothing.
   */
  opinion(known: Known): Rumour | undefined {
    const { node, incarnation, liveness, addresses, facts } = known.member;
    if (liveness !== 'alive') return this.rumour(known);
    const restarted =
      known.heardIncarnation < incarnation ||
      (known.heardIncarnation === incarnation && known.heardVersion < known.version);
    const version = Math.max(0, known.version);
    return restarted ? { kind: 'alive', node, incarnation, version, addresses, facts } : undefined;
  }

  /** Suspects whose time is over. */
  expired(now: number): Known[] {
    return [...this.#known.values()].filter(
      ({ suspicion }) => suspicion !== undefined && suspicion.deadline <= now,
    );
  }

  #applyAlive(known: Known, rumour: Extract<Rumour, { kind: 'alive' }>): boolean {
    const { incarnation, version, addresses, facts } = rumour;
    const { member } = known;
    if (incarnation < member.incarnation) return false;
    const told = incarnation > member.incarnation || version > known.version;
    const revived = incarnation > member.incarnation || member.liveness === 'unknown';
    if (!told && !revived) return false;
    if (told) known.version = version;
    const news = told ? { incarnation, addresses, facts } : { incarnation };
    if (revived) this.#revive(known, news);
    else this.#change(known, news);
    return true;
  }

  #applySuspect(
    known: Known,
    incarnation: number,
    by: NodeId,
    bounds: SuspicionBounds,
    now: number,
  ): boolean {
    const { member } = known;
    if (incarnation === member.incarnation) {
      if (member.liveness === 'dead') return false;
      if (known.suspicion !== undefined) return known.suspicion.confirm(by);
    }
    known.suspicion = new Suspicion(by, bounds, now);
    known.by = by;
    this.#setIncarnation(known, incarnation);
    this.#change(known, { liveness: 'suspect', incarnation });
    return true;
  }

  #applyDead(known: Known, incarnation: number, by: NodeId): boolean {
    const { member } = known;
    if (member.liveness === 'dead' && incarnation === member.incarnation) return false;
    known.suspicion = undefined;
    known.by = by;
    this.#setIncarnation(known, incarnation);
    this.#change(known, { liveness: 'dead', incarnation });
    return true;
  }

  #revive(known: Known, news: Partial<Member>): void {
    known.suspicion = undefined;
    known.by = undefined;
    this.#change(known, { ...news, liveness: 'alive' });
  }

  /** What was told belongs to an older incarnation: anything of the new one overrides it. */
  #setIncarnation(known: Known, incarnation: number): void {
    if (incarnation > known.member.incarnation) known.version = -1;
  }

  #change(known: Known, news: Partial<Member>): void {
    known.member = { ...known.member, ...news };
    this.#onChange(known.member);
  }
}

export const isUp = (liveness: Liveness): boolean => liveness === 'alive' || liveness === 'suspect';
