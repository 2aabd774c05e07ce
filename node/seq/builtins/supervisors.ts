// The words of supervisors. What they make are plain Maps and Lists, as
// node/runtime/lifecycle/supervisor-spec.ts reads them.
import { SeqNodeError } from '../../base/errors.ts';
import { SUPERVISOR_MODULE } from '../../base/ids.ts';
import { resolveAddress } from '../../base/path.ts';
import { type Data, List, SeqMap, type Sym, sym, type Value, Variant } from '../../base/value.ts';
import type { SpawnPlace } from '../api.ts';
import { Fault } from '../fault.ts';
import type { RunContext } from '../run/context.ts';
import { map, sequence, symbol } from '../words/row.ts';
import { address, ask, behaviour, data, millis, refusal, turnOf } from './actor.ts';
import { BEHAVIOUR, type BuiltinRow } from './table.ts';

const STRATEGIES = ['one-for-one', 'one-for-all', 'rest-for-one', 'simple-one-for-one'] as const;
const AUTO_SHUTDOWNS = ['never', 'any-significant', 'all-significant'] as const;
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

/** A word that sets one field of a child or of settings. */
const setting = (
  name: string,
  dotted: string,
  effect: string,
  key: string,
  value: (given: Value | undefined) => Value,
): BuiltinRow => ({
  ...named(name, dotted, effect),
  host: (_, before, given) => map(before).set(key, value(given)),
});

const child = (id: Value | undefined, program: Variant): SeqMap =>
  SeqMap.from<Data>([
    ['id', address(id)],
    ['program', program],
  ]);

/** What a child is to run, by reference: code is never kept itself. */
function codeOf({ module, target, captured }: ReturnType<typeof behaviour>): Variant {
  const where = 'word' in target ? target.word : target.quotation;
  return new Variant<Data>('Code', [module, where, List.of<Data>(captured)]);
}

export function specification(flags: Value | undefined, children: Value | undefined): Data {
  const list = sequence(children);
  if (!(list instanceof List)) throw new Fault('type-fault', 'The children of a supervisor are a List.');
  return data(map(flags).set('children', list), 'supervisor');
}

/** An absolute path, whatever form of address is given. */
function pathOf(value: Value | undefined): string {
  try {
    return resolveAddress(address(value));
  } catch (error) {
    if (error instanceof SeqNodeError) throw new Fault('bad-argument', error.message);
    throw error;
  }
}

function startSupervisor(
  context: RunContext,
  flags: Value | undefined,
  children: Value | undefined,
  place: SpawnPlace,
) {
  const captured = [specification(flags, children)];
  return turnOf(context).spawn(
    { module: SUPERVISOR_MODULE, target: { word: 'supervisor' }, captured },
    place,
  );
}

/** Of an answer that is a refusal, the fault. */
export function supervisorAnswer(answer: Data): Data {
  if (!(answer instanceof Variant) || answer.tag !== 'Refused' || answer.fields.length !== 2) return answer;
  const [code, message] = answer.fields;
  throw new Fault('no-answer', `The supervisor refused: ${code}: ${message}`);
}

export interface SupervisorRequest {
  readonly name: string;
  readonly dotted: string;
  readonly effect: string;
  readonly tag: string;
  readonly check: (given: Value | undefined) => Data;
  readonly answers: boolean;
}

const request = (
  name: string,
  effect: string,
  tag: string,
  answers: boolean,
  check: SupervisorRequest['check'] = address,
): SupervisorRequest => ({
  name: `supervisor-${name}`,
  dotted: `supervisor.${name}`,
  effect,
  tag,
  check,
  answers,
});

/** What a supervisor is asked about one child, as a variant of one field. */
export const SUPERVISOR_REQUESTS: readonly SupervisorRequest[] = [
  request('add', '( String Map -- String )', 'Add', true, (spec) => data(map(spec), 'child')),
  request('add-instance', '( String String -- String )', 'Instance', true),
  request('remove', '( String String -- )', 'Remove', false),
  request('restart', '( String String -- )', 'Restart', false),
  request('terminate', '( String String -- )', 'Terminate', false),
  request('delete', '( String String -- )', 'Delete', false),
  request('child', '( String String -- Map )', 'Spec', true),
];

