// Real processes killed with SIGKILL in the middle of their writes.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { SeqNodeError } from '../../base/errors.ts';
import { rowsOf } from './all-rows.ts';
import { openLog } from './log-files.ts';
import { openStore } from './rocks-store.ts';

const here = import.meta.dirname;

async function directoryFor(t: ExecutionContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'seq-kill-'));
  t.teardown(() => rm(directory, { recursive: true }));
  return directory;
}

function start(t: ExecutionContext, script: string, args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [join(here, 'testing', script), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  return child;
}

/**
 * Lets the child write until it has printed `lines` lines, kills it, and returns all whole lines that it had
 * printed.
 */
async function killAfter(child: ChildProcess, lines: number): Promise<string[]> {
  let output = '';
  for await (const chunk of child.stdout!) {
    output += chunk;
    if (output.split('\n').length > lines) child.kill('SIGKILL');
  }
  return output.split('\n').slice(0, -1);
}

for (const writers of [1, 16])
  test(`after kill -9 the log holds every acknowledged entry (${writers} writers)`, async (t) => {
    const directory = await directoryFor(t);
    let acknowledged = 0;
    for (let life = 1; life <= 3; life++) {
      const printed = await killAfter(
        start(t, 'log-writer-child.ts', [directory, String(writers)]),
        100 * life,
      );
      acknowledged = Math.max(acknowledged, ...printed.map(Number));
      const { groups, log } = await openLog(directory);
      const entries = groups[0]?.entries ?? [];
      t.true(entries.length >= acknowledged, `${entries.length} of ${acknowledged}`);
      t.true(
        entries.every(
          ({ index, data }) => data.length === index % 700 && data.every((byte) => byte === index % 256),
        ),
      );
      t.is(entries.at(-1)?.index, entries.length as never);
      await log.close();
    }
    t.true(acknowledged > 300);
  });

test('after kill -9 the store holds every flushed write, and no write in part', async (t) => {
  const directory = await directoryFor(t);
  let flushed = 0;
  for (let life = 1; life <= 3; life++) {
    const printed = await killAfter(start(t, 'store-writer-child.ts', [directory]), 1 + 20 * life);
    flushed = Math.max(flushed, ...printed.slice(1).map(Number));
    const store = await openStore(directory);
    const [counter] = await store.get([Uint8Array.of(1)]);
    const number = Number(new DataView(counter!.buffer, counter!.byteOffset).getBigUint64(0));
    t.true(number >= flushed, `${number} of ${flushed}`);
    let rows = 0;
    for await (const _ of rowsOf(store, { from: Uint8Array.of(2), to: Uint8Array.of(3) })) rows++;
    t.is(rows, number);
    await store.close();
  }
  t.true(flushed > 500);
});

test('a store that another process has open is data-in-use', async (t) => {
  const directory = await directoryFor(t);
  const child = start(t, 'store-writer-child.ts', [directory]);
  await new Promise((resolve) => child.stdout!.once('data', resolve));
  const error = await t.throwsAsync(openStore(directory), { instanceOf: SeqNodeError });
  t.is(error?.code, 'data-in-use');
  t.is(error?.message, `Another process uses ${directory}.`);
  await killAfter(child, 0);
  const store = await openStore(directory);
  await store.close();
});

test('a store that this process has open already is data-in-use', async (t) => {
  const directory = await directoryFor(t);
  const store = await openStore(directory);
  const error = await t.throwsAsync(openStore(directory), { instanceOf: SeqNodeError });
  t.is(error?.code, 'data-in-use');
  await store.close();
});
