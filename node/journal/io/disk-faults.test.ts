// The real adapters on disks that fail: a full tmpfs, and operations that fail when told to.
import { execFileSync } from 'node:child_process';
import { constants, existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import test, { type ExecutionContext } from 'ava';
import { InvariantError } from '../../base/assert.ts';
import { SeqNodeError } from '../../base/errors.ts';
import { groupId, logIndex, term } from '../../base/ids.ts';
import type { LogWrite } from '../../base/log.ts';
import type { LogOptions, OpenedLog } from '../log-port.ts';
import { openLog, openLogOn } from './log-files.ts';
import { openStore } from './rocks-store.ts';
import { openDirectory, type SegmentFiles, WriteFailure } from './segment-files.ts';

const OPTIONS: LogOptions = { segmentBytes: 64 * 1024, frameBytesMax: 16 * 1024, lazyMillis: 1 };

const entryWrite = (index: number, bytes = 1000): LogWrite => ({
  group: groupId(1),
  entries: [{ index: logIndex(index), term: term(1), kind: 'data', data: new Uint8Array(bytes).fill(index) }],
});

const codeOf = (error: unknown) => (error instanceof SeqNodeError ? error.code : error);
const outcome = (promise: Promise<unknown>) => promise.then(() => 'done', codeOf);

async function directoryFor(t: ExecutionContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'seq-faults-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

type Operation = 'create' | 'write' | 'rename' | 'remove';

/** Real files, of which chosen operations fail. A failed write may leave any part of itself behind. */
class FaultyFiles implements SegmentFiles {
  readonly #files: SegmentFiles;
  readonly calls: string[] = [];
  /** Says how an operation fails, if it does. */
  fault: (operation: Operation, file: string) => string | undefined = () => undefined;
  /** Share of a failed write that reaches the file. */
  share = 0;

  constructor(files: SegmentFiles) {
    this.#files = files;
  }

  list = () => this.#files.list();
  read = (file: string) => this.#files.read(file);
  open = (file: string) => this.#files.open(file);
  close = () => this.#files.close();

  async create(file: string, bytes: number, header: Uint8Array) {
    this.#strike('create', file);
    await this.#files.create(file, bytes, header);
  }

  async write(file: string, at: number, bytes: Uint8Array) {
    try {
      this.#strike('write', file);
    } catch (cause) {
      const written = Math.floor((bytes.length * this.share) / 512) * 512;
      if (written > 0) await this.#files.write(file, at, bytes.subarray(0, written));
      throw new WriteFailure(cause as NodeJS.ErrnoException, written);
    }
    await this.#files.write(file, at, bytes);
  }

  async rename(from: string, to: string) {
    this.#strike('rename', from);
    await this.#files.rename(from, to);
  }

  async remove(file: string) {
    this.#strike('remove', file);
    await this.#files.remove(file);
  }

  #strike(operation: Operation, file: string) {
    this.calls.push(`${operation} ${file}`);
    const code = this.fault(operation, file);
    if (code !== undefined) throw Object.assign(new Error(`${code}: told to fail`), { code });
  }
}

async function faultyLog(
  t: ExecutionContext,
): Promise<{ files: FaultyFiles; opened: OpenedLog; directory: string }> {
  const directory = await directoryFor(t);
  const files = new FaultyFiles(await openDirectory(directory));
  return { files, directory, opened: await openLogOn(files, OPTIONS) };
}

for (const [errno, share, code] of [
  ['EIO', 0, 'disk-failed'],
  ['EIO', 0.5, 'disk-failed'],
  ['ENOSPC', 0.5, 'disk-failed'],
  ['ENOSPC', 0, 'disk-full'],
] as const)
  test(`W4: after a write that failed with ${errno}, ${share} written, nothing is written again`, async (t) => {
    const { files, opened, directory } = await faultyLog(t);
    const { log } = opened;
    await log.append([entryWrite(1)], true);
    files.share = share;
    files.fault = (operation) => (operation === 'write' ? errno : undefined);
    const failed = log.append([entryWrite(2)], true);
    const behind = log.append([entryWrite(3)], true);
    t.deepEqual([await outcome(failed), await outcome(behind)], [code, code]);
    files.fault = () => undefined;
    const calls = files.calls.length;
    t.is(await outcome(log.append([entryWrite(2)], true)), code);
    t.is(await outcome(log.rotateIfNeeded()), code);
    t.is(log.status().poison?.code, code);
    t.is(files.calls.length, calls);
    await log.close();
    const again = await openLog(directory, OPTIONS);
    t.is(again.groups[0]?.entries.length, 1);
    const { torn } = again.report;
    t.is(torn === null, share === 0);
    // What was cut is blank again, or the next torn write would look like damage.
    if (torn !== null)
      t.true((await readFile(join(directory, torn.file))).subarray(torn.offset).every((byte) => byte === 0));
    await again.log.append([entryWrite(2)], true);
    await again.log.close();
  });

test('what recovery read of the last frame is written once more, for it may never have been synced', async (t) => {
  const { opened, directory } = await faultyLog(t);
  await opened.log.append([entryWrite(1)], true);
  await opened.log.close();
  const files = new FaultyFiles(await openDirectory(directory));
  const again = await openLogOn(files, OPTIONS);
  t.deepEqual(files.calls, [`write ${again.report.file}`]);
  await again.log.close();
});

test('W4: a new segment that cannot be synced, or renamed, poisons; one without space does not', async (t) => {
  for (const [operation, errno, poison] of [
    ['create', 'EIO', 'disk-failed'],
    ['rename', 'EIO', 'disk-failed'],
    ['rename', 'ENOSPC', 'disk-failed'],
    ['create', 'ENOSPC', undefined],
    ['write', 'ENOSPC', undefined],
    ['remove', 'EIO', undefined],
  ] as const) {
    const { files, opened, directory } = await faultyLog(t);
    const { log } = opened;
    const onlyNew = (file: string) => file.endsWith('.new') || operation === 'remove';
    files.fault = (each, file) => (each === operation && onlyNew(file) ? errno : undefined);
    let kept = 0;
    while (kept < 48 && (await outcome(log.append([entryWrite(kept + 1)], true))) === 'done') kept++;
    // Joins the rotation that is under way.
    await outcome(log.rotateIfNeeded());
    const until = log.status();
    t.is(until.poison?.code, poison, `${operation} ${errno}: ${until.poison?.message}`);
    if (operation === 'remove') t.true(until.segment >= 2);
    await log.close();
    const again = await openLog(directory, OPTIONS);
    // An append that was under way when the log was poisoned is rejected, and may be there all the same.
    const there = again.groups[0]?.entries.length ?? 0;
    t.true(there === kept || (poison !== undefined && there === kept + 1), `${there} of ${kept}`);
    t.is((await openDirectory(directory).then((each) => each.list())).length, 1);
    await again.log.close();
  }
});

test('a refused rotation is tried again, and the refused appends go in once there is space', async (t) => {
  const { files, opened } = await faultyLog(t);
  const { log } = opened;
  files.fault = (operation) => (operation === 'create' ? 'ENOSPC' : undefined);
  let index = 0;
  while ((await outcome(log.append([entryWrite(index + 1)], true))) === 'done') index++;
  t.true(index > 40);
  t.is(log.status().rotation, 'refused');
  t.is(await outcome(log.rotateIfNeeded()), 'disk-full');
  t.is(await outcome(log.append([entryWrite(index + 1)], true)), 'disk-full');
  files.fault = () => undefined;
  t.true(await log.rotateIfNeeded());
  await log.append([entryWrite(index + 1)], true);
  t.is(log.status().rotation, 'idle');
  await log.close();
});

test('a log whose directory cannot be made or used is disk-failed', async (t) => {
  const directory = await directoryFor(t);
  await writeFile(join(directory, 'file'), '');
  t.is(await outcome(openLog(join(directory, 'file'), OPTIONS)), 'disk-failed');
  await mkdir(join(directory, 'wal', 'wal-0000000001.log'), { recursive: true });
  t.is(await outcome(openLog(join(directory, 'wal'), OPTIONS)), 'disk-failed');
  t.is(await outcome(openStore(join(directory, 'file'))), 'disk-failed');
});

/** Mounts a small tmpfs and gives its path; or says why it cannot, and gives undefined. */
async function smallDisk(t: ExecutionContext, megabytes: number): Promise<string | undefined> {
  const directory = await directoryFor(t);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', directory], { stdio: 'pipe' });
  } catch (cause) {
    t.log(
      `NOT TESTED: no small tmpfs can be mounted here, which needs Linux and root (${(cause as Error).message})`,
    );
    t.pass();
    return undefined;
  }
  t.teardown(() => execFileSync('umount', [directory]));
  return directory;
}

