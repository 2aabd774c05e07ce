import test from 'ava';
import fc from 'fast-check';
import { FrameReader, FramingError, PULSE, packFrames } from './frames.ts';

const MAX = 200_000;

const pack = (frames: readonly Uint8Array[]): Buffer[] => {
  const buffers: Buffer[] = [];
  packFrames(frames, (bytes) => buffers.push(Buffer.from(bytes)));
  return buffers;
};

/** Cuts `bytes` at the given places and reads the pieces. */
function read(bytes: Uint8Array, cuts: readonly number[], reader = new FrameReader(MAX)): Uint8Array[] {
  const frames: Uint8Array[] = [];
  const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  edges.slice(1).forEach((edge, index) => {
    reader.read(bytes.subarray(edges[index], edge), frames);
  });
  return frames;
}

const frame = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 40 }),
  fc.integer({ min: 1, max: 100_000 }).map((length) => new Uint8Array(length).fill(length & 0xff)),
);

test('frames come out as they went in, wherever the stream is cut', (t) => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 12 }), fc.array(fc.nat(), { maxLength: 12 }), (frames, cuts) => {
      const out = read(Buffer.concat(pack(frames)), cuts);
      t.is(out.length, frames.length);
      out.forEach((bytes, index) => {
        t.is(Buffer.compare(bytes, frames[index]!), 0);
      });
    }),
    { numRuns: 200 },
  );
});

test('small frames travel in one buffer, long ones as they are', (t) => {
  const small = Array.from({ length: 100 }, () => new Uint8Array(64));
  t.is(pack(small).length, 1);
  const long = new Uint8Array(100_000);
  const buffers: Uint8Array[] = [];
  packFrames([...small, long, ...small], (bytes) => buffers.push(bytes));
  t.is(buffers.length, 3);
  t.is(buffers[1], long);
  t.deepEqual(pack([]), []);
  t.true(
    pack(Array.from({ length: 100 }, () => new Uint8Array(30_000))).every((bytes) => bytes.length < 300_000),
  );
});

test('whole frames in a chunk are not copied', (t) => {
  const chunk = Buffer.concat(pack([new Uint8Array(10), new Uint8Array(20)]));
  for (const bytes of read(chunk, [])) t.is(bytes.buffer, chunk.buffer);
});

test('a length over the limit is refused with its fourth byte', (t) => {
  const header = Buffer.alloc(4);
  header.writeUInt32BE(MAX + 1);
  const reader = new FrameReader(MAX);
  const frames: Uint8Array[] = [];
  reader.read(header.subarray(0, 3), frames);
  t.throws(() => reader.read(header.subarray(3), frames), { instanceOf: FramingError });
  header.writeUInt32BE(0xffffffff);
  t.throws(() => new FrameReader(MAX).read(header, []), { instanceOf: FramingError });
});

test('a length by itself allocates next to nothing', (t) => {
  const most = 2 ** 31;
  const header = Buffer.alloc(5);
  header.writeUInt32BE(most);
  const before = process.memoryUsage().arrayBuffers;
  const readers = Array.from({ length: 100 }, () => {
    const reader = new FrameReader(most);
    reader.read(header, []);
    return reader;
  });
  t.is(readers.length, 100);
  t.true(process.memoryUsage().arrayBuffers - before < 10_000_000);
});

test('pulses are counted and not handed on', (t) => {
  const reader = new FrameReader(MAX);
  const bytes = Buffer.concat([PULSE, ...pack([Uint8Array.of(7)]), PULSE, PULSE]);
  t.deepEqual(
    read(bytes, [1, 2, 3, 9], reader).map((each) => [...each]),
    [[7]],
  );
  t.is(reader.pulses, 3);
});

test('random bytes are read or refused, and nothing else', (t) => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 10 }), (chunks) => {
      const reader = new FrameReader(1_000);
      const frames: Uint8Array[] = [];
      let total = 0;
      try {
        for (const chunk of chunks) {
          reader.read(chunk, frames);
          total += chunk.length;
        }
      } catch (cause) {
        t.true(cause instanceof FramingError);
        return;
      }
      t.true(frames.reduce((sum, { byteLength }) => sum + byteLength + 4, 0) <= total);
    }),
    { numRuns: 500 },
  );
});
