// What becomes of messages that their receiver cannot read.
import test from 'ava';
import { parsePath } from '../base/path.ts';
import { encodePayload } from './actor/payload.ts';
import { Outbox, type Pair } from './outbox.ts';

const [sender, receiver] = ['/user/a#x', parsePath('/user/b')] as const;

const MESSAGE = encodePayload({ kind: 'message', message: 1, ask: null });

function outbox(sizes: readonly number[]) {
  const frames: number[][] = [];
  let pair: Pair | undefined;
  const box = new Outbox(
    { time: { now: 0, wall: 0 }, log: () => {}, count: () => {}, faults: new Set() },
    (_, sent) => {
      pair = sent;
      frames.push(sent.waiting.slice(0, sent.underWay).map(([number]) => number));
    },
    { add: () => [[Uint8Array.of(1), MESSAGE]] },
    () => {},
  );
  for (const [at, bytes] of sizes.entries())
    box.add(sender, receiver, at + 1, bytes === 1 ? MESSAGE : new Uint8Array(bytes));
  box.pump();
  return { box, frames, pair: () => pair! };
}

test('O1: what comes while a frame is under way waits for its answer', (t) => {
  const { box, frames, pair } = outbox([1, 1]);
  box.add(sender, receiver, 3, new Uint8Array(1));
  t.false(box.hasWork);
  box.pump();
  t.deepEqual(frames, [[1, 2]]);
  box.taken(pair(), pair().attempt, 2, []);
  box.pump();
  t.deepEqual(frames, [[1, 2], [3]]);
});

test('O3: what follows a dead letter waits until the letter is committed', (t) => {
  const { box, frames, pair } = outbox([1, 1]);
  box.add(sender, receiver, 3, MESSAGE);
  box.taken(pair(), pair().attempt, 1, [[1, 'actor-stopped', 'stopped']]);
  const [note, ...others] = box.takeNotes();
  t.deepEqual(note?.delivered, [sender, receiver, [1]]);
  t.is(note?.rows.length, 1);
  t.deepEqual(others, []);
  box.add(sender, receiver, 4, MESSAGE);
  box.hasRoom(sender, receiver);
  box.tick(60_000);
  box.pump();
  t.deepEqual(frames, [[1, 2]]);
  note?.ended?.(true);
  box.pump();
  t.deepEqual(frames, [[1, 2], [2, 3, 4]]); // biome-ignore format: one line
});

test('O2: an answer to an older frame takes nothing out', (t) => {
  const { box, pair } = outbox([1, 1]);
  const { attempt } = pair();
  box.tick(200);
  t.not(pair().attempt, attempt, 'the frame was sent again');
  box.taken(pair(), attempt, 2, []);
  t.is(box.size, 2);
  t.deepEqual(box.takeNotes(), []);
  box.taken(pair(), pair().attempt, 2, []);
  t.is(box.size, 0);
});

test('what the receiver cannot read stays, with what follows it, and is sent again later', (t) => {
  const { box, frames, pair } = outbox([1, 1, 1]);
  box.taken(pair(), pair().attempt, 2, []);
  t.deepEqual(box.takeNotes(), [{ delivered: [sender, receiver, [1, 2]], rows: [] }]);
  box.pump();
  box.taken(pair(), pair().attempt, 0, []);
  box.pump();
  t.deepEqual(frames, [[1, 2, 3], [3]], 'not at once');
  box.tick(200);
  t.deepEqual(frames, [[1, 2, 3], [3], [3]]);
  t.is(box.size, 1);
});
