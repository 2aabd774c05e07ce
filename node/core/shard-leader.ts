// The actors of one shard, on the node that leads it: mailboxes, turns, and what is released once a turn is committed.
//
// Invariants
//  L1  Nothing leaves before its entry is committed in the term in which it was proposed.
//  L2  One message of one source takes effect once: it is refused or joined while it is under way, and remembered after.
//  L3  Turns of one actor are proposed in the order in which they ran, and the log keeps that order.
//  L4  Losing the leadership drops everything that is not committed; whoever waits is told to ask elsewhere.
import type { ActorPath, GroupId, Millis } from '../base/ids.ts';
import type { Random } from '../base/random.ts';
import type { SenderName } from '../cluster/commands.ts';
import type { GroupKeys } from '../journal/keys.ts';
import {
  type Behaviour,
  type BehaviourRef,
  type MessageType,
  messageProblem,
  targetName,
} from '../runtime/behaviour.ts';
import type { Envelope, Origin } from '../runtime/envelope.ts';
import { addRestart } from '../runtime/supervision.ts';
import { type OutMessage, runTurn } from '../runtime/turn.ts';
import { type Actor, type Item, join, outgrows, settle, type Waiter } from './actor.ts';
import { Gate } from './gate.ts';
import { Outbox, type OutboxOwner } from './outbox.ts';
import { Proposals } from './proposals.ts';
import { Residents } from './residents.ts';
import type { ActorHead, PendingTurn } from './rows.ts';
import { successor } from './snapshot-streams.ts';
import type { CoreLimits, Fields, KeyValue, StepTime } from './types.ts';
import * as updates from './updates.ts';

/** What the leader of a shard needs of its node. */
export interface ShardOwner extends OutboxOwner {
  readonly limits: CoreLimits;
  readonly random: Random;
  readonly faults: ReadonlySet<string>;
  time(): StepTime;
  get(keys: readonly Uint8Array[], done: (values: readonly (Uint8Array | undefined)[]) => void): void;
  scan(
    range: { from: Uint8Array; to: Uint8Array; limit: number },
    done: (rows: readonly KeyValue[], more: boolean) => void,
  ): void;
  /** Proposes one entry; returns its index, or undefined when this node leads no more or the log is full. */
  propose(group: GroupId, data: Uint8Array): number | undefined;
  /** `unknown`: the module is not deployed, or not here yet. */
  behaviour(code: BehaviourRef): Behaviour | 'unknown-module' | 'unknown-word';
  /** Sends the volatile messages of an actor's turn. */
  cast(sender: ActorPath, out: readonly OutMessage[]): void;
  log(level: 'debug' | 'info' | 'warn' | 'error', event: string, fields: Fields): void;
  count(metric: 'turns' | 'faults' | 'restarts' | 'duplicates' | 'dead-letters'): void;
}

const MODULE_WAIT_MS = 2000;
/** Messages that one actor handles before the next one has its turn. */
const VISIT_TURNS = 16;
/** A volatile actor's state is measured after so many turns. */
const VOLATILE_CHECK_TURNS = 64;
const TOO_LARGE = { code: 'too-large', message: 'The state outgrew runtime.state-bytes-max.' };
const NO_ANSWERS: PendingTurn['answers'] = [];

export class ShardLeader {
  readonly group: GroupId;
  readonly term: number;
  /** Whether it may take messages: its term is open and its outbox is loaded. */
  ready = false;
  readonly keys: GroupKeys;
  readonly #owner: ShardOwner;
  readonly #actors: Residents;
  readonly #gate: Gate;
  /** Actors whose turn waits for an answer, and until when. */
  readonly #waiting = new Map<Actor, Millis>();
  #runnable: Actor[] = [];
  readonly outbox: Outbox;
  readonly #proposals: Proposals;
  #closed = false;

