// Volatile messages from node to node.
import test from 'ava';
import fc from 'fast-check';
import { type GroupId, nodeId } from '../../base/ids.ts';
import { parsePath } from '../../base/path.ts';
import { type Data, equals, Variant } from '../../base/value.ts';
import { decodeFrame, encodeFrame, type Frame } from '../../cluster/wire.ts';
import type { Ending } from '../../runtime/actor/item.ts';
import { encodePayload } from '../../runtime/actor/payload.ts';
import { Casts, type Envelope } from '../../runtime/envelope.ts';
import type { Shard } from '../../runtime/shard/shard.ts';
import { Routes } from '../requests/routes.ts';
import { testContext } from '../testing/context.ts';
import { Deliveries } from './deliveries.ts';

const [here, there] = [nodeId('n1'), nodeId('n2')];
const paths = ['/user/a', '/user/b', '/user/c'].map(parsePath);

interface Taken {
  readonly to: string;
  readonly sender: string;
  readonly message: Data;
}

/** Each of the messages by itself. */
function messagesOf(casts: Casts): Taken[] {
  const { to, sender } = casts;
  return Array.from({ length: casts.length }, () => ({ to, sender, message: casts.take() }));
}

/** A node that leads no shard where `leads` is false, and else takes every message into `taken`. */
function node(self: typeof here, leader: typeof here, frames: Uint8Array[], taken: Taken[], leads: boolean) {
  const routes = new Routes({
    self,
    knownLeader: () => leader,
    candidates: () => [],
    reaches: () => true,
  });
  const shard = {
    cast: (casts: Casts) => void taken.push(...messagesOf(casts)),
  } as unknown as Shard;
  const context = testContext(self, 4);
  context.effects.send = (to, lane, frame) => {
    if (to !== there || lane !== 'data') throw new Error(`a frame to ${to} on ${lane}`);
    frames.push(encodeFrame(frame));
  };
  return new Deliveries(context, { routes, leading: (_: GroupId) => (leads ? shard : undefined) }, 1);
}

test('nothing of an actor overtakes what its receiver puts off, and that is asked for again', (t) => {
  const payload = encodePayload({ kind: 'message', message: 1, ask: null });
  const outcomeOf = (refusals: Readonly<Record<number, string>>, count: number) => {
    const frames: Uint8Array[] = [];
    const context = testContext(here, 4);
    context.effects.send = (_, __, frame) => void frames.push(encodeFrame(frame));
    const seen: number[] = [];
    const shard = {
      hold: { isOn: false },
      deliver: ({ origin, lot }: Envelope, waiter: (ending: Ending) => void) => {
        const code = refusals[origin!.number];
        if (lot?.putOff !== undefined) return waiter(lot.putOff);
        seen.push(origin!.number);
        waiter(
          code === undefined ? { ok: true, sequence: 1, reply: null } : { ok: false, code, message: code },
        );
      },
      awaited: () => undefined,
      hasRoom: () => false,
    } as unknown as Shard;
    const routes = new Routes({
      self: here,
      knownLeader: () => here,
      candidates: () => [],
      reaches: () => true,
    });
    const deliveries = new Deliveries(context, { routes, leading: () => shard }, 1);
    const messages = Array.from({ length: count }, (_, at) => [at + 1, payload] as const);
    const sender = '/user/s#1' as never;
    deliveries.receive(there, { kind: 'deliver', token: 9, sender, receiver: paths[0]!, messages });
    return { seen, answer: decodeFrame(frames[0]!, here, there) };
  };
  const delivered = { kind: 'delivered', token: 9 } as const;
  t.deepEqual(outcomeOf({ 1: 'actor-suspended' }, 3), {
    seen: [1],
    answer: { ...delivered, taken: 0, refused: [], putOff: 'actor-suspended' },
  });
  t.deepEqual(outcomeOf({ 1: 'bad-message', 3: 'actor-suspended' }, 4), {
    seen: [1, 2, 3],
    answer: {
      ...delivered,
      taken: 2,
      refused: [[1, 'bad-message', 'bad-message']],
      putOff: 'actor-suspended',
    },
  });
  t.deepEqual(outcomeOf({ 2: 'overloaded' }, 3), {
    seen: [1, 2],
    answer: { ...delivered, taken: 1, refused: [], putOff: 'overloaded' },
  });
});

