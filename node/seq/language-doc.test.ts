// Holds docs/LANGUAGE.md to the language: its programs compile and print what they say, and its table of
// words is current.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { BUILTINS } from './builtins/index.ts';
import { compileProgram, formatDiagnostic } from './index.ts';
import { olderReference } from './older-reference.ts';
import { wordReference } from './word-reference.ts';

const manual = readFileSync(join(import.meta.dirname, '../../docs/LANGUAGE.md'), 'utf8');
const programs = [...manual.matchAll(/^```seq\n(.*?)^```$/gms)].map((match) => match[1]!);

test('the manual has programs', (t) => {
  t.true(programs.length > 10);
});

programs.forEach((text, i) => {
  test(`program ${i + 1}: ${text.split('\n')[0]}`, (t) => {
    const compiled = compileProgram({ entry: 'manual.seq', files: { 'manual.seq': text } });
    if (!compiled.ok) {
      t.fail(compiled.diagnostics.map(formatDiagnostic).join('\n'));
      return;
    }
    const wanted = [...text.matchAll(/^\s*# expect: (.*)$/gm)].map((match) => `${match[1]}\n`).join('');
    if (wanted === '') return t.pass();
    let written = '';
    const host = {
      write: (out: string | Uint8Array) => (written += out),
      nowMillis: () => 0,
      random: () => 0,
    };
    t.like(compiled.program.runMain(host, [], 1e7), { kind: 'done' });
    t.is(written, wanted);
  });
});

test('the table of words is that of the language', (t) => {
  const table = manual.slice(manual.indexOf('## Words\n') + '## Words\n'.length).trim();
  t.is(table, wordReference());
});

test('the table of words of older releases is that of the language', (t) => {
  const from = manual.indexOf('## Words of older releases\n');
  t.true(manual.slice(from, manual.indexOf('\n## Words\n')).includes(olderReference()));
});

test('every builtin has an effect that can be read', (t) => {
  for (const builtin of BUILTINS.values()) t.notThrows(() => builtin.written, builtin.name);
});
