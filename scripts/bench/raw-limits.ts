// What the machine itself gives, without any of our code. Each measurement runs in a process of its own:
// `node scripts/bench/raw-limits.ts NAME [seconds [directory [writers]]]` prints one JSON object.
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median, quantile } from './report.ts';

/** The part of the untyped binding that is used here. */
interface RocksBinding {
  readonly RocksLevel: new (
    directory: string,
    options: { keyEncoding: 'buffer'; valueEncoding: 'buffer' },
  ) => {
    open(options: { createIfMissing: boolean }): Promise<void>;
    batch(): { put(key: Buffer, value: Buffer): void; write(options: { sync: boolean }): Promise<void> };
    close(): Promise<void>;
  };
}
const { RocksLevel } = createRequire(import.meta.url)('@nxtedition/rocksdb') as RocksBinding;

/**
 * With its key of 16 bytes, what the journal keeps of one ask of the bench: a record and a mark, with their
 * keys.
 */
const EVENT_BYTES = 262;
const WRITERS = '256';

/**
 * One process, some writers, each of which waits for its event to be durable before it writes the next; what
 * waits is written as one synced RocksDB batch. Events per second.
 */
async function groupCommit(directory: string, seconds: number, writers: number) {
  const store = new RocksLevel(directory, { keyEncoding: 'buffer', valueEncoding: 'buffer' });
  await store.open({ createIfMissing: true });
  const value = Buffer.alloc(EVENT_BYTES, 7);
  let sequence = 0;
  let waiting: (() => void)[] = [];
  let durable = 0;
  let open = true;
  const write = () => new Promise<void>((resolve) => waiting.push(resolve));
  const writer = async () => {
    while (open) await write();
  };
  const committer = async () => {
    while (open) {
      await new Promise((resolve) => setImmediate(resolve));
      const group = waiting;
      waiting = [];
      if (group.length === 0) continue;
      const batch = store.batch();
      for (let at = 0; at < group.length; at++) {
        const key = Buffer.allocUnsafe(16);
        key.writeBigUInt64BE(BigInt(at), 0);
        key.writeBigUInt64BE(BigInt(++sequence), 8);
        batch.put(key, value);
      }
      await batch.write({ sync: true });
      durable += group.length;
      for (const resolve of group) resolve();
    }
  };
  for (let at = 0; at < writers; at++) void writer();
  void committer();
  await sleep(500);
  const rates: number[] = [];
  for (let second = 0; second < seconds; second++) {
    const before = durable;
    const started = performance.now();
    await sleep(1000);
    rates.push(((durable - before) / (performance.now() - started)) * 1000);
  }
  open = false;
  await sleep(20);
  await store.close();
  return { perSecond: median(rates), rates };
}

/** One small write, then fdatasync, on a preallocated file. Milliseconds. */
async function fdatasync(directory: string, seconds: number) {
  const file = openSync(join(directory, 'file'), 'w');
  const zeros = Buffer.alloc(1024 * 1024);
  for (let at = 0; at < 16; at++) writeSync(file, zeros);
  fdatasyncSync(file);
  const record = Buffer.alloc(EVENT_BYTES, 7);
  const times: number[] = [];
  const until = performance.now() + seconds * 1000;
  let at = 0;
  while (performance.now() < until) {
    const started = performance.now();
    writeSync(file, record, 0, record.length, at);
    fdatasyncSync(file);
    times.push(performance.now() - started);
    at = (at + record.length) % (zeros.length * 15);
    await new Promise((resolve) => setImmediate(resolve));
  }
  closeSync(file);
  return { medianMs: median(times), p99Ms: quantile(times, 0.99) };
}

/**
 * Messages between 16 receivers, each with a bare ring buffer of 1,024 places and a function that handles one
 * message: make the message, put it, take it, call the function. Messages per second.
 */
async function ringBuffer(_directory: string, seconds: number) {
  const receivers = Array.from({ length: 16 }, (_, self) => {
    const places = new Array<Message | undefined>(1024).fill(undefined);
    let sum = self;
    const handle = (message: Message) => {
      if (message.tag === 'Deposit') sum += message.fields[0]!;
    };
    return { places, head: 0, tail: 0, handle, sum: () => sum };
  });
  const rates: number[] = [];
  for (let second = 0; second < seconds; second++) {
    const started = performance.now();
    let done = 0;
    while (performance.now() - started < 1000) {
      for (const receiver of receivers) {
        for (let at = 0; at < 1000; at++)
          receiver.places[receiver.head++ & 1023] = { tag: 'Deposit', fields: [at] };
      }
      for (const receiver of receivers) {
        while (receiver.tail !== receiver.head) {
          const place = receiver.tail++ & 1023;
          const message = receiver.places[place]!;
          receiver.places[place] = undefined;
          receiver.handle(message);
          done++;
        }
      }
    }
    rates.push((done / (performance.now() - started)) * 1000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (receivers.some((receiver) => receiver.sum() < 0)) throw new Error('a sum went wrong');
  return { perSecond: median(rates), rates };
}

interface Message {
  readonly tag: string;
  readonly fields: readonly number[];
}

const LIMITS: Record<string, (directory: string, seconds: number, writers: number) => Promise<object>> = {
  'group-commit': groupCommit,
  fdatasync,
  'ring-buffer': ringBuffer,
};

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const [name = '', seconds = '5', parent = '', writers = WRITERS] = process.argv.slice(2);
const measure = LIMITS[name];
if (measure === undefined) {
  process.stderr.write(`Unknown limit ${name}; known: ${Object.keys(LIMITS).join(', ')}\n`);
  process.exit(64);
}
const directory = mkdtempSync(join(parent || tmpdir(), 'seq-node-bench-'));
try {
  process.stdout.write(`${JSON.stringify(await measure(directory, Number(seconds), Number(writers)))}\n`);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
