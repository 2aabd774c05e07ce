// Words of the library modules, regular expressions, compression and cryptography.
import { createCipheriv } from 'node:crypto';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { formatNotation } from '../../base/notation.ts';
import {
  equals,
  Float,
  INT_MAX,
  INT_MIN,
  intOf,
  List,
  textOf,
  type Value,
  Variant,
} from '../../base/value.ts';
import { Fault } from '../fault.ts';
import { dataWords, type WordRow } from './index.ts';

const rows = new Map<string, WordRow>(dataWords.map((row) => [row.name, row]));
const run = (name: string, ...args: Value[]) => rows.get(name)!.run(...args);

function gives(t: ExecutionContext, word: string, args: Value[], ...expected: Value[]) {
  const result = run(word, ...args);
  const results = Array.isArray(result) ? result : [result];
  t.true(
    results.length === expected.length && results.every((v, i) => equals(v, expected[i])),
    `${word} gave ${results
      .map((v) => formatNotation(v))
      .join(' ')
      .slice(0, 500)}`,
  );
}

const faults = (t: ExecutionContext, code: string, word: string, ...args: Value[]) =>
  t.is(t.throws(() => run(word, ...args), { instanceOf: Fault }, word)?.code, code as never);
const v = (tag: string, ...fields: Value[]) => new Variant<Value>(tag, fields);
const number = (n: number) => v('JsonNumber', new Float(n));
const string = (s: string) => v('JsonString', s);
const list = (...items: Value[]) => List.of<Value>(items);

test('bits as text', (t) => {
  gives(t, 'int->bits', [10], '1010');
  gives(t, 'int->bits', [0], '0');
  gives(t, 'int->bits', [2n ** 62n - 1n], '1'.repeat(62));
  gives(t, 'int->bits', [-5], '1');
  gives(t, 'int->bits-padded', [10, 8], '00001010');
  gives(t, 'int->bits-padded', [255, 4], '1111');
  gives(t, 'int->bits-padded', [255, 0], '');
  gives(t, 'int->bits-fmt-8', [40], '0010 1000');
  gives(t, 'int->bits-fmt-16', [40], '0000 0000 0010 1000');
  faults(t, 'too-large', 'int->bits-padded', 1, 2n ** 60n);
});

test('powers as before 7.0 wrap around', (t) => {
  gives(t, 'pow', [10, 60], BigInt.asIntN(63, 10n ** 60n));
  gives(t, 'pow', [-3, 41], BigInt.asIntN(63, (-3n) ** 41n));
  gives(t, 'pow', [2, -1], 1);
  gives(t, 'pow', [2, 2n ** 61n], 0);
});

test('JSON is read as RFC 8259 has it, members in their order', (t) => {
  const parsed = (text: string, value: Value) => gives(t, 'json-parse', [text], value, true);
  parsed(' {"b": [1, -2.5e3, true], "1": null, "b": ""}\n', v('JsonObject', string('b'), v('JsonArray', number(1), number(-2500), v('JsonBool', 1)), string('1'), v('JsonNull'), string('b'), string(''))); // biome-ignore format: one line
  parsed('"a\\"\\\\\\n\\u00e9\\ud83d\\ude00"', string('a"\\\n\u00e9\u{1f600}'));
  parsed('9007199254740993', v('JsonNumber', 9007199254740993n));
  parsed('[1e23, 100000000000000000000000, -0]', v('JsonArray', number(1e23), number(1e23), number(-0)));
  parsed('[]', v('JsonArray'));
  parsed('{"__proto__": {}}', v('JsonObject', string('__proto__'), v('JsonObject')));
  for (const text of ['', '01', '[1,]', '{"a" 1}', '{a: 1}', '[1] x', 'nul', '"open', '"\n"', '"\\x"', '+1', '.5', '1.', '[', '\ufeff1', "'a'", 'NaN', '-', '"\\ud800"', '"\\udc00\\ud800"', '1e400', '-1e400', '1e-400', '18446744073709551615']) // biome-ignore format: one line
    gives(t, 'json-parse', [text], v('JsonNull'), false);
  gives(t, 'json-parse', ['['.repeat(100_000)], v('JsonNull'), false);
  gives(t, 'json-parse', [textOf(Uint8Array.of(0x22, 0xff, 0x22))], v('JsonNull'), false);
  faults(t, 'too-large', 'json-parse', `[${'0,'.repeat(1_000_000)}0]`);
});

