import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { formatNotation } from '../../base/notation.ts';
import { arbitraryInt } from '../../base/testing/arbitrary-data.ts';
import { equals, Float, intOf, List, SeqMap, sym, textOf, type Value, Variant } from '../../base/value.ts';
import { Fault } from '../fault.ts';
import { dataWords, type WordRow } from './index.ts';

const rows = new Map<string, WordRow>();
for (const row of dataWords) for (const name of [row.name, ...(row.aliases ?? [])]) rows.set(name, row);

const run = (name: string, ...args: Value[]) => rows.get(name)!.run(...args);
const MAX = 2n ** 62n - 1n;
const MIN = -(2n ** 62n);
const f = (n: number) => new Float(n);

/** Each line: arguments, the word, and its results, all in notation. */
function check(t: ExecutionContext, word: string, args: Value[], ...expected: Value[]) {
  const result = run(word, ...args);
  const results = Array.isArray(result) ? result : [result];
  t.true(
    results.length === expected.length && results.every((v, i) => equals(v, expected[i])),
    `${args.map((v) => formatNotation(v)).join(' ')} ${word} gave ${results.map((v) => formatNotation(v)).join(' ')}`,
  );
}

const faults = (t: ExecutionContext, code: string, word: string, ...args: Value[]) =>
  t.is(t.throws(() => run(word, ...args), { instanceOf: Fault }, word)?.code, code as never);

test('every name is there once, with an effect that tells how many it takes and gives', (t) => {
  const names = dataWords.flatMap((row) => [row.name, ...(row.aliases ?? [])]);
  t.deepEqual(names.length, new Set(names).size);
  for (const row of dataWords) t.regex(row.effect, /^\( ([A-Z]\w* )*-- ([A-Z]\w* )*\)$/, row.name);
});

test('every word refuses what it cannot take with a Fault, and gives as many values as its effect says', (t) => {
  const odd: Value[] = [1, MAX, f(1.5), true, 'text', textOf(Uint8Array.of(255)), sym('s'), List.of([1]), SeqMap.empty, new Variant('V', [1]), () => 1]; // biome-ignore format: one line
  for (const row of dataWords) {
    const [inputs = '', outputs = ''] = row.effect.slice(1, -1).split('--');
    const count = inputs.trim() === '' ? 0 : inputs.trim().split(' ').length;
    const given = outputs.trim().split(' ').length;
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...odd), { minLength: count, maxLength: count }), (args) => {
        try {
          const result = row.run(...args);
          return given === 1
            ? result !== undefined && !Array.isArray(result)
            : (result as []).length === given;
        } catch (error) {
          return error instanceof Fault;
        }
      }),
      { numRuns: 60 },
    );
  }
  t.pass();
});

test('Int arithmetic is that of 63 bits in two\u2019s complement', (t) => {
  const operations: [string, (a: bigint, b: bigint) => bigint][] = [
    ['i.+', (a, b) => a + b],
    ['i.-', (a, b) => a - b],
    ['i.*', (a, b) => a * b],
    ['band', (a, b) => a & b],
    ['bor', (a, b) => a | b],
    ['bxor', (a, b) => a ^ b],
  ];
  for (const [word, exact] of operations)
    fc.assert(
      fc.property(arbitraryInt, arbitraryInt, (a, b) =>
        Object.is(run(word, a, b), intOf(exact(BigInt(a), BigInt(b)))),
      ),
      { numRuns: 500 },
    );
  for (const [word, exact] of [['i./', (a, b) => a / b], ['i.%', (a, b) => a % b]] as typeof operations) // biome-ignore format: one line
    fc.assert(
      fc.property(arbitraryInt, arbitraryInt, (a, b) => {
        const [result, defined] = run(word, a, b) as [Value, Value];
        return b === 0
          ? result === 0 && defined === false
          : Object.is(result, intOf(exact(BigInt(a), BigInt(b))));
      }),
      { numRuns: 500 },
    );
  fc.assert(fc.property(arbitraryInt, (a) => Object.is(run('bnot', a), intOf(~BigInt(a)))));
  fc.assert(
    fc.property(
      arbitraryInt,
      arbitraryInt,
      (a, b) => run('i.<', a, b) === BigInt(a) < BigInt(b) && run('i.=', a, b) === (a === b),
    ),
  );
  t.pass();
});

