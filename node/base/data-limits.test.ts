// What the gate admits fits into everything that carries it.
import test from 'ava';
import fc from 'fast-check';
import { encodeData } from './codec.ts';
import * as limits from './data-limits.ts';
import { toJson } from './json.ts';
import { arbitrarySent, nested } from './testing/arbitrary-data.ts';
import { type Data, encodedBytes, List, NESTING_MAX, SeqMap, sym, Variant } from './value.ts';

/** More than frames and rows take around what they carry: names, numbers and heads. */
const ENVELOPE_BYTES = 64 * 1024;

test('whatever one limit admits, the next one carries', (t) => {
  const { MESSAGE_BYTES_CEILING, STATE_BYTES_CEILING, TURN_BYTES_MAX, UPDATE_BYTES_MAX, FRAME_BYTES_MAX } =
    limits;
  t.true(MESSAGE_BYTES_CEILING <= STATE_BYTES_CEILING, 'a message that is kept');
  t.true(
    2 * STATE_BYTES_CEILING + 3 * MESSAGE_BYTES_CEILING <= UPDATE_BYTES_MAX,
    'a state that is new as a whole',
  );
  t.true(TURN_BYTES_MAX + ENVELOPE_BYTES <= UPDATE_BYTES_MAX, 'what a turn leaves');
  t.true(UPDATE_BYTES_MAX + limits.ENTRY_BYTES + ENVELOPE_BYTES <= FRAME_BYTES_MAX, 'an entry of the log');
  t.true(UPDATE_BYTES_MAX + ENVELOPE_BYTES <= FRAME_BYTES_MAX, 'a page of rows with one row');
  t.true(limits.PAGE_BYTES + ENVELOPE_BYTES <= FRAME_BYTES_MAX, 'a page of rows');
  t.true(limits.BATCH_BYTES + ENVELOPE_BYTES <= FRAME_BYTES_MAX, 'messages that share a frame');
  t.true(limits.MODULE_BYTES_MAX + ENVELOPE_BYTES <= FRAME_BYTES_MAX, 'a module');
});

test('a value is admitted exactly up to its limit, and the error says how far it is over', (t) => {
  const limit = limits.messageLimit(100);
  for (const value of [
    'x'.repeat(98),
    List.of(new Array<Data>(97).fill(1)),
    new Variant('V', ['é'.repeat(47)]),
  ]) {
    t.true(encodedBytes(value) <= 100);
    t.notThrows(() => limits.checkData(value, 'message', limit));
  }
  const error = t.throws(() => limits.checkData('x'.repeat(99), 'message', limit), { code: 'too-large' });
  t.is(error?.message, 'The message takes 101 bytes; at most 100 are allowed (runtime.message-bytes-max).');
  t.throws(() => limits.checkData(() => 1, 'message', limit), { code: 'not-data' });
  const deepest = nested(new Array<'int'>(NESTING_MAX).fill('int'), 1);
  t.notThrows(() => limits.checkData(deepest, 'message', limits.messageLimit(1000)));
  t.throws(() => limits.checkData(List.of([deepest]), 'message', limits.messageLimit(1000)), {
    code: 'too-large',
  });
  t.throws(() => limits.checkInState(deepest, 'state'), { code: 'too-large' });
});

test('what the gate admits is what the codec writes', (t) => {
  fc.assert(
    fc.property(arbitrarySent, (value) => {
      const { length } = encodeData(value);
      limits.checkData(value, 'message', limits.messageLimit(length));
      if (length > 1) t.throws(() => limits.checkData(value, 'message', limits.messageLimit(length - 1)));
    }),
    { numRuns: 300 },
  );
});

test('JSON takes no more bytes for each byte of a value than is said', (t) => {
  const bools = nested(new Array<'bool'>(60).fill('bool'), false);
  const worst: readonly Data[] = [
    bools,
    List.of(new Array<Data>(1000).fill(SeqMap.from<Data>([[false, false]]))),
    List.of(new Array<Data>(1000).fill(sym('\u0001'))),
    '\u0001'.repeat(1000),
  ];
  const holds = (value: Data) =>
    Buffer.byteLength(JSON.stringify(toJson(value))) <= limits.JSON_BYTES_PER_BYTE * encodedBytes(value) + 24;
  for (const value of worst) t.true(holds(value));
  fc.assert(fc.property(arbitrarySent, holds), { numRuns: 500 });
});
