import test from 'ava';
import { SeqNodeError } from '../base/errors.ts';
import { encodeSegmentHeader, FrameCodec, headerCrc, SECTOR_BYTES } from './log-format.ts';
import { chooseSegment, recoverSegment, segmentName, unfinishedName } from './log-recovery.ts';
import { encodeWrites } from './record.ts';

test('R1: the newest finished segment is the log; older ones and unfinished ones are not, nor is anything else', (t) => {
  const names = [unfinishedName(12), segmentName(2), segmentName(11), 'LOCK', segmentName(10), 'wal-1.log'];
  t.deepEqual(chooseSegment(names), {
    current: segmentName(11),
    obsolete: [segmentName(2), segmentName(10), unfinishedName(12)],
  });
  t.deepEqual(chooseSegment([unfinishedName(1)]), { current: undefined, obsolete: [unfinishedName(1)] });
});

type Kind = 'checkpoint' | 'checkpoint-end' | 'append';

/**
 * A segment that holds frames of these kinds, with nothing in them. Each names the one before, but the one at
 * `astray`.
 */
function segmentOf(kinds: readonly Kind[], astray = -1): Uint8Array {
  const fileBytes = 16 * SECTOR_BYTES;
  const header = { number: 1, fileBytes, salt: [1, 2] as const };
  const bytes = new Uint8Array(fileBytes);
  bytes.set(encodeSegmentHeader(header));
  const codec = new FrameCodec(header);
  let previous = headerCrc(bytes);
  let at = SECTOR_BYTES;
  for (const [index, kind] of kinds.entries()) {
    const named = index === astray ? previous ^ 1 : previous;
    const frame = codec.encode(kind, index + 1, named, encodeWrites([]));
    bytes.set(frame.bytes, at);
    at += frame.bytes.length;
    previous = frame.crc;
  }
  return bytes;
}

test('R3: a finished segment has one whole checkpoint, in front of all else', (t) => {
  t.is(recoverSegment(segmentOf(['checkpoint', 'checkpoint-end', 'append']), 'x').frames, 3);
  for (const kinds of [[], ['checkpoint'], ['append'], ['checkpoint-end', 'checkpoint']] as const) {
    const error = t.throws(() => recoverSegment(segmentOf(kinds), 'x'), { instanceOf: SeqNodeError });
    t.is(error?.code, 'log-damaged', kinds.join());
  }
});

test('R3: a whole frame that does not name the one before is log-damaged', (t) => {
  const kinds = ['checkpoint', 'checkpoint-end', 'append'] as const;
  for (const astray of [1, 2])
    t.throws(() => recoverSegment(segmentOf(kinds, astray), 'x'), { code: 'log-damaged' });
});