  constructor(group: GroupId, term: number, keys: GroupKeys, owner: ShardOwner) {
    this.group = group;
    this.term = term;
    this.keys = keys;
    this.#owner = owner;
    this.outbox = new Outbox(owner, (envelope, waiter) => this.deliver(envelope, waiter));
    this.#actors = new Residents(owner, keys, (actor) => this.#loaded(actor));
    this.#gate = new Gate(owner, keys, this.#actors, (actor) => this.#schedule(actor));
    this.#proposals = new Proposals({
      propose: (data) => owner.propose(group, data),
      released: (sender, receiver, number, payload) => this.outbox.add(sender, receiver, number, payload),
    });
  }

  /** The entry that opens the term is applied: load what waits to be sent, then begin. */
  open(after?: Uint8Array): void {
    const { from, to } = this.keys.outboxRange();
    this.#owner.scan({ from: after ?? from, to, limit: 1000 }, (rows, more) => {
      if (this.#closed) return;
      for (const [key, value] of rows) {
        const [sender, receiver, number] = this.keys.parseOutbox(key);
        this.outbox.add(sender as SenderName, receiver, number, value);
      }
      if (more) return this.open(successor(rows.at(-1)![0]));
      this.ready = true;
    });
  }

  /** Leadership is lost, or the node stops. */
  close(): void {
    this.#closed = true;
    this.ready = false;
    this.#proposals.close();
    this.#gate.close();
    this.#actors.close();
    this.#waiting.clear();
    this.#runnable = [];
  }

  get actorCount(): number {
    return this.#actors.size;
  }

  get hasWork(): boolean {
    return this.#runnable.length > 0 && !this.#proposals.blocked;
  }

  // ── Arrival ──

  /** Takes a message for an actor of this shard. `waiter` learns how it ended. */
  deliver(envelope: Envelope, waiter?: Waiter): void {
    this.#gate.deliver(envelope, waiter);
  }

  #loaded(actor: Actor): void {
    const pending = actor.head?.pending;
    if (pending) {
      this.#awaitAnswer(actor, pending.timeoutMs);
      // The leader before had the message of the waiting turn in flight: a repeat joins it here too (A2).
      const { origin, sender, message, answersAsk } = pending;
      const payload = { kind: 'message', message, ask: answersAsk } as const;
      const item: Item = {
        envelope: { to: actor.path, sender, origin, payload },
        waiters: [],
        heldSince: undefined,
      };
      if (origin !== null) actor.inFlight.set(origin.source, { number: origin.number, item });
    }
    this.#gate.loaded(actor);
  }

  #schedule(actor: Actor): void {
    if (actor.scheduled || !actor.isRunnable) return;
    actor.scheduled = true;
    this.#runnable.push(actor);
  }

  // ── Turns ──

  /** Lets actors handle up to `turns` messages, a few each in turn. Ends early after a turn that failed, which may have been long. */
  run(turns: number): number {
    let left = turns;
    while (left > 0 && this.hasWork && !this.#closed) {
      const round = this.#runnable;
      this.#runnable = [];
      for (let at = 0; at < round.length; at++) {
        const actor = round[at]!;
        if (left <= 0) {
          this.#runnable.push(...round.slice(at));
          break;
        }
        actor.scheduled = false;
        left -= this.#visit(actor, Math.min(left, VISIT_TURNS));
        this.#schedule(actor);
      }
    }
    this.flush();
    return Math.max(left, 0);
  }

  /** Lets one actor handle up to `turns` messages. Returns how many turns that counts as. */
  #visit(actor: Actor, turns: number): number {
    for (let done = 0; done < turns; done++) {
      const item = actor.next();
      if (item === undefined || this.#closed) return done;
      if (!this.#handle(actor, item)) return Number.POSITIVE_INFINITY;
      if (actor.scheduled) return done + 1;
    }
    return turns;
  }

  /** Returns false when the message may have taken long. */
  #handle(actor: Actor, item: Item): boolean {
    const { payload, origin, sender } = item.envelope;
    switch (payload.kind) {
      case 'spawn':
        this.#spawn(actor, item, payload.code, payload.mode);
        return true;
      case 'stop':
        if (actor.head?.lifecycle !== 'running')
          this.#refuse(actor, item, 'no-such-actor', `No actor runs at ${actor.path}.`);
        else
          this.#proposals.add(
            actor,
            item,
            updates.ended(actor, actor.head, origin, 'stopped', null, this.#context()),
          );
        return true;
      case 'answer':
        return this.#answer(actor, item, payload.ask, payload.outcome);
      case 'message': {
        const { random } = this.#owner;
        const source: updates.TurnSource = {
          self: actor.path,
          mode: actor.head?.mode ?? 'durable',
          origin,
          sender,
          message: payload.message,
          answersAsk: payload.ask,
          wall: this.#owner.time().wall,
          seed: [random.uint32(), random.uint32(), random.uint32()],
          answers: NO_ANSWERS,
        };
        return this.#turn(actor, item, source, null);
      }
    }
  }

  #context(): updates.ChangeContext {
    const { snapshotRecords, snapshotBytes } = this.#owner.limits;
    return { wall: this.#owner.time().wall, term: this.term, snapshotRecords, snapshotBytes };
  }

  #refuse(actor: Actor, item: Item, code: string, message: string): void {
    this.#proposals.add(actor, item, updates.refusal(actor, item.envelope.origin, code, message));
  }

  #spawn(actor: Actor, item: Item, code: BehaviourRef, mode: 'durable' | 'volatile'): void {
    if (actor.head?.lifecycle === 'running') {
      return this.#refuse(actor, item, 'actor-exists', `An actor already lives at ${actor.path}.`);
    }
    const behaviour = this.#behaviourToSpawn(actor, item, code);
    if (behaviour === undefined) return;
    const incarnation = `${this.#owner.random.uint32().toString(36)}${this.#owner.random.uint32().toString(36)}`;
    actor.behaviour = behaviour;
    actor.restarts = [];
    this.#proposals.add(
      actor,
      item,
      updates.spawned(actor, item.envelope.origin, code, mode, incarnation, this.#context()),
    );
  }

  /** Actors whose next message waits for a module. */
  readonly #held = new Set<Actor>();

  /** Puts the message back to the head of its queue, until the module that it needs arrives. */
  #hold(actor: Actor, item: Item): void {
    if (item.envelope.payload.kind === 'answer') actor.answers.unshift(item);
    else actor.queue.unshift(item);
    actor.scheduled = true;
    this.#held.add(actor);
  }

  // A module may be deployed and not here yet. Only a client is told so, after a while and without a mark: what an actor runs,
  // or spawns, is deployed for certain.
  #behaviourToSpawn(actor: Actor, item: Item, code: BehaviourRef): Behaviour | undefined {
    const behaviour = this.#owner.behaviour(code);
    if (typeof behaviour === 'object') return behaviour;
    const { now } = this.#owner.time();
    item.heldSince ??= now;
    const { origin, sender } = item.envelope;
    if (behaviour === 'unknown-word') {
      this.#refuse(actor, item, 'no-such-module', `The word ${targetName(code.target)} is not deployed.`);
    } else if (sender !== '' || now - item.heldSince < MODULE_WAIT_MS) {
      this.#hold(actor, item);
    } else {
      if (origin !== null) actor.inFlight.delete(origin.source);
      settle(item, {
        ok: false,
        code: 'no-such-module',
        message: `The module ${code.module} is not deployed.`,
      });
    }
    return undefined;
  }

  #answer(actor: Actor, item: Item, ask: string, outcome: PendingTurn['answers'][number]): boolean {
    const pending = actor.head?.pending;
    const { origin } = item.envelope;
    if (!pending || pending.ask !== ask) {
      // An answer that nobody waits for any more: its ask timed out.
      this.#proposals.add(
        actor,
        item,
        updates.refusal(actor, origin, 'outcome-unknown', 'Nobody waits for this answer.'),
      );
      return true;
    }
    const { sender, message, answersAsk, wall, seed } = pending;
    const source: updates.TurnSource = {
      self: actor.path,
      mode: 'durable',
      origin: pending.origin,
      sender,
      message,
      answersAsk,
      wall,
      seed,
      answers: [...pending.answers, outcome],
    };
    this.#waiting.delete(actor);
    // Whoever sent the message that the waiting turn handles is still in `inFlight`, unless the leader changed meanwhile.
    const held = pending.origin && actor.inFlight.get(pending.origin.source);
    if (!held || held.number !== pending.origin?.number) return this.#turn(actor, item, source, origin);
    join(held.item, item);
    return this.#turn(actor, held.item, source, origin);
  }

  #turn(actor: Actor, item: Item, source: updates.TurnSource, alsoMark: Origin | null): boolean {
    const { head } = actor;
    if (head === undefined) {
      this.#refuse(actor, item, 'no-such-actor', `No actor lives at ${actor.path}.`);
      return true;
    }
    if (head.lifecycle !== 'running') {
      this.#refuse(actor, item, 'actor-stopped', `The actor at ${actor.path} is ${head.lifecycle}.`);
      return true;
    }
    const behaviour = actor.behaviour ?? this.#owner.behaviour(head.code);
    if (typeof behaviour !== 'object') {
      if (behaviour === 'unknown-module') this.#hold(actor, item);
      else {
        const fault = {
          code: 'no-such-module',
          message: `The word ${targetName(head.code.target)} is gone.`,
        };
        this.#fault(actor, head, item, source, alsoMark, fault);
      }
      return true;
    }
    actor.behaviour = behaviour;
    const problem = messageProblem(behaviour.messageType, source.message);
    if (problem !== undefined) {
      this.#refuse(actor, item, problem.code, problem.message);
      return true;
    }
    this.#owner.count('turns');
    const outcome = runTurn(behaviour, actor.state, source, this.#owner.limits);
    if (outcome.kind === 'fault') {
      this.#fault(actor, head, item, source, alsoMark, outcome);
      return false;
    }
    if (outcome.kind === 'awaiting') {
      this.#suspend(actor, head, item, source, alsoMark, outcome);
      return true;
    }
    if (outcome.output !== '')
      this.#owner.log('info', 'actor-output', { path: actor.path, text: outcome.output });
    if (head.mode === 'volatile') {
      actor.stateBytes += this.#owner.limits.stateBytes / VOLATILE_CHECK_TURNS;
      const tooLarge = outgrows(actor, outcome.state, 0, this.#owner.limits.stateBytes);
      if (tooLarge) this.#fault(actor, head, item, source, alsoMark, TOO_LARGE);
      else this.#volatileDone(actor, item, outcome);
      return !tooLarge;
    }
    const change = updates.turned(actor, head, source, outcome, alsoMark, this.#context());
    if (outgrows(actor, outcome.state, change.growth, this.#owner.limits.stateBytes)) {
      this.#fault(actor, head, item, source, alsoMark, TOO_LARGE);
      return false;
    }
    this.#proposals.add(actor, item, change);
    if (outcome.become !== undefined) actor.behaviour = undefined;
    return true;
  }

  #volatileDone(actor: Actor, item: Item, done: Extract<ReturnType<typeof runTurn>, { kind: 'done' }>): void {
    actor.state = done.state;
    if (done.out.length > 0) this.#owner.cast(actor.path, done.out);
    if (item.envelope.origin !== null) actor.inFlight.delete(item.envelope.origin.source);
    settle(item, { ok: true, sequence: 0, reply: done.reply ?? null });
  }

  #suspend(
    actor: Actor,
    head: ActorHead,
    item: Item,
    source: updates.TurnSource,
    alsoMark: Origin | null,
    wanted: {
      readonly to: ActorPath;
      readonly message: PendingTurn['message'];
      readonly timeoutMs: number | undefined;
    },
  ): void {
    const ask = `${head.incarnation}.${head.sent + 1}`;
    const { self: _self, mode: _mode, ...kept } = source;
    const pending: PendingTurn = { ask, timeoutMs: wanted.timeoutMs, ...kept };
    this.#awaitAnswer(actor, wanted.timeoutMs);
    // The sender of the message that waits stays in `inFlight`, so that a repeat joins it; only the answer is settled.
    this.#proposals.add(
      actor,
      undefined,
      updates.waiting(actor, head, pending, wanted.to, wanted.message, alsoMark),
    );
    if (source.origin !== null && !actor.inFlight.has(source.origin.source)) {
      actor.inFlight.set(source.origin.source, { number: source.origin.number, item });
    }
  }

  #fault(
    actor: Actor,
    head: ActorHead,
    item: Item,
    source: updates.TurnSource,
    alsoMark: Origin | null,
    fault: { readonly code: string; readonly message: string },
  ): void {
    const { now } = this.#owner.time();
    const { restarts, restartPeriodMs } = this.#owner.limits;
    const { history, exceeded } = addRestart(actor.restarts, now, { restarts, periodMs: restartPeriodMs });
    actor.restarts = history;
    this.#owner.count('faults');
    this.#owner.log('warn', exceeded ? 'actor-failed' : 'actor-restarted', {
      path: actor.path,
      fault: `${fault.code}: ${fault.message}`,
      restarts: history.length,
    });
    this.#proposals.add(actor, item, updates.faulted(actor, head, source, fault, alsoMark));
    if (exceeded && actor.head) {
      this.#proposals.add(
        actor,
        undefined,
        updates.ended(actor, actor.head, null, 'failed', `${fault.code}: ${fault.message}`, this.#context()),
      );
    } else {
      this.#owner.count('restarts');
    }
  }

  // ── Proposal and commit ──

  /** Proposes what the turns so far, and the deliveries, have to say. */
  flush(): void {
    if (!this.#closed) this.#proposals.flush(this.ready ? this.outbox.takeDelivered() : []);
  }

  /** The entry at `index` is committed and stored: let out what waited for it. */
  committed(index: number): void {
    this.#proposals.committed(index);
  }

  // ── Time ──

  tick(): void {
    if (!this.ready) return;
    const { now } = this.#owner.time();
    for (const actor of this.#held) {
      this.#runnable.push(actor);
      this.#held.delete(actor);
    }
    for (const [actor, deadline] of this.#waiting) if (now >= deadline) this.#askTimedOut(actor);
    this.outbox.tick(now);
    this.#actors.evict(now);
    this.flush();
  }

  #awaitAnswer(actor: Actor, timeoutMs: number | undefined): void {
    this.#waiting.set(actor, this.#owner.time().now + (timeoutMs ?? this.#owner.limits.askTimeoutMs));
  }

  #askTimedOut(actor: Actor): void {
    this.#waiting.delete(actor);
    const pending = actor.head?.pending;
    if (!pending) return;
    // While the ask itself is not committed there is nothing to give up yet.
    if (actor.uncommitted > 0) return this.#awaitAnswer(actor, 100);
    const outcome = { refused: 'timeout: No answer came in time.' };
    this.deliver({
      to: actor.path,
      sender: '',
      origin: null,
      payload: { kind: 'answer', ask: pending.ask, outcome },
    });
  }

  /** What the actor at `path` takes, if it is in memory and declares it. */
  messageTypeOf(path: ActorPath): MessageType | undefined {
    return this.#actors.find(path)?.behaviour?.messageType;
  }

  /** Restarts within the period, which only the leader counts. */
  restartsOf(path: ActorPath): number {
    const { now } = this.#owner.time();
    const recent = this.#actors
      .find(path)
      ?.restarts.filter((at) => now - at < this.#owner.limits.restartPeriodMs);
    return recent?.length ?? 0;
  }
}
