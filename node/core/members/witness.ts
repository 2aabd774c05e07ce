// Whether a node still has what it spoke for. Every vote and every acknowledgement is a frame of its log, so
// one number says up to where it has spoken: the end of its log. Each frame of consensus carries it, and
// others remember it. A process that begins with a log that ends before that has a disk that forgot: a tail
// that was lost, yesterday's copy. It must not speak for that log.
//
// Invariants
//  V1  Consensus with a node begins only when each has told the other how it stands: nobody counts the word
//      of a process whose log is known to have been longer, and such a process hears so before it says
//      anything.
//  V2  Of two processes that run as one node at the same time, over copies of one directory, the later is
//      refused.
//
// Others remember in memory: one whose whole cluster was restarted meanwhile, or that can reach only those
// who did not hear it last, is not told. Of its own cluster a node needs no proof: members do not lie.
import type { GroupId, Millis, NodeId } from '../../base/ids.ts';
import type { Frame } from '../../cluster/wire.ts';
import type { StepContext } from '../step-context.ts';

type Standing = Frame & { readonly kind: 'standing' };

/** What is known of another node: the process that speaks for it, and the furthest end of its log. */
interface Known {
  life: number;
  position: number;
  /** That of its earlier processes. */
  before: number;
  /** Whether that process has told what it knows of this node. */
  told: boolean;
  heardAt: Millis;
  /**
   * Another process that claims to be the node, while this one may still live; and the last question before
   * it came.
   */
  rival: { readonly life: number; readonly since: number } | undefined;
}

/** Another process is let in for a node once nothing came from the one before for so long. */
const SILENCE_MS = 3000;
/**
 * A connection that is replaced by another of the same node at once was not closed by the end of its process.
 */
const AT_ONCE_MS = 10;
const ASK_AGAIN_MS = 500;

export class Witness {
  readonly #context: Pick<StepContext, 'time' | 'effects' | 'faults'>;
  /** Names this process among those of the node. */
  readonly life: number;
  /** The end of the log here, as far as it is durable; and where it was when this process began. */
  position: number;
  readonly #start: number;
  readonly #known = new Map<NodeId, Known>();
  /** The end of the log that everybody was told. */
  #told = 0;
  readonly #refused = new Set<number>();
  /** Questions are numbered. */
  #asked = 0;
  readonly #askedAt = new Map<NodeId, Millis>();
  readonly #goneAt = new Map<NodeId, Millis>();

  constructor(context: Pick<StepContext, 'time' | 'effects' | 'faults'>, life: number, position: number) {
    this.#context = context;
    this.life = life;
    this.position = position;
    this.#start = position;
  }

