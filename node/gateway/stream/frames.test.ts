import test from 'ava';
import fc from 'fast-check';
import { maskedFrame } from './frames.test-support.ts';
import { CLOSE, ClientFrames, closeFrame, pingFrame, pongFrame, StreamError, textFrame } from './frames.ts';

const TEXT = 1;
const PING = 9;

/** All that a reader takes, and the code with which it refuses the rest. */
function readAll(chunks: readonly Buffer[], bytesMax = 1024): { taken: string[]; code: number | undefined } {
  const reader = new ClientFrames(bytesMax);
  const taken: string[] = [];
  try {
    for (const chunk of chunks)
      reader.read(chunk, (incoming) => {
        taken.push(incoming.kind === 'text' ? incoming.text : incoming.kind);
        return true;
      });
  } catch (error) {
    if (error instanceof StreamError) return { taken, code: error.code };
    throw error;
  }
  return { taken, code: undefined };
}

/** `bytes` in pieces that end at `cuts`. */
function cut(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const ends = [...new Set(cuts.map((at) => at % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...ends, bytes.length].map((end, at) =>
    Buffer.from(bytes.subarray(at === 0 ? 0 : ends[at - 1]!, end)),
  );
}

test('messages come whole and in order, however they are framed and cut', (t) => {
  const message = fc.record({
    text: fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('a'.repeat(125), 'a'.repeat(126), 'ä'.repeat(40_000)),
    ),
    pieces: fc.array(fc.nat(70_000), { maxLength: 3 }),
    pingBetween: fc.boolean(),
    mask: fc.uint8Array({ minLength: 4, maxLength: 4 }),
  });
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 5 }),
      fc.array(fc.nat(500_000), { maxLength: 8 }),
      (messages, cuts) => {
        const frames: Buffer[] = [];
        const expected: string[] = [];
        for (const { text, pieces, pingBetween, mask } of messages) {
          const well = text.toWellFormed();
          const parts = cut(Buffer.from(well), pieces);
          parts.forEach((part, at) => {
            frames.push(maskedFrame(at === 0 ? TEXT : 0, part, { isLast: at === parts.length - 1, mask }));
            if (!pingBetween) return;
            frames.push(maskedFrame(PING, Buffer.from('there?'), { mask }));
            if (at < parts.length - 1) expected.push('ping');
          });
          expected.push(well);
          if (pingBetween) expected.push('ping');
        }
        t.deepEqual(readAll(cut(Buffer.concat(frames), cuts), 1_000_000), {
          taken: expected,
          code: undefined,
        });
      },
    ),
    { numRuns: 60 },
  );
});

test('what breaks the protocol is refused with its code, at the head of the frame', (t) => {
  const huge = Buffer.from([0x81, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4]);
  const text = (isLast: boolean, body = 'x') => maskedFrame(TEXT, Buffer.from(body), { isLast });
  const cases: readonly (readonly [string, Buffer, number])[] = [
    ['no mask', textFrame('x'), CLOSE.protocol],
    ['a reserved bit', Buffer.from([0xc1, 0x81, 1, 2, 3, 4, 5]), CLOSE.protocol],
    ['an unknown opcode', maskedFrame(3, Buffer.alloc(0)), CLOSE.protocol],
    ['an unknown control opcode', maskedFrame(11, Buffer.alloc(0)), CLOSE.protocol],
    ['a ping in pieces', maskedFrame(PING, Buffer.alloc(0), { isLast: false }), CLOSE.protocol],
    ['a long ping', maskedFrame(PING, Buffer.alloc(126)), CLOSE.protocol],
    ['a continuation of nothing', maskedFrame(0, Buffer.alloc(1)), CLOSE.protocol],
    ['a message within a message', Buffer.concat([text(false), text(true)]), CLOSE.protocol],
    ['binary data', maskedFrame(2, Buffer.alloc(1)), CLOSE.unsupported],
    ['no UTF-8', maskedFrame(TEXT, Buffer.from([0xff])), CLOSE.notUtf8],
    ['a message over the limit', maskedFrame(TEXT, Buffer.alloc(1025)).subarray(0, 8), CLOSE.tooLarge],
    ['a length of 2^32', huge, CLOSE.tooLarge],
    [
      'pieces that come to more than the limit',
      Buffer.concat([text(false, 'x'.repeat(1000)), maskedFrame(0, Buffer.alloc(25)).subarray(0, 6)]),
      CLOSE.tooLarge,
    ],
  ];
  for (const [title, bytes, code] of cases) t.deepEqual(readAll([bytes]), { taken: [], code }, title);
});

test('empty frames without end are no message', (t) => {
  const first = maskedFrame(TEXT, Buffer.alloc(0), { isLast: false });
  const more = Buffer.concat(
    Array.from({ length: 5000 }, () => maskedFrame(0, Buffer.alloc(0), { isLast: false })),
  );
  t.is(readAll([first, more]).code, CLOSE.tooLarge);
});

test('any bytes are read without a fault', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(fc.nat(200), { maxLength: 4 }), (bytes, cuts) => {
      readAll(cut(Buffer.from(bytes), cuts));
    }),
    { numRuns: 500 },
  );
  t.pass();
});

test('frames of a server have the shortest length, and no mask', (t) => {
  t.deepEqual([...textFrame('é')], [0x81, 2, 0xc3, 0xa9]);
  t.deepEqual([...textFrame('a'.repeat(126)).subarray(0, 4)], [0x81, 126, 0, 126]);
  t.deepEqual([...textFrame('a'.repeat(65_536)).subarray(0, 10)], [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
  t.deepEqual([...closeFrame(1001, 'bye')], [0x88, 5, 0x03, 0xe9, 0x62, 0x79, 0x65]);
  t.deepEqual([...pingFrame()], [0x89, 0]);
  t.deepEqual([...pongFrame(Buffer.from([7]))], [0x8a, 1, 7]);
});
