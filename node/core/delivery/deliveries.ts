// Delivery of messages between actors across nodes: from this node's outboxes, and to its shards.
import { decodeSequence, SequenceWriter } from '../../base/codec.ts';
import { isErrorCode, type Refusal, SeqNodeError } from '../../base/errors.ts';
import { type ActorPath, type GroupId, type NodeId, senderPath } from '../../base/ids.ts';
import { shardOf } from '../../cluster/placement.ts';
import type { CastBatch, Frame } from '../../cluster/wire.ts';
import { type Ending, isPutOff } from '../../runtime/actor/item.ts';
import { decodePayload } from '../../runtime/actor/payload.ts';
import { Casts, type Envelope, type Lot, type Payload } from '../../runtime/envelope.ts';
import type { Outbox, Pair } from '../../runtime/outbox.ts';
import type { Shard } from '../../runtime/shard/shard.ts';
import type { Routes } from '../requests/routes.ts';
import type { StepContext } from '../step-context.ts';
import type { Fields } from '../types.ts';
import { FullReceivers } from './full-receivers.ts';

export interface DeliveryOwner {
  readonly routes: Routes;
  /** The shard's leader, if it is this node and it is ready. */
  leading(group: GroupId): Shard | undefined;
}

type Deliver = Frame & { kind: 'deliver' };
type DeliveryAnswer = Frame & { kind: 'delivered' | 'not-delivered' };

const RETRY_MS = 50;

export class Deliveries {
  readonly #context: StepContext;
  readonly #owner: DeliveryOwner;
  readonly #underWay = new Map<
    number,
    {
      readonly outbox: Outbox;
      readonly pair: Pair;
      readonly attempt: number;
      readonly group: GroupId;
      readonly target: NodeId;
    }
  >();
  readonly #local: Deliver[] = [];
  readonly #casts = new Map<NodeId, Gathered>();
  /** Where casts go, for the time of one step. */
  readonly #targets = new Map<ActorPath, Target>();
  /** The one that was used last. */
  #target: Target | undefined;
  #nextToken: number;
  /** Identifies this process to the receivers of its casts. */
  readonly #epoch: number;
  #castNumber = 0;
  /** Of each node, the newest of its casts that came. */
  readonly #castsFrom = new Map<NodeId, { readonly epochs: number[]; number: number }>();
  readonly #full = new FullReceivers();
  /** The message that cannot be read, by its pair. */
  readonly #held = new Map<string, number>();

  /**
   * `firstToken` differs between processes, so that a late answer to an earlier one is not taken for an
   * answer to this.
   */
  constructor(context: StepContext, owner: DeliveryOwner, firstToken: number) {
    this.#context = context;
    this.#owner = owner;
    this.#nextToken = firstToken;
    this.#epoch = firstToken;
  }

  // ── Out ──

