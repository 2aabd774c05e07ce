import test from 'ava';
import fc from 'fast-check';
import { SeqNodeError } from './errors.ts';
import { fromJson, shapeMessage, toJson } from './json.ts';
import { formatNotation } from './notation.ts';
import { arbitrarySent, nested } from './testing/arbitrary-data.ts';
import { type Data, equals, Float, List, NESTING_MAX, SeqMap, sym, textOf, Variant } from './value.ts';

const account = {
  name: 'AccountMsg',
  variants: [
    { tag: 'Deposit', fields: [{ name: 'amount', type: 'Int' }] },
    { tag: 'Scale', fields: [{ name: 'by', type: 'Float' }, { name: 'mode', type: 'Symbol' }] }, // biome-ignore format: one line
    { tag: 'Balance', fields: [] },
    { tag: 'Route', fields: [{ name: 'to', type: 'Place' }] },
  ],
  nested: [{ name: 'Place', variants: [{ tag: 'At', fields: [{ name: 'x', type: 'Float' }] }] }],
};

test('each type has its JSON', (t) => {
  const pairs: [Data, unknown][] = [
    [1, 1],
    [2n ** 62n - 1n, { $int: '4611686018427387903' }],
    [new Float(1.5), 1.5],
    [new Float(3), { $float: 3 }],
    [new Float(-0), { $float: '-0' }],
    [new Float(Number.NaN), { $float: 'NaN' }],
    [sym('ok'), { $sym: 'ok' }],
    [textOf(Uint8Array.of(0, 255)), { $bytes: '00ff' }],
    [new Variant('Deposit', [100]), { Deposit: [100] }],
    [new Variant('$map', [1]), { $variant: ['$map', 1] }],
    [SeqMap.from<Data>([['a', 1], ['b', List.empty]]), { a: 1, b: [] }], // biome-ignore format: one line
    [SeqMap.from<Data>([['a', List.empty]]), { $map: [['a', []]] }],
    [SeqMap.from<Data>([['$int', 1]]), { $map: [['$int', 1]] }],
    [SeqMap.from<Data>([[1, true]]), { $map: [[1, true]] }],
    [SeqMap.empty, {}],
  ];
  for (const [v, json] of pairs) {
    t.deepEqual(toJson(v), json as never);
    t.true(equals(fromJson(json), v), formatNotation(v));
  }
});

test('a message may name its fields', (t) => {
  const shaped = (json: unknown) => formatNotation(fromJson(json, account));
  t.is(shaped({ Deposit: { amount: 100 } }), '(Deposit 100)');
  t.is(shaped({ Deposit: [100] }), '(Deposit 100)');
  t.is(shaped({ Balance: {} }), '(Balance)');
  t.is(shaped({ Scale: { mode: 'up', by: 3 } }), '(Scale 3.0 :up)');
  t.is(shaped({ Scale: [2, { $sym: 'up' }] }), '(Scale 2.0 :up)');
  t.is(shaped({ Route: { to: { At: { x: 1 } } } }), '(Route (At 1.0))');
  t.is(shaped({ Unknown: { amount: 100 } }), '{"Unknown" {"amount" 100}}');
  t.is(shaped({ Deposit: [1, 2] }), '(Deposit 1 2)');
  t.is(shaped(5), '5');
  t.is(formatNotation(shapeMessage(fromJson({ Deposit: { amount: 1 } }), account)), '(Deposit 1)');
  for (const json of [{ Deposit: {} }, { Deposit: { amount: 1, more: 2 } }])
    t.is(t.throws(() => fromJson(json, account), { instanceOf: SeqNodeError })?.code, 'bad-message');
  t.is(
    t.throws(() => fromJson({ Deposit: 5 }, account), { instanceOf: SeqNodeError })?.message,
    'At $.Deposit: the fields of Deposit are an array or an object, as in {"Deposit": [amount]} or {"Deposit": {"amount": …}}.',
  );
});

test('names that mean something to JavaScript are harmless', (t) => {
  const json = JSON.parse('{"__proto__": {"x": 1}, "constructor": 2}');
  const map = fromJson(json) as SeqMap;
  t.is(formatNotation(map), '{"__proto__" {"x" 1} "constructor" 2}');
  t.deepEqual(Object.keys(toJson(map) as object), ['__proto__', 'constructor']);
  t.is(JSON.stringify(toJson(new Variant('__proto__', [1]))), '{"__proto__":[1]}');
});