/** Values of std:json; `numbers` are those that only some of the texts have. */
const jsonValues = (...numbers: fc.Arbitrary<Value>[]): fc.Arbitrary<Value> =>
  fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      ...numbers,
      fc.constant(v('JsonNull')),
      fc.boolean().map((b) => v('JsonBool', b ? 1 : 0)),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(number),
      fc.bigInt({ min: INT_MIN, max: INT_MAX }).map((n) => run('json-int', intOf(n)) as Value),
      fc.string({ unit: 'binary' }).map((s) => string(s.toWellFormed())),
      fc.array(tie('value')).map((items) => v('JsonArray', ...(items as Value[]))),
      fc
        .array(fc.tuple(fc.string().map(string), tie('value')))
        .map((members) => v('JsonObject', ...(members.flat() as Value[]))),
    ),
  })).value as fc.Arbitrary<Value>;

test('JSON is written so that it reads back', (t) => {
  fc.assert(
    fc.property(jsonValues(), (value) => {
      const text = run('json-serialize', value) as string;
      JSON.parse(text);
      const [back, good] = run('json-parse', text) as [Value, boolean];
      return good && equals(back, value);
    }),
  );
  gives(t, 'json-serialize', [v('JsonObject', string('a'), v('JsonArray', number(1), number(2), number(3), number(4)))], '{"a":[1,2,3,4]}'); // biome-ignore format: one line
  for (const value of [number(Number.POSITIVE_INFINITY), number(Number.NaN), v('Other', 1), v('JsonNull', 1), v('JsonBool', 7), v('JsonString', textOf(Uint8Array.of(0xff))), v('JsonObject', string('a')), v('JsonObject', number(1), number(2)), v('JsonArray', 1)]) // biome-ignore format: one line
    faults(t, 'bad-argument', 'json-serialize', value);
  let deep: Value = v('JsonArray');
  for (let i = 0; i < 100_000; i++) deep = v('JsonArray', deep);
  faults(t, 'too-large', 'json-serialize', deep);
});

test('JSON values are made and taken apart', (t) => {
  gives(t, 'json-bool', [7], v('JsonBool', 1));
  gives(t, 'json-int', [3], number(3));
  gives(t, 'json-number?', [number(3)], number(3), true);
  gives(t, 'json-array?', [number(3)], number(3), false);
  gives(t, 'json-unwrap-number', [number(3)], new Float(3));
  gives(t, 'array-with', [v('JsonArray', number(1)), number(2)], v('JsonArray', number(1), number(2)));
  gives(t, 'obj-with', [v('JsonObject'), string('k'), number(2)], v('JsonObject', string('k'), number(2)));
  faults(t, 'index-out-of-range', 'json-unwrap-bool', v('JsonNull'));
  faults(t, 'type-fault', 'json-unwrap-number', string('3'));
});

