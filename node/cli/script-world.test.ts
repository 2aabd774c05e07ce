// Scripts with the real world around them: files in a folder of their own, signals to this process, input
// through a pipe.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { compileProgram, formatDiagnostic } from '../seq/index.ts';
import { runScript } from './running.ts';

const folder = mkdtempSync(join(tmpdir(), 'seq-world-'));
test.after.always(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

async function output(t: ExecutionContext, body: string, onWrite = () => {}): Promise<string> {
  const text = `: main ( -- ) ${body} ;`;
  const compiled = compileProgram({ entry: 'a.seq', files: { 'a.seq': text } });
  if (!compiled.ok) throw new Error(compiled.diagnostics.map(formatDiagnostic).join('\n'));
  let written = '';
  const write = (part: string | Uint8Array) => {
    written += part;
    onWrite();
  };
  const result = await runScript(compiled.program, 'main', { write });
  t.is(result.kind, 'done', JSON.stringify(result));
  return written;
}

/** What a program leaves of Bools and Strings, as text. */
const SHOW = '[ "yes " ] [ "no " ] if io.write';

test('files are written, read, added to, measured and deleted', async (t) => {
  const file = at('notes.txt');
  const path = `"${file}"`;
  const body = `"one\\n" ${path} file.spit ${SHOW} "two\\xff" ${path} file.append ${SHOW}
    ${path} file.slurp ${SHOW} string.byte-length int->string io.write " " io.write
    ${path} file.size ${SHOW} int->string io.write " " io.write
    ${path} file.exists? ${SHOW} ${path} os.path-is-file ${SHOW} ${path} os.path-is-dir ${SHOW}`;
  t.is(await output(t, body), 'yes yes yes 8yes 8 yes yes no '.replace('8yes', '8 yes'));
  t.deepEqual(readFileSync(file), Buffer.from('one\ntwo\xff', 'latin1'));
  t.is(await output(t, `${path} file.delete ${SHOW} ${path} file.delete ${SHOW} ${path} file.slurp ${SHOW} drop`), 'yes no no '); // biome-ignore format: one line
});

test('folders are made with those around them, listed, and deleted when empty', async (t) => {
  const outer = `"${at('outer')}"`;
  const inner = `"${at('outer/inner')}"`;
  const body = `${inner} dir.make ${SHOW} ${inner} dir.make ${SHOW} ${outer} dir.exists? ${SHOW}
    "x" "${at('outer/b')}" file.spit drop "x" "${at('outer/a')}" file.spit drop
    ${outer} dir.list ${SHOW} "," string.join io.write " " io.write
    ${outer} dir.delete ${SHOW} ${inner} dir.delete ${SHOW} ${inner} dir.list ${SHOW} drop`;
  t.is(await output(t, body), 'yes yes yes yes a,b,inner no yes no ');
});

test('what is no file is refused, and links are followed', async (t) => {
  writeFileSync(at('target'), 'seen');
  symlinkSync(at('target'), at('link'));
  t.is(await output(t, `"${folder}" file.slurp ${SHOW} drop "${at('link')}" file.slurp ${SHOW} io.write`), 'no yes seen'); // biome-ignore format: one line
  t.is(
    await output(t, `"/dev/null" file.slurp ${SHOW} io.write "x" "${folder}" file.spit ${SHOW}`),
    'yes no ',
  );
});

test('a file with many pieces is read line by line', async (t) => {
  const lines = Array.from({ length: 50_000 }, (_, i) => `line ${i} ${'x'.repeat(i % 50)}`);
  writeFileSync(at('long'), lines.join('\n'));
  const body = `"${at('long')}" [ io.write ] file.for-each-line ${SHOW}`;
  t.is(await output(t, body), `${lines.join('\n')}\nyes `);
});

test('the environment, the folder, and clocks that do not go back', async (t) => {
  t.is(await output(t, '"PATH" os.getenv drop io.write'), process.env.PATH ?? '');
  t.is(
    await output(t, `"SEQ_NONE_SUCH" os.getenv ${SHOW} drop os.current-dir drop io.write`),
    `no ${process.cwd()}`,
  );
  t.is(await output(t, `time.nanos 5 time.sleep-ms time.nanos swap i.- 4000000 i.> ${SHOW}`), 'yes ');
  t.is(await output(t, '20 crypto.random-bytes string.length int->string io.write'), '40');
});

test('arguments and variables of the environment keep bytes that are not UTF-8', (t) => {
  const file = at('raw.seq');
  const shown = 'dup string.byte-length int->string io.write-line encoding.hex-encode io.write-line';
  writeFileSync(
    file,
    `: main ( -- ) 1 args.at ${shown} 2 args.at ${shown} "RAW" os.getenv [ ${shown} ] [ drop ] if ;`,
  );
  // Only a shell can pass such bytes on; the replacement character itself is a character like others.
  const command = `RAW=$(printf 'v\\374') exec "$0" "$1" run "$2" "$(printf 'a\\377b')" "$(printf '\\357\\277\\275')"`;
  const main = join(import.meta.dirname, 'main.ts');
  const { stdout } = spawnSync('sh', ['-c', command, process.execPath, main, file], { encoding: 'utf8' });
  t.deepEqual(stdout.split('\n'), ['3', '61ff62', '3', 'efbfbd', '2', '76fc', '']);
});

test.serial('a signal that is trapped is noted, and forgotten once it was looked at', async (t) => {
  const listeners = process.listenerCount('SIGUSR2');
  const body = `signal.SIGUSR2 signal.trap signal.SIGUSR2 signal.received? ${SHOW}
    1 time.sleep-ms 1 time.sleep-ms
    signal.SIGUSR2 signal.pending? ${SHOW} signal.SIGUSR2 signal.received? ${SHOW} signal.SIGUSR2 signal.received? ${SHOW}`;
  // Sent once, when the trap is set; between two sleeps the event loop looks at signals.
  let sent = false;
  const send = () => {
    if (!sent) process.kill(process.pid, 'SIGUSR2');
    sent = true;
  };
  t.is(await output(t, body, send), 'no yes yes no ');
  t.is(process.listenerCount('SIGUSR2'), listeners, 'the script took its hands off the signal');
});

function runPiped(
  program: string,
  input: readonly Buffer[],
): Promise<{ code: number | null; output: string }> {
  const file = at(`piped-${Math.random()}.seq`);
  writeFileSync(file, program);
  const bin = join(import.meta.dirname, '../../bin/seq-node.cjs');
  const child = spawn(process.execPath, [bin, 'run', file], { stdio: ['pipe', 'pipe', 'inherit'] });
  let written = '';
  child.stdout.on('data', (part) => (written += part));
  const feed = ([first, ...rest]: readonly Buffer[]): void => {
    if (first === undefined) child.stdin.end();
    else child.stdin.write(first, () => setImmediate(() => feed(rest)));
  };
  child.stdin.on('error', () => undefined);
  feed(input);
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, output: written })));
}

test('standard input comes by lines and by bytes, however it arrives', async (t) => {
  const program = `: rest ( -- ) io.read-line [ io.write rest ] [ drop ] if ;
    : main ( -- ) io.read-line drop io.write 4 io.read-n int->string io.write io.write
      terminal.read-char int->string io.write "|" io.write rest terminal.read-char int->string io.write ;`;
  const text = 'first\r\n12345\n\u00e9t\u00e9\nno end';
  const bytes = Buffer.from(text);
  const wanted = 'first\n1123453|\n\u00e9t\u00e9\nno end-1';
  t.is((await runPiped(program, [bytes])).output, wanted);
  t.is(
    (
      await runPiped(
        program,
        Array.from(bytes, (byte) => Buffer.of(byte)),
      )
    ).output,
    wanted,
  );
});

test('a script that does not read its input to the end still ends, with its code', async (t) => {
  const { code, output } = await runPiped(': main ( -- ) io.read-line drop io.write 3 os.exit ;', [
    Buffer.from('a\nb\n'.repeat(100_000)),
  ]);
  t.deepEqual({ code, output }, { code: 3, output: 'a\n' });
});
