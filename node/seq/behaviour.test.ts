import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import type { BehaviourRef } from '../base/behaviour-ref.ts';
import { SeqNodeError } from '../base/errors.ts';
import { moduleHash } from '../base/ids.ts';
import { formatNotation, parseNotation } from '../base/notation.ts';
import { type Data, Float, List, SeqMap, sym, Variant } from '../base/value.ts';
import {
  type AskOutcome,
  type Behaviour,
  checkMessage,
  compileProgram,
  type Program,
  type RunResult,
  type TurnHost,
} from './index.ts';
import { runTurn } from './testing/run-turn.ts';

const REDUCTIONS = 1_000_000;
const HASH = moduleHash('ab'.repeat(32));

const examples = join(import.meta.dirname, '../../examples');
const exampleFiles = Object.fromEntries(
  readdirSync(examples)
    .filter((name) => name.endsWith('.seq'))
    .map((name) => [name, readFileSync(join(examples, name), 'utf8')]),
);

function compile(t: ExecutionContext, text: string): Program {
  return compileFiles(t, 'a.seq', { 'a.seq': text });
}

function compileFiles(t: ExecutionContext, entry: string, files: Record<string, string>): Program {
  const compiled = compileProgram({ entry, files }, { moduleHash: HASH });
  if (!compiled.ok) {
    t.log(compiled.diagnostics);
    throw new Error('the program was refused');
  }
  return compiled.program;
}

/** Keeps all calls as text; asks are answered by `answer`. */
class RecordingHost implements TurnHost {
  readonly calls: string[] = [];
  readonly references: BehaviourRef[] = [];
  readonly #state: SeqMap;
  readonly #answer: (to: string, message: Data, timeoutMs: number | undefined) => AskOutcome;

  constructor(state: SeqMap, answer: (to: string, message: Data) => AskOutcome = () => 'awaiting') {
    this.#state = state;
    this.#answer = answer;
  }

  #note(name: string, ...values: Data[]): void {
    this.calls.push([name, ...values.map((value) => formatNotation(value))].join(' '));
  }

  spawn(behaviour: BehaviourRef, place: { kind: string; path?: string; name?: string }): string {
    this.references.push(behaviour);
    this.#note('spawn', place.path ?? place.name ?? '');
    return place.path ?? `/id/${this.references.length}`;
  }
  send(to: string, message: Data): void {
    this.#note('send', to, message);
  }
  ask(to: string, message: Data, timeoutMs: number | undefined): AskOutcome {
    this.#note('ask', to, message);
    return this.#answer(to, message, timeoutMs);
  }
  whereis(address: string): AskOutcome {
    this.#note('whereis', address);
    return { answered: address === 'nobody' ? '' : `/name/${address}` };
  }
  reply(response: Data): void {
    this.#note('reply', response);
  }
  self = () => '/self';
  sender = () => '/sender';
  stop(actor: string): void {
    this.#note('stop', actor);
  }
  state = () => this.#state;
  append(event: Data): void {
    this.#note('append', event);
  }
  stash(): void {
    this.#note('stash');
  }
  unstashAll(): void {
    this.#note('unstashAll');
  }
  become(behaviour: BehaviourRef): void {
    this.references.push(behaviour);
    this.#note('become');
  }
  watch(actor: string): void {
    this.#note('watch', actor);
  }
  subscribe(prefix: string): void {
    this.#note('subscribe', prefix);
  }

  unsubscribe(prefix: string): void {
    this.#note('unsubscribe', prefix);
  }

  unwatch(actor: string): void {
    this.#note('unwatch', actor);
  }
  link(actor: string): void {
    this.#note('link', actor);
  }
  unlink(actor: string): void {
    this.#note('unlink', actor);
  }
  sendAfter(to: string, message: Data, delayMs: number): string {
    this.#note('sendAfter', to, message, delayMs);
    return 'timer-1';
  }
  sendEvery(to: string, message: Data, periodMs: number, missed: string): string {
    this.#note('sendEvery', to, message, periodMs, missed);
    return 'timer-2';
  }
  cancelTimer(timer: string): void {
    this.#note('cancelTimer', timer);
  }
  write(text: string | Uint8Array): void {
    this.calls.push(`write ${text}`);
  }
  nowMillis = () => 1000;
  random = () => 0.25;
}