  dispatch(outbox: Outbox, pair: Pair): void {
    const group = shardOf(pair.receiver, this.#context.cluster.shards);
    const target = this.#owner.routes.target(group, pair.attempt - 1);
    if (target === undefined) {
      return outbox.missed(pair, pair.attempt, this.#context.time.now + RETRY_MS);
    }
    const token = this.#nextToken++;
    this.#underWay.set(token, { outbox, pair, attempt: pair.attempt, group, target });
    const messages = pair.waiting.slice(0, pair.underWay);
    const frame: Deliver = { kind: 'deliver', token, sender: pair.sender, receiver: pair.receiver, messages };
    if (target === this.#context.self.node) this.#local.push(frame);
    else this.#context.effects.send(target, 'data', frame);
  }

  answered(frame: DeliveryAnswer): void {
    const underWay = this.#underWay.get(frame.token);
    if (underWay === undefined) return;
    this.#underWay.delete(frame.token);
    const { outbox, pair, attempt, group, target } = underWay;
    if (target !== this.#context.self.node)
      this.#owner.routes.learn(group, target, frame.kind === 'delivered' ? target : frame.leader);
    if (frame.kind === 'delivered')
      outbox.taken(pair, attempt, frame.taken, frame.refused, frame.putOff ?? undefined);
    else outbox.missed(pair, attempt, this.#context.time.now + RETRY_MS);
  }

  /** Volatile messages of one turn: each to the leader of its receiver's shard if one is known, else lost. */
  cast(batches: readonly Casts[]): void {
    for (let at = 0; at < batches.length; at++) {
      const casts = batches[at]!;
      const { leader, node } = this.#targetOf(casts.to);
      if (leader !== undefined) leader.cast(casts);
      else if (node !== undefined) this.#gather(node, casts);
    }
  }

  #targetOf(to: ActorPath): Target {
    if (this.#target?.to === to) return this.#target;
    const known = this.#targets.get(to);
    if (known !== undefined) {
      this.#target = known;
      return known;
    }
    const group = shardOf(to, this.#context.cluster.shards);
    const node = this.#owner.routes.target(group, 0);
    const leader = node === this.#context.self.node ? this.#owner.leading(group) : undefined;
    const target = { to, leader, node: node === this.#context.self.node ? undefined : node };
    this.#targets.set(to, target);
    this.#target = target;
    return target;
  }

  #gather(node: NodeId, casts: Casts): void {
    const { to, sender } = casts;
    let gathered = this.#casts.get(node);
    if (gathered === undefined) {
      gathered = { writer: new SequenceWriter(), to, sender, cutBytes: 0, batches: [] };
      this.#casts.set(node, gathered);
    }
    if (gathered.to !== to || gathered.sender !== sender) {
      cut(gathered);
      gathered.to = to;
      gathered.sender = sender;
    }
    while (casts.length > 0) {
      gathered.writer.add(casts.take());
      if (gathered.cutBytes + gathered.writer.length > CAST_BYTES) this.#sendCasts(node, gathered);
    }
  }

  #sendCasts(node: NodeId, gathered: Gathered): void {
    cut(gathered);
    if (gathered.batches.length > 0)
      this.#context.effects.send(node, 'data', {
        kind: 'cast',
        epoch: this.#epoch,
        number: ++this.#castNumber,
        batches: gathered.batches,
      });
    gathered.cutBytes = 0;
    gathered.batches = [];
  }

  /** Sends what gathered in this step. Returns whether anything reached a shard of this node. */
  pump(): boolean {
    for (const [node, gathered] of this.#casts) this.#sendCasts(node, gathered);
    this.#target = undefined;
    this.#targets.clear();
    this.#full.tell((to, frame) => this.#room(to, frame));
    if (this.#local.length === 0) return false;
    for (const frame of this.#local.splice(0)) this.receive(this.#context.self.node, frame);
    return true;
  }

  /** Tokens whose answer will never come count for nothing: the outbox sends again by itself. */
  forget(outbox: Outbox): void {
    for (const [token, underWay] of this.#underWay)
      if (underWay.outbox === outbox) this.#underWay.delete(token);
  }

  // ── In ──

  receive(from: NodeId, frame: Deliver): void {
    const { token, sender, receiver, messages } = frame;
    const group = shardOf(receiver, this.#context.cluster.shards);
    const leader = this.#owner.leading(group);
    if (leader === undefined) {
      this.#held.delete(`${sender}>${receiver}`);
      return this.#answer(from, { kind: 'not-delivered', token, leader: this.#owner.routes.leaderOf(group) });
    }
    // Its sender tries again at the usual pace: the hold is short.
    if (leader.hold.isOn)
      return this.#answer(from, { kind: 'not-delivered', token, leader: this.#context.self.node });
    const payloads = this.#decoded(frame);
    const taken = payloads.length;
    if (taken === 0)
      return this.#answer(from, { kind: 'delivered', token, taken, refused: [], putOff: null });
    const refused: Refusal[] = [];
    let open = taken;
    let missed = false;
    /**
     * The first that its receiver puts off for long: with those behind it, it is asked for again at the usual
     * pace.
     */
    let putOff = Number.POSITIVE_INFINITY;
    const lot: Lot = { putOff: undefined };
    const ended = (number: number, ending: Ending) => {
      if (typeof ending === 'string') missed = true;
      else if (!ending.ok && isPutOff(ending)) {
        lot.putOff ??= { ok: false, code: ending.code, message: ending.message };
        putOff = Math.min(putOff, number);
        // At once: what came before it may be in the mailbox for long.
        if (ending.code === 'overloaded') this.#full.add(leader, receiver, sender, from);
      } else if (!ending.ok)
        refused.push([number, isErrorCode(ending.code) ? ending.code : 'turn-failed', ending.message]);
      open--;
      if (open > 0) return;
      if (missed) return this.#answer(from, { kind: 'not-delivered', token, leader: null });
      const count = messages.slice(0, taken).filter(([each]) => each < putOff).length;
      const before = refused.filter(([each]) => each < putOff);
      const reason = lot.putOff?.code ?? null;
      this.#answer(from, { kind: 'delivered', token, taken: count, refused: before, putOff: reason });
    };
    const path = senderPath(sender);
    const oldest = messages[0]![0];
    for (let at = 0; at < taken; at++) {
      const [number] = messages[at]!;
      const decoded = payloads[at]!;
      // Answers overtake other messages in a mailbox, so they are counted apart: a mark speaks for all lower
      // numbers.
      const source = `${decoded.kind === 'answer' || decoded.kind === 'whereis' ? 'r' : 'a'}:${sender}`;
      const envelope: Envelope = {
        to: receiver,
        sender: path,
        origin: { source, number, oldest },
        payload: decoded,
        bytes: messages[at]![1].length,
        lot,
      };
      leader.deliver(envelope, (ending) => ended(number, ending));
    }
  }

  /**
   * Up to the first that cannot be read. That one stays where it waits, and what follows it: nothing may
   * overtake it.
   */
  #decoded({ sender, receiver, messages }: Deliver): readonly Payload[] {
    const payloads: Payload[] = [];
    const pair = `${sender}>${receiver}`;
    for (const [number, payload] of messages) {
      try {
        payloads.push(decodePayload(payload));
      } catch (error) {
        if (!(error instanceof SeqNodeError)) throw error;
        this.#hold(pair, number, { from: sender, to: receiver, number, problem: error.message });
        return payloads;
      }
    }
    this.#held.delete(pair);
    return payloads;
  }

  /** The message is retried; it is logged once. */
  #hold(pair: string, number: number, fields: Fields): void {
    if (this.#held.get(pair) === number) return;
    this.#held.set(pair, number);
    this.#context.log('error', 'message-held', fields);
  }

  /** Pairs whose next message cannot be read here. */
  get held(): number {
    return this.#held.size;
  }

  #answer(to: NodeId, frame: DeliveryAnswer): void {
    if (to === this.#context.self.node) this.answered(frame);
    else this.#context.effects.send(to, 'data', frame);
  }

  /** An actor, which had no room, waits for more: its senders are told. */
  #room(to: NodeId, frame: Frame & { kind: 'room' }): void {
    if (to === this.#context.self.node) this.receiveRoom(frame);
    else this.#context.effects.send(to, 'data', frame);
  }

  receiveRoom({ sender, receiver }: Frame & { kind: 'room' }): void {
    const group = shardOf(senderPath(sender), this.#context.cluster.shards);
    this.#owner.leading(group)?.outbox.hasRoom(sender, receiver);
  }

  /** The actors whose outboxes wait for room at `path`. */
  waitingFor(path: ActorPath): Iterable<ActorPath> {
    return this.#full.waitingFor(path);
  }

  receiveCasts(from: NodeId, frame: Frame & { kind: 'cast' }): void {
    if (!this.#isInTime(from, frame)) return;
    for (const [to, sender, messages] of frame.batches) {
      const leader = this.#owner.leading(shardOf(to, this.#context.cluster.shards));
      if (leader === undefined) continue;
      const values = decodeSequence(messages, { code: 'bad-request' });
      if (values.length > 0) leader.cast(new Casts(to, sender, values, messages.length));
    }
  }

  /**
   * Casts that took a longer path may be overtaken by later ones. They come too late: none may come out of
   * order.
   */
  #isInTime(from: NodeId, { epoch, number }: Frame & { kind: 'cast' }): boolean {
    const newest = this.#castsFrom.get(from) ?? { epochs: [], number: 0 };
    this.#castsFrom.set(from, newest);
    const { epochs } = newest;
    if (epochs.at(-1) !== epoch) {
      if (epochs.includes(epoch)) return false;
      epochs.push(epoch);
      if (epochs.length > EPOCHS_MAX) epochs.shift();
      newest.number = 0;
    }
    if (number <= newest.number) return false;
    newest.number = number;
    return true;
  }
}

const EPOCHS_MAX = 8;

/** Where the volatile messages to an actor go: to a shard of this node, or to another node. */
interface Target {
  readonly to: ActorPath;
  readonly leader: Shard | undefined;
  readonly node: NodeId | undefined;
}

/** Volatile messages that gather for one node. */
interface Gathered {
  /** Those of the newest pair. */
  readonly writer: SequenceWriter;
  to: ActorPath;
  sender: ActorPath;
  /** The bytes of `batches`, which are of the pairs before. */
  cutBytes: number;
  batches: CastBatch[];
}

function cut(gathered: Gathered): void {
  if (gathered.writer.length === 0) return;
  const bytes = gathered.writer.take();
  gathered.batches.push([gathered.to, gathered.sender, bytes]);
  gathered.cutBytes += bytes.length;
}

const CAST_BYTES = 256 * 1024;
