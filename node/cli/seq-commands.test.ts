// run, check, test, fmt and doc: Seq without a node.
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { run } from './cli.test-support.ts';

function folder(files: Readonly<Record<string, string>>): (name: string) => string {
  const root = mkdtempSync(join(tmpdir(), 'seq-node-programs-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(root, name, '..'), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return (name) => join(root, name);
}

test('run gives the program its arguments and exits with its status', async (t) => {
  const file = folder({
    'sum.seq': 'include "lib/add"\n: main ( -- Int ) 1 args.at io.write-line 40 plus-two ;\n',
    'lib/add.seq': ': plus-two ( Int -- Int ) 2 i.+ ;\n',
  });
  t.deepEqual(await run(['run', file('sum.seq'), '--json', '-h']), {
    code: 42,
    stdout: '--json\n',
    stderr: '',
  });
});

test('a program in the place of a command is run, as a first line #!/usr/bin/env seq-node does', async (t) => {
  const file = folder({
    'hello.seq': '#!/usr/bin/env seq-node\n: main ( -- ) 1 args.at io.write-line ;\n',
    bare: '#!/usr/bin/env seq-node\n: main ( -- Int ) 7 ;\n',
  });
  t.deepEqual(await run([file('hello.seq'), '--help']), { code: 0, stdout: '--help\n', stderr: '' });
  t.is((await run([file('bare')])).code, 7);
  for (const command of [[], ['run'], ['check'], ['test'], ['fmt']]) {
    const absent = await run([...command, 'absent.seq']);
    t.is(absent.code, 64);
    t.regex(
      absent.stderr,
      /error\[unreadable-file\]: There is no file absent\.seq\.\n {2}next: Check the path/,
    );
  }
});

test('run shows what is wrong with a program, and where it failed', async (t) => {
  const file = folder({
    'typo.seq': ': main ( -- )\n  "x" io.wriet-line ;\n',
    'fault.seq': ': bad ( -- ) 1 actor-reply ;\n: main ( -- ) bad ;\n',
    'loop.seq': ': forever ( -- ) forever ;\n: main ( -- ) forever ;\n',
    'none.seq': ': other ( -- ) ;\n',
    'include.seq': 'include "absent"\n: main ( -- ) ;\n',
  });
  const typo = await run(['run', file('typo.seq')]);
  t.is(typo.code, 65);
  t.true(typo.stderr.includes('error[bad-program]'));
  t.true(typo.stderr.includes(`${file('typo.seq')}:2:7: error:`));
  t.true(typo.stderr.includes('^^^^^^^^^^^^^'));
  const fault = await run(['run', file('fault.seq')]);
  t.is(fault.code, 65);
  t.true(fault.stderr.includes('error[turn-failed]'));
  t.true(fault.stderr.includes(`at ${file('fault.seq')}:1:`), fault.stderr);
  t.regex(fault.stderr, /next: Correct the program at the first position/);
  const spent = await run(['run', '--reductions', '100000', file('loop.seq')]);
  t.is(spent.code, 65);
  t.regex(spent.stderr, /next: Look for a word that calls itself for ever/);
  t.is((await run(['run', file('none.seq')])).code, 65);
  t.true((await run(['run', file('include.seq')])).stderr.includes('absent'));
});

test('check tells about each program, and exits 65 when one is wrong', async (t) => {
  const file = folder({
    'good.seq': 'union Msg { Hit }\n: actor ( Map Msg -- Map ) match Hit -> end ;\n',
    'bad.seq': ': main ( -- Int ) 1 nonsense ;\n',
  });
  const good = await run(['check', file('good.seq')]);
  t.is(good.code, 0);
  t.is(good.stdout, `${file('good.seq')}: ok, 1 word, Seq 7.x, behaviours: actor\n`);
  const both = await run(['check', file('good.seq'), file('bad.seq')]);
  t.is(both.code, 65);
  t.true(both.stdout.startsWith(`${file('good.seq')}: ok`));
  t.true(both.stderr.includes(`${file('bad.seq')}:1:21: error:`));
  const json = await run(['check', file('bad.seq'), '--json']);
  t.like(JSON.parse(json.stdout)[0], { severity: 'error', line: 1, column: 21, code: 'unknown-word' });
  t.is((await run(['check', file('absent.seq')])).code, 64);
});

test('what a program says cannot drive the terminal, and a name that cannot be seen is shown', async (t) => {
  const file = folder({
    'escape.seq': ': main ( -- Int ) \u001bc ;\n',
    'unseen.seq': ': main ( -- Int ) \u200b ;\n',
  });
  for (const command of ['check', 'run', 'test']) {
    const { stdout, stderr } = await run([command, file('escape.seq')]);
    t.notRegex(stdout + stderr, /\u001b/, command);
    t.true(stderr.includes('There is no word \\u001bc.'), stderr);
  }
  t.true((await run(['check', file('unseen.seq')])).stderr.includes('There is no word \\u200b.'));
});

test('check tells what could be better, unless it is not asked to', async (t) => {
  const file = folder({ 'half.seq': ': half ( Int -- Int ) 2 i./ drop ;\n' });
  const found = await run(['check', file('half.seq')]);
  t.is(found.code, 0);
  t.true(found.stderr.includes(`${file('half.seq')}:1:25: warning:`));
  t.is((await run(['check', '--no-lints', file('half.seq')])).stderr, '');
  t.like(JSON.parse((await run(['check', '--json', file('half.seq')])).stdout)[0], { code: 'unchecked-div' });
});

test('check --migrate prints the current form, and what is still wrong with it', async (t) => {
  const file = folder({
    'old.seq': ': add3 ( Int -- Int )\n  3 add # plainly\n;\n',
    'wrong.seq': ': add3 ( Int -- Int ) add ;\n',
  });
  const old = await run(['check', '--migrate', file('old.seq')]);
  t.deepEqual([old.code, old.stdout], [0, ': add3 ( Int -- Int )\n  3 i.+ # plainly\n;\n']);
  const wrong = await run(['check', '--migrate', file('wrong.seq')]);
  t.deepEqual([wrong.code, wrong.stdout], [65, ': add3 ( Int -- Int ) i.+ ;\n']);
  t.true(wrong.stderr.includes(`${file('wrong.seq')}:1:23: error:`));
});

test('test finds test files, runs their tests and counts', async (t) => {
  const file = folder({
    'test-good.seq': ': test-one ( -- ) "one" test.init 1 1 test.assert-eq test.finish ;\n',
    'deep/test-bad.seq':
      ': test-two ( -- ) "two" test.init 1 2 test.assert-eq test.finish ;\n: test-three ( -- ) "three" test.init true test.assert test.finish ;\n',
    'helper.seq': ': not-a-test ( -- ) ;\n',
  });
  const all = await run(['test', file('.')]);
  t.is(all.code, 1);
  t.true(all.stdout.includes('test-one ... ok'));
  t.true(all.stdout.includes('test-two ... FAILED'));
  t.true(all.stdout.endsWith('\n3 assertions in 2 files\n2 passed, 1 failed\n'), all.stdout);
  t.is((await run(['test', file('test-good.seq')])).code, 0);
  t.is((await run(['test', file('.'), '--filter', 'three'])).code, 0);
  const json = JSON.parse((await run(['test', file('.'), '--json'])).stdout);
  t.deepEqual([json.files, json.failed, json.tests.length], [2, 1, 3]);
  t.is((await run(['test', file('absent')])).code, 64);
});

test('test takes nothing for a test that is none, or did not come to its end', async (t) => {
  const file = folder({
    'test-odd.seq': `: test-leaves ( -- Int ) 1 ;
: test-exits ( -- ) 1 1 test.assert-eq 0 os.exit ;
: test-strand ( -- ) [ 0 os.exit ] strand.spawn drop chan.yield ;
: test-whole ( -- ) 1 1 test.assert-eq ;
`,
  });
  const ran = await run(['test', file('test-odd.seq')]);
  t.is(ran.code, 1);
  t.true(ran.stderr.includes('test-leaves ( -- Int ) is not run as a test'));
  for (const word of ['test-exits', 'test-strand'])
    t.true(ran.stdout.includes(`${word} ... FAILED\n    0 os.exit ended the test early`));
  t.true(ran.stdout.includes('test-whole ... ok'));
  const json = JSON.parse((await run(['test', file('test-odd.seq'), '--json'])).stdout);
  t.deepEqual(json.misnamed, [{ file: file('test-odd.seq'), word: 'test-leaves', effect: '( -- Int )' }]);
  const none = await run(['test', file('test-odd.seq'), '--filter', 'absent']);
  t.is(none.code, 64);
  t.true(none.stderr.includes('No test has "absent" in its name.'));
});

test('a broken test file does not hide the others', async (t) => {
  const file = folder({
    'test-a.seq': ': test-a ( -- ) nonsense ;\n',
    'test-b.seq': ': test-b ( -- ) "b" test.init true test.assert test.finish ;\n',
    'test-c.seq': ': spin ( -- ) spin ;\n: test-c ( -- ) spin ;\n',
  });
  const ran = await run(['test', file('.'), '--reductions', '100000']);
  t.is(ran.code, 1);
  t.true(ran.stderr.includes('nonsense'));
  t.true(ran.stdout.includes('test-b ... ok'));
  t.true(ran.stdout.includes('test-c ... FAILED'));
  t.true(ran.stdout.endsWith('\n1 assertion in 3 files, 1 of them broken\n1 passed, 2 failed\n'), ran.stdout);
});

test('fmt prints, checks or writes, from files or standard input', async (t) => {
  const [rough, smooth] = [': f ( -- )\n1 drop ;', ': f ( -- )\n  1 drop ;\n'];
  const file = folder({ 'rough.seq': rough, 'smooth.seq': smooth, 'broken.seq': ': f ( -- ) [' });
  t.deepEqual(await run(['fmt', file('rough.seq')]), { code: 0, stdout: smooth, stderr: '' });
  t.deepEqual(await run(['fmt'], {}, rough), { code: 0, stdout: smooth, stderr: '' });
  t.is((await run(['fmt', '--check'], {}, rough)).code, 65);
  t.is((await run(['fmt', '--check'], {}, smooth)).code, 0);
  const checked = await run(['fmt', '--check', file('smooth.seq'), file('rough.seq')]);
  t.like(checked, { code: 65, stdout: `${file('rough.seq')}\n` });
  t.is(readFileSync(file('rough.seq'), 'utf8'), rough);
  const written = await run(['fmt', '--write', file('broken.seq'), file('rough.seq')]);
  t.like(written, { code: 65, stdout: `${file('rough.seq')}\n` });
  t.true(written.stderr.includes(`${file('broken.seq')}:1:12: error:`), written.stderr);
  t.is(readFileSync(file('rough.seq'), 'utf8'), smooth);
  t.like(await run(['fmt', '--write', file('rough.seq')]), { code: 0, stdout: '' });
  t.is((await run(['fmt', '--write'], {}, rough)).code, 64);
  t.is((await run(['fmt', file('absent.seq')])).code, 64);
});

test('doc prints one word, what an operator stands for, or the reference of docs/LANGUAGE.md', async (t) => {
  t.deepEqual(await run(['doc', 'list.fold', 'abs']), {
    code: 0,
    stdout: `list.fold ( List A [ A T -- A ] -- A )
  Goes through a List with a value, the second, that the quotation changes by each element.
  list-of 1 lv 2 lv 3 lv 0 [ i.+ ] list.fold → 6
abs ( Int -- Int )
  needs include std:imath
  The Int without its sign.
  -5 abs → 5
`,
    stderr: '',
  });
  const divide = 'divide ( Int Int -- Int )\n  Of Seq 0.3 to 0.16. Seq 7.x has i./ drop.\n';
  t.is((await run(['doc', 'divide'])).stdout, divide);
  t.is((await run(['doc', '--seq', '2.x', 'i./'])).stdout, 'i./ ( Int Int -- Int )\n');
  t.true((await run(['doc', '--seq', '0.13'])).stdout.includes('\nchan.receive-safe ( Int -- T Int )\n'));
  t.true((await run(['doc', '%'])).stdout.startsWith('i.% ( Int Int -- Int Bool )\n  also i.modulo\n'));
  t.true(
    (await run(['doc', '+'])).stdout.startsWith(
      '+\n  The sum of two Ints or Floats, or two Strings joined.\n',
    ),
  );
  t.true((await run(['doc', 'match'])).stdout.startsWith('match\n  Takes a value of a union'));
  t.true((await run(['doc', 'time.now'])).stdout.includes('Seconds since the beginning of 1970'));
  t.true(
    (await run(['doc', 'print'])).stderr.includes(
      'Seq has no print.\n  next: Write a String with io.write-line',
    ),
  );
  t.like(JSON.parse((await run(['doc', 'dup', '--json'])).stdout)[0], {
    name: 'dup',
    effect: '( T -- T T )',
  });
  t.true(JSON.parse((await run(['doc', '--json'])).stdout).length > 200);
  const manual = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'LANGUAGE.md'), 'utf8');
  t.true(manual.endsWith(`## Words\n\n${(await run(['doc'])).stdout}`));
  const unknown = await run(['doc', 'list.fodl']);
  t.is(unknown.code, 64);
  t.true(unknown.stderr.includes('did you mean list.fold?'), unknown.stderr);
});
