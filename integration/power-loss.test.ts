// The real log and the real store, on a disk that loses power: everything that was not synced is gone.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openLog } from '../node/journal/io/log-files.ts';
import { openStore } from '../node/journal/io/rocks-store.ts';
import { ROOT } from './node-process.ts';
import { buildLayer, PowerDisk } from './power/power.ts';

const built = buildLayer();

interface Bench {
  readonly directory: string;
  readonly disk: PowerDisk;
  start(script: string, ...args: string[]): ChildProcess;
}

function bench(t: ExecutionContext): Bench | undefined {
  if ('missing' in built) {
    t.log(`NOT TESTED: ${built.missing}`);
    t.pass();
    return undefined;
  }
  const parent = mkdtempSync(join(tmpdir(), 'seq-power-loss-'));
  t.teardown(() => rmSync(parent, { recursive: true }));
  const directory = join(parent, 'data');
  const disk = new PowerDisk(directory);
  const start = (script: string, ...args: string[]) => {
    const child = spawn(process.execPath, [join(ROOT, 'node/journal/io/testing', script), ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...disk.env(built.layer) },
    });
    t.teardown(() => child.kill('SIGKILL'));
    return child;
  };
  return { directory, disk, start };
}

/** Lets the child print so many lines, kills it, and gives the number on its last whole line. */
async function lastNumber(child: ChildProcess, lines: number): Promise<number> {
  let output = '';
  for await (const chunk of child.stdout!) {
    output += chunk;
    if (output.split('\n').length > lines) child.kill('SIGKILL');
  }
  const numbers = output.split('\n').slice(0, -1).map(Number);
  return Math.max(...numbers.filter((number) => !Number.isNaN(number)));
}

test.serial('the log keeps every acknowledged entry when the power goes', async (t) => {
  const made = bench(t);
  if (made === undefined) return;
  const { directory, disk, start } = made;
  let acknowledged = 0;
  for (let life = 1; life <= 4; life++) {
    const log = join(directory, 'log');
    // Enough for several segments.
    acknowledged = await lastNumber(start('log-writer-child.ts', log, '8'), 700 * life);
    disk.cut();
    const opened = await openLog(log);
    const entries = opened.groups[0]?.entries ?? [];
    t.true(entries.length >= acknowledged, `${entries.length} of ${acknowledged}`);
    t.true(entries.every(({ index, data }) => data.every((byte) => byte === index % 256)));
    t.true(opened.log.status().segment > 1);
    await opened.log.close();
  }
});

test.serial('the store keeps what was flushed, and no write in part, when the power goes', async (t) => {
  const made = bench(t);
  if (made === undefined) return;
  const { directory, disk, start } = made;
  for (let life = 1; life <= 3; life++) {
    const path = join(directory, 'store');
    const flushed = await lastNumber(start('store-writer-child.ts', path), 1 + 20 * life);
    disk.cut();
    const store = await openStore(path);
    const [counter] = await store.get([Uint8Array.of(1)]);
    const number =
      counter === undefined ? 0 : Number(new DataView(counter.buffer, counter.byteOffset).getBigUint64(0));
    t.true(number >= flushed, `${number} of ${flushed}`);
    await store.close();
  }
});