test('what is not a value is refused at its place', (t) => {
  const bad: [unknown, string][] = [
    [null, '$'],
    [{ a: [1, null], b: 2 }, '$.a[1]'],
    [2 ** 53, '$'],
    [1e300, '$'],
    [{ $int: '9223372036854775807' }, '$.$int'],
    [{ $int: 1 }, '$.$int'],
    [{ $float: 'x' }, '$.$float'],
    [{ $sym: 1 }, '$.$sym'],
    [{ $bytes: '0' }, '$.$bytes'],
    [{ $map: [[1]] }, '$.$map[0]'],
    [{ $map: [[[], 1]] }, '$.$map[0]'],
    [{ $map: [[1, 1], [1, 2]] }, '$.$map[1]'], // biome-ignore format: one line
    [{ $what: 1 }, '$.$what'],
    [{ $variant: [] }, '$.$variant'],
    ['\ud800', '$'],
    [{ '\ud800': [] }, '$'],
    [undefined, '$'],
  ];
  for (const [json, path] of bad) {
    const error = t.throws(() => fromJson(json), { instanceOf: SeqNodeError }, JSON.stringify(json));
    t.is(error?.code, 'bad-message');
    t.is(error?.details.jsonPath, path);
  }
  const deep = JSON.parse(`${'['.repeat(65)}${']'.repeat(65)}`);
  t.is(t.throws(() => fromJson(deep), { instanceOf: SeqNodeError })?.code, 'bad-message');
});

test('the innermost of 64 levels may be written as an object', (t) => {
  for (const inner of [new Float(3), sym('x'), 2n ** 60n, textOf(Uint8Array.of(0xff))]) {
    const deepest = nested(new Array<'list'>(NESTING_MAX).fill('list'), inner);
    t.true(equals(fromJson(toJson(deepest)), deepest));
    t.throws(() => fromJson([toJson(deepest)]), { code: 'bad-message' });
    t.throws(() => fromJson({ $map: [[1, toJson(deepest)]] }), { code: 'bad-message' });
  }
});

test('JSON that is taken comes back as it was', (t) => {
  const holds = (json: string) => {
    let value: Data;
    try {
      value = fromJson(JSON.parse(json));
    } catch (error) {
      return error instanceof SeqNodeError && error.code === 'bad-message';
    }
    const back: unknown = JSON.parse(JSON.stringify(toJson(value)));
    t.deepEqual(back, JSON.parse(json));
    return true;
  };
  const tree = fc.jsonValue({ noUnicodeString: false });
  fc.assert(
    fc.property(tree, (value) => holds(JSON.stringify(value))),
    { numRuns: 1000 },
  );
  const refused = [
    '1e400',
    '-1e400',
    '9007199254740993',
    '18446744073709551616',
    '1e300',
    '"\\ud800"',
    '{"\\udc00":1}',
    '[null]',
    '["\\ud83d"]',
  ];
  for (const json of refused) t.throws(() => fromJson(JSON.parse(json)), { code: 'bad-message' }, json);
  t.is(fromJson(JSON.parse('-0')), 0);
  t.deepEqual(fromJson(JSON.parse('{"$float":-0.0}')), new Float(-0));
  t.true(holds('"\\ud83d\\ude00"'));
});

test('invariant 1: any value comes back from its JSON text', (t) => {
  fc.assert(
    fc.property(arbitrarySent, (v) => equals(fromJson(JSON.parse(JSON.stringify(toJson(v)))), v)),
    { numRuns: 1000 },
  );
  t.pass();
});

test('invariant 2: any JSON gives a value or bad-message', (t) => {
  const mark = fc.constantFrom(
    '$int',
    '$float',
    '$sym',
    '$bytes',
    '$map',
    '$variant',
    '$',
    'Deposit',
    'Scale',
  );
  const json = fc.oneof(
    fc.jsonValue(),
    fc.tuple(mark, fc.jsonValue()).map(([name, value]) => ({ [name]: value })),
  );
  fc.assert(
    fc.property(json, fc.boolean(), (value, typed) => {
      try {
        fromJson(value, typed ? account : undefined);
        return true;
      } catch (error) {
        return error instanceof SeqNodeError && error.code === 'bad-message';
      }
    }),
    { numRuns: 2000 },
  );
  t.pass();
});
