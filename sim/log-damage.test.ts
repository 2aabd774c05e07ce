// What a log makes of every way in which a small one can be damaged.
import test from 'ava';
import { SeqNodeError } from '../node/base/errors.ts';
import { groupId, logIndex, nodeId, term } from '../node/base/ids.ts';
import type { LogWrite } from '../node/base/log.ts';
import { SeededRandom } from '../node/base/random.ts';
import { FrameCodec, type FrameKind, SECTOR_BYTES } from '../node/journal/log-format.ts';
import { LOG_OPTIONS } from '../node/journal/log-port.ts';
import { framesOf, type PlacedFrame, recoverSegment } from '../node/journal/log-recovery.ts';
import { encodeWrites } from '../node/journal/record.ts';
import { DiskFaults } from './disk-faults.ts';
import { type LogFiles, openSimLog, type SimLog } from './disk-log.ts';

const FILE = 'wal-0000000001.log';

function settleAll(log: SimLog) {
  for (let started = log.takeStarted(); started.length > 0; started = log.takeStarted())
    for (const io of started) log.complete(io);
}

/** A log of the given appends, one frame each, in a file of 16 KiB. */
function logOf(writes: readonly LogWrite[], seed = 5): Uint8Array {
  const files: LogFiles = new Map();
  const random = new SeededRandom(seed);
  const options = { ...LOG_OPTIONS, segmentBytes: 16 * 1024, frameBytesMax: 4 * 1024 };
  const { log } = openSimLog(files, new DiskFaults(random), random, options);
  log.start();
  settleAll(log);
  for (const write of writes) {
    log.append([write], true);
    settleAll(log);
  }
  return files.get(FILE) as Uint8Array;
}

const entryWrite = (index: number, bytes: number): LogWrite => ({
  group: groupId(1),
  entries: [{ index: logIndex(index), term: term(1), kind: 'data', data: new Uint8Array(bytes).fill(index) }],
  hardState: { term: term(index), vote: nodeId('a'), commit: logIndex(0) },
});

const whole = logOf([entryWrite(1, 100), entryWrite(2, 1200), entryWrite(3, 10), entryWrite(4, 1300)]);
const frames: PlacedFrame[] = [...framesOf(whole, FILE)];
const last = frames.at(-1) as PlacedFrame;
const entriesIn = (bytes: Uint8Array) => recoverSegment(bytes, FILE).state.groups()[0]?.entries.length ?? 0;

function outcome(bytes: Uint8Array): string {
  try {
    const { torn, zeroBytes } = recoverSegment(bytes, FILE);
    return torn === null
      ? `whole, ${entriesIn(bytes)}`
      : `torn at ${torn.offset}, ${entriesIn(bytes)}, ${zeroBytes}`;
  } catch (error) {
    if (error instanceof SeqNodeError) return error.code;
    throw error;
  }
}

test('the example is whole', (t) => {
  t.is(outcome(whole), 'whole, 4');
  t.deepEqual(
    frames.map(({ kind }) => kind),
    ['checkpoint-end', 'append', 'append', 'append', 'append'],
  );
  t.is(last.bytes, 3 * SECTOR_BYTES);
});

test('R3: every flipped bit in a frame or a header is log-damaged; one in the blank loses nothing', (t) => {
  const wrong: string[] = [];
  const blank = last.at + last.bytes;
  const places = Array.from({ length: blank + 2 * SECTOR_BYTES }, (_, at) => at).concat(whole.length - 1);
  for (const at of places)
    for (let bit = 0; bit < 8; bit++) {
      whole[at] = (whole[at] as number) ^ (1 << bit);
      const got = outcome(whole);
      // Further back in the blank it could be a write whose first sector never came; either way all four
      // entries are there.
      const wanted = at < blank + SECTOR_BYTES ? 'log-damaged' : `torn at ${blank}, 4`;
      if (!got.startsWith(wanted)) wrong.push(`bit ${bit} of byte ${at}: ${got}`);
      whole[at] = (whole[at] as number) ^ (1 << bit);
    }
  t.deepEqual(wrong, []);
});

test('R3: a file cut anywhere is log-damaged, and so is a longer one', (t) => {
  for (let length = 0; length < whole.length; length += length < last.at + last.bytes + 600 ? 1 : 97)
    t.is(outcome(whole.subarray(0, length)), 'log-damaged', String(length));
  const longer = new Uint8Array(whole.length + 1);
  longer.set(whole);
  t.is(outcome(longer), 'log-damaged');
});

