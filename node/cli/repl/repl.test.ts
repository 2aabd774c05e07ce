// seq-node repl as a process with pipes; what it does in a terminal beyond that is readline's.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import test from 'ava';
import { startGateway } from '../../gateway/http.test-support.ts';

const MAIN = join(import.meta.dirname, '..', 'main.ts');

async function repl(
  lines: readonly string[],
  words: readonly string[] = [],
  folder = mkdtempSync(join(tmpdir(), 'seq-node-repl-')),
) {
  const child = spawn(process.execPath, [MAIN, 'repl', ...words], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, TMPDIR: folder },
  });
  child.stdin.end(lines.map((line) => `${line}\n`).join(''));
  const [stdout, stderr, [code]] = await Promise.all([
    readAll(child.stdout),
    readAll(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  return { stdout, stderr, code, folder };
}

test('the stack is shown after each entry, and what is wrong does not lose it', async (t) => {
  const { stdout, stderr, code } = await repl([
    '1 2',
    '+ 4 *',
    ': square ( Int -- Int )',
    '  dup * ;',
    'square',
    '"no line end" io.write',
    'nonsense',
    '"a',
    'b"',
    '-1 time.sleep-ms',
    'drop :sym',
    '[ 1',
  ]);
  t.is(
    stdout,
    `${['( 1 2 )', '( 12 )', '( 12 )', '( 144 )', 'no line end', '( 144 )', '( 144 )', '( 144 "a\\nb" )', '( 144 "a\\nb" )', '( 144 :sym )', '( 144 :sym )'].join('\n')}\n`,
  );
  t.is(
    stderr,
    [
      'entry 6:1:1: error: There is no word nonsense.  [unknown-word]',
      '  | nonsense',
      '  | ^^^^^^^^',
      '  hint: Define it, or include the file that does.',
      'fault[bad-argument]: A time to sleep is a number of milliseconds from 0 on.',
      '  in <entry-8> at entry 8:1:4',
      'entry 10:2:1: error: The entry ends in the middle.  [unclosed]',
      '  | ',
      '  | ^',
      '  hint: Close what is open.',
      '',
    ].join('\n'),
  );
  t.is(code, 65);
});

test('--seq says the release of what is typed', async (t) => {
  const { stdout } = await repl(
    ['1 2 i.< if 7 2 i./ else 0 then', ':doc i./', ':doc net.tcp.read'],
    ['--seq', '2.x'],
  );
  t.deepEqual(stdout.split('\n'), ['( 3 )', 'i./ ( Int Int -- Int )', '']);
});

test('commands, files, input and the exit status of the program', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'seq-node-repl-'));
  writeFileSync(join(folder, 'double.seq'), ': double ( Int -- Int ) 2 * ;\n');
  writeFileSync(join(folder, 'half.seq'), ': half ( Int -- Int ) 2 / drop ;\n');
  const { stdout, stderr, code } = await repl(
    [
      '21 double',
      ':load half.seq',
      'half',
      ': name ( -- String ) "x" ;',
      ':words',
      ':stack',
      ':type name dup',
      ':doc list-fold',
      ':clear',
      'io.read-line',
      'what is read',
      'drop drop :help',
      ':unknown drop',
      ':quit',
      'io.write-line',
    ],
    ['double.seq'],
    folder,
  );
  t.deepEqual(stdout.split('\n'), [
    '( )',
    '( 42 )',
    '( 42 )',
    '( 21 )',
    '( 21 )',
    'name ( -- String )',
    '21  Int',
    '( Int String String )',
    'list-fold ( List A [ A T -- A ] -- A )',
    '  Of Seq 0.3 to 0.16. Seq 7.x has list.fold.',
    '( )',
    '( "what is read\\n" true )',
    '( :help )',
    '( :help )',
    '',
  ]);
  t.is(stderr, '');
  t.is(code, 0);
  t.is((await repl(['1 drop', '7 os.exit', '2'])).code, 7);
  t.true((await repl([':help'])).stdout.includes(':quit'));
});