test('a really full disk: the log refuses, keeps what it took, and goes on when space returns', async (t) => {
  const disk = await smallDisk(t, 8);
  if (disk === undefined) return;
  const options = { ...OPTIONS, segmentBytes: 1024 * 1024 };
  const { log } = await openLog(join(disk, 'wal'), options);
  await writeFile(join(disk, 'filler'), new Uint8Array(6.5 * 1024 * 1024));
  let index = 0;
  let result: unknown = 'done';
  while (result === 'done' && index < 5000) {
    result = await outcome(log.append([entryWrite(index + 1, 8000)], true));
    if (result === 'done') index++;
  }
  t.is(result, 'disk-full');
  t.is(log.status().poison, null);
  t.true(index > 50);
  await rm(join(disk, 'filler'));
  await log.append([entryWrite(index + 1, 8000)], true);
  await log.close();
  const again = await openLog(join(disk, 'wal'), options);
  t.is(again.groups[0]?.entries.length, index + 1);
  await again.log.close();
});

test('a really full disk: no log can be made on it', async (t) => {
  const disk = await smallDisk(t, 2);
  if (disk === undefined) return;
  t.is(await outcome(openLog(join(disk, 'wal'), { segmentBytes: 8 * 1024 * 1024 })), 'disk-full');
  const { log, report } = await openLog(join(disk, 'wal'), OPTIONS);
  t.true(report.created);
  await log.close();
});

