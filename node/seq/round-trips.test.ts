// What one word prints another reads, or a program does: the same value comes back, or none does. JSON, YAML
// and compression are in words/library-words.test.ts.
import test from 'ava';
import fc from 'fast-check';
import {
  bytesOf,
  equals,
  Float,
  INT_MAX,
  INT_MIN,
  intOf,
  List,
  SeqMap,
  sym,
  textOf,
  type Value,
  Variant,
} from '../base/value.ts';
import { BUILTIN_ROWS } from './builtins/index.ts';
import { compileProgram } from './index.ts';
import { Session } from './session/session.ts';
import { dataWords } from './words/index.ts';

const rows = new Map(dataWords.map((row) => [row.name, row]));
const run = (name: string, ...args: Value[]) => rows.get(name)!.run(...args);
const host = { write: () => {}, nowMillis: () => 0, random: () => 0 };

/** What Seq source leaves on an empty stack. */
function evaluated(source: string): readonly unknown[] {
  const session = new Session({ read: (entry, text) => ({ entry, files: { [entry]: text } }) });
  for (const entry of ['include std:son', source]) {
    const entered = session.enter(entry, host);
    if (entered.kind === 'refused') return [entered.diagnostics[0]!.message];
    if (entered.run?.resume(1e6).kind !== 'done' && entered.run !== undefined) return ['no end'];
  }
  return session.stack.map(({ value }) => value);
}

const ints = fc.bigInt({ min: INT_MIN, max: INT_MAX }).map(intOf);
const floats = fc.double().map((n) => new Float(n));
const bytes = fc.uint8Array({ maxLength: 40 }).map((each) => textOf(each));
const texts = fc.oneof(
  fc.string({ unit: 'binary' }).map((text) => text.toWellFormed()),
  bytes,
);
const symbols = fc.oneof(fc.constantFrom('name', 'a-b?', '1st', 'a b', '', '"', 'λ', '[', 'x:y')).map(sym);
const keys = fc.oneof(ints, fc.boolean(), texts);
const { value: values } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    ints,
    floats,
    fc.boolean(),
    texts,
    symbols,
    symbols.map(({ name }) => new Variant<Value>(name === '' ? 'Empty' : name, [])),
    fc.array(tie('value'), { maxLength: 4 }).map((items) => List.of(items as Value[])),
    fc
      .array(fc.tuple(keys, tie('value')), { maxLength: 4 })
      .map((each) => SeqMap.from(each as [never, Value][])),
  ),
})) as { value: fc.Arbitrary<Value> };

test('what son.dump prints makes the same value', (t) => {
  for (const word of ['son.dump', 'son.dump-pretty'])
    fc.assert(
      fc.property(values, (value) => {
        const [back, ...more] = evaluated(run(word, value) as string);
        return more.length === 0 && equals(back as Value, value);
      }),
      { numRuns: 60 },
    );
  t.pass();
});

test('what son.dump prints of code is refused', (t) => {
  t.regex(String(evaluated('[ 1 ] son.dump')[0]), /^</);
  t.regex(String(evaluated(String(evaluated('[ 1 ] son.dump')[0]))[0]), /^There is no word/);
});

test('numbers come back from their texts, and text beyond all numbers is refused', (t) => {
  fc.assert(
    fc.property(ints, (n) => equals((run('string->int', run('int->string', n) as Value) as Value[])[0]!, n)),
  );
  fc.assert(
    fc.property(floats, (n) =>
      equals((run('string->float', run('float->string', n) as Value) as Value[])[0]!, n),
    ),
  );
  for (const beyond of ['1e400', '-1e400', '1e-400', '-0.00001e-999']) {
    t.false((run('string->float', beyond) as Value[])[1]);
    const compiled = compileProgram({ entry: 'a', files: { a: `: main ( -- ) ${beyond} drop ;` } });
    t.deepEqual(compiled.ok || compiled.diagnostics.map(({ code }) => code), ['float-out-of-range']);
  }
  for (const good of ['0e400', '1.7976931348623157e308', '5e-324', '-0.0'])
    t.true((run('string->float', good) as Value[])[1]);
  for (const wide of ['4611686018427387904', '-4611686018427387905', '9'.repeat(40)])
    t.false((run('string->int', wide) as Value[])[1]);
});

