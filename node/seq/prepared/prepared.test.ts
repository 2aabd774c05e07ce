// A program that was written down and read again does what it did before: its output, how it ends, and the
// places of its fault.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { SeededRandom } from '../../base/random.ts';
import { ROW_GROUPS } from '../builtins/all-rows.ts';
import { compileProgram, type Program, type ScriptHost } from '../index.ts';
import { ProgramGenerator } from '../testing/random-program.ts';
import { StrandsGenerator } from '../testing/random-strands.ts';
import { runSliced } from '../testing/run-sliced.ts';
import type { PreparedProgram } from './prepared-program.ts';
import { groupsOf, revive } from './revive.ts';

const REDUCTIONS = 20_000_000;
const corpus = join(import.meta.dirname, '..', 'corpus');
const entries = readdirSync(corpus, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.seq'),
);
const files = Object.fromEntries(entries.map((name) => [name, readFileSync(join(corpus, name), 'utf8')]));

function outcome(program: Pick<Program, 'launch'>): unknown {
  let written = '';
  const host: ScriptHost = {
    write: (text) => {
      written += typeof text === 'string' ? text : Buffer.from(text).toString('latin1');
    },
    nowMillis: () => 0,
    random: () => 0.5,
  };
  const run = program.launch('main', host, ['first', 'second'], REDUCTIONS);
  return { result: runSliced(run, () => Number.MAX_SAFE_INTEGER), written };
}

const again = (prepared: PreparedProgram): Pick<Program, 'launch'> => {
  const read = JSON.parse(JSON.stringify(prepared)) as PreparedProgram;
  return revive(read, new Map([...groupsOf(read)].map((group) => [group, ROW_GROUPS[group as 'io']])));
};

function compiled(entry: string, all: Readonly<Record<string, string>>): Program | undefined {
  const result = compileProgram({ entry, files: all });
  return result.ok ? result.program : undefined;
}

test('programs of the corpus', (t) => {
  let same = 0;
  const not: string[] = [];
  for (const entry of entries.filter((name) => !name.includes('/'))) {
    const program = compiled(entry, files);
    if (program === undefined || !program.words.some(({ name }) => name === 'main')) continue;
    const prepared = program.prepare();
    if (prepared === undefined) {
      not.push(entry);
      continue;
    }
    t.deepEqual(outcome(again(prepared)), outcome(program), entry);
    same++;
  }
  t.log(`${same} programs; not prepared: ${not.join(', ')}`);
  t.true(same > 60);
  t.true(not.length < 10, not.join(', '));
});

const sources: readonly [name: string, of: (random: () => number) => string][] = [
  ['words', (random) => new ProgramGenerator(random).program().text],
  ['strands', (random) => new StrandsGenerator(random).program().text],
];
for (const [name, of] of sources)
  test(`random programs of ${name}`, (t) => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = new SeededRandom(seed);
        const text = of(() => random.fraction());
        const program = compiled('random.seq', { 'random.seq': text })!;
        t.deepEqual(outcome(again(program.prepare()!)), outcome(program), text);
      }),
      { numRuns: 100 },
    );
  });

const NUMBERS = `
: fib ( Int -- Int ) dup 2 i.< [ ] [ dup 1 i.- fib swap 2 i.- fib i.+ ] if ;
: half ( Int -- Int ) dup 0 i.= [ 1 swap i./ drop ] [ 1 i.- half ] if ;
: main ( -- ) 15 fib int->string io.write-line 3 half int->string io.write-line ;`;

test('numeric words stay WebAssembly', (t) => {
  const program = compiled('n.seq', { 'n.seq': NUMBERS })!;
  const prepared = program.prepare()!;
  t.true(typeof prepared.plain.numeric === 'object');
  t.deepEqual(outcome(again(prepared)), outcome(program));
});

test('a program with words that only its compilation makes is not prepared', (t) => {
  const text =
    '# seq: 0.18.6\nunion U { A { x: Int } B }\n: main ( -- ) 1 Make-A variant.tag int->string io.write-line ;';
  const program = compiled('u.seq', { 'u.seq': text });
  t.truthy(program);
  t.is(program!.prepare(), undefined);
  t.is(compiled('n.seq', { 'n.seq': ': f ( -- ) ;' })!.prepare(), undefined);
});
