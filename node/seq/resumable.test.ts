// The resumable form does what the plain form does, in slices, and deeper.
import test from 'ava';
import { SeqMap, Variant } from '../base/value.ts';
import { compileProgram, type Program, type RunResult, type TurnHost } from './index.ts';
import { runTurn } from './testing/run-turn.ts';

function compile(text: string): Program {
  const compiled = compileProgram({ entry: 'a.seq', files: { 'a.seq': text } });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.diagnostics));
  return compiled.program;
}

/** A host that keeps what is sent, and nothing else. */
function sendingHost(sent: unknown[]): TurnHost {
  const known = { send: (_: string, message: unknown) => sent.push(message) };
  return new Proxy(known, {
    get: (target, name) => (name === 'send' ? target.send : () => (name === 'self' ? 'me' : 0)),
    has: () => true,
  }) as unknown as TurnHost;
}

function inSlices(program: Program, word: string, message: number, slice: number, budget = 1e9) {
  const sent: unknown[] = [];
  const turn = program
    .behaviourOf(word)!
    .start(SeqMap.empty, new Variant('Go', [message]), sendingHost(sent), budget);
  let slices = 0;
  let result: RunResult | { kind: 'running' } = { kind: 'running' };
  for (; result.kind === 'running'; slices++) result = turn.resume(slice);
  return { result, slices, sent };
}

const PROGRAM = `
  : amount ( Variant -- Int ) 0 variant.field-at ;
  : deep ( Int -- Int ) dup 0 i.> [ 1 i.- deep 1 i.+ ] when ;
  : nested ( Map Variant -- Map ) amount deep "depth" swap map.set ;
  : spin ( Int -- ) dup 0 i.= [ drop ] [ dup 1000 i.% drop 0 i.= [ "/x" over actor.send ] when 1 i.- spin ] if ;
  : spins ( Map Variant -- Map ) amount spin ;
  : numbers ( List Int -- List ) dup 0 i.= [ drop ] [ dup >aux list.push aux> 1 i.- numbers ] if ;
  : sums ( Map Variant -- Map )
    amount list.make swap numbers
    [ deep ] list.map [ 3 i.> ] list.filter 0 [ deep i.+ ] list.fold
    "sum" swap map.set
  ;
  : bad ( Int -- Int ) dup 0 i.= [ 1 swap divide ] [ 1 i.- bad 1 i.+ ] if ;
  : faults ( Map Variant -- Map ) amount bad "x" swap map.set ;
  : bounded ( Map Variant -- Map ) amount 2 i.* "twice" swap map.set ;
  : forever ( Map Variant -- Map ) drop forever2 ;
  : forever2 ( Map -- Map ) forever2 ;
`;

test('words call each other 100,000 deep, and a deeper turn is a fault', (t) => {
  const program = compile(PROGRAM);
  const { result, slices } = inSlices(program, 'nested', 100_000, 10_000);
  t.is(result.kind === 'done' && (result.state as SeqMap).get('depth'), 100_000);
  t.true(slices > 5);
  const tooDeep = inSlices(program, 'nested', 10_000_000, 1e9);
  t.like(tooDeep.result, { kind: 'fault', code: 'stack-overflow' });
});

test('a run that gets too deep for the plain form starts again without a call happening twice', (t) => {
  const program = compile(`${PROGRAM}
    : sends ( Map Variant -- Map )
      amount "/x" 1 actor.send "/x" actor.self actor.send deep "/x" over actor.send "depth" swap map.set
    ;
    : main ( -- ) "before" io.write-line 100000 deep int->string io.write-line ;`);
  const message = new Variant('Go', [100_000]);
  const plain = runTurn(program.behaviourOf('sends')!, SeqMap.empty, message, sendingHost([]), 1e9);
  t.like(plain, { kind: 'fault', code: 'stack-overflow' }, 'the host of a turn begins it anew');
  const { result, sent } = inSlices(program, 'sends', 100_000, 1e6);
  t.is(result.kind === 'done' && (result.state as SeqMap).get('depth'), 100_000);
  t.deepEqual(sent, [1, 'me', 100_000]);
  let written = '';
  const host = {
    write: (text: string | Uint8Array) => (written += text),
    nowMillis: () => 0,
    random: () => 0,
  };
  t.like(program.runMain(host, []), { kind: 'done' });
  t.is(written, 'before\n100000\n');
});

test('a long turn gives the thread back after each slice', (t) => {
  const program = compile(PROGRAM);
  const { result, slices, sent } = inSlices(program, 'spins', 100_000, 1000);
  t.is(result.kind, 'done');
  t.true(slices >= 100 && slices < 400, `${slices}`);
  t.is(sent.length, 100);
  t.is(sent[0], 100_000);
});

test('higher-order words stop and go on inside', (t) => {
  const program = compile(PROGRAM);
  const message = new Variant('Go', [200]);
  const plain = runTurn(program.behaviourOf('sums')!, SeqMap.empty, message, sendingHost([]), 1e9);
  for (const slice of [1, 7, 100, 1e9]) t.deepEqual(inSlices(program, 'sums', 200, slice).result, plain);
});

test('a budget ends the turn in both forms', (t) => {
  const program = compile(PROGRAM);
  const { result, slices } = inSlices(program, 'forever', 1, 1000, 10_000);
  t.deepEqual(result, { kind: 'exhausted' });
  t.true(slices >= 10 && slices < 13, `${slices}`);
  const plain = runTurn(
    program.behaviourOf('forever')!,
    SeqMap.empty,
    new Variant('Go', []),
    sendingHost([]),
    10_000,
  );
  t.deepEqual(plain, { kind: 'exhausted' });
});

test('a fault has the same trace in both forms', (t) => {
  const program = compile(PROGRAM);
  const plain = runTurn(
    program.behaviourOf('faults')!,
    SeqMap.empty,
    new Variant('Go', [10]),
    sendingHost([]),
    1e9,
  );
  t.like(plain, { kind: 'fault', code: 'division-by-zero' });
  t.is(plain.kind === 'fault' && plain.trace.length, 12);
  for (const slice of [1, 5, 1000]) t.deepEqual(inSlices(program, 'faults', 10, slice).result, plain);
});

test('a word without loops is a turn of one slice', (t) => {
  const { result, slices } = inSlices(compile(PROGRAM), 'bounded', 21, 1);
  t.is(result.kind === 'done' && (result.state as SeqMap).get('twice'), 42);
  t.is(slices, 1);
});

test('two turns in slices take turns', (t) => {
  const program = compile(PROGRAM);
  const start = (n: number) =>
    program.behaviourOf('nested')!.start(SeqMap.empty, new Variant('Go', [n]), sendingHost([]), 1e9);
  const turns = [start(300), start(500)];
  const results: (RunResult | { kind: 'running' })[] = [{ kind: 'running' }, { kind: 'running' }];
  while (results.some(({ kind }) => kind === 'running'))
    turns.forEach((turn, i) => {
      if (results[i]!.kind === 'running') results[i] = turn.resume(13);
    });
  t.deepEqual(
    results.map((result) => result.kind === 'done' && (result.state as SeqMap).get('depth')),
    [300, 500],
  );
});