  connected(peer: NodeId): void {
    const known = this.#known.get(peer);
    const goneAt = this.#goneAt.get(peer);
    // Its process ended, or it would not have been away: whoever comes now is the next.
    if (known !== undefined && goneAt !== undefined && this.#context.time.now - goneAt >= AT_ONCE_MS)
      known.heardAt = Number.NEGATIVE_INFINITY;
    this.#goneAt.delete(peer);
    this.#ask(peer);
  }

  disconnected(peer: NodeId): void {
    this.#goneAt.set(peer, this.#context.time.now);
    this.#askedAt.delete(peer);
  }

  /**
   * Tells everybody the end of the log, also whom consensus has nothing to say to. To be called at every tick
   * with heartbeats.
   */
  tell(): void {
    const { life, position } = this;
    this.#askRivals();
    if (position === this.#told) return;
    this.#told = position;
    for (const node of this.#known.keys())
      this.#context.effects.send(node, 'control', { kind: 'raft', life, position, messages: [] });
  }

  /**
   * Where the earlier of two processes has been silent for long enough, the other is asked, lest nobody asks
   * any more.
   */
  #askRivals(): void {
    const now = this.#context.time.now;
    for (const [node, { rival, heardAt }] of this.#known)
      if (rival !== undefined && now - heardAt >= SILENCE_MS && this.#mayAskAgain(node, now)) this.#ask(node);
  }

  #mayAskAgain(node: NodeId, now: Millis): boolean {
    return now - (this.#askedAt.get(node) ?? Number.NEGATIVE_INFINITY) >= ASK_AGAIN_MS;
  }

  /** A frame of consensus came: whether it may be heard. */
  hears(from: NodeId, life: number, position: number): boolean {
    const known = this.#known.get(from);
    if (known?.life === life && known.told) {
      this.#heard(known, position);
      return true;
    }
    const now = this.#context.time.now;
    if (this.#mayAskAgain(from, now)) this.#ask(from);
    return false;
  }

  /** Whether it is not clear which of two processes speaks for the node. */
  doubts(from: NodeId): boolean {
    return this.#known.get(from)?.rival !== undefined;
  }

  standing(from: NodeId, { life, position, number, to, seen, twin }: Standing): void {
    const asks = seen === null;
    if (!asks && to !== this.life) return;
    if (twin) return this.#halt('data-in-use', twinText(from));
    if (!asks && seen > this.#start) return this.#halt('log-damaged', lostText(from));
    if (this.#refused.has(life)) return this.#answer(from, number, life, 0, true);
    const known = this.#known.get(from) ?? this.#begin(from, life);
    if (known.life !== life) {
      if (this.#context.time.now - known.heardAt < SILENCE_MS) {
        known.rival = { life, since: this.#asked };
        return;
      }
      // V1. It learns it from the answer.
      if (position >= known.position)
        Object.assign(known, { life, before: known.position, told: false, rival: undefined });
    }
    // What was under way when its process ended may come late; an answer to a question that was asked later
    // does not.
    else if (!asks && known.rival !== undefined && number > known.rival.since) {
      this.#refused.add(known.rival.life);
      known.rival = undefined;
    }
    const accepted = known.life === life;
    if (accepted) this.#heard(known, position);
    if (accepted && !asks) known.told = true;
    if (asks || !accepted) this.#answer(from, number, life, accepted ? known.before : known.position, false);
  }

  /** The leader of a group counts on entries that the log does not hold. */
  lost(leader: NodeId, group: GroupId): void {
    this.#halt('log-damaged', `${lostText(leader)} It counts on entries of group ${group}.`);
  }

  #begin(from: NodeId, life: number): Known {
    const heardAt = this.#context.time.now;
    const known: Known = { life, position: 0, before: 0, told: false, heardAt, rival: undefined };
    this.#known.set(from, known);
    return known;
  }

  #heard(known: Known, position: number): void {
    known.position = Math.max(known.position, position);
    if (known.rival === undefined) known.heardAt = this.#context.time.now;
  }

  #ask(to: NodeId): void {
    this.#askedAt.set(to, this.#context.time.now);
    this.#send(to, {
      kind: 'standing',
      life: this.life,
      position: this.#start,
      number: ++this.#asked,
      to: 0,
      seen: null,
      twin: false,
    });
  }

  #answer(node: NodeId, number: number, to: number, seen: number, twin: boolean): void {
    this.#send(node, { kind: 'standing', life: this.life, position: this.#start, number, to, seen, twin });
  }

  #send(to: NodeId, frame: Standing): void {
    this.#context.effects.send(to, 'control', frame);
  }

  /** This process must not go on. */
  #halt(code: 'log-damaged' | 'data-in-use', message: string): void {
    // A seeded mistake.
    if (code === 'log-damaged' && this.#context.faults.has('goes-on-forgetful')) return;
    this.#context.effects.push({ kind: 'halt', code, message });
  }
}

const twinText = (from: NodeId) =>
  `Another process runs as this node, over a copy of its data directory: the member ${from} hears both. Stop one of the two for good.`;

const lostText = (from: NodeId) =>
  `The member ${from} has heard this node speak for more than its log holds: the end of the log is lost, or the data directory is an older copy.`;
