// Words that reach outside of their program: what they ask of the world, and that a turn of an actor is
// refused.
import test, { type ExecutionContext } from 'ava';
import { SeqMap } from '../base/value.ts';
import { compileProgram, type Program, type ScriptHost, type TurnHost, type World } from './index.ts';
import { runTurn } from './testing/run-turn.ts';

function compile(t: ExecutionContext, text: string): Program {
  const compiled = compileProgram({ entry: 'a.seq', files: { 'a.seq': text } });
  if (compiled.ok) return compiled.program;
  t.log(compiled.diagnostics);
  throw new Error('the program was refused');
}

function run(t: ExecutionContext, text: string, world?: Partial<World>, reductions = 1e8) {
  let output = '';
  const host: ScriptHost = {
    write: (part) => {
      output += part;
    },
    nowMillis: () => 1_700_000_000_000,
    random: () => 0.5,
    ...(world === undefined ? {} : { world: world as World }),
  };
  return { result: compile(t, text).runMain(host, [], reductions), output };
}

const outputOf = (t: ExecutionContext, body: string, world?: Partial<World>): string => {
  const { result, output } = run(t, `: main ( -- ) ${body} ;`, world);
  t.is(result.kind, 'done', JSON.stringify(result));
  return output;
};

test('names of files are put together and taken apart by their text', (t) => {
  const parts = (path: string, word: string) =>
    outputOf(t, `"${path}" os.path-${word} [ "" ] [ "no " ] if swap string.concat io.write`);
  const cases = [
    ['a/b/c', 'a/b', 'c'],
    ['/a', '/', 'a'],
    ['a', '', 'a'],
    ['a/b/', 'a', 'b'],
    ['a/./.', '', 'a'],
    ['a//b', 'a', 'b'],
    ['./a', '.', 'a'],
    ['a/..', 'a', 'no '],
    ['.', '', 'no '],
    ['/', 'no ', 'no '],
    ['//', 'no ', 'no '],
    ['', 'no ', 'no '],
  ] as const;
  for (const [path, parent, name] of cases) t.deepEqual([path, parts(path, 'parent'), parts(path, 'filename')], [path, parent, name]); // biome-ignore format: one line
  const joined = (a: string, b: string) => outputOf(t, `"${a}" "${b}" os.path-join io.write`);
  t.deepEqual(
    [joined('a', 'b'), joined('a/', 'b'), joined('a', '/b'), joined('', 'b'), joined('a', '')],
    ['a/b', 'a/b', '/b', 'b', 'a/'],
  );
});

test('a name that the system cannot have is never asked for', (t) => {
  t.is(outputOf(t, '"a\\x00b" file.exists? [ "there" ] [ "none" ] if io.write', {}), 'none');
  t.is(outputOf(t, '"x" "\\xff" file.spit [ "done" ] [ "not" ] if io.write', {}), 'not');
});

test('lines of a file come whole, wherever its pieces end, and with one line feed each', (t) => {
  const text = `first\r\n${'x'.repeat(300_000)}\n\nlast`;
  const bytes = new TextEncoder().encode(text);
  const world = { readFile: (_: string, from: number, length: number) => bytes.slice(from, from + length) };
  const found = outputOf(t, '"f" [ dup string.length int->string io.write-line io.write ] file.for-each-line drop', world); // biome-ignore format: one line
  t.is(found, `6\nfirst\n300001\n${'x'.repeat(300_000)}\n1\n\n5\nlast\n`);
});

test('a file that cannot be read to its end says so', (t) => {
  const world = {
    readFile: (_: string, from: number, length: number) =>
      from === 0 ? new Uint8Array(length).fill(10) : undefined,
  };
  t.is(outputOf(t, '"f" [ drop ] file.for-each-line [ "whole" ] [ "broken" ] if io.write', world), 'broken');
});

test('a file too large for a String is a fault, not half a text', (t) => {
  const world = { readFile: (_: string, __: number, length: number) => new Uint8Array(length) };
  const { result } = run(t, ': main ( -- ) "f" file.slurp drop drop ;', world);
  t.like(result, { kind: 'fault', code: 'too-large' });
});

test('os.exit ends the run with its code, whatever words are under way', (t) => {
  const text =
    ': deep ( Int -- Int ) 7 os.exit 1 + ; : main ( -- ) 1 [ deep ] call drop "not here" io.write ;';
  const { result, output } = run(t, text, {});
  t.like(result, { kind: 'done', exitCode: 7 });
  t.is(output, '');
  t.like(run(t, ': main ( -- ) 256 os.exit ;', {}).result, { kind: 'fault', code: 'bad-argument' });
});