test('what is cast to another node comes there, in the order of each pair', (t) => {
  const turn = fc.record({
    sender: fc.constantFrom(...paths),
    to: fc.array(fc.tuple(fc.constantFrom(...paths), fc.integer({ min: 1, max: 3 })), { maxLength: 20 }),
    size: fc.constantFrom(1, 20_000),
  });
  fc.assert(
    fc.property(fc.array(turn, { maxLength: 30 }), (turns) => {
      const frames: Uint8Array[] = [];
      const taken: Taken[] = [];
      const sending = node(here, there, frames, [], false);
      const receiving = node(there, there, [], taken, true);
      let number = 0;
      const made = ({ sender, to, size }: (typeof turns)[number]) =>
        to.map(([path, count]) => {
          const message = () => new Variant('Add', [++number, 'x'.repeat(size)]);
          return new Casts(path, sender, Array.from({ length: count }, message), 1000 * count);
        });
      const expected = turns.flatMap(made).flatMap(messagesOf);
      number = 0;
      for (const batches of turns.map(made)) sending.cast(batches);
      sending.pump();
      for (const bytes of frames) {
        t.true(bytes.length < 400_000);
        const frame = decodeFrame(bytes, here, there);
        if (frame.kind === 'cast') receiving.receiveCasts(here, frame);
      }
      t.is(taken.length, expected.length);
      return taken.every(
        (cast, at) =>
          cast.to === expected[at]!.to &&
          cast.sender === expected[at]!.sender &&
          equals(cast.message, expected[at]!.message),
      );
    }),
    { numRuns: 50 },
  );
});

test('casts that were overtaken on their way are lost, and none comes twice', (t) => {
  const taken: Taken[] = [];
  const receiving = node(there, there, [], taken, true);
  const come = (epoch: number, number: number) => {
    const frames: Uint8Array[] = [];
    const sending = node(here, there, frames, [], false);
    sending.cast([new Casts(paths[1]!, paths[0]!, [epoch * 10 + number], 9)]);
    sending.pump();
    const frame = decodeFrame(frames[0]!, here, there);
    if (frame.kind === 'cast') receiving.receiveCasts(here, { ...frame, epoch, number });
  };
  for (const [epoch, number] of [
    [1, 1],
    [1, 3],
    [1, 2],
    [1, 3],
    [2, 1],
    [1, 4],
    [2, 2],
  ] as const)
    come(epoch, number); // prettier
  t.deepEqual(
    taken.map(({ message }) => Number(message)),
    [11, 13, 21, 22],
    'the second process of the sender ends what the first had under way',
  );
});

test('what is cast to a shard of this node is taken at once, and no frame leaves', (t) => {
  const frames: Uint8Array[] = [];
  const taken: Taken[] = [];
  const casts = () => paths.map((to) => new Casts(to, paths[0]!, [1, 2], 2));
  const own = node(here, here, frames, taken, true);
  own.cast(casts());
  t.deepEqual(taken, casts().flatMap(messagesOf));
  own.pump();
  t.deepEqual(frames, []);
});

test('without a known leader a volatile message is lost', (t) => {
  const frames: Uint8Array[] = [];
  const own = node(here, here, frames, [], false);
  own.cast([new Casts(paths[0]!, paths[1]!, [1], 1)]);
  own.pump();
  t.deepEqual(frames, []);
});

test('a message that cannot be read keeps its place, is told of once, and those before it are taken', (t) => {
  const frames: Frame[] = [];
  const events: string[] = [];
  const taken: number[] = [];
  const shard = {
    hold: { isOn: false },
    deliver: ({ origin }: Envelope, done: (ending: Ending) => void) => {
      taken.push(origin!.number);
      done({ ok: true, sequence: 1, reply: null });
    },
  } as unknown as Shard;
  const context = testContext(there, 4);
  context.effects.send = (_to, _lane, frame) => void frames.push(frame);
  context.log = (_, event, { number }) => void events.push(`${event} ${number}`);
  const routes = new Routes({
    self: there,
    knownLeader: () => there,
    candidates: () => [],
    reaches: () => true,
  });
  const receiving = new Deliveries(context, { routes, leading: () => shard }, 1);
  const good = encodePayload({ kind: 'message', message: 1, ask: null });
  const bad = Uint8Array.of(0xc1);
  const deliver = (token: number, messages: [number, Uint8Array][]) =>
    receiving.receive(here, { kind: 'deliver', token, sender: '/user/a#x', receiver: paths[1]!, messages });
  deliver(1, [[7, good], [8, bad], [9, good]]); // biome-ignore format: one line
  deliver(2, [[8, bad], [9, good]]); // biome-ignore format: one line
  t.deepEqual(taken, [7]);
  t.deepEqual(
    frames.map((frame) => (frame.kind === 'delivered' ? [frame.token, frame.taken] : frame.kind)),
    [[1, 1], [2, 0]], // biome-ignore format: one line
  );
  t.deepEqual(events, ['message-held 8']);
  t.is(receiving.held, 1);
  deliver(3, [[8, good]]);
  t.deepEqual([taken, receiving.held], [[7, 8], 0]);
});
