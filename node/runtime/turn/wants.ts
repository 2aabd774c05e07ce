// What a turn wants to happen, and what collects it.
import type { BehaviourRef } from '../../base/behaviour-ref.ts';
import type { ActorPath } from '../../base/ids.ts';
import type { Data } from '../../base/value.ts';
import type { Casts, Payload } from '../envelope.ts';
import type { SupervisorEnd } from '../lifecycle/supervisor-behaviour.ts';
import type { SubscriptionWant } from '../subscriptions.ts';
import type { TaskWant } from '../tasks/queue-ref.ts';
import type { TimerWant } from './timer-wants.ts';

/** In the place of each list that is empty. */
export const NONE: readonly never[] = [];

export interface OutMessage {
  readonly to: ActorPath;
  readonly payload: Payload;
}

/** What a turn wants to happen. Watches have no references yet. */
export interface TurnWants {
  readonly events: readonly Data[];
  /** What is to be sent once the turn is committed. Empty for a volatile actor. */
  readonly out: readonly OutMessage[];
  /** What a volatile actor sends. */
  readonly casts: readonly Casts[];
  /** What the behaviour replied to the message it handles; undefined if it did not. */
  readonly reply: Data | undefined;
  readonly become: BehaviourRef | undefined;
  readonly stopSelf: boolean;
  /** Empty for a volatile actor. */
  readonly timers: readonly TimerWant[];
  /** A supervisor: all its children are started. */
  readonly ready: boolean;
  /** A supervisor: how it ends. */
  readonly end: SupervisorEnd | undefined;
  readonly subscriptions: readonly SubscriptionWant[];
  /** The message is put aside. */
  readonly stash: boolean;
  /** All that was put aside before comes next. */
  readonly unstash: boolean;
  /** The reply comes in a later turn. */
  readonly deferred: boolean;
  /** What becomes of the tasks of a queue. */
  readonly tasks: readonly TaskWant[];
  /** What the behaviour wrote to standard output. */
  readonly output: string;
}

export class Wants implements TurnWants {
  events: readonly Data[] = NONE;
  out: readonly OutMessage[] = NONE;
  casts: readonly Casts[] = NONE;
  timers: readonly TimerWant[] = NONE;
  reply: Data | undefined = undefined;
  become: BehaviourRef | undefined = undefined;
  stopSelf = false;
  ready = false;
  end: SupervisorEnd | undefined = undefined;
  deferred = false;
  tasks: readonly TaskWant[] = NONE;
  subscriptions: readonly SubscriptionWant[] = NONE;
  stash = false;
  unstash = false;
  output = '';

  clear(): void {
    this.events = NONE;
    this.out = NONE;
    this.casts = NONE;
    this.timers = NONE;
    this.reply = undefined;
    this.become = undefined;
    this.stopSelf = false;
    this.ready = false;
    this.end = undefined;
    this.deferred = false;
    this.tasks = NONE;
    this.subscriptions = NONE;
    this.stash = false;
    this.unstash = false;
    this.output = '';
  }
}

/** Whatever a turn may want beside a reply and output is a cause to write it. */
export function wantsNothing(wants: TurnWants): boolean {
  return (
    wants.events.length === 0 &&
    wants.out.length === 0 &&
    wants.casts.length === 0 &&
    wants.timers.length === 0 &&
    wants.tasks.length === 0 &&
    wants.subscriptions.length === 0 &&
    wants.become === undefined &&
    wants.end === undefined &&
    !(wants.stopSelf || wants.ready || wants.stash || wants.unstash || wants.deferred)
  );
}
