// Words on numbers alone run as WebAssembly, and nobody can tell but by the clock.
import test from 'ava';
import { compileProgram, type Program, type ScriptHost, type ScriptResult } from './index.ts';

function compile(text: string): Program {
  const compiled = compileProgram({ entry: 'a.seq', files: { 'a.seq': text } });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.diagnostics));
  return compiled.program;
}

function run(text: string, reductions?: number): { result: ScriptResult; written: string } {
  let written = '';
  const host: ScriptHost = { write: (out) => (written += out), nowMillis: () => 0, random: () => 0 };
  const result = compile(text).runMain(host, [], reductions);
  return { result, written };
}

const written = (text: string): string => {
  const { result, written } = run(text);
  return result.kind === 'done' ? written : JSON.stringify(result);
};

test('words that call each other last take no stack', (t) => {
  const text = `
    : even ( Int -- Bool ) dup 0 i.= [ drop true ] [ 1 i.- odd ] if ;
    : odd ( Int -- Bool ) dup 0 i.= [ drop false ] [ 1 i.- even ] if ;
    : sum ( Int Int -- Int ) dup 0 i.= [ drop ] [ tuck i.+ swap 1 i.- sum ] if ;
    : main ( -- ) 1000001 even [ "even" ] [ "odd" ] if io.write-line 0 1000000 sum int->string io.write-line ;`;
  t.is(written(text), 'odd\n500000500000\n');
});

test('Ints wrap around at 63 bits and pass as they are', (t) => {
  const text = `
    : powers ( Int Int -- Int ) dup 0 i.= [ drop ] [ swap 3 i.* swap 1 i.- powers ] if ;
    : both ( Int Int -- Int Int ) dup 0 i.= [ drop dup negate ] [ 1 i.- both ] if ;
    : main ( -- )
      7 50 powers int->string io.write-line
      4611686018427387903 2 powers int->string io.write-line
      -4611686018427387904 1 both int->string io.write-line int->string io.write-line
    ;`;
  const powers = BigInt.asIntN(63, 7n * 3n ** 50n);
  t.is(written(text), `${powers}\n4611686018427387895\n-4611686018427387904\n-4611686018427387904\n`);
});

test('a value of another type than the effect says is a fault of the word that needs the type', (t) => {
  const text = `
    union Any { Any { value: Int } }
    : countdown ( Int -- Int ) dup 0 i.> [ 1 i.- countdown ] when ;
    : main ( -- ) "text" variant.make-1-any ;`;
  const program = text.replace(
    '"text" variant.make-1-any',
    '"text" :Other variant.make-1 0 variant.field-at countdown drop',
  );
  t.like(run(program).result, {
    kind: 'fault',
    code: 'type-fault',
    message: 'An Int is needed here, but this is a String.',
    trace: [{ word: 'countdown', line: 3 }, { word: 'main' }],
  });
});

test('words that call themselves 100,000 deep come back, and deeper ones are a fault', (t) => {
  const text = (n: number) => `
    : deep ( Int -- Int ) dup 0 i.> [ 1 i.- deep 1 i.+ ] when ;
    : main ( -- ) ${n} deep int->string io.write-line ;`;
  t.is(written(text(100_000)), '100000\n');
  t.like(run(text(10_000_000)).result, { kind: 'fault', code: 'stack-overflow' });
});

test('a run without an end is over when its reductions are', (t) => {
  const loops = ': spin ( Int -- Int ) 1 i.+ spin ; : main ( -- ) 0 spin drop ;';
  const calls =
    ': grow ( Int -- Int ) dup 40 i.< [ 1 i.+ dup grow swap grow i.+ ] when ; : main ( -- ) 0 grow drop ;';
  for (const text of [loops, calls]) t.deepEqual(run(text, 1_000_000).result, { kind: 'exhausted' });
});

test('a fault has its place, and those of all words under way', (t) => {
  const { result } = run(`
    : halves ( Int Int -- Int )
      dup 0 i.= [ divide ] [ 1 i.- halves 1 i.+ ] if
    ;
    : again ( Int -- Int ) dup 3 i.= [ 0
      halves ] [ 1 i.+ again ] if ;
    : main ( -- ) 0 again drop ;`);
  const place = (word: string, line: number, column: number) => ({ word, file: 'a.seq', line, column });
  t.deepEqual(result, {
    kind: 'fault',
    code: 'division-by-zero',
    message: 'The divisor is 0.',
    trace: [place('halves', 3, 19), place('again', 6, 7), place('main', 7, 21)],
  });
});