test('R2: a last write of which any sectors are missing is cut, one that is complete is kept', (t) => {
  const sectors = last.bytes / SECTOR_BYTES;
  for (let written = 0; written < 2 ** sectors; written++) {
    const bytes = whole.slice();
    for (let sector = 0; sector < sectors; sector++)
      if ((written & (1 << sector)) === 0) {
        const at = last.at + sector * SECTOR_BYTES;
        bytes.fill(0, at, at + SECTOR_BYTES);
      }
    const got = outcome(bytes);
    if (written === 2 ** sectors - 1) t.is(got, 'whole, 4');
    else if (written === 0) t.is(got, 'whole, 3');
    else t.regex(got, new RegExp(`^torn at ${last.at}, 3, `), `written ${written.toString(2)}`);
  }
});

test('R2: what was cut and zeroed leaves a log that is whole', (t) => {
  const bytes = whole.slice();
  bytes.fill(0, last.at, last.at + SECTOR_BYTES);
  const { end, zeroBytes } = recoverSegment(bytes, FILE);
  bytes.fill(0, end.at, end.at + zeroBytes);
  t.is(outcome(bytes), 'whole, 3');
});

test('R3: a missing sector before the last frame is a damaged middle', (t) => {
  for (let at = 0; at < last.at; at += SECTOR_BYTES) {
    const bytes = whole.slice();
    bytes.fill(0, at, at + SECTOR_BYTES);
    t.is(outcome(bytes), 'log-damaged', String(at));
  }
});

test('R3: the error names the file, the place, and the frame that follows', (t) => {
  const bytes = whole.slice();
  const second = frames[2] as PlacedFrame;
  bytes[second.at + 700] = 1;
  const error = t.throws(() => recoverSegment(bytes, FILE), { instanceOf: SeqNodeError });
  t.deepEqual(error?.details, { file: FILE, offset: second.at, sequence: 3 });
  t.is(
    error?.message,
    `${FILE}, byte ${second.at}: the frame does not match its checksum, and a whole frame follows at byte ${second.at + second.bytes}.`,
  );
});

test('R3: frames that are swapped, doubled or left out are log-damaged', (t) => {
  const [, one, two, three] = frames as [PlacedFrame, PlacedFrame, PlacedFrame, PlacedFrame, PlacedFrame];
  const copy = (from: PlacedFrame) => whole.slice(from.at, from.at + from.bytes);
  const doubled = whole.slice();
  doubled.set(copy(one), last.at + last.bytes);
  t.is(outcome(doubled), 'log-damaged');
  const swapped = whole.slice();
  swapped.set(copy(three), one.at);
  swapped.set(copy(one), three.at);
  t.is(outcome(swapped), 'log-damaged');
  const without = whole.slice();
  without.copyWithin(two.at, three.at, last.at + last.bytes);
  t.is(outcome(without), 'log-damaged');
});

test('F3: a copy of another log inside a torn write does not pass for frames that follow it', (t) => {
  const bait = whole.slice(SECTOR_BYTES, last.at);
  for (const [seed, wanted] of [
    [6, /^torn at /],
    [5, /^log-damaged$/],
  ] as const) {
    // With the same seed the salt is the same, as nobody who sends a message can make it.
    const bytes = logOf([entryWrite(1, 10), entryWrite(2, 10)], seed);
    bytes.set(bait, recoverSegment(bytes, FILE).end.at + SECTOR_BYTES);
    t.regex(outcome(bytes), wanted);
  }
});

test('R3: a whole frame that makes no sense is log-damaged', (t) => {
  const { end } = recoverSegment(whole, FILE);
  const codec = new FrameCodec(end.header);
  const withFrame = (kind: FrameKind, payload: Uint8Array) => {
    const bytes = whole.slice();
    bytes.set(codec.encode(kind, end.sequence, end.previous, payload).bytes, end.at);
    return outcome(bytes);
  };
  t.is(withFrame('append', encodeWrites([entryWrite(5, 1)])), 'whole, 5');
  t.is(withFrame('append', encodeWrites([entryWrite(7, 1)])), 'log-damaged');
  t.is(withFrame('append', Uint8Array.of(1, 2, 3)), 'log-damaged');
  t.is(withFrame('checkpoint', encodeWrites([entryWrite(5, 1)])), 'log-damaged');
});
