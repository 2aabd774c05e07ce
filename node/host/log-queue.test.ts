// What is persisted in one step may be more than one write to the log can hold.
import test from 'ava';
import { UPDATE_BYTES_MAX } from '../base/data-limits.ts';
import { groupId, logIndex, term } from '../base/ids.ts';
import type { LogWrite } from '../base/log.ts';
import { LOG_OPTIONS } from '../journal/log-port.ts';
import { writeBytesMax } from '../journal/record.ts';
import { LogQueue } from './log-queue.ts';

const write = (group: number, bytes: number): LogWrite => ({
  group: groupId(group),
  entries: [{ index: logIndex(1), term: term(1), kind: 'data', data: new Uint8Array(bytes) }],
});

test('no append is longer than the log takes, in order, and a number is told when the last of its writes is durable', async (t) => {
  const appends: (readonly LogWrite[])[] = [];
  const done: (() => void)[] = [];
  const persisted: number[] = [];
  const append = (writes: readonly LogWrite[]) => {
    appends.push(writes);
    return new Promise<void>((resolve) => done.push(resolve));
  };
  const queue = new LogQueue({ append, status: () => ({ poison: null }) as never } as never, {
    persisted: (id) => persisted.push(id),
    full: () => t.fail(),
    failed: (error) => t.fail(String(error)),
  });
  const first = Array.from({ length: 5 }, (_, at) => write(at, UPDATE_BYTES_MAX));
  const second = Array.from({ length: 10 }, (_, at) => write(10 + at, 300_000));
  queue.add(1, first, true);
  queue.add(2, second, true);
  queue.flush();
  t.deepEqual(appends.flat(), [...first, ...second]);
  for (const writes of appends)
    t.true(writes.reduce((sum, each) => sum + writeBytesMax(each), 8) <= LOG_OPTIONS.frameBytesMax);
  t.deepEqual(persisted, []);
  for (const resolve of done.slice(0, 4)) resolve();
  await Promise.resolve();
  t.deepEqual(persisted, [], 'four of the five writes');
  for (const resolve of done) resolve();
  await Promise.resolve();
  t.deepEqual(persisted, [1, 2]);
});

test('what shares an append is synced where one of it must be, and the newest of it is told of', async (t) => {
  const syncs: boolean[] = [];
  const persisted: number[] = [];
  const append = async (_: readonly LogWrite[], sync: boolean) => void syncs.push(sync);
  const queue = new LogQueue({ append, status: () => ({ poison: null }) as never } as never, {
    persisted: (id) => persisted.push(id),
    full: () => t.fail(),
    failed: (error) => t.fail(String(error)),
  });
  for (const [id, sync] of [false, true, false].entries()) queue.add(id + 1, [write(id, 10)], sync);
  queue.flush();
  queue.add(4, [write(1, 10)], false);
  queue.flush();
  await Promise.resolve();
  t.deepEqual(syncs, [true, false]);
  t.deepEqual(persisted, [3, 4]);
});
