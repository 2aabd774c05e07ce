// The words of supervisors. What they make are plain Maps and Lists, as
// node/runtime/lifecycle/supervisor-spec.ts reads them.
import { SUPERVISOR_MODULE } from '../../base/ids.ts';
import { type Data, List, SeqMap, type Sym, sym, type Value, Variant } from '../../base/value.ts';
import { Fault } from '../fault.ts';
import { map, sequence, symbol } from '../words/row.ts';
import { address, ask, behaviour, data, millis, refusal, turnOf } from './actor.ts';
import { BEHAVIOUR, type BuiltinRow } from './table.ts';

const STRATEGIES = ['one-for-one', 'one-for-all', 'rest-for-one'] as const;
const RESTARTS = ['permanent', 'transient', 'temporary'] as const;

function oneOf(value: Value | undefined, choices: readonly string[]): Sym {
  const chosen = symbol(value);
  if (choices.includes(chosen.name)) return chosen;
  throw new Fault(
    'bad-argument',
    `:${chosen.name} is none of ${choices.map((each) => `:${each}`).join(', ')}.`,
  );
}

const named = (name: string, dotted: string, effect: string) =>
  ({ name, aliases: [dotted], effect, only: 'turn' }) as const;

/** What a child is to run, by reference: code is never kept itself. */
function child(id: Value | undefined, { module, target, captured }: ReturnType<typeof behaviour>): SeqMap {
  const code = new Variant<Data>('Code', [
    module,
    'word' in target ? target.word : target.quotation,
    List.of<Data>(captured),
  ]);
  return SeqMap.from<Data>([
    ['id', address(id)],
    ['program', code],
  ]);
}

function specification(flags: Value | undefined, children: Value | undefined): Data {
  const list = sequence(children);
  if (!(list instanceof List)) throw new Fault('type-fault', 'The children of a supervisor are a List.');
  return data(map(flags).set('children', list), 'supervisor');
}

export const supervisorWords: readonly BuiltinRow[] = [
  {
    ...named('child', 'child.make', `( String ${BEHAVIOUR} -- Map )`),
    host: (context, id, quotation) => child(id, behaviour(context, quotation)),
  },
  {
    ...named('child-restart', 'child.restart', '( Map Symbol -- Map )'),
    host: (_, spec, restart) => map(spec).set('restart', oneOf(restart, RESTARTS)),
  },
  {
    ...named('child-fresh', 'child.fresh', '( Map -- Map )'),
    host: (_, spec) => map(spec).set('state', sym('fresh')),
  },
  {
    ...named('supervisor-strategy', 'supervisor.strategy', '( Map Symbol -- Map )'),
    host: (_, flags, strategy) => map(flags).set('strategy', oneOf(strategy, STRATEGIES)),
  },
  {
    ...named('supervisor-intensity', 'supervisor.intensity', '( Map Int Int -- Map )'),
    host: (_, flags, restarts, period) =>
      map(flags).set('intensity', millis(restarts)).set('period-ms', millis(period)),
  },
  {
    ...named('supervisor-back-off', 'supervisor.back-off', '( Map Int Int -- Map )'),
    host: (_, flags, least, most) =>
      map(flags).set('back-off-ms', List.of<Value>([millis(least), millis(most)])),
  },
  {
    ...named('supervisor-start-at', 'supervisor.start-at', '( String Map List -- String )'),
    host: (context, path, flags, children) => {
      const captured = [specification(flags, children)];
      const code = { module: SUPERVISOR_MODULE, target: { word: 'supervisor' }, captured };
      return turnOf(context).spawn(code, { kind: 'path', path: address(path) });
    },
  },
  {
    ...named('supervisor-children', 'supervisor.children', '( String -- List )'),
    host: (context, supervisor) => {
      const outcome = ask(context, supervisor!, new Variant<Data>('Children', []), undefined);
      if ('answered' in outcome) return outcome.answered;
      throw refusal(outcome.refused);
    },
  },
];