test('what is meant for the session is told with its colon', async (t) => {
  const { stderr } = await repl(['exit', ': words ( -- Int ) 5 ;', 'words', 'valueOf']);
  t.true(stderr.includes('hint: Write :quit: what is for the session begins with a colon.'));
  t.is(stderr.match(/begins with a colon/g)?.length, 1, 'a word of the program is none of these');
});

const COUNTER = [
  'union CounterMsg { Add { amount: Int } Get }',
  ': total ( Map -- Int ) "total" map.get [ ] [ drop 0 ] if ;',
  ': counter ( Map CounterMsg -- Map )',
  '  match Add { >amount } -> over total + "total" swap map.set Get -> dup total actor.reply end ;',
];

test('actors live on a node of the session, and are gone with it', async (t) => {
  const { stdout, stderr, code, folder } = await repl([
    ...COUNTER,
    '"c" [ counter ] actor.register',
    'dup 5 Make-Add actor.send dup 7 Make-Add actor.send',
    '"c" actor.whereis',
    'drop drop "c" Make-Get actor.ask',
    'drop dup Make-Get 20000 actor.try-ask',
    '"nobody" Make-Get 20000 actor.try-ask',
    'drop drop drop drop dup actor.stop Make-Get actor.ask',
    'drop 1 actor.reply',
    '"c" actor.whereis',
    '"nobody" actor-whereis',
  ]);
  t.deepEqual(stdout.split('\n'), [
    ...Array(3).fill('( )'),
    '( "/name/c" )',
    '( "/name/c" )',
    '( "/name/c" "/name/c" true )',
    '( "/name/c" 12 )',
    '( "/name/c" 12 true )',
    ...Array(3).fill('( "/name/c" 12 true 0 false )'),
    '( "/name/c" 12 true 0 false "" false )',
    '( "/name/c" 12 true 0 false "" false "" false )',
    '',
  ]);
  t.regex(stderr, /fault\[actor-stopped\]: .*\n {2}in <entry-10> at entry 10:1:45\n/);
  t.regex(stderr, /fault\[not-in-turn\]: /);
  t.is(code, 65);
  t.deepEqual(readdirSync(folder), []);
});

test('supervisors live there too, with children that run words of the session', async (t) => {
  const { stdout, stderr } = await repl([
    ...COUNTER,
    '"/sup" map.make list.make "a" [ counter ] child list.push supervisor.start-at',
    '"/sup/a" 5 Make-Add actor.send "/sup/a" Make-Get actor.ask',
    'drop dup "b" [ counter ] child supervisor.add',
    'drop dup "b" supervisor.terminate dup "b" supervisor.terminate',
    'supervisor.count "specs" map.get',
    '"/sup" "none" supervisor.restart',
  ]);
  t.is(
    stdout.split('\n').slice(3, -1).join(' '),
    '( "/sup" ) ( "/sup" 5 ) ( "/sup" "/sup/b" ) ( "/sup" ) ( 2 true ) ( 2 true )',
  );
  t.regex(stderr, /fault\[no-answer\]: The supervisor refused: not-found: /);
});

test('with --node they live there', async (t) => {
  const { gateway, node } = await startGateway(t);
  const { stdout, stderr } = await repl(
    ['union AccountMsg { Deposit { amount: Int } }', '"/user/a" 100 Make-Deposit actor.ask'],
    ['--node', gateway.url],
  );
  t.is(stdout, '( )\n( 100 )\n');
  t.is(stderr, '');
  t.deepEqual(node.calls, ['ask /user/a (Deposit 100)']);
});

test('the session in docs/TOOLS.md is what happens', async (t) => {
  const manual = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'TOOLS.md'), 'utf8');
  const lines = [...manual.matchAll(/^ {4}(?:seq> (.*)|(.*))$/gm)];
  const typed = lines.flatMap(([, entry]) => entry ?? []);
  t.true(typed.length > 3);
  const { stdout, stderr } = await repl(typed);
  // Through pipes the two are not in one order.
  const shown = `${stdout}${stderr}`.trimEnd().split('\n').sort();
  t.deepEqual(shown, lines.flatMap(([, , output]) => output ?? []).sort());
});