/**
 * Sends messages in notation to a behaviour, one turn each. Returns the state and all that the turns asked of
 * the host.
 */
function play(behaviour: Behaviour, messages: string[], start: SeqMap = SeqMap.empty) {
  let state = start;
  const calls: string[] = [];
  const results: RunResult[] = [];
  for (const message of messages) {
    const host = new RecordingHost(state);
    const result = runTurn(
      behaviour,
      state,
      parseNotation(message, { outerParensOptional: true }),
      host,
      REDUCTIONS,
    );
    calls.push(...host.calls);
    results.push(result);
    if (result.kind === 'done') state = result.state as SeqMap;
  }
  return { state: formatNotation(state), calls, results };
}

test('accounts.seq keeps a balance, its events, and answers', (t) => {
  const program = compileFiles(t, 'accounts.seq', exampleFiles);
  t.deepEqual(
    program.behaviours.map(({ name }) => name),
    ['account'],
  );
  const account = program.behaviourOf('account')!;
  t.deepEqual(account.ref, { module: HASH, target: { word: 'account' }, captured: [] });
  const { state, calls } = play(account, [
    'Deposit 100',
    'Withdraw 30',
    'Withdraw 300',
    'Deposit -5',
    'Balance',
  ]);
  t.is(state, '{"balance" 70}');
  t.deepEqual(calls, [
    'append (Deposited 100)',
    'reply (Balanced 100)',
    'append (Withdrawn 30)',
    'reply (Balanced 70)',
    'reply (Rejected "the balance is too low" 70)',
    'reply (Rejected "the amount must be positive" 70)',
    'reply (Balanced 70)',
  ]);
});

test('accounts-seed.seq does the same in the first vocabulary', (t) => {
  const account = compileFiles(t, 'accounts-seed.seq', exampleFiles).behaviourOf('my-actor')!;
  t.is(account.messageType, undefined);
  const { state, results } = play(account, ['Deposit 100', 'Withdraw 30', 'Withdraw 300', 'Unheard-of']);
  t.is(state, '{"balance" 70}');
  t.true(results.every(({ kind }) => kind === 'done'));
});

test('transfer.seq asks first, sets aside, and settles with an id', (t) => {
  const wallet = compileFiles(t, 'transfer.seq', exampleFiles).behaviourOf('wallet')!;
  const message = parseNotation('(Pay "p" "/b" 30)');
  const rich = SeqMap.from([['balance', 100]]);
  const first = new RecordingHost(rich);
  t.deepEqual(runTurn(wallet, rich, message, first, REDUCTIONS), { kind: 'awaiting' });
  const credited = () => ({ answered: new Variant('Credited', []) });
  const paying = new RecordingHost(rich, credited);
  const result = runTurn(wallet, rich, message, paying, REDUCTIONS);
  t.deepEqual(paying.calls, ['ask "/b" (Payable)', 'reply (Started "p")', 'send "/self" (Settle "p")']);
  const aside = (result as { state: SeqMap }).state;
  t.is(formatNotation(aside), '{"aside" {"p" (Aside "/b" 30)} "balance" 70}');
  const settle = (answer: () => AskOutcome) => {
    const host = new RecordingHost(aside, answer);
    const settled = runTurn(wallet, aside, parseNotation('(Settle "p")'), host, REDUCTIONS);
    return [...host.calls, formatNotation((settled as { state: SeqMap }).state)];
  };
  const ask = 'ask "/b" (Credit "/self#p" 30)';
  t.deepEqual(settle(credited), [
    ask,
    'reply (Paid "p")',
    '{"aside" {} "balance" 70 "ended" {"p" (Paid "p")}}',
  ]);
  t.deepEqual(
    settle(() => ({ answered: new Variant('Declined', ['closed']) })),
    [
      ask,
      'reply (Returned "p" "closed")',
      '{"aside" {} "balance" 100 "ended" {"p" (Returned "p" "closed")}}',
    ],
  );
  t.deepEqual(
    settle(() => ({ refused: 'timeout' })),
    [ask, 'reply (Waits "p")', formatNotation(aside)],
  );
});