test('Int words at their borders', (t) => {
  check(t, 'i.+', [MAX, 1], MIN);
  check(t, 'i.+', [Number.MAX_SAFE_INTEGER, 1], 2n ** 53n);
  check(t, 'i.-', [2n ** 53n, 1], Number.MAX_SAFE_INTEGER);
  check(t, 'i./', [MIN, -1], MIN, true);
  check(t, 'i.%', [MIN, -1], 0, true);
  check(t, 'i./', [-7, 2], -3, true);
  check(t, 'i.%', [-7, 2], -1, true);
  check(t, 'i./', [5, 0], 0, false);
  t.true(Object.is(run('i.*', 0, -1), 0));
  t.true(Object.is((run('i./', -1, 2) as Value[])[0], 0));
  t.true(Object.is((run('i.%', -4, 2) as Value[])[0], 0));
  check(t, 'i.pow', [2, 61], 2n ** 61n, true);
  check(t, 'i.pow', [2, 62], 0, false);
  check(t, 'i.pow', [-2, 62], 0, false);
  check(t, 'i.pow', [0, 0], 1, true);
  check(t, 'i.pow', [2, -1], 0, false);
  check(t, 'i.pow', [-1, 2 ** 32 - 1], -1, true);
  check(t, 'i.pow', [1, 2 ** 32], 0, false);
  check(t, 'i.neg', [MIN], MIN);
  check(t, 'shl', [1, 61], 2n ** 61n);
  check(t, 'shl', [1, 62], 0);
  check(t, 'shl', [-1, 62], MIN);
  check(t, 'shl', [-1, 63], 0);
  check(t, 'shl', [1, 64], 0);
  check(t, 'shl', [1, -1], 0);
  check(t, 'shr', [-1, 1], 0);
  check(t, 'shr', [-1, 2], MAX);
  check(t, 'shr', [-1, 62], 3);
  check(t, 'shr', [-1, 0], -1);
  check(t, 'shr', [2 ** 40, 38], 4);
  check(t, 'popcount', [-1], 63);
  check(t, 'popcount', [255], 8);
  check(t, 'clz', [1], 62);
  check(t, 'clz', [0], 63);
  check(t, 'clz', [-1], 0);
  check(t, 'ctz', [16], 4);
  check(t, 'ctz', [0], 63);
  check(t, 'ctz', [MIN], 62);
  check(t, 'gcd', [48, 18], 6);
  check(t, 'clamp', [15, 0, 100], 15);
  check(t, 'sign', [-5], -1);
  faults(t, 'division-by-zero', 'divide', 1, 0);
  check(t, 'divide', [7, 2], 3);
  faults(t, 'type-fault', 'i.+', 1, 'x');
  faults(t, 'type-fault', 'i./', 'x', 0);
});

test('Float words', (t) => {
  check(t, 'f./', [f(1), f(0)], f(Number.POSITIVE_INFINITY));
  check(t, 'f.=', [f(Number.NaN), f(Number.NaN)], false);
  check(t, 'f.=', [f(0), f(-0)], true);
  for (const [
    n,
    rounded,
  ] of [[0.5, 0], [1.5, 2], [2.5, 2], [-0.5, -0], [-1.5, -2], [2.4, 2], [-2.6, -3], [1e300, 1e300], [-0.2, -0]] as const) // biome-ignore format: one line
    check(t, 'f.round', [f(n)], f(rounded));
  check(t, 'f.pow', [f(1), f(Number.NaN)], f(1));
  check(t, 'f.pow', [f(-1), f(Number.POSITIVE_INFINITY)], f(1));
  check(t, 'f.pow', [f(2), f(10)], f(1024));
  check(t, 'f.sqrt', [f(-1)], f(Number.NaN));
});