test('YAML is read with its core schema', (t) => {
  const parsed = (text: string, value: Value) => gives(t, 'yaml-parse', [text], value, true);
  parsed('name: Bob\nage: 25 # years\nok: true\nno: ~', v('JsonObject', string('name'), string('Bob'), string('age'), number(25), string('ok'), v('JsonBool', 1), string('no'), v('JsonNull'))); // biome-ignore format: one line
  parsed('a:\n  - 1\n  - "2"\n', v('JsonObject', string('a'), v('JsonArray', number(1), string('2'))));
  parsed('a: &x [1]\nb: *x\n12: 1.2.3', v('JsonObject', string('a'), v('JsonArray', number(1)), string('b'), v('JsonArray', number(1)), string('12'), string('1.2.3'))); // biome-ignore format: one line
  parsed('[.inf, -.inf, 0xff, 9007199254740993]', v('JsonArray', number(Number.POSITIVE_INFINITY), number(Number.NEGATIVE_INFINITY), number(255), v('JsonNumber', 9007199254740993n))); // biome-ignore format: one line
  for (const text of [
    'a: !!set {b, c}',
    '!!omap [a: 1]',
    '',
    '# nothing',
    'a: [1',
    '&a [*a]',
    '? [1]\n: 2',
    'a: 1\n---\nb: 2',
    '"open',
    '*nothing',
    'a: !!js/function "x"',
    '!other 1',
    'a: 1e400',
    '99999999999999999999',
    '"\\ud800"',
    '*a : 1',
  ])
    gives(t, 'yaml-parse', [text], v('JsonObject'), false);
  const laughs = Array.from(
    { length: 12 },
    (_, i) => `l${i}: &l${i} [${i === 0 ? '1' : `${`*l${i - 1},`.repeat(9)}1`}]`,
  );
  faults(t, 'too-large', 'yaml-parse', laughs.join('\n'));
  faults(t, 'too-large', 'yaml-parse', 'a'.repeat(2_000_000));
  const unbounded = fc
    .constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY)
    .map(number);
  fc.assert(
    fc.property(jsonValues(unbounded), (value) => {
      const [back, good] = run('yaml-parse', run('yaml-serialize', value) as string) as [Value, boolean];
      return good && equals(back, value);
    }),
  );
  gives(t, 'yaml-serialize', [v('JsonObject', string('a'), string('"'))], '{"a":"\\""}');
  gives(t, 'yaml-strip-simple', ['\n  host: localhost \n\n  port: 8080'], 'host: localhost\nport: 8080');
});

test('requests and responses of HTTP', (t) => {
  gives(
    t,
    'http-ok',
    ['h\u00e9'],
    'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nh\u00e9',
  );
  gives(t, 'http-response', [201, 'Created', ''], 'HTTP/1.1 201 Created\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n'); // biome-ignore format: one line
  const request = 'GET /echo/hello HTTP/1.1\r\nHost: x\r\n\r\n';
  gives(t, 'http-request-line', [request], 'GET /echo/hello HTTP/1.1');
  gives(t, 'http-request-path', [request], '/echo/hello');
  gives(t, 'http-is-get', [request], true);
  gives(t, 'http-is-post', [request], false);
  gives(t, 'http-path-is', [request, '/echo/hello'], true);
  gives(t, 'http-path-starts-with', [request, '/echo/'], true);
  gives(t, 'http-path-suffix', [request, '/echo/'], 'hello');
  gives(t, 'http-path-suffix', [request, '/other/'], '');
  gives(t, 'http-request-path', ['nonsense'], '');
});

