// Random programs of numeric words come to the same as WebAssembly and as JavaScript: results, faults with
// their traces, and reductions.
import test from 'ava';
import fc from 'fast-check';
import { SeededRandom } from '../base/random.ts';
import { type Data, SeqMap, type Value } from '../base/value.ts';
import type { TurnHost } from './api.ts';
import type { Checked } from './check/program.ts';
import { callGraphOf } from './compile/call-graph.ts';
import { type Form, PLAIN, RESUMABLE } from './compile/form.ts';
import { numericWords } from './compile/wasm/cluster.ts';
import { numericModule } from './compile/wasm/module.ts';
import { checkBundle } from './compile-program.ts';
import { compiledEngine } from './run/compiled-engine.ts';
import { Context } from './run/context.ts';
import type { Engine } from './run/engine.ts';
import { formatDiagnostic } from './syntax/diagnostic.ts';
import { NUMBER_LITERALS, NUMBER_TEXTS, NUMBER_WORDS, NumbersGenerator } from './testing/random-numbers.ts';

declare const WebAssembly: { validate(bytes: Uint8Array): boolean };

const HOST = {} as TurnHost;
const REDUCTIONS = 1_000_000;

/** What a turn of `handle` with so many reductions comes to, as text, and the reductions that it leaves. */
type Run = (reductions: number) => { readonly outcome: string; readonly left: number };

function checked(text: string): Checked {
  const { checked, diagnostics } = checkBundle({ entry: 'a.seq', files: { 'a.seq': text } });
  if (checked === undefined || diagnostics.length > 0)
    throw new Error(`${diagnostics.map(formatDiagnostic).join('\n')}\n${text}`);
  return checked;
}

function plain({ words, literals }: Checked, form: Form): Run {
  const engine = compiledEngine([...words.values()], literals, form);
  const code = engine.word([...words.keys()].indexOf('handle')) as (state: SeqMap, message: Data) => Value;
  return (reductions) => {
    const finish = (_: SeqMap, left: Value) => left as SeqMap;
    const result = engine.turn(contextOf(engine), reductions, code, finish, SeqMap.empty, 1);
    return { outcome: shown(result), left: engine.reductionsLeft() };
  };
}

function sliced({ words, literals }: Checked): (reductions: number) => string {
  const engine = compiledEngine([...words.values()], literals, RESUMABLE);
  return (reductions) => {
    const code = engine.word([...words.keys()].indexOf('handle'));
    const run = engine.start(
      contextOf(engine),
      reductions,
      code,
      [SeqMap.empty, 1],
      (left) => left as SeqMap,
    );
    for (;;) {
      const result = run.resume(100);
      if (result instanceof SeqMap || result.kind !== 'running') return shown(result);
    }
  };
}

const contextOf = (engine: Engine): Context =>
  new Context(HOST, HOST, [], () => engine.here(), undefined as never);

const shown = (result: object): string =>
  result instanceof SeqMap ? String(result.get('results')) : JSON.stringify(result);

test('random numbers', (t) => {
  const seen = { fault: 0, done: 0, roots: 0 };
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const random = new SeededRandom(seed);
      const text = new NumbersGenerator(() => random.fraction()).program();
      const program = checked(text);
      const words = numericWords(callGraphOf(program.words.values()));
      seen.roots += words.roots.length;
      // Where they could not be made or would be refused, JavaScript would go on in silence.
      const { bytes } = numericModule(words).binary();
      if (!WebAssembly.validate(bytes)) throw new Error(`WebAssembly refuses ${text}`);
      const [wasm, javascript] = [plain(program, PLAIN), plain(program, { ...PLAIN, numeric: false })];
      const whole = wasm(REDUCTIONS);
      seen[whole.outcome.startsWith('{') ? 'fault' : 'done']++;
      // The other form may overdraw a budget a little, so it gets all.
      const resumed = sliced(program)(REDUCTIONS);
      if (resumed !== whole.outcome) throw new Error(`${resumed} is not ${whole.outcome}\n${text}`);
      const used = REDUCTIONS - whole.left;
      for (const reductions of [REDUCTIONS, used, used - 1, Math.floor(used / 2), 1]) {
        const [is, wanted] = [wasm(reductions), javascript(reductions)];
        if (is.outcome !== wanted.outcome || is.left !== wanted.left)
          throw new Error(
            `after ${reductions} reductions: ${JSON.stringify([is, wanted], undefined, 2)}\n${text}`,
          );
      }
    }),
    { numRuns: 300 },
  );
  t.true(seen.fault > 5 && seen.done > 100 && seen.roots > 500, JSON.stringify(seen));
});

/** All texts of literals of these types. */
const literalsOf = (types: readonly (keyof typeof NUMBER_LITERALS)[]): string[] =>
  types.reduce(
    (texts, type) => texts.flatMap((text) => NUMBER_LITERALS[type].map((each) => `${text} ${each}`)),
    [''],
  );

/** A word is not made for more. */
const CALLS_MAX = 300;

for (const { name, takes, gives } of NUMBER_WORDS)
  test(`${name} of all edges`, (t) => {
    const [types, results] = [[...takes, 'Int'].join(' '), gives.join(' ')];
    const shown = gives
      .toReversed()
      .map((type) => `swap ${NUMBER_TEXTS[type]} " " string.concat string.concat`);
    const texts = literalsOf(takes);
    for (let from = 0; from < texts.length; from += CALLS_MAX) {
      const calls = texts.slice(from, from + CALLS_MAX).map((text) => `${text} 1 show`);
      const program = checked(`include std:imath include std:fmath
        : again ( ${types} -- ${results} ) dup 0 i.= [ drop ${name} ] [ 1 i.- again ] if ;
        : show ( String ${types} -- String ) again "" ${shown.join(' ')} string.concat ;
        : handle ( Map Int -- Map ) drop "" ${calls.join('\n')} "results" swap map.set ;`);
      const [is, wanted] = [PLAIN, { ...PLAIN, numeric: false }].map((form) =>
        plain(program, form)(REDUCTIONS),
      );
      t.deepEqual(is, wanted);
      t.is(is!.outcome.trim().split(' ').length, calls.length * gives.length);
    }
  });
