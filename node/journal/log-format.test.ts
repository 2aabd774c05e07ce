import test from 'ava';
import fc from 'fast-check';
import { SeqNodeError } from '../base/errors.ts';
import {
  decodeSegmentHeader,
  encodeSegmentHeader,
  FrameCodec,
  frameBytes,
  headerCrc,
  isZeroSector,
  SECTOR_BYTES,
  type SegmentHeader,
} from './log-format.ts';

const header: SegmentHeader = { number: 3, fileBytes: 65536, salt: [0xdeadbeef, 17] };
const codec = new FrameCodec(header);
const payloadOf = (bytes: number) => Uint8Array.from({ length: bytes }, (_, at) => at * 31);

test('a segment header comes back', (t) => {
  for (const each of [header, { number: 2 ** 40, fileBytes: 2 ** 41, salt: [0, 0xffffffff] as const }])
    t.deepEqual(decodeSegmentHeader(encodeSegmentHeader(each), 'x'), each);
});

test('every flipped bit of a segment header is log-damaged', (t) => {
  const bytes = encodeSegmentHeader(header);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = bytes.slice();
    flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
    const error = t.throws(() => decodeSegmentHeader(flipped, 'the-file'), { instanceOf: SeqNodeError });
    t.is(error?.code, 'log-damaged');
    t.is(error?.details.file, 'the-file');
  }
  t.throws(() => decodeSegmentHeader(bytes.subarray(0, 511), 'x'), { instanceOf: SeqNodeError });
});

test('frames of any length come back, at any sector', (t) => {
  for (const length of [0, 1, 479, 480, 481, 512, 992, 993, 5000]) {
    const payload = payloadOf(length);
    const { bytes, crc } = codec.encode('append', 77, 123, payload);
    t.is(bytes.length, frameBytes(length));
    t.is(bytes.length % SECTOR_BYTES, 0);
    const file = new Uint8Array(bytes.length + 4 * SECTOR_BYTES);
    file.set(bytes, 1024);
    const frame = codec.decode(file, 1024);
    t.like(frame, { kind: 'append', sequence: 77, previous: 123, crc, bytes: bytes.length });
    t.deepEqual(frame?.payload, payload);
    // Decoding unmasks a copy; the file stays as it is.
    t.deepEqual(file.subarray(1024, 1024 + bytes.length), bytes);
  }
});

test('a Node Buffer decodes as any other bytes do', (t) => {
  const { bytes } = codec.encode('append', 1, 0, payloadOf(700));
  const buffer = Buffer.from(bytes);
  t.deepEqual(codec.decode(buffer, 0)?.payload, payloadOf(700));
  t.deepEqual(new Uint8Array(buffer), bytes);
});

test('F2: no sector of a frame is empty, whatever the payload', (t) => {
  const full = (frame: Uint8Array) => {
    for (let at = 0; at < frame.length; at += SECTOR_BYTES) if (isZeroSector(frame, at)) return false;
    return true;
  };
  t.true(full(codec.encode('append', 1, 0, new Uint8Array(5000)).bytes));
  // The mask itself as the payload: the first variant would leave zeros.
  const masked = codec.encode('append', 1, 0, new Uint8Array(5000)).bytes.subarray(32, 5032);
  const { bytes } = codec.encode('append', 1, 0, masked);
  t.not(bytes[21], 0);
  t.true(full(bytes));
  t.deepEqual(codec.decode(bytes, 0)?.payload, masked.slice());
});

test('every flipped bit of a frame makes it none, and so does every cut', (t) => {
  const { bytes } = codec.encode('checkpoint', 5, 9, payloadOf(600));
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = bytes.slice();
    flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
    t.is(codec.decode(flipped, 0), undefined);
  }
  for (let length = 0; length < bytes.length; length++)
    t.is(codec.decode(bytes.subarray(0, length), 0), undefined);
});

test('F3: a frame of another segment is none here', (t) => {
  const other = new FrameCodec({ ...header, salt: [0xdeadbeef, 18] });
  const { bytes } = codec.encode('append', 1, 0, payloadOf(50));
  t.truthy(codec.decode(bytes, 0));
  t.is(other.decode(bytes, 0), undefined);
  t.is(other.payloadBytes(bytes, 0), undefined);
});

test('random bytes are neither a header nor a frame, and cost no more than they are long', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2048 }), fc.nat(2048), (bytes, at) => {
      t.is(codec.decode(bytes, at), undefined);
      t.throws(() => decodeSegmentHeader(bytes, 'x'), { instanceOf: SeqNodeError });
    }),
    { numRuns: 1000 },
  );
});

test('the chain begins with the CRC of the header', (t) => {
  const one = encodeSegmentHeader(header);
  const other = encodeSegmentHeader({ ...header, number: 4 });
  t.not(headerCrc(one), headerCrc(other));
});
