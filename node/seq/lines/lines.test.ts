// Runs each program of corpus/. Besides what corpus.test.ts of this folder's parent knows, a program says
// which line it is of:
//
//   # line: Seq 0.19 to 2.x
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import test from 'ava';
import { BUILTINS } from '../builtins/index.ts';
import { olderRows } from '../builtins/older/rows.ts';
import { checkSource } from '../check-source.ts';
import {
  compileProgram,
  formatDiagnostic,
  type Program,
  type ScriptHost,
  type ScriptResult,
} from '../index.ts';
import { migrateSource } from '../migrate/migrate.ts';
import { RENAMED } from '../migrate/vocabulary.ts';
import { runSliced } from '../testing/run-sliced.ts';
import { releasesWith } from './history.ts';
import { LINES, NEWEST, releaseNumber, releasesOf } from './releases.ts';
import { vocabularyOf } from './vocabulary.ts';

const root = join(import.meta.dirname, 'corpus');
const files: Record<string, string> = {};
for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !entry.name.endsWith('.seq')) continue;
  const path = join(entry.parentPath, entry.name);
  files[relative(root, path)] = readFileSync(path, 'utf8');
}

const saidIn = (text: string, kind: string): string[] =>
  [...text.matchAll(new RegExp(`^\\s*# ${kind}: (.*)$`, 'gm'))].map((match) => match[1]!);

const REDUCTIONS = 1e7;

const forms: Readonly<Record<string, (program: Program, host: ScriptHost) => ScriptResult>> = {
  plain: (program, host) => program.runMain(host, [], REDUCTIONS),
  sliced: (program, host) => runSliced(program.startMain(host, [], REDUCTIONS), () => 3),
};

for (const [name, text] of Object.entries(files)) {
  if (name.includes('/')) continue;
  test(name, (t) => {
    const compiled = compileProgram({ entry: name, files });
    t.is(compiled.release, saidIn(text, 'line')[0]!);
    const refused = compiled.ok ? [] : compiled.diagnostics;
    t.deepEqual(
      refused.map((d) => `${d.code} ${d.line}:${d.column}`),
      saidIn(text, 'expect-error'),
      refused.map(formatDiagnostic).join('\n'),
    );
    if (!compiled.ok) return;
    for (const [form, run] of Object.entries(forms)) {
      let written = '';
      const write = (out: string | Uint8Array) => {
        written += out;
      };
      const result = run(compiled.program, { write, nowMillis: () => 0, random: () => 0.5 });
      const wanted = saidIn(text, 'expect');
      t.is(written, wanted.map((line) => `${line}\n`).join(''), form);
      t.deepEqual(result.kind === 'fault' ? [result.code] : [], saidIn(text, 'expect-fault'), form);
    }
  });
}

test('every line has a program', (t) => {
  const said = new Set(Object.values(files).flatMap((text) => saidIn(text, 'line')));
  for (const { name } of LINES) t.true(said.has(name), name);
});

test('the lines follow each other', (t) => {
  LINES.slice(1).forEach((line, i) => {
    t.is(line.until, LINES[i]!.from);
  });
});

test('releases as a file says them', (t) => {
  const of = (from: string, until: string) => ({ from: releaseNumber(from), until: releaseNumber(until) });
  t.deepEqual(releasesOf('7'), of('7', '8'));
  t.deepEqual(releasesOf('2.x'), of('2', '3'));
  t.deepEqual(releasesOf('0.18'), of('0.18', '0.19'));
  t.deepEqual(releasesOf('v0.18.8'), of('0.18.8', '0.18.9'));
  for (const text of ['', 'x', 'seven', '1.2.3.4', '-1']) t.is(releasesOf(text), undefined, text);
});

test('every word that rows name as what there is today is a word of 7.x', (t) => {
  const { words } = vocabularyOf(NEWEST);
  for (const { name, now } of olderRows())
    for (const word of now?.split(' ') ?? []) t.not(words.get(word), undefined, `${word}, for ${name}`);
});

test('a name of the language is known by one release at least, or is a spelling that has a word of 7.x beside it', (t) => {
  const { words } = vocabularyOf(NEWEST);
  for (const [name, builtin] of BUILTINS.entries()) {
    if (releasesWith(name) !== undefined || words.get(builtin.name) !== undefined) continue;
    t.true(RENAMED.has(name), name);
  }
});

const older = (text: string) => checkSource({ entry: 'a.seq', files: { 'a.seq': text } });

test('a program that only its types make an older one is refused as one of the newest line, unless it says that it is older', (t) => {
  const text = ': main ( -- ) 7 2 i./ int->string io.write-line ;';
  const [refused] = older(text);
  t.like(refused, { code: 'unhandled-bool', severity: 'error', line: 1, column: 19 });
  t.regex(
    refused!.hint,
    / If the program is of Seq 0\.19 to 2\.x, say so in its first line, as with # seq: 2\.x\.$/,
  );
  t.deepEqual(older(`# seq: 2.x\n${text}`), []);
  t.like(older(`# seq: 7\n${text}`), [{ code: 'unhandled-bool', severity: 'error' }]);
});

test('a type that nothing declares is a variable of an older line only where no type resembles it', (t) => {
  t.like(older(': f ( Elem -- Elem ) ; : main ( -- ) 1 f drop ;'), [
    { code: 'older-release', severity: 'hint', line: 1, column: 7 },
  ]);
  t.like(older(': f ( Itn -- Itn ) ; : main ( -- ) 1 f drop ;'), [
    { code: 'unknown-type', severity: 'error', line: 1, column: 7 },
  ]);
});

