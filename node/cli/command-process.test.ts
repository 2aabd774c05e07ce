// What a command writes, as a process of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';

const COMMAND = join(import.meta.dirname, '..', '..', 'bin', 'seq-node.cjs');
const LINES = 50_000;
const folder = mkdtempSync(join(tmpdir(), 'seq-output-'));
test.after.always(() => rmSync(folder, { recursive: true }));
const program = join(folder, 'lines.seq');
writeFileSync(program, `: main ( -- ) ${LINES} [ "a line of the output" io.write-line ] times ;\n`);

const run = (stdout: 'pipe' | number) =>
  spawn(process.execPath, [COMMAND, 'run', program], { stdio: ['ignore', stdout, 'inherit'] });
const ended = (child: ChildProcess) =>
  new Promise<number | null>((resolve) => child.on('exit', (status) => resolve(status)));

test('a slow reader gets every line, in order', async (t) => {
  const child = run('pipe');
  const status = ended(child);
  let text = '';
  for await (const part of child.stdout!) {
    text += part;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  t.is(await status, 0);
  t.is(text, 'a line of the output\n'.repeat(LINES));
});

test('a program that writes for ever ends when its reader goes away', async (t) => {
  writeFileSync(join(folder, 'endless.seq'), ': main ( -- ) "again" io.write-line main ;\n');
  const child = spawn(process.execPath, [COMMAND, 'run', join(folder, 'endless.seq')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.stdout.once('data', () => child.stdout.destroy());
  t.is(await ended(child), 141);
});

test('a reader of any other command that goes away ends the output, and nothing else', async (t) => {
  const child = spawn(process.execPath, [COMMAND, 'doc'], { stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout.destroy();
  t.is(await ended(child), 0);
});

// Not every system has a device that is always full.
if (existsSync('/dev/full'))
  for (const words of [['run', program], ['version'], ['completion', 'bash']])
    test(`${words[0]}: output that is lost is told, and by the status`, async (t) => {
      const child = spawn(process.execPath, [COMMAND, ...words], {
        stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
      });
      const status = ended(child);
      let told = '';
      for await (const part of child.stderr!) told += part;
      t.is(await status, 70);
      t.regex(told, /^seq-node: error\[output-lost\]: .*\(ENOSPC\)\.\n {2}next: .*\n$/);
    });
