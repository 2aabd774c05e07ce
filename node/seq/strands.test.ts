// Strands under budgets, in turns of actors, and what a fault in one of them tells.
import test from 'ava';
import { SeqMap, Variant } from '../base/value.ts';
import { compileProgram, type Program, type TurnHost } from './index.ts';
import { runTurn } from './testing/run-turn.ts';

function compile(text: string): Program {
  const compiled = compileProgram({ entry: 'a.seq', files: { 'a.seq': text } });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.diagnostics));
  return compiled.program;
}

/** A turn whose messages are kept; `spawn` is what tells it from a script. */
function turnHost(sent: unknown[]): TurnHost {
  const known = { spawn: () => '', send: (_: string, message: unknown) => sent.push(message) };
  return known as unknown as TurnHost;
}

const script = { write: () => {}, nowMillis: () => 0, random: () => 0 };
const message = new Variant('Go', [5]);

const PROGRAM = `
  : spin ( -- ) chan.yield spin ;
  : busy ( Int -- ) 1 i.+ busy ;
  : both ( -- ) [ spin ] strand.spawn drop spin ;
  : one ( -- ) 0 [ busy ] strand.spawn 2drop ;
  : square ( Channel Int -- ) dup i.* "/x" over actor.send swap chan.send drop ;
  : sum ( Channel Int Int -- Int )
    dup 0 i.= [ drop nip ] [ 2 pick chan.receive drop rot i.+ swap 1 i.- sum ] if
  ;
  : squares ( Channel Int -- Channel )
    dup 0 i.= [ drop ] [ [ square ] strand.spawn drop 1 i.- squares ] if
  ;
  : adds ( Map Variant -- Map )
    0 variant.field-at chan.make over squares swap 0 swap sum "sum" swap map.set
  ;
  : keeps ( Map Variant -- Map ) drop "c" chan.make map.set ;
  : sends ( Map Variant -- Map ) drop "/x" chan.make actor.send ;
  : waits ( Map Variant -- Map ) drop chan.make chan.receive drop drop ;
  : leaves ( Map Variant -- Map ) drop chan.make [ chan.receive 2drop ] strand.spawn 2drop ;
  : inner ( Int -- Int ) 0 divide ;
  : outer ( Int -- Int ) chan.yield inner 1 i.+ ;
  : fails ( -- ) 1 [ outer drop ] strand.spawn 2drop chan.yield chan.yield ;
`;

test('a budget holds for all strands together, in both forms', (t) => {
  const program = compile(`${PROGRAM} : main ( -- ) both ;`);
  for (const word of ['both', 'one'])
    t.deepEqual(program.runWord(word, script, 10_000), { kind: 'exhausted' }, word);
  const run = program.startMain(script, [], 10_000);
  let slices = 0;
  for (; ; slices++) {
    const result = run.resume(1000);
    if (result.kind === 'running') continue;
    t.deepEqual(result, { kind: 'exhausted' });
    break;
  }
  t.true(slices >= 9 && slices < 13, `${slices}`);
});

test('a turn is done when all its strands are', (t) => {
  const behaviour = compile(PROGRAM).behaviourOf('adds')!;
  const sent: unknown[] = [];
  const result = runTurn(behaviour, SeqMap.empty, message, turnHost(sent), 1e6);
  t.is(result.kind === 'done' && (result.state as SeqMap).get('sum'), 55);
  t.deepEqual(sent, [25, 16, 9, 4, 1]);
  // The same in slices, and again: nothing but the program decides the order.
  for (const slice of [1, 3, 1e6]) {
    const again: unknown[] = [];
    const turn = behaviour.start(SeqMap.empty, message, turnHost(again), 1e6);
    let state = turn.resume(slice);
    while (state.kind === 'running') state = turn.resume(slice);
    t.deepEqual(state, result);
    t.deepEqual(again, sent);
  }
});

test('nothing of a strand leaves its turn', (t) => {
  const program = compile(PROGRAM);
  const run = (word: string) => runTurn(program.behaviourOf(word)!, SeqMap.empty, message, turnHost([]), 1e6);
  t.like(run('keeps'), { kind: 'fault', code: 'not-data' });
  t.like(run('sends'), { kind: 'fault', code: 'not-data' });
  t.like(run('waits'), { kind: 'fault', code: 'deadlock' });
  t.like(run('leaves'), { kind: 'fault', code: 'deadlock' });
});

test('a fault in a strand has the trace of that strand', (t) => {
  const program = compile(`${PROGRAM} : main ( -- ) fails ;`);
  const plain = program.runMain(script, []);
  t.like(plain, { kind: 'fault', code: 'division-by-zero' });
  t.deepEqual(plain.kind === 'fault' && plain.trace.map(({ word }) => word), ['inner', 'outer', 'fails']);
  const run = program.startMain(script, []);
  let sliced = run.resume(1);
  while (sliced.kind === 'running') sliced = run.resume(1);
  t.deepEqual(sliced, plain);
});

test('a fault has no trace of strands that wait, however many do', (t) => {
  const program = compile(`
    : link ( Int -- )
      dup 0 i.= [ 0 divide drop ] [ 1 i.- [ link ] strand.spawn 2drop chan.make chan.receive 2drop ] if
    ;
    : main ( -- ) 20 link ;`);
  const result = program.runMain(script, []);
  t.like(result, { kind: 'fault', code: 'division-by-zero' });
  t.deepEqual(result.kind === 'fault' && result.trace.map(({ line, column }) => [line, column]), [
    [3, 21],
    [3, 45],
  ]);
});

test('a weave yields only to who resumes it', (t) => {
  const program = compile(`
    : body ( Ctx Int -- Ctx | Yield Int ) yield drop ;
    : none ( -- | Yield Int ) [ body ] strand.weave 5 yield 2drop ;
    : cancelled ( -- | Yield Int ) [ body ] strand.weave dup strand.weave-cancel 5 yield 2drop ;
    : itself ( Ctx Int -- Ctx ) over swap strand.resume 2drop drop ;
    : main ( -- ) [ itself ] strand.weave 1 strand.resume 3drop ;`);
  t.like(program.runMain(script, []), { kind: 'fault', code: 'deadlock' });
  for (const word of ['none', 'cancelled'])
    t.like(program.runWord(word, script), { kind: 'fault', code: 'bad-argument' }, word);
});

test('several strands that resume one weave are served in turn', (t) => {
  const program = compile(`
    : body ( Ctx Int -- Ctx | Yield Int ) chan.yield 10 i.* yield chan.yield 100 i.* yield drop ;
    : asks ( Channel WeaveCtx Int -- )
      strand.resume [ ] [ drop -1 ] if nip swap chan.send drop ;
    : next ( Channel -- Int ) chan.receive drop ;
    : main ( -- )
      chan.make [ body ] strand.weave
      1 [ asks ] strand.spawn 2drop
      2 [ asks ] strand.spawn 2drop
      3 [ asks ] strand.spawn 2drop
      drop
      dup next 10 test.assert-eq dup next 200 test.assert-eq next -1 test.assert-eq ;`);
  t.like(program.runMain(script, []), { kind: 'done', test: { passed: 3, failures: [] } });
});