test('a zipper is a list with a cursor', (t) => {
  const operation = fc.oneof(
    fc.constantFrom('left', 'right', 'start', 'end', 'delete').map((name) => ({ name, value: 0 })),
    fc.record({ name: fc.constantFrom('set', 'insert-left', 'insert-right'), value: fc.nat(1000) }),
  );
  fc.assert(
    fc.property(
      fc.array(fc.nat(1000), { maxLength: 80 }),
      fc.array(operation, { maxLength: 200 }),
      (items, todo) => {
        let zipper = run('zipper.from-list', List.of<Value>(items)) as Value;
        const model = [...items];
        let at = 0;
        for (const { name, value } of todo) {
          zipper = run(`zipper.${name}`, zipper, value) as Value;
          if (name.startsWith('insert') && model.length === 0) model.push(value);
          else if (name === 'insert-left') model.splice(at++, 0, value);
          else if (name === 'insert-right') model.splice(at + 1, 0, value);
          else if (model.length === 0) continue;
          else if (name === 'left') at = Math.max(0, at - 1);
          else if (name === 'right') at = Math.min(model.length - 1, at + 1);
          else if (name === 'start') at = 0;
          else if (name === 'end') at = model.length - 1;
          else if (name === 'set') model[at] = value;
          else {
            model.splice(at, 1);
            at = Math.max(0, Math.min(at, model.length - 1));
          }
        }
        return (
          equals(run('zipper.to-list', zipper), List.of<Value>(model)) &&
          run('zipper.length', zipper) === model.length &&
          run('zipper.index', zipper) === at &&
          (model.length === 0 || run('zipper.focus', zipper) === model[at]) &&
          (run('zipper.at-start?', zipper) as Value[])[1] === (at === 0) &&
          (run('zipper.at-end?', zipper) as Value[])[1] === at >= model.length - 1
        );
      },
    ),
  );
  gives(t, 'zipper.focus', [v('ZipEmpty')], v('ZipperEmpty'));
  faults(t, 'type-fault', 'zipper.right', v('Zip', 1));
});

test('regular expressions', (t) => {
  gives(t, 'regex.match?', ['hello world', 'wo.ld'], true);
  gives(t, 'regex.find', ['a1 b2', '[a-z]2'], 'b2', true);
  gives(t, 'regex.find', ['a1 b2', 'x'], '', false);
  gives(t, 'regex.find-all', ['a1 b2 c3', '[a-z]\\d'], list('a1', 'b2', 'c3'), true);
  gives(t, 'regex.find-all', ['baaac', 'a*'], list('', 'aaa', ''), true);
  gives(t, 'regex.find-all', ['\u{1f600}x', '.'], list('\u{1f600}', 'x'), true);
  gives(t, 'regex.replace', ['a1 b2', '\\d', 'X'], 'aX b2', true);
  gives(t, 'regex.replace-all', ['2024-01', '(?<y>\\d+)-(\\d+)', '$2/$\u007by}/$$/$9'], '01/2024/$/', true);
  gives(t, 'regex.captures', ['2024-01', '(\\d+)-(\\d+)(x)?'], list('2024', '01', ''), true);
  gives(t, 'regex.split', ['a1b2c3', '\\d'], list('a', 'b', 'c', ''), true);
  gives(t, 'regex.split', ['a', '('], list('a'), false);
  gives(t, 'regex.replace', ['a', '(', 'x'], 'a', false);
  for (const pattern of ['(', '(a)\\1', 'a(?=b)', '('.repeat(3000), 'a{2000}', 'x'.repeat(5000)])
    gives(t, 'regex.valid?', [pattern], false);
});

test('no pattern holds up the thread or fills the memory', (t) => {
  gives(t, 'regex.match?', ['x'.repeat(1e6), '(x+x+)+y'], false);
  gives(t, 'regex.match?', ['a'.repeat(1e4), '(?:a?){500}a{500}b'], false);
  faults(t, 'too-large', 'regex.find-all', 'a'.repeat(1e5), '.*b|a');
  faults(t, 'too-large', 'regex.replace-all', 'a'.repeat(1e5), 'a*', '$0'.repeat(1e5));
  const row = rows.get('regex.find-all')!;
  const args = ['ab'.repeat(1e5), 'a.'];
  t.true(row.cost!(...args) > 1e5, 'the search is charged for');
  t.true(row.work!(row.run(...args), ...args) > 1e4, 'and what it has read');
});

test('compression goes there and back, also for bytes that are no text', (t) => {
  for (const name of ['gzip', 'zstd'])
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), fc.integer({ min: -3, max: 40 }), (bytes, level) => {
        const text = textOf(bytes, true);
        const [packed] = run(`compress.${name}-level`, text, level) as [Value, boolean];
        const [back, good] = run(name === 'gzip' ? 'compress.gunzip' : 'compress.unzstd', packed) as [
          Value,
          boolean,
        ];
        return good && equals(back, text);
      }),
      { numRuns: 30 },
    );
  t.pass();
});