test('loop-forever.seq is stopped by its budget and by nothing else', (t) => {
  const looper = compileFiles(t, 'loop-forever.seq', exampleFiles).behaviourOf('looper')!;
  t.deepEqual(play(looper, ['Spin']).results, [{ kind: 'exhausted' }]);
  t.deepEqual(play(looper, ['Ping']).calls, ['reply :pong']);
});

test('faulty.seq fails in each way, and its faults say where', (t) => {
  const faulty = compileFiles(t, 'faulty.seq', exampleFiles).behaviourOf('faulty')!;
  const { results, state } = play(faulty, ['Count', 'Divide', 'WrongType', 'TooDeep', 'KeepCode', 'Count']);
  t.deepEqual(
    results.map((result) => (result.kind === 'fault' ? result.code : result.kind)),
    ['done', 'division-by-zero', 'type-fault', 'stack-overflow', 'not-data', 'done'],
  );
  t.is(state, '{"count" 2}');
  const [, divide, , deep, code] = results;
  t.true(divide?.kind === 'fault');
  const line = exampleFiles['faulty.seq']!.split('\n').findIndex((text) => text.includes('1 0 divide')) + 1;
  if (divide?.kind === 'fault')
    t.deepEqual(divide.trace, [{ word: 'faulty', file: 'faulty.seq', line, column: 19 }]);
  if (deep?.kind === 'fault') t.true(deep.trace.length > 10 && deep.trace[5]?.word === 'too-deep');
  if (code?.kind === 'fault') t.regex(code.message, /state\."code"/);
});

const ACTOR_WORDS = `
  : helper ( Map M -- Map ) drop ;
  : adds ( Map M Int -- Map ) nip "sum" swap map.set ;
  : both ( Map Variant -- Map )
    drop
    [ helper ] actor-spawn drop          [ helper ] actor.spawn drop
    "/a/b" [ helper ] actor-spawn-at drop
    "name" [ helper ] actor-register drop
    "child" 7 [ adds ] actor.spawn-at drop
    "/x" :hello actor-send               "/x" 1.5 actor.send
    actor-self "/x" 1 actor-send drop    actor.sender drop
    "/x" actor-watch "/x" actor.unwatch "/x" actor-link "/x" actor.unlink "x" actor-whereis 2drop actor-stash actor.unstash-all
    "/x" 5 1000 actor-send-after actor.cancel
    "/x" 5 1000 actor-send-every actor.cancel
    "/x" 5 1000 :skip actor-send-every-missed drop
    "/x" actor-stop
    [ helper ] actor.become
    "event" journal-append 2 journal.append
    actor-state map.size actor-reply
    "/y" 1 50 actor-try-ask [ drop ] [ drop "late" actor-reply ] if
  ;`;

for (const [mark, kind] of [
  ['.', 'dots'],
  ['-', 'hyphens'],
])
  test(`every actor word calls the host, spelled with ${kind}`, (t) => {
    const source = ACTOR_WORDS.replace(/\b(actor|journal)[.-](?=[a-z])/g, `$1${mark}`);
    const both = compile(t, source).behaviourOf('both')!;
    const host = new RecordingHost(SeqMap.empty, () => ({ refused: 'time-out' }));
    t.like(runTurn(both, SeqMap.empty, new Variant('M', []), host, REDUCTIONS), { kind: 'done' });
    t.deepEqual(host.calls, [
      'spawn ""',
      'spawn ""',
      'spawn "/a/b"',
      'spawn "name"',
      'spawn "child"',
      'send "/x" :hello',
      'send "/x" 1.5',
      'send "/x" 1',
      'watch "/x"',
      'unwatch "/x"',
      'link "/x"',
      'unlink "/x"',
      'whereis "x"',
      'stash',
      'unstashAll',
      'sendAfter "/x" 5 1000',
      'cancelTimer "timer-1"',
      'sendEvery "/x" 5 1000 "once"',
      'cancelTimer "timer-2"',
      'sendEvery "/x" 5 1000 "skip"',
      'stop "/x"',
      'become',
      'append "event"',
      'append 2',
      'reply 0',
      'ask "/y" 1',
      'reply "late"',
    ]);
  });