/** What somebody new writes in a file that shows no release, and what refuses it. */
const MISTAKES: readonly (readonly [body: string, code: string, column: number])[] = [
  ['7 2 i./ int->string io.write-line', 'unhandled-bool', 19],
  ['7 2 i.% int->string io.write-line', 'unhandled-bool', 19],
  ['map.make "a" map.get io.write-line', 'unhandled-bool', 28],
  ['io.read-line string.trim io.write-line', 'unhandled-bool', 15],
  ['"a.txt" file.slurp io.write-line', 'unhandled-bool', 23],
  ['"a1" "[0-9]" "" regex.replace io.write-line', 'unhandled-bool', 31],
  ['chan.make dup 1 swap chan.send chan.receive drop', 'unhandled-bool', 36],
  ['1 2 i.< int->string io.write-line', 'type-mismatch', 23],
  ['true int->string io.write-line', 'type-mismatch', 20],
  ['0 :Tag variant.make-1 variant.tag int->string io.write-line', 'type-mismatch', 49],
  ['"a" os.getenv io.write-line', 'unhandled-bool', 19],
  ['1 [ "a" ] [ "b" ] if io.write-line', 'type-mismatch', 33],
];

test('mistakes that older releases would let pass are those of the newest line', (t) => {
  for (const [body, code, column] of MISTAKES)
    t.like(older(`: main ( -- ) ${body} ;`)[0], { code, severity: 'error', line: 1, column }, body);
});

test('words without an effect are told what the newest line has against them', (t) => {
  t.like(older(': main 1 int->string io.write-line ;'), [
    { code: 'older-release', severity: 'hint', line: 1, column: 3 },
  ]);
});

test('a program that only a wide literal makes an older one is told where that stands', (t) => {
  const text = ': main ( -- )\n  9223372036854775807 int->string io.write-line ;';
  const [hint] = older(text);
  t.like(hint, { code: 'older-release', severity: 'hint', line: 2, column: 3 });
  t.regex(
    hint!.message,
    /^The program is taken for one of Seq 3\.0 to 4\.0\. .* does not fit into 63 bits\./,
  );
  t.deepEqual(older(`# seq: 7\n${text}`), []);
  t.deepEqual(older(text.replace('9223372036854775807', '0x7fffffffffffffff')), []);
});

test('a program of no line is refused as one of the line with the fewest errors', (t) => {
  const text =
    ': half ( Int -- Int ) 2 divide ; : main ( -- ) 1 half 2 subtract write_line ; : f ( -- ) nothing ;';
  const compiled = compileProgram({ entry: 'a.seq', files: { 'a.seq': text } });
  t.is(compiled.release, 'Seq 0.3 to 0.16');
  t.deepEqual(!compiled.ok && compiled.diagnostics.map(({ code }) => code), [
    'type-mismatch',
    'unknown-word',
  ]);
});

test('a release that there never was is refused where it stands', (t) => {
  t.like(older('# seq: eight\n: main ( -- ) ;'), [{ code: 'unknown-release', line: 1, column: 8 }]);
  t.deepEqual(older('# seq:allow(x)\n: main ( -- ) ;'), []);
});

test('what is written for actors is of no older line', (t) => {
  const behaviour = ': f ( Map Variant -- Map ) drop "n" 7 2 i./ map.set ;';
  t.like(older(behaviour), [{ severity: 'error' }]);
});

/**
 * What 7.x has no words for: loops of quotations, numbers for tags and channels, more than 63 bits, and words
 * of std:result.
 */
const STAYING: ReadonlySet<string> = new Set([
  'channels-at-first.seq',
  'new-over-old.seq',
  'numbered-channels.seq',
  'numbered-tags-with-bools.seq',
  'numbered-tags.seq',
  'old-over-new.seq',
  'quotations-that-loop.seq',
  'results.seq',
  'said.seq',
  'sixty-four-bits.seq',
  'wide-literals.seq',
]);

for (const [name, text] of Object.entries(files)) {
  if (name.includes('/') || STAYING.has(name) || saidIn(text, 'expect-error').length > 0) continue;
  test(`${name} does in its current form what it did`, (t) => {
    const migrated = migrateSource({ entry: name, files });
    if (!migrated.ok) return t.fail(migrated.diagnostics.map(formatDiagnostic).join('\n'));
    const compiled = compileProgram({ entry: name, files: { ...files, [name]: migrated.text } });
    if (!compiled.ok)
      return t.fail(`${migrated.text}\n${compiled.diagnostics.map(formatDiagnostic).join('\n')}`);
    t.is(compiled.release, NEWEST.name, migrated.text);
    let written = '';
    const write = (out: string | Uint8Array) => {
      written += out;
    };
    forms.plain!(compiled.program, { write, nowMillis: () => 0, random: () => 0.5 });
    t.true(
      written.startsWith(
        saidIn(text, 'expect')
          .map((line) => `${line}\n`)
          .join(''),
      ),
      migrated.text,
    );
  });
}

test('what does not fit between files of two lines names both places', (t) => {
  const compiled = compileProgram({ entry: 'refused-between-lines.seq', files });
  t.regex(
    compiled.ok ? '' : compiled.diagnostics[0]!.hint,
    /small, at lib\/old-checks\.seq:2, is of Seq 0\.3 to 0\.16, and this file of Seq 7\.x\.$/,
  );
});