test('conversions', (t) => {
  for (const [
    n,
    printed,
  ] of [[3.5, '3.5'], [42, '42'], [1e21, '1000000000000000000000'], [1e-7, '0.0000001'], [1.5e-9, '0.0000000015'], [-2.5e25, '-25000000000000000000000000'], [Number.NaN, 'NaN'], [Number.NEGATIVE_INFINITY, '-inf'], [-0, '-0']] as const) // biome-ignore format: one line
    check(t, 'float->string', [f(n)], printed);
  fc.assert(
    fc.property(fc.double(), (n) => {
      const [back, ok] = run('string->float', run('float->string', f(n)) as string) as [Float, boolean];
      return ok && Object.is(back.value, n);
    }),
  );
  check(t, 'string->float', ['.5'], f(0.5), true);
  check(t, 'string->float', ['5.'], f(5), true);
  check(t, 'string->float', ['-Infinity'], f(Number.NEGATIVE_INFINITY), true);
  for (const bad of ['', ' 1', '1 ', 'x', '0x10', '1e', '.', 'e5'])
    check(t, 'string->float', [bad], f(0), false);
  check(t, 'string->int', [' -42\n'], -42, true);
  check(t, 'string->int', ['+0000000000000000000000000007'], 7, true);
  check(t, 'string->int', [String(MAX)], MAX, true);
  for (const bad of ['', 'abc', '1.0', String(MAX + 1n), '1 2', '--1', '0x1'])
    check(t, 'string->int', [bad], 0, false);
  check(t, 'float->int', [f(-3.7)], -3);
  check(t, 'float->int', [f(1e20)], MAX);
  check(t, 'float->int', [f(Number.NEGATIVE_INFINITY)], MIN);
  check(t, 'float->int', [f(2 ** 60)], 2n ** 60n);
  t.true(Object.is(run('float->int', f(-0.5)), 0));
  check(t, 'char->string', [0x1f600], '\u{1f600}');
  for (const bad of [-1, 0xd800, 0x110000, MAX]) check(t, 'char->string', [bad], '');
  check(t, 'int.to-bytes-i32-be', [-2], textOf(Uint8Array.of(255, 255, 255, 254)));
  check(t, 'float.to-bytes-f32-be', [f(1)], textOf(Uint8Array.of(0x3f, 0x80, 0, 0)));
  faults(t, 'bad-argument', 'string->symbol', textOf(Uint8Array.of(255)));
  check(t, 'and', [1, true], true);
  check(t, 'not', [0], true);
});

test('strings count in code points', (t) => {
  const smile = 'a\u{1f600}é';
  check(t, 'string.length', [smile], 3);
  check(t, 'string.byte-length', [smile], 7);
  check(t, 'string.char-at', [smile, 1], 0x1f600);
  check(t, 'string.char-at', [smile, 2], 0xe9);
  for (const outside of [3, -1, MAX]) check(t, 'string.char-at', [smile, outside], -1);
  check(t, 'string.substring', [smile, 1, 1], '\u{1f600}');
  check(t, 'string.substring', [smile, 1, MAX], '\u{1f600}é');
  check(t, 'string.substring', [smile, -1, 2], '');
  check(t, 'string.substring', [smile, 9, 2], '');
  check(t, 'string.find', [smile, 'é'], 2);
  check(t, 'string.find', ['abc', 'x'], -1);
  check(t, 'string.trim', [' \u0085\u00a0x\ufeff '], 'x\ufeff');
  check(t, 'string.chomp', ['a\r\n'], 'a');
  check(t, 'string.chomp', ['a\n\n'], 'a\n');
  check(t, 'string.to-upper', ['straße'], 'STRASSE');
  check(t, 'string.json-escape', ['"\\\n\u0001\u007f'], '\\"\\\\\\n\\u0001\\u007F');
});

