// An upgrade: an actor gets other code between two turns and keeps its state, or has it migrated by a word of
// that code.
//
// Invariants
//  G1  An actor whose turn waits for an answer keeps its code until that turn has ended: see Actor.next. It
//      will run again from its start with the answers that are recorded, and other code might ask something
//      else.
//  G2  If the migration fails, nothing of the actor changes, its code included.
import { type BehaviourRef, targetName } from '../../base/behaviour-ref.ts';
import { SeqMap } from '../../base/value.ts';
import { type Actor, outgrows, type RunningTurn } from '../actor/actor.ts';
import * as changes from '../actor/change.ts';
import type { ActorHead } from '../actor/head-row.ts';
import type { Item } from '../actor/item.ts';
import * as lives from '../actor/life-change.ts';
import type { TurnSource } from '../actor/source.ts';
import { type Behaviour, sameCode } from '../behaviour.ts';
import type { RuntimeContext } from '../context.ts';
import type { Upgrade } from '../envelope.ts';
import type { Proposals } from '../shard/proposals.ts';
import { isQueue } from '../tasks/queue-ref.ts';
import { NO_ANSWERS, NO_ASKERS, seedFrom } from '../turn/inputs.ts';
import { checked, MESSAGE_REDUCTIONS, TOO_LARGE } from '../turn/job.ts';
import { LongTurn, type TurnOutcome } from '../turn/runner.ts';
import type { TurnWants } from '../turn/wants.ts';
import type { Lifecycle } from './lifecycle.ts';
import { isSupervisor } from './supervisor-behaviour.ts';

export class Upgrades {
  readonly #context: RuntimeContext;
  readonly #proposals: Proposals;
  readonly #life: Lifecycle;

  constructor(context: RuntimeContext, proposals: Proposals, life: Lifecycle) {
    this.#context = context;
    this.#proposals = proposals;
    this.#life = life;
  }

  /** Returns about how many reductions it took. A new state is made in slices, like that of a long turn. */
  begin(actor: Actor, item: Item, upgrade: Upgrade): number {
    const { head } = actor;
    if (head === undefined) {
      this.#life.refuseMissing(actor, item);
      return MESSAGE_REDUCTIONS;
    }
    if (isSupervisor(head.code) || isQueue(head.code)) {
      const kind = isQueue(head.code) ? 'queue' : 'supervisor';
      const message = `The actor at ${actor.path} is a ${kind}, whose behaviour is that of the node.`;
      this.#life.refuse(actor, item, 'no-such-module', message);
      return MESSAGE_REDUCTIONS;
    }
    const code = codeOf(upgrade, head);
    if (code === undefined) {
      const message = `The actor at ${actor.path} runs ${targetName(head.code.target)}, which has no name: say which word it is to run.`;
      this.#life.refuse(actor, item, 'no-such-module', message);
    } else if (sameCode(code, head.code)) this.#unchanged(actor, head, item, upgrade);
    else return this.#change(actor, head, item, upgrade, code);
    return MESSAGE_REDUCTIONS;
  }