test('what does not unpack gives false, and a bomb does not go off', (t) => {
  const bomb = Buffer.alloc(100_000_000);
  for (const packed of ['', 'no base 64!', 'aGVsbG8=', gzipSync(bomb).toString('base64')])
    gives(t, 'compress.gunzip', [packed], '', false);
  const cut = zstdCompressSync('hello '.repeat(1000)).subarray(0, 20);
  for (const packed of [
    'no base 64!',
    'aGVsbG8=',
    cut.toString('base64'),
    zstdCompressSync(bomb).toString('base64'),
    Buffer.concat([zstdCompressSync('whole'), Buffer.from('more')]).toString('base64'),
  ])
    gives(t, 'compress.unzstd', [packed], '', false);
  faults(t, 'too-large', 'compress.zstd-level', 'x'.repeat(2_000_000), 22);
});

test('hashes, codes and derived keys are those of their standards', (t) => {
  gives(t, 'crypto.sha256', ['abc'], 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  gives(t, 'crypto.sha256', [textOf(Uint8Array.of(0xbd))], '68325720aabd7c82f30f554b313d0570c95accbb7dc4b5aae11204c08ffe732b'); // biome-ignore format: one line
  // RFC 4231, test case 2.
  gives(t, 'crypto.hmac-sha256', ['what do ya want for nothing?', 'Jefe'], '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'); // biome-ignore format: one line
  gives(t, 'crypto.constant-time-eq', ['secret', 'secret'], true);
  gives(t, 'crypto.constant-time-eq', ['secret', 'secre'], false);
  gives(t, 'crypto.pbkdf2-sha256', ['password', 'salt', 4096], 'c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a', true); // biome-ignore format: one line
  gives(t, 'crypto.pbkdf2-sha256', ['password', 'salt', 999], '', false);
  faults(t, 'bad-argument', 'crypto.pbkdf2-sha256', 'password', 'salt', 2n ** 60n);
});

test('Ed25519 signs as RFC 8032 says, section 7.1, test 2', (t) => {
  const secret = '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb';
  const publicKey = '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c';
  const signature = '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00'; // biome-ignore format: one line
  gives(t, 'crypto.ed25519-sign', ['r', secret], signature, true);
  gives(t, 'crypto.ed25519-verify', ['r', signature, publicKey], true);
  gives(t, 'crypto.ed25519-verify', ['s', signature, publicKey], false);
  gives(t, 'crypto.ed25519-verify', ['r', signature, 'ff'.repeat(32)], false);
  gives(t, 'crypto.ed25519-verify', ['r', 'zz', publicKey], false);
  gives(t, 'crypto.ed25519-sign', ['r', 'short'], '', false);
});

test('AES-256-GCM is opened with the right key only, and unchanged', (t) => {
  const key = Buffer.alloc(32, 7);
  const cipher = createCipheriv('aes-256-gcm', key, Buffer.alloc(12, 9));
  const parts = [Buffer.alloc(12, 9), cipher.update('attack at dawn'), cipher.final()];
  const sealed = Buffer.concat([...parts, cipher.getAuthTag()]);
  const open = (bytes: Buffer, by: string, ...wanted: Value[]) =>
    gives(t, 'crypto.aes-gcm-decrypt', [bytes.toString('base64'), by], ...wanted);
  open(sealed, key.toString('hex'), 'attack at dawn', true);
  open(sealed, 'ab'.repeat(32), '', false);
  open(sealed, 'abc', '', false);
  sealed[15]! ^= 1;
  open(sealed, key.toString('hex'), '', false);
  open(sealed.subarray(0, 20), key.toString('hex'), '', false);
});