test('a quotation is kept by reference: a word by its name, others by number with what they captured', (t) => {
  const program = compile(t, ACTOR_WORDS);
  const host = new RecordingHost(SeqMap.empty, () => ({ refused: '' }));
  runTurn(program.behaviourOf('both')!, SeqMap.empty, new Variant('M', []), host, REDUCTIONS);
  t.deepEqual(host.references[0], { module: HASH, target: { word: 'helper' }, captured: [] });
  const closure = host.references[4]!;
  t.deepEqual(closure, { module: HASH, target: { quotation: 4 }, captured: [7] });
  // The reference is data: it survives a journal, and another node finds the same code.
  const again = compile(t, ACTOR_WORDS).behaviour(structuredClone(closure) as BehaviourRef);
  t.is(play(again!, ['Go']).state, '{"sum" 7}');
  t.is(program.behaviour({ ...closure, captured: [] }), undefined);
  t.is(program.behaviour({ ...closure, target: { quotation: 99 } }), undefined);
  t.is(program.behaviour({ ...closure, target: { quotation: -1 } }), undefined);
  t.is(program.behaviour({ ...closure, target: { word: 'nothing' } }), undefined);
  t.is(program.behaviourOf('adds'), undefined);
});

test('what is not data is refused with its place', (t) => {
  const program = compile(
    t,
    `: noop ( Map M -- Map ) drop ;
     : sends ( Map M -- Map ) drop "/x" list.make [ noop ] list.push actor.send ;
     : appends ( Map M -- Map ) drop map.make "k" [ noop ] map.set journal-append ;
     : captures ( Map M -- Map ) drop list.make [ noop ] list.push [ rot rot drop drop drop map.make ] actor.spawn drop ;
     : keeps ( Map M -- Map ) drop "k" list.make 1 list.push [ noop ] list.push map.set ;`,
  );
  const refused = (word: string) => {
    const [result] = play(program.behaviourOf(word)!, ['Go']).results;
    return result?.kind === 'fault' ? `${result.code}: ${result.message}` : result?.kind;
  };
  t.regex(refused('sends')!, /^not-data: message\[0\] /);
  t.regex(refused('appends')!, /^not-data: event\."k" /);
  t.regex(refused('captures')!, /^not-data: captured\[0\]\[0\] /);
  t.regex(refused('keeps')!, /^not-data: state\."k"\[1\] /);
});

test('an error of the host is a fault of the turn with its code', (t) => {
  const program = compile(t, ': f ( Map M -- Map ) drop "bad path" 1 actor.send ;');
  const host = new RecordingHost(SeqMap.empty);
  host.send = () => {
    throw new SeqNodeError('bad-path', 'No.');
  };
  const result = runTurn(program.behaviourOf('f')!, SeqMap.empty, 1, host, REDUCTIONS);
  t.like(result, { kind: 'fault', code: 'bad-path', message: 'No.' });
  t.like(result.kind === 'fault' && result.trace[0], { word: 'f', line: 1, column: 40 });
});

test('a turn inside a turn does not disturb it', (t) => {
  const program = compile(
    t,
    ': outer ( Map M -- Map ) drop "/x" 1 actor.send "/y" 2 actor.send ; : inner ( Map M -- Map ) drop "/z" 3 actor.send ;',
  );
  const inner = new RecordingHost(SeqMap.empty);
  const outer = new RecordingHost(SeqMap.empty);
  const send = outer.send.bind(outer);
  outer.send = (to, message) => {
    send(to, message);
    runTurn(program.behaviourOf('inner')!, SeqMap.empty, 1, inner, 10);
  };
  t.is(runTurn(program.behaviourOf('outer')!, SeqMap.empty, 1, outer, 10).kind, 'done');
  t.deepEqual(outer.calls, ['send "/x" 1', 'send "/y" 2']);
  t.deepEqual(inner.calls, ['send "/z" 3', 'send "/z" 3']);
});

test('the same turn takes the same reductions: what its budget allows once it always allows', (t) => {
  const program = compile(
    t,
    ': spin ( Int -- ) dup 0 i.= [ drop ] [ 1 i.- spin ] if ; : f ( Map Int -- Map ) spin ;',
  );
  const behaviour = program.behaviourOf('f')!;
  const enough = (reductions: number) =>
    runTurn(behaviour, SeqMap.empty, 1000, new RecordingHost(SeqMap.empty), reductions).kind === 'done';
  let least = 1;
  while (!enough(least)) least++;
  t.true(least > 1000 && least < 1010);
  for (let i = 0; i < 20; i++) t.deepEqual([enough(least - 1), enough(least)], [false, true]);
});

