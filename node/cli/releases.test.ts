// check, run and test on programs of older releases.
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { run } from './cli.test-support.ts';

function folder(files: Readonly<Record<string, string>>): (name: string) => string {
  const root = mkdtempSync(join(tmpdir(), 'seq-node-releases-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(root, name, '..'), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return (name) => join(root, name);
}

test('check shows the line of each program, found or said', async (t) => {
  const file = folder({
    'found.seq': ': main ( -- ) 3 5 < int->string write_line ;\n',
    'said.seq': '# seq: 2.x\n: main ( -- ) ;\n',
    'newest.seq': ': main ( -- ) ;\n',
  });
  const { code, stdout } = await run(['check', file('found.seq'), file('said.seq'), file('newest.seq')]);
  t.is(code, 0);
  t.is(
    stdout,
    [
      `${file('found.seq')}: ok, 1 word, Seq 0.3 to 0.16`,
      `${file('said.seq')}: ok, 1 word, Seq 0.19 to 2.x`,
      `${file('newest.seq')}: ok, 1 word, Seq 7.x\n`,
    ].join('\n'),
  );
});

test('--seq says the line of files that do not', async (t) => {
  const file = folder({
    'bits.seq': ': main ( -- ) int-bits int->string io.write-line ;\n',
    'said.seq': '# seq: 7\n: main ( -- ) int-bits int->string io.write-line ;\n',
  });
  t.is((await run(['run', file('bits.seq')])).stdout, '63\n');
  t.is((await run(['run', '--seq', '3.0', file('bits.seq')])).stdout, '64\n');
  t.is((await run(['run', '--seq', '3.0', file('said.seq')])).stdout, '63\n');
  const unknown = await run(['run', '--seq', 'eight', file('bits.seq')]);
  t.is(unknown.code, 64);
  t.regex(unknown.stderr, /eight is no release of Seq/);
});

test('a program that is refused names the line that it comes closest to', async (t) => {
  const file = folder({ 'a.seq': ': main ( -- ) 3 5 < 1 add write_line ;\n' });
  const { code, stderr } = await run(['check', file('a.seq')]);
  t.is(code, 65);
  t.regex(stderr, /a\.seq: checked as Seq 0\.3 to 0\.16/);
});

test('the tests of a folder are of one release, though only some of them show it', async (t) => {
  const plain = ': test-bits ( -- ) int-bits 64 test.assert-eq ;\n';
  const file = folder({
    'all/test-plain.seq': plain,
    'all/test-marked.seq': ': test-half ( -- ) true if 7 2 i./ 3 test.assert-eq then ;\n',
    'all/test-typed.seq': ': test-third ( -- ) 7 3 i./ 2 test.assert-eq ;\n',
    'all/test-said.seq': '# seq: 7\n: test-bits ( -- ) int-bits 63 test.assert-eq ;\n',
    'all/test-refused.seq': ': test-none ( -- ) 1 ;\n',
    'alone/test-plain.seq': plain,
    'newest/test-plain.seq': ': test-one ( -- ) 1 1 test.assert-eq ;\n',
    'newest/test-mistaken.seq': ': test-third ( -- ) 7 3 i./ 2 test.assert-eq ;\n',
  });
  const all = await run(['test', file('all')]);
  t.regex(all.stdout, /test-plain\.seq\n {2}test-bits \.\.\. ok\n/);
  t.regex(all.stdout, /4 passed, 1 failed/);
  t.regex((await run(['test', file('alone')])).stdout, /0 passed, 1 failed/);
  t.regex((await run(['test', file('newest')])).stderr, /leaves a value and a Bool/);
  t.regex((await run(['test', '--seq', '2.x', file('alone')])).stdout, /1 passed, 0 failed/);
});
