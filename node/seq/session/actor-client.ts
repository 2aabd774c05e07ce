// The words of actors in a session: each waits until a node has answered. In a turn they are another thing,
// see builtins/actor.ts.
import { type Data, type Value, Variant } from '../../base/value.ts';
import type { Pending, SpawnPlace } from '../api.ts';
import { actorWords, address, behaviour, data, millis } from '../builtins/actor.ts';
import {
  SUPERVISOR_QUESTIONS,
  SUPERVISOR_REQUESTS,
  specification,
  supervisorAnswer,
  supervisorWords,
} from '../builtins/supervisors.ts';
import { type Builtin, type BuiltinRow, builtinOf } from '../builtins/table.ts';
import { Fault } from '../fault.ts';
import type { WordTable } from '../lines/vocabulary.ts';
import type { RunContext } from '../run/context.ts';
import type { WAIT } from '../run/strands.ts';

/** What a session can ask of a node. Each may be rejected with a SeqNodeError. */
export interface ActorClient {
  /** Settles with the address. `word` is a word of the session. */
  spawn(word: string, place: SpawnPlace): Pending<string>;
  /** The same of a supervisor, whose children run words of the session: those of a module without a name. */
  supervise(supervisor: Data, place: SpawnPlace): Pending<string>;
  /** Settles once the message has taken effect. */
  send(to: string, message: Data): Pending<unknown>;
  ask(to: string, message: Data): Pending<Data>;
  /** Settles with undefined when no answer has come within that many milliseconds. */
  tryAsk(to: string, message: Data, timeoutMs: number): Pending<Data | undefined>;
  /** Settles with the path of the actor that lives there, or undefined. */
  whereis(address: string): Pending<string | undefined>;
  stop(actor: string): Pending<unknown>;
}

type Suspends = NonNullable<BuiltinRow['suspends']>;

/** The words of a line, of which those that speak to actors do so through the client. */
export function withActors(words: WordTable, client: ActorClient): WordTable {
  const own = new Map<string, Builtin>();
  for (const row of [...actorWords, ...supervisorWords]) {
    const suspends = waiting(row.name, client) ?? asking(row.name, client);
    if (suspends === undefined) continue;
    const { host: _, ...rest } = row;
    const builtin = builtinOf({ ...rest, suspends });
    for (const name of [row.name, ...(row.aliases ?? [])])
      if (words.get(name) !== undefined) own.set(name, builtin);
  }
  return { get: (name) => own.get(name) ?? words.get(name), keys: () => words.keys() };
}

/** The words that ask something of a supervisor. */
function asking(name: string, client: ActorClient): Suspends | undefined {
  const ask = ({ strands }: RunContext, to: Value | undefined, message: Variant, answers: boolean) =>
    strands!.waitFor(client.ask(address(to), message), (answer) => {
      const outcome = supervisorAnswer(answer);
      return answers ? outcome : undefined;
    });
  if (name === 'supervisor-start' || name === 'supervisor-start-at')
    return ({ strands }, ...given) => {
      const [flags, children] = given.slice(-2);
      const place: SpawnPlace =
        given.length === 2 ? { kind: 'fresh' } : { kind: 'path', path: address(given[0]) };
      return strands!.waitFor(client.supervise(specification(flags, children), place), (path) => path);
    };
  const question = SUPERVISOR_QUESTIONS.find((each) => each.name === name);
  if (question !== undefined)
    return (context, to) => ask(context, to, new Variant<Data>(question.tag, []), true);
  const request = SUPERVISOR_REQUESTS.find((each) => each.name === name);
  if (request === undefined) return undefined;
  const { tag, check, answers } = request;
  return (context, to, given) => ask(context, to, new Variant<Data>(tag, [check(given)]), answers);
}

/** Undefined for the words that need a turn, such as actor-reply. */
function waiting(name: string, client: ActorClient): Suspends | undefined {
  const spawn = (context: RunContext, quotation: Value | undefined, place: SpawnPlace): typeof WAIT => {
    const { target } = behaviour(context, quotation);
    if (!('word' in target)) throw new Fault('bad-argument', 'In a session a behaviour is a word.');
    return context.strands!.waitFor(client.spawn(target.word, place), (path) => path);
  };
  const words: Readonly<Record<string, Suspends>> = {
    'actor-spawn': (context, quotation) => spawn(context, quotation, { kind: 'fresh' }),
    'actor-spawn-at': (context, path, quotation) =>
      spawn(context, quotation, { kind: 'path', path: address(path) }),
    'actor-register': (context, called, quotation) =>
      spawn(context, quotation, { kind: 'name', name: address(called) }),
    'actor-send': ({ strands }, to, message) =>
      strands!.waitFor(client.send(address(to), data(message, 'message')), () => undefined),
    'actor-ask': ({ strands }, to, message) =>
      strands!.waitFor(client.ask(address(to), data(message, 'message')), (answer) => answer),
    'actor-try-ask': ({ strands }, to, message, timeout) => {
      const answered = client.tryAsk(address(to), data(message, 'message'), millis(timeout));
      return strands!.waitFor(answered, (answer) => (answer === undefined ? [0, false] : [answer, true]));
    },
    'actor-whereis': ({ strands }, name) =>
      strands!.waitFor(client.whereis(address(name)), (path) =>
        path === undefined ? ['', false] : [path, true],
      ),
    'actor-stop': ({ strands }, actor) => strands!.waitFor(client.stop(address(actor)), () => undefined),
  };
  return Object.hasOwn(words, name) ? words[name] : undefined;
}