test('a run that starts again in the other form does not touch the world twice', (t) => {
  const touched: string[] = [];
  const world: Partial<World> = {
    writeFile: (path) => {
      touched.push(path);
      return true;
    },
    randomBytes: (count) => new Uint8Array(count).fill(touched.length),
  };
  const text = `: sum ( Int -- Int ) dup 0 = [ ] [ dup 1 - sum + ] if ;
    : main ( -- ) "x" "f" file.spit drop 100000 sum int->string io.write 1 crypto.random-bytes io.write ;`;
  const { result, output } = run(t, text, world);
  t.is(result.kind, 'done');
  t.is(output, '500005000001');
  t.deepEqual(touched, ['f']);
});

test('what was made with the randomness of a script can be opened, and has the shape it should', (t) => {
  let next = 0;
  const world: Partial<World> = {
    randomBytes: (count) => Uint8Array.from({ length: count }, () => next++ & 0xff),
  };
  const key = 'ab'.repeat(32);
  t.is(outputOf(t, `"text" "${key}" crypto.aes-gcm-encrypt drop "${key}" crypto.aes-gcm-decrypt drop io.write`, world), 'text'); // biome-ignore format: one line
  t.is(outputOf(t, '"m" crypto.ed25519-keypair rot dup rot crypto.ed25519-sign drop rot crypto.ed25519-verify [ "good" ] [ "bad" ] if io.write', world), 'good'); // biome-ignore format: one line
  t.regex(outputOf(t, 'crypto.uuid4 io.write', world), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/); // biome-ignore format: one line
  for (let i = 0; i < 300; i++) {
    const n = BigInt(outputOf(t, '-4611686018427387904 4611686018427387903 crypto.random-int int->string io.write', world)); // biome-ignore format: one line
    t.true(n >= -(2n ** 62n) && n < 2n ** 62n - 1n);
    t.regex(outputOf(t, '-3 3 crypto.random-int int->string io.write', world), /^(-[123]|[012])$/);
  }
  t.is(outputOf(t, '5 5 crypto.random-int int->string io.write', world), '5');
});

const turnHost = (): TurnHost =>
  ({ nowMillis: () => 1234, random: () => 0.25, write: () => undefined, state: () => SeqMap.empty }) as unknown as TurnHost; // biome-ignore format: one line

function turn(t: ExecutionContext, body: string) {
  const program = compile(t, `: handle ( Map Int -- Map ) drop ${body} ;`);
  return runTurn(program.behaviourOf('handle')!, SeqMap.empty, 1, turnHost(), 1e6);
}

test('a turn may not reach outside', (t) => {
  const bodies = [
    '"f" file.slurp drop drop',
    '"x" "f" file.spit drop',
    '"f" [ drop ] file.for-each-line drop',
    '"HOME" os.getenv drop drop',
    '0 os.exit',
    '16 crypto.random-bytes drop',
    'crypto.ed25519-keypair drop drop',
    '"a" "b" crypto.aes-gcm-encrypt drop drop',
    'io.read-line drop drop',
    '10 time.sleep-ms',
    'signal.SIGINT signal.trap',
    'terminal.width drop',
    '0 net.tcp.listen drop drop',
    '"localhost" net.dns.resolve drop drop',
    '"http://example.org" net.http.get drop',
  ];
  for (const body of bodies) t.like(turn(t, body), { kind: 'fault', code: 'not-in-script' }, body);
});

test('a socket is no data', (t) => {
  const { result } = run(t, ': main ( -- ) "x" 3 fd->socket socket->fd int->string io.write drop ;', {});
  t.is(result.kind, 'done');
  const left = turn(t, '"s" 3 fd->socket map.set');
  t.like(left, { kind: 'fault', code: 'not-data' });
});

test('a turn gets time, UUIDs and random numbers from what is recorded with it', (t) => {
  const body = `"nanos" time.nanos map.set "id" crypto.uuid4 map.set "n" 0 100 crypto.random-int map.set
    "hash" "x" crypto.sha256 map.set`;
  const first = turn(t, body);
  t.is(first.kind, 'done');
  t.deepEqual(turn(t, body), first);
});
