// The words of actors. Each calls the turn's host, which keeps what is asked until the turn is committed.
import { assertData, boundedBytes, type Data, type Value } from '../../base/value.ts';
import type { SpawnPlace, TurnHost } from '../api.ts';
import { Fault, fromHere } from '../fault.ts';
import { AWAITING, type RunContext } from '../run/context.ts';
import { Quotation } from '../run/quotation.ts';
import { int, symbol, text } from '../words/row.ts';
import { BEHAVIOUR, type BuiltinRow } from './table.ts';

export function turnOf({ turn }: RunContext): TurnHost {
  if (turn === undefined)
    throw new Fault('not-in-turn', 'Actor words work only while an actor handles a message.');
  return turn;
}

/** An address: a path, a name or a UUID. */
export const address = (value: Value | undefined): string => {
  const out = text(value);
  if (typeof out !== 'string') throw new Fault('bad-argument', 'The address of an actor is text.');
  return out;
};

/** The length of the encoding of what must be data. */
function bytesOfMessage(message: Value | undefined): number {
  try {
    return boundedBytes(message, 'message');
  } catch (error) {
    throw fromHere(error);
  }
}

export function data(value: Value | undefined, keyPath: string): Data {
  // Not by a closure: every message comes here.
  try {
    assertData(value, keyPath);
  } catch (error) {
    throw fromHere(error);
  }
  return value;
}

export function behaviour(context: RunContext, value: Value | undefined) {
  if (!(value instanceof Quotation)) throw new Fault('type-fault', 'A behaviour is a quotation.');
  return context.reference(value);
}

/** Milliseconds from 0 to 2^48. */
export function millis(value: Value | undefined): number {
  const n = int(value);
  if (typeof n !== 'number' || n < 0 || n > 2 ** 48)
    throw new Fault('bad-argument', 'A time is a number of milliseconds from 0 to 2^48.');
  return n;
}

function periodOf(value: Value | undefined): number {
  const period = millis(value);
  if (period === 0) throw new Fault('bad-argument', 'A period is 1 millisecond or more.');
  return period;
}

const MISSED = ['once', 'skip', 'all'] as const;

function missedOf(value: Value | undefined): (typeof MISSED)[number] {
  const { name } = symbol(value);
  const missed = MISSED.find((each) => each === name);
  if (missed === undefined)
    throw new Fault(
      'bad-argument',
      `What becomes of missed occurrences is :once, :skip or :all, not :${name}.`,
    );
  return missed;
}

const word = (name: string, effect: string, host: NonNullable<BuiltinRow['host']>): BuiltinRow => ({
  name: `actor-${name}`,
  aliases: [`actor.${name}`],
  effect,
  only: 'turn',
  host,
});

const spawn = (context: RunContext, value: Value | undefined, place: SpawnPlace): string => {
  const turn = turnOf(context);
  return turn.spawn(behaviour(context, value), place);
};

export function ask(context: RunContext, to: Value, message: Value, timeoutMs: number | undefined) {
  const turn = turnOf(context);
  const outcome = turn.ask(address(to), data(message, 'message'), timeoutMs);
  if (outcome === 'awaiting') throw AWAITING;
  return outcome;
}

const CYCLE = 'ask-cycle: ';

/** A circle of asks is told by its name all the way round. */
export const refusal = (refused: string) =>
  refused.startsWith(CYCLE)
    ? new Fault('ask-cycle', refused.slice(CYCLE.length))
    : new Fault('no-answer', `The ask was refused: ${refused}`);

export const actorWords: readonly BuiltinRow[] = [
  word('spawn', `( ${BEHAVIOUR} -- String )`, (context, quotation) =>
    spawn(context, quotation, { kind: 'fresh' }),
  ),
  word('spawn-at', `( String ${BEHAVIOUR} -- String )`, (context, path, quotation) =>
    spawn(context, quotation, { kind: 'path', path: address(path) }),
  ),
  word('register', `( String ${BEHAVIOUR} -- String )`, (context, name, quotation) =>
    spawn(context, quotation, { kind: 'name', name: address(name) }),
  ),
  word('send', '( String M -- )', (context, to, message) => {
    const turn = turnOf(context);
    const path = address(to);
    turn.send(path, message as Data, bytesOfMessage(message));
  }),
  word('ask', '( String M -- R )', (context, to, message) => {
    const outcome = ask(context, to!, message!, undefined);
    if ('answered' in outcome) return outcome.answered;
    throw refusal(outcome.refused);
  }),
  word('try-ask', '( String M Int -- R Bool )', (context, to, message, timeout) => {
    const outcome = ask(context, to!, message!, millis(timeout));
    return 'answered' in outcome ? [outcome.answered, true] : [0, false];
  }),
  word('whereis', '( String -- String Bool )', (context, name) => {
    const outcome = turnOf(context).whereis(address(name));
    if (outcome === 'awaiting') throw AWAITING;
    if ('refused' in outcome) throw refusal(outcome.refused);
    return [outcome.answered, outcome.answered !== ''];
  }),
  word('reply', '( R -- )', (context, response) => {
    turnOf(context).reply(data(response, 'response'));
  }),
  word('self', '( -- String )', (context) => turnOf(context).self()),
  word('sender', '( -- String )', (context) => turnOf(context).sender()),
  word('stop', '( String -- )', (context, actor) => {
    turnOf(context).stop(address(actor));
  }),
  word('state', '( -- Map )', (context) => turnOf(context).state()),
  word('become', `( ${BEHAVIOUR} -- )`, (context, quotation) => {
    turnOf(context).become(behaviour(context, quotation));
  }),
  word('stash', '( -- )', (context) => {
    turnOf(context).stash();
  }),
  word('unstash-all', '( -- )', (context) => {
    turnOf(context).unstashAll();
  }),
  word('watch', '( String -- )', (context, actor) => {
    turnOf(context).watch(address(actor));
  }),
  word('unwatch', '( String -- )', (context, actor) => {
    turnOf(context).unwatch(address(actor));
  }),
  word('subscribe', '( String -- )', (context, prefix) => {
    turnOf(context).subscribe(address(prefix));
  }),
  word('unsubscribe', '( String -- )', (context, prefix) => {
    turnOf(context).unsubscribe(address(prefix));
  }),
  word('link', '( String -- )', (context, actor) => {
    turnOf(context).link(address(actor));
  }),
  word('unlink', '( String -- )', (context, actor) => {
    turnOf(context).unlink(address(actor));
  }),
  word('send-after', '( String M Int -- String )', (context, to, message, delay) =>
    turnOf(context).sendAfter(address(to), data(message, 'message'), millis(delay)),
  ),
  word('send-every', '( String M Int -- String )', (context, to, message, period) =>
    turnOf(context).sendEvery(address(to), data(message, 'message'), periodOf(period), 'once'),
  ),
  word('send-every-missed', '( String M Int Symbol -- String )', (context, to, message, period, missed) =>
    turnOf(context).sendEvery(address(to), data(message, 'message'), periodOf(period), missedOf(missed)),
  ),
  word('cancel', '( String -- )', (context, timer) => {
    turnOf(context).cancelTimer(address(timer));
  }),
  {
    name: 'journal-append',
    aliases: ['journal.append'],
    only: 'turn',
    effect: '( E -- )',
    host: (context, event) => {
      turnOf(context).append(data(event, 'event'));
    },
  },
];