  #unchanged(actor: Actor, head: ActorHead, item: Item, { resume }: Upgrade): void {
    if (resume && head.lifecycle !== 'running')
      return this.#life.goOn(actor, head, item, lives.upgradeReply(false, 'running'));
    const reply = lives.upgradeReply(false, head.lifecycle);
    this.#proposals.add(actor, item, lives.unchanged(actor, item.envelope.origin, reply));
  }

  #change(actor: Actor, head: ActorHead, item: Item, upgrade: Upgrade, code: BehaviourRef): number {
    const context = this.#context;
    const { module, migrate } = upgrade;
    const behaviour = this.#life.deployed(actor, item, module, context.behaviour(code));
    if (behaviour === undefined) return MESSAGE_REDUCTIONS;
    const migration = migrate === null ? null : context.migration(module, migrate);
    if (behaviour === 'unknown-word') this.#life.refuseUnknownWord(actor, item, code);
    else if (typeof migration === 'string')
      this.#life.refuse(actor, item, 'no-such-module', `The module has no word ${migrate} ( Map -- Map ).`);
    else if (migration === null) this.#take(actor, head, item, upgrade, actor.state, null);
    else {
      this.#migrate(actor, item, upgrade, migration);
      return context.limits.sliceReductions;
    }
    return MESSAGE_REDUCTIONS;
  }

  /** The word is given no message: see Program.migration. */
  #migrate(actor: Actor, item: Item, upgrade: Upgrade, migration: Behaviour): void {
    const { limits, time, random } = this.#context;
    const { origin, sender } = item.envelope;
    const source: TurnSource = {
      self: actor.path,
      mode: 'durable',
      origin,
      sender,
      message: 0,
      answersAsk: null,
      wall: time.wall,
      seed: seedFrom(random),
      answers: NO_ANSWERS,
      askers: NO_ASKERS,
    };
    const turn = new LongTurn(migration, actor, source, source.message, limits);
    actor.running = { turn, item, source, alsoMark: null, upgrade, stop: undefined };
  }

  /** Takes what the word came to. */
  end(
    actor: Actor,
    { item, source }: RunningTurn,
    upgrade: Upgrade,
    outcome: TurnOutcome,
    wants: TurnWants,
  ): void {
    const fault = outcome instanceof SeqMap ? wantsMore(wants) : faultOf(outcome);
    if (fault !== undefined || !(outcome instanceof SeqMap)) return this.#fails(actor, item, fault!);
    const { wall, seed } = source;
    this.#take(actor, actor.head!, item, upgrade, outcome, { word: upgrade.migrate!, wall, seed });
  }

  #take(
    actor: Actor,
    head: ActorHead,
    item: Item,
    upgrade: Upgrade,
    state: SeqMap,
    migration: lives.Migration | null,
  ): void {
    const { module, resume } = upgrade;
    const goesOn = resume && head.lifecycle !== 'running';
    const code = codeOf(upgrade, head)!;
    const origin = goesOn ? null : item.envelope.origin;
    const context = this.#life.changeContext();
    const change = checked(() => lives.upgraded(actor, head, origin, code, state, migration, context));
    if ('kind' in change) return this.#fails(actor, item, changes.faultText(change));
    if (outgrows(actor, state, change.growth, this.#context.limits.stateBytes))
      return this.#fails(actor, item, changes.faultText(TOO_LARGE));
    this.#proposals.add(actor, goesOn ? undefined : item, change);
    actor.behaviour = undefined;
    this.#life.tell('upgraded', actor, { from: head.code.module, to: module });
    if (goesOn) this.#life.goOn(actor, actor.head!, item, lives.upgradeReply(true, 'running'));
  }

  #fails(actor: Actor, item: Item, fault: string): void {
    this.#context.log('warn', 'upgrade-failed', { path: actor.path, fault });
    this.#life.refuse(actor, item, 'migrate-failed', fault);
  }
}

/** Undefined where the actor runs a quotation, and the upgrade names no word. */
function codeOf({ module, word }: Upgrade, { code }: ActorHead): BehaviourRef | undefined {
  if (word !== null) return { module, target: { word }, captured: [] };
  return 'word' in code.target ? { module, target: code.target, captured: [] } : undefined;
}

function faultOf(outcome: Exclude<TurnOutcome, SeqMap>): string {
  return outcome.kind === 'fault'
    ? changes.faultText(outcome)
    : 'turn-failed: The word that makes the new state may not ask other actors.';
}

function wantsMore({
  events,
  out,
  casts,
  reply,
  become,
  stopSelf,
  stash,
  unstash,
}: TurnWants): string | undefined {
  const wantsNothing =
    events.length + out.length + casts.length === 0 &&
    reply === undefined &&
    become === undefined &&
    !(stopSelf || stash || unstash);
  return wantsNothing
    ? undefined
    : 'turn-failed: The word that makes the new state may only do that: it sends, appends and replies nothing.';
}