/** What a supervisor is asked about all of its children. */
export const SUPERVISOR_QUESTIONS = [
  {
    name: 'supervisor-children',
    dotted: 'supervisor.children',
    effect: '( String -- List )',
    tag: 'Children',
  },
  { name: 'supervisor-count', dotted: 'supervisor.count', effect: '( String -- Map )', tag: 'Count' },
] as const;

function asked(context: RunContext, supervisor: Value | undefined, message: Variant): Data {
  const outcome = ask(context, supervisor!, message, undefined);
  if ('answered' in outcome) return supervisorAnswer(outcome.answered);
  throw refusal(outcome.refused);
}

const CHILD_WORDS: readonly BuiltinRow[] = [
  {
    ...named('child', 'child.make', `( String ${BEHAVIOUR} -- Map )`),
    host: (context, id, quotation) => child(id, codeOf(behaviour(context, quotation))),
  },
  {
    ...named('child-supervisor', 'child.supervisor', '( String Map List -- Map )'),
    host: (_, id, flags, children) =>
      child(id, new Variant<Data>('Supervisor', [specification(flags, children)])),
  },
  setting('child-at', 'child.at', '( Map String -- Map )', 'path', pathOf),
  setting('child-restart', 'child.restart', '( Map Symbol -- Map )', 'restart', (given) =>
    oneOf(given, RESTARTS),
  ),
  setting('child-shutdown', 'child.shutdown', '( Map Int -- Map )', 'shutdown', millis),
  setting('child-shutdown-kill', 'child.shutdown-kill', '( Map -- Map )', 'shutdown', () =>
    sym('brutal-kill'),
  ),
  setting('child-shutdown-infinity', 'child.shutdown-infinity', '( Map -- Map )', 'shutdown', () =>
    sym('infinity'),
  ),
  setting('child-significant', 'child.significant', '( Map -- Map )', 'significant', () => true),
  setting('child-volatile', 'child.volatile', '( Map -- Map )', 'mode', () => sym('volatile')),
  setting('child-fresh', 'child.fresh', '( Map -- Map )', 'state', () => sym('fresh')),
];

const SETTING_WORDS: readonly BuiltinRow[] = [
  setting('supervisor-strategy', 'supervisor.strategy', '( Map Symbol -- Map )', 'strategy', (given) =>
    oneOf(given, STRATEGIES),
  ),
  setting(
    'supervisor-auto-shutdown',
    'supervisor.auto-shutdown',
    '( Map Symbol -- Map )',
    'auto-shutdown',
    (given) => oneOf(given, AUTO_SHUTDOWNS),
  ),
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
];

export const supervisorWords: readonly BuiltinRow[] = [
  ...CHILD_WORDS,
  ...SETTING_WORDS,
  {
    ...named('supervisor-start', 'supervisor.start', '( Map List -- String )'),
    host: (context, flags, children) => startSupervisor(context, flags, children, { kind: 'fresh' }),
  },
  {
    ...named('supervisor-start-at', 'supervisor.start-at', '( String Map List -- String )'),
    host: (context, path, flags, children) =>
      startSupervisor(context, flags, children, { kind: 'path', path: address(path) }),
  },
  ...SUPERVISOR_QUESTIONS.map(
    ({ name, dotted, effect, tag }): BuiltinRow => ({
      ...named(name, dotted, effect),
      host: (context, supervisor) => asked(context, supervisor, new Variant<Data>(tag, [])),
    }),
  ),
  ...SUPERVISOR_REQUESTS.map(
    ({ name, dotted, effect, tag, check, answers }): BuiltinRow => ({
      ...named(name, dotted, effect),
      host: (context, supervisor, given) => {
        const answer = asked(context, supervisor, new Variant<Data>(tag, [check(given)]));
        return answers ? answer : undefined;
      },
    }),
  ),
];
