import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { SeededRandom } from '../../base/random.ts';
import { BUILTINS } from '../builtins/index.ts';
import { compileProgram, formatDiagnostic, type ScriptHost } from '../index.ts';
import { ProgramGenerator } from '../testing/random-program.ts';
import { migrateSource } from './migrate.ts';
import { RENAMED } from './vocabulary.ts';

function migrated(text: string, files: Readonly<Record<string, string>> = {}): string {
  const result = migrateSource({ entry: 'a.seq', files: { ...files, 'a.seq': text } });
  if (result.ok) return result.text;
  throw new Error(result.diagnostics.map(formatDiagnostic).join('\n'));
}

/** What `main` writes and how it ends, without places. */
function behaviour(text: string, files: Readonly<Record<string, string>>): string | undefined {
  const compiled = compileProgram({ entry: 'a.seq', files: { ...files, 'a.seq': text } });
  if (!compiled.ok) return undefined;
  let written = '';
  const host: ScriptHost = {
    write: (out) => {
      written += typeof out === 'string' ? out : Buffer.from(out).toString('latin1');
    },
    nowMillis: () => 0,
    random: () => 0.5,
  };
  const run = compiled.program.startMain(host, ['first'], 20_000_000);
  for (;;) {
    const result = run.resume(1_000_000);
    if (result.kind === 'running') continue;
    if (result.kind === 'waiting') return written;
    return `${written}${result.kind === 'fault' ? result.code : result.kind}`;
  }
}

const corpus = join(import.meta.dirname, '..', 'corpus');
const programs = readdirSync(corpus, { recursive: true })
  .map(String)
  .filter((name) => name.endsWith('.seq'))
  .map((name) => [name, readFileSync(join(corpus, name), 'utf8')] as const);

test('each program of the corpus does in its new form what it did before', (t) => {
  const files = Object.fromEntries(programs);
  let changed = 0;
  for (const [name, text] of programs) {
    if (name.includes('/')) continue;
    const before = behaviour(text, files);
    // A run that fails may go on in the new form: a division by zero, for one, gives 0 there.
    if (!before?.endsWith('done')) continue;
    const now = migrated(text, files);
    if (now !== text) changed++;
    t.is(behaviour(now, files), before, name);
    t.is(migrated(now, files), now, `${name} is migrated again`);
  }
  t.true(changed > 5);
});

test('random programs do in their new form what they did before', (t) => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const random = new SeededRandom(seed);
      const { text } = new ProgramGenerator(() => random.fraction()).program();
      const now = migrated(text);
      if (now !== text && behaviour(now, {}) !== behaviour(text, {})) throw new Error(`${text}\n${now}`);
    }),
    { numRuns: 100 },
  );
  t.pass();
});

const pairs: readonly (readonly [what: string, before: string, after: string])[] = [
  [
    'conditionals, with layout and comments',
    `: sign ( Int -- String )\n  dup 0 < if # below\n    drop "-"\n  else\n    0 = if "0" else "+" then # at last\n  then\n;\n`,
    `: sign ( Int -- String )\n  dup 0 < [ # below\n    drop "-"\n  ] [\n    0 = [ "0" ] [ "+" ] if # at last\n  ] if\n;\n`,
  ],
  [
    'comments in columns',
    ': f ( Map -- Int )\n  "a" map-get add   # one\n  2 subtract        # two\n  multiply  # close\n  divide # next\n  "  # no\ncomment" drop add  # last\n;\n',
    ': f ( Map -- Int )\n  "a" map.get drop i.+ # one\n  2 i.-             # two\n  i.*       # close\n  i./ drop # next\n  "  # no\ncomment" drop i.+  # last\n;\n',
  ],
  ['a conditional without else', ': f ( Bool -- ) if 1 drop then ;', ': f ( Bool -- ) [ 1 drop ] [ ] if ;'],
  [
    'an Int as condition',
    ': f ( Int -- Int ) if 2 else 3 then ;',
    ': f ( Int -- Int ) 0 i.<> [ 2 ] [ 3 ] if ;',
  ],
  ['a combinator stays', ': f ( Bool -- Int ) [ 2 ] [ 3 ] if ;', ': f ( Bool -- Int ) [ 2 ] [ 3 ] if ;'],
  [
    'words, not strings and comments',
    ': f ( -- Map ) make-map "add" 1 2 add map-set ; # add\n',
    ': f ( -- Map ) map.make "add" 1 2 i.+ map.set ; # add\n',
  ],
  [
    'own words keep their names',
    ': add ( Int -- Int ) 1 i.+ ; : f ( Int -- Int ) add 2 divide ;',
    ': add ( Int -- Int ) 1 i.+ ; : f ( Int -- Int ) add 2 i./ drop ;',
  ],
  [
    'words that changed their effect',
    ': f ( Map -- Int ) "a" map-get ; : g ( Map -- Int Bool ) "a" map-get-safe ;',
    ': f ( Map -- Int ) "a" map.get drop ; : g ( Map -- Int Bool ) "a" map.get ;',
  ],
  [
    'variants',
    ': f ( -- Variant ) "Deposit" 100 make-variant ; : g ( String Int -- Variant ) make-variant ;',
    ': f ( -- Variant ) 100 :Deposit variant.make-1 ; : g ( String Int -- Variant ) swap string->symbol variant.make-1 ;',
  ],
  [
    'fields, which counted the tag',
    ': f ( Msg -- String Int ) dup 0 variant-field-at swap 2 variant-field-at ; : g ( Variant Int -- T ) variant-field-at ;',
    ': f ( Variant -- String Int ) dup variant.tag symbol->string swap 1 variant.field-at ; : g ( Variant Int -- T ) 1 i.- variant.field-at ;',
  ],
  [
    'types',
    ": f ( State Msg -- State' ) drop ; : g ( Acc [ Acc Event -- Acc ] A -- Acc ) drop drop ; : h ( ActorId -- ) drop ;",
    ': f ( Map Variant -- Map ) drop ; : g ( T [ T E -- T ] A -- T ) drop drop ; : h ( String -- ) drop ;',
  ],
  [
    'types that are unions',
    'union Msg { Get { from: ActorId } } : f ( State Msg -- State ) drop ;',
    'union Msg { Get { from: String } } : f ( Map Msg -- Map ) drop ;',
  ],
  ['the network', ': f ( Int -- Socket Bool ) tcp.listen ;', ': f ( Int -- Socket Bool ) net.tcp.listen ;'],
];

for (const [what, before, after] of pairs) test(what, (t) => t.is(migrated(before), after));

test('a file that is no Seq is refused', (t) => {
  const result = migrateSource({ entry: 'a.seq', files: { 'a.seq': ': f ( -- ) 1 if' } });
  t.deepEqual(!result.ok && result.diagnostics.map(({ code }) => code), ['unclosed']);
});

test('words of 7.x stand for those of before, and have their effect', (t) => {
  for (const [old, current] of RENAMED) {
    t.false(RENAMED.has(current.split(' ').at(-1)!), `${old} is replaced by an old word`);
    const row = BUILTINS.get(old);
    if (row === undefined) {
      t.true(old.includes('.'), `${old} is no word`);
      continue;
    }
    if (row.special) continue;
    const effect = row.effect.replace(/\bU\b/g, old === 'make-variant' ? 'T' : 'U');
    const given = old === 'make-variant' ? '( String T -- Variant )' : effect;
    const program = `: w ${given} ${current} ;`;
    const compiled = compileProgram({ entry: 'a.seq', files: { 'a.seq': program } });
    t.true(compiled.ok, program);
  }
});
