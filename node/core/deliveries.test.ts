// Volatile messages from node to node.
import test from 'ava';
import fc from 'fast-check';
import { type ActorPath, type GroupId, nodeId } from '../base/ids.ts';
import { parsePath } from '../base/path.ts';
import { equals, Variant } from '../base/value.ts';
import { decodeFrame, encodeFrame } from '../cluster/wire.ts';
import { Cast } from '../runtime/envelope.ts';
import { Deliveries } from './deliveries.ts';
import { Routes } from './routes.ts';
import type { ShardLeader } from './shard-leader.ts';

const [here, there] = [nodeId('n1'), nodeId('n2')];
const paths = ['/user/a', '/user/b', '/user/c'].map(parsePath);

/** A node that leads no shard where `leads` is false, and else takes every message into `taken`. */
function node(self: typeof here, leader: typeof here, frames: Uint8Array[], taken: Cast[], leads: boolean) {
  const routes = new Routes({
    self,
    knownLeader: () => leader,
    candidates: () => [],
    isConnected: () => true,
  });
  const shard = {
    cast: (_: ActorPath, casts: readonly Cast[], from: number, end: number) =>
      void taken.push(...casts.slice(from, end)),
  } as unknown as ShardLeader;
  return new Deliveries(
    {
      self,
      shards: 4,
      time: () => ({ now: 0, wall: 0 }),
      routes,
      leading: (_: GroupId) => (leads ? shard : undefined),
      send: (to, lane, frame) => {
        if (to !== there || lane !== 'data') throw new Error(`a frame to ${to} on ${lane}`);
        frames.push(encodeFrame(frame));
      },
    },
    1,
  );
}

test('what is cast to another node comes there, in the order of each pair', (t) => {
  const turn = fc.record({
    sender: fc.constantFrom(...paths),
    to: fc.array(fc.constantFrom(...paths), { maxLength: 20 }),
    size: fc.constantFrom(1, 20_000),
  });
  fc.assert(
    fc.property(fc.array(turn, { maxLength: 30 }), (turns) => {
      const frames: Uint8Array[] = [];
      const taken: Cast[] = [];
      const sending = node(here, there, frames, [], false);
      const receiving = node(there, there, [], taken, true);
      let number = 0;
      const sent = turns.map(({ sender, to, size }) =>
        to.map((path) => new Cast(path, sender, new Variant('Add', [++number, 'x'.repeat(size)]))),
      );
      for (const casts of sent) sending.cast(casts);
      sending.pump();
      for (const bytes of frames) {
        t.true(bytes.length < 400_000);
        const frame = decodeFrame(bytes, here, there);
        if (frame.kind === 'cast') receiving.receiveCasts(frame);
      }
      const all = sent.flat();
      t.is(taken.length, all.length);
      return taken.every(
        (cast, at) =>
          cast.to === all[at]!.to &&
          cast.sender === all[at]!.sender &&
          equals(cast.message, all[at]!.message),
      );
    }),
    { numRuns: 50 },
  );
});

test('what is cast to a shard of this node is taken at once, and no frame leaves', (t) => {
  const frames: Uint8Array[] = [];
  const taken: Cast[] = [];
  const casts = paths.map((to) => new Cast(to, paths[0]!, 1));
  const own = node(here, here, frames, taken, true);
  own.cast(casts);
  t.deepEqual(taken, casts);
  own.pump();
  t.deepEqual(frames, []);
});

test('without a known leader a volatile message is lost', (t) => {
  const frames: Uint8Array[] = [];
  const own = node(here, here, frames, [], false);
  own.cast([new Cast(paths[0]!, paths[1]!, 1)]);
  own.pump();
  t.deepEqual(frames, []);
});
