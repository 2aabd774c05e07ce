// The turns of the actors of one shard, on the node that leads it.
//
// Invariants
//  S1  A turn runs for one slice at most before others have their turn; a longer one continues in slices.
//  S2  What a turn does to its actor depends on the state before it, its inputs and its budget, never on how
//      it was sliced.
//  S3  While a turn continues in slices, its actor handles only the order to stop, which ends the turn as
//      refused.
import { targetName } from '../../base/behaviour-ref.ts';
import type { ActorPath } from '../../base/ids.ts';
import { type Data, SeqMap } from '../../base/value.ts';
import { type Actor, isOrder, outgrows, overtakes, type RunningTurn } from '../actor/actor.ts';
import * as changes from '../actor/change.ts';
import { type ActorHead, hasEnded } from '../actor/head-row.ts';
import { type Item, join, settle } from '../actor/item.ts';
import type { TurnSource } from '../actor/source.ts';
import { askersOf, keepAside, type PutAside, putAside } from '../actor/stash-change.ts';
import { toldToWatched } from '../actor/watch-change.ts';
import { Asks, pendingTurn, resumedSource } from '../asks.ts';
import { type Behaviour, messageProblem } from '../behaviour.ts';
import type { RuntimeContext } from '../context.ts';
import { type Answer, Casts, type Envelope, type Payload } from '../envelope.ts';
import { ChildOrders } from '../lifecycle/child-orders.ts';
import { Faults } from '../lifecycle/fault.ts';
import { isPutOff, Lifecycle, putOff, suspendedRefusal } from '../lifecycle/lifecycle.ts';
import {
  isSupervisor,
  KILL_SUPERVISOR,
  OPERATOR_STOPS_SUPERVISOR,
  STOP_SUPERVISOR,
} from '../lifecycle/supervisor-behaviour.ts';
import { Upgrades } from '../lifecycle/upgrade.ts';
import { eventPutOff, mayBeLeftOut } from '../subscriptions.ts';
import { isQueuePath } from '../tasks/queue-ref.ts';
import { queueInputOf, type ShardTasks } from '../tasks/shard-tasks.ts';
import type { TurnAwaiting } from '../turn/host.ts';
import { itemOf, NO_ANSWERS, NO_ASKERS, seedFrom } from '../turn/inputs.ts';
import {
  checked,
  headOf,
  isOfUser,
  type Job,
  MESSAGE_REDUCTIONS,
  type MessageDetails,
  OUTBOX_FULL,
  TOO_LARGE,
} from '../turn/job.ts';
import { LongTurn, type TurnOutcome, TurnRunner } from '../turn/runner.ts';
import { printOutput, VolatileTurns } from '../turn/volatile-turns.ts';
import type { TurnWants } from '../turn/wants.ts';
import { noticed } from '../watches.ts';
import type { Proposals } from './proposals.ts';
import type { ReadTurns } from './read-turns.ts';
import type { ShardTimers } from './timers.ts';

/** Messages that one actor handles before the next one has its turn. */
const VISIT_MESSAGES = 64;

export class ShardTurns {
  readonly #context: RuntimeContext;
  readonly asks: Asks;
  readonly #proposals: Proposals;
  readonly #timers: ShardTimers;
  readonly #tasks: ShardTasks;
  readonly #reads: ReadTurns;
  readonly #life: Lifecycle;
  readonly #upgrades: Upgrades;
  readonly #children: ChildOrders;
  readonly #faults: Faults;
  readonly #runner: TurnRunner;
  readonly #volatile: VolatileTurns;
  readonly #isOverdrawn: (path: ActorPath) => boolean;
  /** How many turns have begun. */
  begun = 0;
  /** Actors whose next message waits for a module. */
  #held: Actor[] = [];
  #closed = false;

