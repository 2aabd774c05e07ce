// Values as they cross the wire, against the gateway's own reading and writing of them.
import test from 'ava';
import fc from 'fast-check';
import { fromJson, toJson } from '../node/base/json.ts';
import { arbitraryData } from '../node/base/testing/arbitrary-data.ts';
import { type Data, equals, Float, List, SeqMap, Variant } from '../node/base/value.ts';
import { float, fromWire, symbol, toWire } from './values.ts';

const wire = (json: unknown) => JSON.parse(JSON.stringify(json));

/** A Float without a fraction is a number here, and so an Int when it is sent back. */
function holdsWholeFloat(data: Data): boolean {
  if (data instanceof Float) return Number.isInteger(data.value);
  if (data instanceof List) return data.toArray().some(holdsWholeFloat);
  if (data instanceof Variant) return data.fields.some(holdsWholeFloat);
  if (data instanceof SeqMap) return data.sorted().some(([, value]) => holdsWholeFloat(value));
  return false;
}

for (const bigints of [false, true])
  test(`what arrives is sent back as it was, ${bigints ? 'with bigints' : 'with numbers'}`, (t) => {
    fc.assert(
      fc.property(
        arbitraryData.filter((data) => !holdsWholeFloat(data)),
        (data) => {
          const arrived = fromWire(wire(toJson(data)), bigints);
          return equals(fromJson(wire(toWire(arrived))), data);
        },
      ),
      { numRuns: 2000 },
    );
    t.pass();
  });

test('numbers are exact, or refused', (t) => {
  t.is(fromWire(wire(toJson(2 ** 53 - 1)), false), 2 ** 53 - 1);
  t.is(fromWire(wire(toJson(2n ** 60n)), false), 2n ** 60n);
  t.is(fromWire(wire(toJson(5)), true), 5n);
  t.is(fromWire(wire(toJson(new Float(5))), true), 5);
  t.deepEqual(toWire({ Deposit: { amount: 5n } }), { Deposit: { amount: { $int: '5' } } });
  t.throws(() => toWire({ Deposit: [2 ** 60] }), {
    message:
      'the message.Deposit[0] is 1152921504606847000, which is not exact: use a bigint, or float(1152921504606847000)',
  });
  for (const value of [3, -0, Number.NaN, Number.NEGATIVE_INFINITY, 1e300]) {
    const read = fromJson(wire(toWire(float(value))));
    t.true(read instanceof Float && Object.is(read.value, value), String(value));
  }
});

test('what is no value of Seq is refused with its place', (t) => {
  const refused = (value: unknown, message: RegExp) =>
    t.throws(() => toWire(value), { instanceOf: TypeError, message });
  refused({ Set: { name: null } }, /the message\.Set\.name is null/);
  refused([1, [undefined]], /the message\[1\]\[0\] is undefined/);
  refused({ Set: [() => 1] }, /is function/);
  refused('\ud800', /half of a surrogate pair/);
  refused(new Map([['k', Symbol('s')]]), /at a key is symbol/);
});

test('each kind of value is written as docs/OPERATIONS.md says', (t) => {
  t.deepEqual(toWire(Uint8Array.of(0, 255)), { $bytes: '00ff' });
  t.deepEqual(toWire(symbol('red')), { $sym: 'red' });
  t.deepEqual(toWire(new Map<number, string>([[1, 'x']])), { $map: [[1, 'x']] });
  t.deepEqual(toWire({ a: undefined, b: 2.5 }), { b: 2.5 });
  const hostile = JSON.parse('{"__proto__": 1, "a": 2}');
  t.deepEqual(Object.entries(toWire(hostile) as object), [
    ['__proto__', 1],
    ['a', 2],
  ]);
});