const typed = `
  union Inner { Leaf { value: Int } Pair { left: Inner, right: Inner } }
  union Msg { Ints { a: Int, b: Int } Text { text: String } Mixed { f: Float, b: Bool } Tree { tree: Inner } Nothing }
  : f ( Map Msg -- Map ) drop ;`;

test('a message is checked against the union that the behaviour declares', (t) => {
  const type = compile(t, typed).behaviourOf('f')!.messageType!;
  t.deepEqual(
    type.nested.map(({ name }) => name),
    ['Inner'],
  );
  const problem = (notation: string) => checkMessage(type, parseNotation(notation));
  for (const good of [
    '(Ints 1 -2)',
    '(Text "x")',
    '(Mixed 1.0 true)',
    '(Nothing)',
    '(Tree (Pair (Leaf 1) (Pair (Leaf 2) (Leaf 3))))',
  ])
    t.is(problem(good), undefined, good);
  t.regex(problem('(Ints 1)')!, /Ints has 2 fields, not 1; expected \(Ints a:Int b:Int\)/);
  t.regex(problem('(Text "x" "y")')!, /Text has 1 field, not 2/);
  t.regex(problem('(Ints 1 "x")')!, /Field b of Ints must be Int, not String/);
  t.regex(problem('(Mixed 1 true)')!, /Field f of Mixed must be Float, not Int/);
  t.regex(problem('(Other)')!, /Msg has no variant Other; expected \(Ints a:Int b:Int\), /);
  t.regex(problem('5')!, /^An Int is no Msg/);
  t.regex(problem('(Tree (Pair (Leaf 1) (Leaf "x")))')!, /Field value of Leaf must be Int/);
});

const data: fc.Arbitrary<Data> = fc.letrec<{ data: Data }>((tie) => ({
  data: fc.oneof(
    { depthSize: 'small' },
    fc.integer(),
    fc.boolean(),
    fc.string(),
    fc.double().map((n) => new Float(n)),
    fc.constantFrom('a', 'b').map(sym),
    fc.array(tie('data'), { maxLength: 3 }).map((items) => List.of(items)),
    fc
      .tuple(
        fc.constantFrom('Ints', 'Text', 'Mixed', 'Tree', 'Nothing', 'Leaf', 'Pair'),
        fc.array(tie('data'), { maxLength: 3 }),
      )
      .map(([tag, fields]) => new Variant(tag, fields)),
    fc.array(fc.tuple(fc.string(), tie('data')), { maxLength: 3 }).map((entries) => SeqMap.from(entries)),
  ),
})).data;

test('a behaviour gets any data without harm, and what the check lets pass never faults the match', (t) => {
  const program = compile(
    t,
    `${typed} : g ( Map Msg -- Map ) match Ints -> i.+ drop Text -> string.length drop Mixed -> drop drop Tree -> walk drop Nothing -> end ;
     : walk ( Inner -- Int ) match Leaf -> Pair -> walk swap walk i.+ end ;`,
  );
  const behaviour = program.behaviourOf('g')!;
  fc.assert(
    fc.property(data, (message) => {
      const result = runTurn(behaviour, SeqMap.empty, message, new RecordingHost(SeqMap.empty), REDUCTIONS);
      if (checkMessage(behaviour.messageType!, message) === undefined) t.is(result.kind, 'done');
      else if (result.kind === 'fault') t.true(['type-fault', 'no-match'].includes(result.code), result.code);
    }),
    { numRuns: 300 },
  );
});

test('what is too deep to be data is refused where it is used', (t) => {
  const nest =
    ': nest ( List Int -- List ) dup 0 > [ 1 - swap list.make swap list.push swap nest ] [ drop ] if ;\n';
  for (const [use, column] of [
    ['"x" swap actor.send', 56],
    ['journal.append', 47],
    ['actor.reply', 47],
  ] as const) {
    const program = compile(t, `${nest}: b ( Map M -- Map ) drop list.make 3000 nest ${use} ;`);
    const left = program.behaviourOf('b')!.run(SeqMap.empty, 0, new RecordingHost(SeqMap.empty), REDUCTIONS);
    t.like(left, { kind: 'fault', code: 'too-large', trace: [{ line: 2, column }] }, use);
  }
});