test('strings of arbitrary bytes', (t) => {
  const [head, tail] = [textOf(Uint8Array.of(0xc3)), textOf(Uint8Array.of(0xa9))];
  check(t, 'string.concat', [head, tail], 'é');
  check(t, 'string.byte-length', [head], 1);
  check(t, 'string.length', [head], 0);
  check(t, 'string.contains', ['é', tail], true);
  check(t, 'string.starts-with', ['é', head], true);
  check(t, 'string.split', ['aéb', tail], List.of<Value>([textOf(Uint8Array.of(97, 0xc3)), 'b']));
  check(t, 'string.split', ['é', ''], List.of<Value>(['', head, tail, '']));
  check(t, 'string.split', ['a,b,,', ','], List.of(['a', 'b', '', '']));
  check(t, 'string.equal?', [head, textOf(Uint8Array.of(0xc3))], true);
  check(t, 'string.join', [List.of<Value>([head, tail, head]), ''], textOf(Uint8Array.of(0xc3, 0xa9, 0xc3)));
  check(t, 'string.join', [List.of<Value>(['', head]), '-'], textOf(Uint8Array.of(45, 0xc3)));
  check(t, 'string.join', [List.of<Value>(['a', 1, f(2), true, sym('s')]), ', '], 'a, 1, 2, true, :s');
  check(t, 'string.chomp', [textOf(Uint8Array.of(255, 13, 10))], textOf(Uint8Array.of(255)));
  let long: Value = 'x'.repeat(1024);
  t.throws(() => {
    for (let i = 0; i < 30; i++) long = run('string.concat', long, long) as Value;
  }, { instanceOf: Fault }); // biome-ignore format: one line
});

test('encodings', (t) => {
  const bytes = textOf(Uint8Array.of(0xff, 0xee, 1));
  check(t, 'encoding.base64-encode', ['hello'], 'aGVsbG8=');
  check(t, 'encoding.base64-decode', ['aGVsbG8='], 'hello', true);
  for (const bad of ['aGVsbG8', 'aGVs bG8=', '####', 'aGVsbG9='])
    check(t, 'encoding.base64-decode', [bad], '', false);
  check(t, 'encoding.base64url-encode', [bytes], '_-4B');
  check(t, 'encoding.base64url-decode', ['_-4B'], bytes, true);
  check(t, 'encoding.base64url-decode', ['aGVsbG8'], 'hello', true);
  check(t, 'encoding.base64url-decode', ['aGVsbG8='], '', false);
  check(t, 'encoding.hex-encode', [bytes], 'ffee01');
  check(t, 'encoding.hex-decode', ['FFee01'], bytes, true);
  check(t, 'encoding.hex-decode', ['f'], '', false);
});

test('lists, and variants used as lists', (t) => {
  const list = List.of<Value>([10, 20, 30]);
  check(t, 'list.get', [list, 1], 20, true);
  for (const outside of [3, -1, MAX]) check(t, 'list.get', [list, outside], 0, false);
  check(t, 'list.set', [list, 0, 'x'], List.of<Value>(['x', 20, 30]), true);
  check(t, 'list.set', [list, 3, 'x'], list, false);
  check(t, 'list.reverse', [list], List.of([30, 20, 10]));
  check(t, 'list.first', [List.empty], 0, false);
  check(t, 'list.last', [list], 30, true);
  check(t, 'lv', [List.empty, 1], List.of([1]));
  check(t, 'list.push', [new Variant('Array', [1]), 2], new Variant('Array', [1, 2]));
  check(t, 'list.set', [new Variant('Array', [1]), 0, 2], new Variant('Array', [2]), true);
  check(t, 'list.length', [new Variant('Array', [1])], 1);
  check(t, 'variant.field-at', [list, 1], 20);
  check(t, 'variant.tag', [list], sym('List'));
  check(t, 'wrap-2', [1, 2, sym('List')], List.of([1, 2]));
});