test('encodings come back, and nothing else than what they write is read', (t) => {
  for (const name of ['base64', 'base64url', 'hex']) {
    fc.assert(
      fc.property(texts, (text) => {
        const [back, good] = run(
          `encoding.${name}-decode`,
          run(`encoding.${name}-encode`, text) as Value,
        ) as Value[];
        return good === true && equals(back!, text);
      }),
    );
    const written = fc.string({ unit: fc.constantFrom(...'AQgw19az+/-_=.é \n'), maxLength: 12 });
    fc.assert(
      fc.property(written, (text) => {
        const [decoded, good] = run(`encoding.${name}-decode`, text) as [Value, boolean];
        const again = good && (run(`encoding.${name}-encode`, decoded) as string);
        return again === false || again === (name === 'hex' ? text.toLowerCase() : text);
      }),
    );
  }
  t.pass();
});

test('symbols, characters and parts of texts come back', (t) => {
  fc.assert(
    fc.property(
      symbols,
      (symbol) => run('string->symbol', run('symbol->string', symbol) as Value) === symbol,
    ),
  );
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }), (c) => {
      const made = run('char->string', c.codePointAt(0)!) as string;
      return made === (c.isWellFormed() ? c : '');
    }),
  );
  fc.assert(
    fc.property(texts, bytes, (whole, between) => {
      const joined = run('string.join', run('string.split', whole, between) as Value, between) as Value;
      return bytesOf(between).length === 0 || equals(joined, whole);
    }),
    { examples: [['\u{80000}', textOf(Uint8Array.of(0xf2))]] },
  );
  t.pass();
});

test('a text that is not UTF-8 is nothing to search in, and stays what it is', (t) => {
  const odd = textOf(Uint8Array.of(0x61, 0xff));
  t.deepEqual(run('regex.replace', odd, 'a', 'b'), [odd, false]);
  t.deepEqual(run('regex.replace-all', 'a', 'a', odd), ['a', false]);
  t.true(equals((run('regex.split', odd, 'a') as Value[])[0]!, List.of<Value>([odd])));
  for (const word of ['find', 'find-all', 'captures', 'split'])
    t.false((run(`regex.${word}`, odd, 'a') as Value[])[1]);
  t.false(run('regex.match?', odd, 'a'));
  t.false(run('regex.valid?', odd));
});

test('names of files keep their bytes when they are put together and taken apart', (t) => {
  const odd = textOf(Uint8Array.of(0x2f, 0xff, 0x2f, 0xfe));
  const words = new Map(BUILTIN_ROWS.map((row) => [row.name, row.run!]));
  const [parent, name] = ['os.path-parent', 'os.path-filename'].map(
    (word) => (words.get(word)!(odd) as Value[])[0]!,
  );
  t.true(equals(parent!, textOf(Uint8Array.of(0x2f, 0xff))));
  t.true(equals(words.get('os.path-join')!(parent!, name!) as Value, odd));
  t.is(words.get('os.path-join')!('/a', 'b'), '/a/b');
});

test('a request keeps the bytes of its path', (t) => {
  const path = textOf(Uint8Array.of(0x2f, 0xff));
  const request = textOf(Uint8Array.of(...Buffer.from('GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n', 'latin1')));
  t.true(equals(run('http-request-path', request) as Value, path));
  t.true(run('http-path-is', request, path) as boolean);
  t.true(equals(run('http-path-suffix', request, '/') as Value, textOf(Uint8Array.of(0xff))));
  t.is(run('http-request-method', request), 'GET');
});