test('a really full disk: the store refuses, and holds a prefix when it is opened again', async (t) => {
  const disk = await smallDisk(t, 24);
  if (disk === undefined) return;
  const directory = join(disk, 'store');
  const store = await openStore(directory);
  // Values that do not compress.
  const value = () => crypto.getRandomValues(new Uint8Array(60_000));
  let written = 0;
  let result: unknown = 'done';
  while (result === 'done' && written < 2000) {
    result = await outcome(
      store.write([{ kind: 'put', key: Uint8Array.of(written >> 8, written & 255), value: value() }]),
    );
    if (result === 'done') written++;
  }
  t.is(result, 'disk-full');
  t.is(await outcome(store.flush()), 'disk-full');
  t.is(await outcome(store.write([])), 'disk-full');
  t.is((await store.get([Uint8Array.of(0, 0)]))[0]?.length, 60_000);
  await outcome(store.close());
  execFileSync('mount', ['-o', 'remount,size=96m', disk]);
  const again = await openStore(directory);
  const found = await again.scan({ from: Uint8Array.of(0), to: Uint8Array.of(255), limit: 60 });
  const entries = 'rest' in found ? found.rest : found.part;
  t.deepEqual(
    entries.map(([key]) => ((key[0] ?? 0) << 8) + (key[1] ?? 0)),
    Array.from(entries.keys()),
  );
  await again.write([{ kind: 'put', key: Uint8Array.of(200), value: value() }], { sync: true });
  await again.close();
});

test('a store that is closed refuses; a scan of an unknown view costs it nothing', async (t) => {
  const store = await openStore(await directoryFor(t));
  const range = { from: Uint8Array.of(0), to: Uint8Array.of(9), limit: 1 };
  await t.throwsAsync(store.scanView(store.openView() + 1, range), { instanceOf: InvariantError });
  await store.write([{ kind: 'put', key: Uint8Array.of(1), value: Uint8Array.of(1) }]);
  await store.close();
  t.is(await outcome(store.write([])), 'stopping');
  t.is(await outcome(store.get([])), 'stopping');
  await store.close();
});

test('a store whose worker dies rejects everything with disk-failed', async (t) => {
  const directory = await directoryFor(t);
  const started = new Promise<Worker>((resolve) => process.once('worker', resolve));
  const store = await openStore(directory);
  const row = { kind: 'put', key: Uint8Array.of(1), value: Uint8Array.of(1) } as const;
  await store.write([row], { sync: true });
  const waiting = [outcome(store.write([row])), outcome(store.get([row.key])), outcome(store.flush())];
  await (await started).terminate();
  // Never left without an answer; what the worker had done before its end may still say so.
  for (const each of await Promise.all(waiting))
    t.true(each === 'disk-failed' || each === 'done', String(each));
  t.is(await outcome(store.write([row])), 'disk-failed');
  await store.close();
  // The thread's end released the lock; what was synced is there.
  const again = await openStore(directory);
  t.is((await again.get([row.key]))[0]?.[0], 1);
  await again.close();
});

test('a table file of the store with a flipped bit is journal-damaged when it is read', async (t) => {
  const directory = await directoryFor(t);
  const key = (at: number) => Uint8Array.of(at >> 8, at & 255);
  const store = await openStore(directory);
  for (let at = 0; at < 200; at++)
    await store.write([{ kind: 'put', key: key(at), value: crypto.getRandomValues(new Uint8Array(1000)) }]);
  await store.close();
  // Opening turns the store's own log into a table file.
  await (await openStore(directory)).close();
  const table = (await readdir(directory)).find((name) => name.endsWith('.sst')) as string;
  const bytes = await readFile(join(directory, table));
  bytes[50_000] = (bytes[50_000] as number) ^ 1;
  await writeFile(join(directory, table), bytes);
  const again = await openStore(directory);
  const results = await Promise.all(Array.from({ length: 200 }, (_, at) => outcome(again.get([key(at)]))));
  t.deepEqual([...new Set(results)].sort(), ['done', 'journal-damaged']);
  t.is(await outcome(again.scan({ from: key(0), to: key(300), limit: 300 })), 'journal-damaged');
  await again.close();
});

test('the segment that is written is open with O_DSYNC', async (t) => {
  if (!existsSync('/proc/self/fdinfo')) {
    t.log('NOT TESTED: the flags of a descriptor are only told by Linux');
    t.pass();
    return;
  }
  const directory = await directoryFor(t);
  const flags = () =>
    readdirSync('/proc/self/fd').flatMap((fd) => {
      const path = attempt(() => readlinkSync(`/proc/self/fd/${fd}`));
      if (path === undefined || !path.startsWith(directory)) return [];
      return [
        Number.parseInt(/flags:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))![1]!, 8),
      ];
    });
  for (let start = 0; start < 2; start++) {
    const { log } = await openLog(directory, OPTIONS);
    t.deepEqual(
      flags().map((each) => (each & constants.O_DSYNC) !== 0),
      [true],
      start === 0 ? 'of a new log' : 'of one that is there',
    );
    await log.close();
  }
});

function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}