test('maps', (t) => {
  const map = SeqMap.from<Value>([['a', 1], [1, 'one'], [true, 2]]); // biome-ignore format: one line
  check(t, 'map.get', [map, 'a'], 1, true);
  check(t, 'map.get', [map, '1'], 0, false);
  check(t, 'map-get', [map, 1], 'one');
  check(t, 'map-get', [map, 'absent'], 0);
  check(t, 'map.remove', [map, 'absent'], map);
  check(t, 'map.keys', [map], List.of<Value>([true, 1, 'a']));
  check(t, 'map.values', [map], List.of<Value>([2, 'one', 1]));
  check(t, 'map.size', [run('kv', map, 'b', 1) as Value], 4);
  faults(t, 'bad-key', 'map.set', map, f(1), 1);
  faults(t, 'type-fault', 'map.get', List.empty, 1);
});

test('variants', (t) => {
  const triple = new Variant<Value>('Triple', [1, 2, 3]);
  check(t, 'wrap-3', [1, 2, 3, sym('Triple')], triple);
  check(t, 'variant.make-0', [sym('None')], new Variant('None', []));
  check(t, 'variant.tag', [triple], sym('Triple'));
  check(t, 'variant.field-at', [triple, 2], 3);
  faults(t, 'index-out-of-range', 'variant.field-at', triple, 3);
  faults(t, 'index-out-of-range', 'variant.field-at', triple, -1);
  check(t, 'variant.append', [triple, 4], new Variant('Triple', [1, 2, 3, 4]));
  check(t, 'variant.init', [triple], new Variant('Triple', [1, 2]));
  check(t, 'variant.first', [triple], 1);
  faults(t, 'index-out-of-range', 'variant.last', new Variant('None', []));
});

test('the seed generation sees a variant as (Tag field …)', (t) => {
  const deposit = run('make-variant', 'Deposit', 100) as Value;
  check(t, 'variant-tag', [deposit], 'Deposit');
  check(t, 'variant-field-at', [deposit, 1], 100);
  check(t, 'variant-field-at', [deposit, 0], 'Deposit');
  faults(t, 'index-out-of-range', 'variant-field-at', deposit, 2);
  faults(t, 'index-out-of-range', 'variant-field-at', deposit, -1);
  check(t, 'string-equal', [run('variant-tag', deposit) as Value, 'Deposit'], true);
});

test('son.dump prints Seq source', (t) => {
  const value = new Variant<Value>('Pair', [
    List.of<Value>([1, f(2)]),
    SeqMap.from<Value>([['k', 'a"\n'], [2, true], [false, sym('s')]]), // biome-ignore format: one line
  ]);
  check(
    t,
    'son.dump',
    [value],
    ':Pair list-of 1 lv 2.0 lv map-of 2 true kv false :s kv "k" "a\\"\\n" kv wrap-2',
  );
  check(t, 'son.dump-pretty', [new Variant<Value>('P', [List.of([1])])], ':P\n  list-of\n    1 lv\n wrap-1');
  let deep: Value = 1;
  for (let i = 0; i < 5000; i++) deep = List.of<Value>([deep]);
  faults(t, 'too-large', 'son.dump', deep);
});

test('words whose time grows with their arguments say how much', (t) => {
  const work = (name: string, ...args: Value[]) => rows.get(name)!.work?.(run(name, ...args), ...args) ?? 0;
  const long = 'x'.repeat(32_000);
  t.is(work('string.to-upper', long), 2000);
  t.true(work('string.split', 'x,'.repeat(4000), ',') >= 1000);
  t.is(work('list.push', List.of(new Array<Value>(1000).fill(0)), 1), 0);
  t.true(work('list.push', new Variant<Value>('V', new Array<Value>(1600).fill(0)), 1) >= 100);
  t.is(work('i.+', 1, 2), 0);
  faults(t, 'too-large', 'string.split', 'x'.repeat(1_000_001), '');
  faults(t, 'too-large', 'string.split', ','.repeat(1_000_001), ',');
  faults(
    t,
    'too-large',
    'string.split',
    textOf(new Uint8Array(1_000_001).fill(255)),
    textOf(Uint8Array.of(255)),
  );
});