  /** `deliver` takes what the shard says to its own actors, `cast` the volatile messages of a turn. */
  constructor(
    context: RuntimeContext,
    term: number,
    proposals: Proposals,
    timers: ShardTimers,
    tasks: ShardTasks,
    reads: ReadTurns,
    deliver: (envelope: Envelope) => void,
    cast: (casts: readonly Casts[]) => void,
    isOverdrawn: (path: ActorPath) => boolean,
  ) {
    this.#isOverdrawn = isOverdrawn;
    this.#context = context;
    this.asks = new Asks(context, deliver);
    this.#proposals = proposals;
    this.#timers = timers;
    this.#tasks = tasks;
    this.#reads = reads;
    const hold = (actor: Actor, item: Item) => this.#hold(actor, item);
    const putOffHere = (actor: Actor, item: Item) => this.#putOff(actor, item);
    this.#life = new Lifecycle(context, term, proposals, hold, putOffHere);
    this.#upgrades = new Upgrades(context, proposals, this.#life);
    this.#runner = new TurnRunner(context.limits);
    this.#children = new ChildOrders(context, proposals, this.#life);
    this.#faults = new Faults(context, proposals, this.#life);
    this.#volatile = new VolatileTurns(context, {
      runner: this.#runner,
      proposals,
      life: this.#life,
      cast,
      begun: () => {
        this.begun++;
      },
      begin: (behaviour, job) => this.#begin(behaviour, job),
      end: (job, head, outcome, wants) => this.#end(job, head, outcome, wants),
    });
  }

  /**
   * Lets an actor handle some messages, or go on with the turn that it is in. Returns how many of the
   * `reductions` are left.
   */
  visit(actor: Actor, reductions: number): number {
    let left = reductions;
    // Until it has nothing to do, or is held.
    for (let messages = VISIT_MESSAGES; messages > 0 && left > 0 && !this.#closed && !actor.scheduled; ) {
      if (this.#proposals.blocked) break;
      if (actor.running !== undefined) {
        left -= this.#goOn(actor, actor.running);
        messages--;
        continue;
      }
      const next = actor.next();
      if (next === undefined) break;
      if (next instanceof Casts) {
        const before = next.length;
        left -= this.#casts(actor, next, left, messages);
        messages -= before - next.length;
      } else {
        left -= this.#handle(actor, next);
        messages--;
      }
    }
    return left;
  }

  /** To be called when no turn follows at once: what the newest one sent is not kept any longer. */
  rest(): void {
    this.#runner.forget();
  }

  /** The actors whose message may find its module now. */
  takeHeld(): Actor[] {
    const held = this.#held;
    this.#held = [];
    return held;
  }

  close(): void {
    this.#closed = true;
    this.asks.close();
    this.#held = [];
  }

  // ── Messages ──

  /** Handles volatile messages; see VolatileTurns. */
  #casts(actor: Actor, casts: Casts, reductions: number, most: number): number {
    if (actor.head === undefined && isQueuePath(actor.path)) this.#life.beginQueue(actor);
    const { head } = actor;
    if (head?.lifecycle !== 'running') {
      actor.takeCast(casts);
      this.#context.count('dead-letters');
      return 1;
    }
    const behaviour = actor.behaviour ?? this.#context.behaviour(head.code);
    if (head.mode === 'durable' || typeof behaviour !== 'object')
      return this.#handle(actor, itemOf(casts, actor.takeCast(casts)));
    actor.behaviour ??= behaviour;
    return this.#volatile.casts(actor, head, behaviour, casts, reductions, most);
  }

  /** What the actor is may be out of date here: a client hears so once this node is known to lead still. */
  #putOff(actor: Actor, item: Item): void {
    if (item.envelope.sender === '') this.#reads.tell(actor, item, suspendedRefusal(actor));
    else putOff(actor, item);
  }

  #handle(actor: Actor, item: Item): number {
    const { payload, origin, sender } = item.envelope;
    if (isPutOff(actor, item)) {
      this.#putOff(actor, item);
      return MESSAGE_REDUCTIONS;
    }
    switch (payload.kind) {
      case 'spawn':
        this.#life.spawn(actor, item, payload);
        return MESSAGE_REDUCTIONS;
      case 'stop': {
        const { head } = actor;
        // A supervisor stops its children first.
        if (head !== undefined && isSupervisor(head.code) && head.lifecycle === 'running')
          return this.#message(actor, item, sender === '' ? OPERATOR_STOPS_SUPERVISOR : STOP_SUPERVISOR, {});
        this.#life.stop(actor, item);
        return MESSAGE_REDUCTIONS;
      }
      case 'start-child':
      case 'stop-child':
      case 'let-go': {
        const forwards = this.#children.take(actor, item, payload) === 'forward';
        if (!forwards || payload.kind !== 'stop-child') return MESSAGE_REDUCTIONS;
        return this.#message(actor, item, payload.kill ? KILL_SUPERVISOR : STOP_SUPERVISOR, {});
      }
      case 'report':
        return this.#message(actor, item, payload.report, {});
      case 'suspend':
        this.#life.suspend(actor, item);
        return MESSAGE_REDUCTIONS;
      case 'resume':
        this.#life.resume(actor, item);
        return MESSAGE_REDUCTIONS;
      case 'upgrade':
        return this.#upgrades.begin(actor, item, payload);
      case 'purge':
        this.#life.purge(actor, item, payload);
        return MESSAGE_REDUCTIONS;
      case 'whereis': {
        const findsEnded = this.#context.faults.has('whereis-finds-ended');
        const found = changes.located(actor, sender as ActorPath, origin, payload.ask, findsEnded);
        this.#proposals.add(actor, item, found);
        return MESSAGE_REDUCTIONS;
      }
      case 'answer':
        return this.#answer(actor, item, payload.ask, payload.outcome);
      case 'message':
        return this.#message(actor, item, payload.message, payload);
      case 'task-order':
        return this.#message(actor, item, payload.order, { taskOrder: payload });
      case 'watch':
      case 'unwatch':
        this.#proposals.add(actor, item, toldToWatched(actor, sender as ActorPath, origin, payload));
        return MESSAGE_REDUCTIONS;
      case 'terminated':
        return this.#terminated(actor, item, payload);
      case 'event':
        return this.#event(actor, item, payload);
    }
  }

  #message(actor: Actor, item: Item, message: Data, how: MessageDetails): number {
    const { origin, sender } = item.envelope;
    if (actor.head === undefined && isQueuePath(actor.path)) this.#life.beginQueue(actor);
    const queue = queueInputOf(
      actor,
      item.envelope,
      how.taskOrder,
      this.#context.faults.has('task-completed-twice'),
    );
    const source: TurnSource = {
      self: actor.path,
      mode: actor.head?.mode ?? 'durable',
      origin,
      sender,
      message,
      answersAsk: how.ask ?? null,
      wall: queue === undefined ? this.#context.time.wall : this.#timers.wall,
      ...(queue && { queue }),
      seed: seedFrom(this.#context.random),
      answers: NO_ANSWERS,
      askers: askersOf(actor, how.askers ?? NO_ASKERS),
    };
    return this.#turn({ actor, item, source, alsoMark: null, watch: how.watch });
  }

  /** An actor that this one watches has ended. */
  #terminated(actor: Actor, item: Item, notice: Payload & { kind: 'terminated' }): number {
    const { head, path } = actor;
    const told =
      head !== undefined && !hasEnded(head) ? noticed(head.watching, { to: path, ...notice }) : undefined;
    if (told?.message === undefined) {
      this.#proposals.add(actor, item, changes.noted(actor, head, item.envelope.origin));
      return MESSAGE_REDUCTIONS;
    }
    const { watching, fails } = told;
    const traps = () => this.#takes(actor, told.message!);
    if (notice.link && head !== undefined && !traps()) {
      // A seeded mistake: an end in good order takes along whoever is linked.
      if (fails || this.#context.faults.has('good-end-fails-linked'))
        this.#failWith(actor, { ...head, watching }, item, notice.reason);
      else
        this.#proposals.add(actor, item, changes.noted(actor, { ...head, watching }, item.envelope.origin));
      return MESSAGE_REDUCTIONS;
    }
    // A seeded mistake: the watcher does not forget the watch that has ended.
    const forgets = !this.#context.faults.has('terminated-twice');
    return this.#message(actor, item, told.message, forgets ? { watch: notice.reference } : {});
  }

  /** What is put off comes again, from the place of the subscription on: see ../subscriptions.ts. */
  #event(actor: Actor, item: Item, event: Payload & { kind: 'event' }): number {
    const { head } = actor;
    const { message } = event;
    const putOffBy = eventPutOff(actor, event);
    if (putOffBy !== undefined) settle(item, putOffBy);
    else if (head !== undefined && mayBeLeftOut(message) && !this.#takes(actor, message))
      this.#proposals.add(actor, item, changes.noted(actor, head, null));
    else return this.#message(actor, item, message, {});
    return MESSAGE_REDUCTIONS;
  }

  /** Whoever has declared that message is told, and does not fail with those that it is linked to. */
  #takes(actor: Actor, message: Data): boolean {
    const behaviour = actor.behaviour ?? this.#context.behaviour(actor.head!.code);
    if (typeof behaviour !== 'object' || behaviour.messageType === undefined) return false;
    return messageProblem(behaviour, message) === undefined;
  }

  /** An actor that it is linked to has failed, or is gone: so does it. */
  #failWith(actor: Actor, head: ActorHead, item: Item, reason: string): void {
    const fault = `linked: ${item.envelope.sender} ended (${reason}), and this actor is linked to it.`;
    this.#life.end(actor, head, item, 'failed', fault, 'failed', changes.faultReason(fault));
  }

  /** Puts the message back to the head of its queue, until the module that it needs arrives. */
  #hold(actor: Actor, item: Item): void {
    // What is stashed stays there until it is handled.
    if (item.stashed !== undefined) actor.scheduled = true;
    else if (overtakes(item)) actor.answers.unshift(item);
    else if (isOrder(item)) actor.orders.unshift(item);
    else actor.queue.unshift(item);
    actor.scheduled = true;
    this.#held.push(actor);
  }

  #answer(actor: Actor, item: Item, ask: string, outcome: Answer): number {
    const pending = actor.head?.pending;
    const { origin } = item.envelope;
    // An answer that nobody waits for any more: its ask timed out.
    if (!pending || pending.ask !== ask) {
      this.#life.refuse(actor, item, 'outcome-unknown', 'Nobody waits for this answer.');
      return MESSAGE_REDUCTIONS;
    }
    const source = resumedSource(actor, pending, outcome);
    this.asks.end(actor);
    // Whoever sent the message that the waiting turn handles is still in `inFlight`, unless the leader
    // changed meanwhile.
    const held = pending.origin && actor.inFlight.get(pending.origin.source);
    if (!held || held.number !== pending.origin?.number)
      return this.#turn({ actor, item, source, alsoMark: origin });
    join(held.item, item);
    return this.#turn({ actor, item: held.item, source, alsoMark: origin });
  }

  // ── Turns ──

  #turn(job: Job): number {
    const { actor, item, source } = job;
    const head = headOf(job);
    const { readOnly } = item.envelope;
    if (head?.lifecycle !== 'running' && readOnly !== undefined) {
      this.#reads.tell(actor, item, readOnly);
      return MESSAGE_REDUCTIONS;
    }
    if (head?.lifecycle !== 'running') {
      if (head === undefined) this.#life.refuseMissing(actor, item);
      else this.#life.refuseEnded(actor, item, head, job.alsoMark);
      return MESSAGE_REDUCTIONS;
    }
    const behaviour = actor.behaviour ?? this.#context.behaviour(head.code);
    if (behaviour === 'unknown-module') {
      this.#hold(actor, item);
      return MESSAGE_REDUCTIONS;
    }
    if (behaviour === 'unknown-word') {
      const message = `The word ${targetName(head.code.target)} is gone.`;
      this.#faults.take(job, head, { code: 'no-such-module', message });
      return MESSAGE_REDUCTIONS;
    }
    actor.behaviour = behaviour;
    const problem = isOfUser(actor, item) ? messageProblem(behaviour, source.message) : undefined;
    if (problem !== undefined && readOnly !== undefined) {
      this.#reads.tell(actor, item, { ok: false, code: problem.code, message: problem.message });
      return MESSAGE_REDUCTIONS;
    }
    if (problem !== undefined) {
      const origins = [source.origin, job.alsoMark];
      this.#proposals.add(actor, item, changes.refusal(actor, origins, problem.code, problem.message, head));
      return MESSAGE_REDUCTIONS;
    }
    this.begun++;
    const runner = this.#runner;
    runner.set(actor, source);
    const outcome = runner.run(behaviour, source.message);
    if (outcome === 'long') return this.#begin(behaviour, job);
    this.#end(job, head, outcome, runner.wants);
    return outcome instanceof SeqMap
      ? MESSAGE_REDUCTIONS + runner.reductionsOf(behaviour)
      : this.#context.limits.sliceReductions;
  }

  #begin(behaviour: Behaviour, { actor, ...job }: Job): number {
    const { limits } = this.#context;
    const turn = new LongTurn(behaviour, actor, job.source, job.source.message, limits);
    actor.running = { turn, stop: undefined, ...job };
    return limits.sliceReductions;
  }

  /** One more slice of a turn that takes long. */
  #goOn(actor: Actor, running: RunningTurn): number {
    const { turn, stop, item, source, alsoMark, upgrade, watch } = running;
    const job = { actor, item, source, alsoMark, watch };
    if (stop !== undefined) {
      actor.running = undefined;
      this.#life.stop(actor, stop);
      this.#life.refuseEnded(actor, item, actor.head!, alsoMark);
      return MESSAGE_REDUCTIONS;
    }
    const outcome = turn.resume();
    if (outcome !== 'running') {
      actor.running = undefined;
      if (upgrade !== undefined) this.#upgrades.end(actor, running, upgrade, outcome, turn.wants);
      else this.#end(job, headOf(job)!, outcome, turn.wants);
    }
    return this.#context.limits.sliceReductions;
  }

  /** Takes what a turn came to. */
  #end(job: Job, head: ActorHead, state: TurnOutcome, wants: TurnWants): void {
    const { actor, item, source, alsoMark } = job;
    const { readOnly, again } = item.envelope;
    if (readOnly !== undefined && head.mode === 'durable') {
      const reads = again !== true && state instanceof SeqMap;
      if (reads && changes.changesNothing(actor, head, source, state, wants))
        return this.#reads.add(actor, item, wants.reply);
      return this.#reads.tell(actor, item, readOnly);
    }
    if (!(state instanceof SeqMap))
      return state.kind === 'fault' ? this.#faults.take(job, head, state) : this.#suspend(job, head, state);
    if (head.mode === 'volatile') {
      if (!this.#volatile.end(job, head, state, wants)) this.#faults.take(job, head, TOO_LARGE);
      return;
    }
    printOutput(this.#context, actor, wants);
    const reads = again !== true && item.stashed === undefined && item.envelope.payload.kind !== 'event';
    if (reads && changes.changesNothing(actor, head, source, state, wants))
      return this.#reads.add(actor, item, wants.reply);
    const context = this.#life.changeContext();
    const aside = wants.stash ? putAside(item, source) : undefined;
    const full = aside && this.#stashFault(head, item, aside);
    if (full !== undefined) return this.#faults.take(job, head, full);
    if (wants.out.length > 0 && this.#isOverdrawn(actor.path))
      return this.#faults.take(job, head, OUTBOX_FULL);
    const given = aside?.source ?? source;
    const change = checked(() =>
      changes.turned(actor, head, given, state, wants, alsoMark, context, aside?.bytes),
    );
    if ('kind' in change) return this.#faults.take(job, head, change);
    if (outgrows(actor, state, change.growth, this.#context.limits.stateBytes))
      return this.#faults.take(job, head, TOO_LARGE);
    const { timers } = wants;
    const timed = timers.length === 0 ? change : this.#timers.turned(actor, head, change, timers);
    const whole = source.queue === undefined ? timed : this.#tasks.turned(actor, timed, wants.tasks);
    // Whoever waits for a client's ask waits on.
    const waitsOn = aside !== undefined && aside.row.client !== null;
    this.#proposals.add(actor, item, waitsOn ? { ...whole, outcome: undefined } : whole);
    if (aside !== undefined) keepAside(actor, item, aside);
    const end = wants.end?.lifecycle ?? (wants.stopSelf ? 'stopped' : undefined);
    if (end !== undefined) this.#life.tell(end, actor, wants.end && { reason: wants.end.reason });
    if (wants.become !== undefined) actor.behaviour = undefined;
  }

  /** The stash takes as much as a mailbox does. */
  #stashFault({ stash }: ActorHead, item: Item, { bytes }: PutAside) {
    const { mailboxMessages, mailboxBytes } = this.#context.limits;
    const { count, bytes: held } = stash ?? { count: 0, bytes: 0 };
    const hasRoom = count === 0 || (count < mailboxMessages && held + bytes.length <= mailboxBytes);
    // What is stashed again takes the place that it had.
    if (hasRoom || item.stashed !== undefined) return undefined;
    const message = `The stash of ${item.envelope.to} holds ${count} messages of ${held} bytes.`;
    return { code: 'stash-full', message };
  }

  /** Gives the turn up until what it asked is answered: then it runs again from its start. */
  #suspend(job: Job, head: ActorHead, wanted: TurnAwaiting): void {
    const { actor, item, source, alsoMark } = job;
    const pending = pendingTurn(job, head, wanted, this.#context.time.wall);
    const change = checked(() => changes.waiting(actor, head, pending, wanted, alsoMark));
    if ('kind' in change) return this.#faults.take(job, head, change);
    this.asks.begin(actor, wanted.to, wanted.timeoutMs);
    // The sender of the message that waits stays in `inFlight`, so that a repeat joins it; only the answer is
    // settled.
    const isTaken = item.stashed !== undefined || item.envelope.payload.kind === 'event';
    this.#proposals.add(actor, isTaken ? item : undefined, change);
    const { origin } = source;
    if (origin !== null && actor.inFlight.get(origin.source) === undefined) actor.inFlight.set(origin, item);
  }
}
