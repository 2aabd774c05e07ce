// The words that make something else of a String or a Float, or one of something else. What each makes leads
// back to what it was made from, or the word tells a part of it by its purpose. A new word of the kind fails
// the first test until it stands here.
import { randomBytes } from 'node:crypto';
import test from 'ava';
import fc from 'fast-check';
import { bytesOf, equals, Float, INT_MAX, INT_MIN, intOf, List, sym, textOf, type Value, Variant } from '../base/value.ts'; // biome-ignore format: one line
import type { ScriptHost } from './api.ts';
import { BUILTIN_ROWS } from './builtins/index.ts';
import { Fault } from './fault.ts';
import { compileProgram } from './index.ts';
import type { World } from './world.ts';

const rows = new Map(BUILTIN_ROWS.map((row) => [row.name, row]));

function run(name: string, ...args: Value[]): Value[] {
  const given = rows.get(name)!.run!(...args) as Value | Value[];
  return Array.isArray(given) ? given : [given];
}

const one = (name: string, ...args: Value[]): Value => run(name, ...args)[0]!;
const together = (...parts: Value[]): Value => parts.reduce((whole, each) => one('string.concat', whole, each)); // biome-ignore format: one line
/** `name` gives `wanted` and, where it can fail, true. */
const gives = (wanted: Value, name: string, ...args: Value[]): boolean => {
  const [found, good = true] = run(name, ...args);
  return good === true && equals(found, wanted);
};

function refuses(name: string, ...args: Value[]): boolean {
  try {
    return run(name, ...args).at(-1) === false;
  } catch (error) {
    return error instanceof Fault;
  }
}

const ints = fc.bigInt({ min: INT_MIN, max: INT_MAX }).map(intOf);
const counts = fc.nat({ max: 60 });
const floats = fc.double().map((n) => new Float(n));
const bytes = fc.uint8Array({ maxLength: 40 }).map((each) => textOf(each));
const utf8 = fc.string({ unit: 'binary' }).map((text) => text.toWellFormed());
const texts = fc.oneof(utf8, bytes);
const isText = (text: Value): text is string => typeof text === 'string';

const all = (...property: Parameters<typeof fc.property>): void => fc.assert(fc.property(...property));

/** What a program writes. */
function printed(body: string): string {
  const text = `: main ( -- ) ${body} ;`;
  const compiled = compileProgram({ entry: 'main.seq', files: { 'main.seq': text } });
  if (!compiled.ok) throw new Error(compiled.diagnostics[0]!.message);
  let written = '';
  const host: ScriptHost = {
    write: (part) => {
      written += isText(part) ? part : Buffer.from(part).toString('latin1');
    },
    nowMillis: () => 0,
    random: Math.random,
    world: { randomBytes: (count: number) => randomBytes(count) } as unknown as World,
  };
  const result = compiled.program.runMain(host, []);
  return result.kind === 'done' ? written : result.kind;
}

const dumped = (text: Value): string => one('son.dump', text) as string;

interface Property {
  readonly words: readonly string[];
  readonly holds: () => void;
}

const PROPERTIES: readonly Property[] = [
  {
    words: ['int->string', 'string->int'],
    holds: () => {
      all(ints, (n) => gives(n as Value, 'string->int', one('int->string', n as Value)));
      all(fc.stringMatching(/^ ?[+-]?\d{1,25} ?$/), (text) => {
        const n = BigInt((text as string).trim().replace('+', ''));
        return n >= INT_MIN && n <= INT_MAX
          ? gives(intOf(n), 'string->int', text as string)
          : refuses('string->int', text as string);
      });
    },
  },
  {
    words: ['float->string', 'string->float'],
    holds: () => all(floats, (n) => gives(n as Value, 'string->float', one('float->string', n as Value))),
  },
  {
    words: ['int->float', 'float->int'],
    holds: () => {
      const exact = fc.maxSafeInteger();
      all(exact, (n) => gives(n as number, 'float->int', one('int->float', n as number)));
    },
  },
  {
    words: ['int->bits', 'int->bits-padded', 'int->bits-fmt-8', 'int->bits-fmt-16'],
    holds: () =>
      all(fc.bigInt({ min: 0n, max: INT_MAX }), counts, (n, width) => {
        const whole = BigInt(`0b${one('int->bits', intOf(n as bigint)) as string}`);
        const padded = one('int->bits-padded', intOf(n as bigint), width as number) as string;
        const lowest = BigInt.asUintN(width as number, n as bigint);
        const nibbles = [8, 16].every((bits) => {
          const digits = one(`int->bits-fmt-${bits}`, intOf(n as bigint)) as string;
          return BigInt(`0b${digits.replaceAll(' ', '')}`) === BigInt.asUintN(bits, n as bigint);
        });
        return whole === n && padded.length === width && BigInt(`0b${padded || '0'}`) === lowest && nibbles;
      }),
  },
  {
    words: ['int.to-bytes-i32-be', 'float.to-bytes-f32-be'],
    holds: () => {
      const view = (text: Value) => Buffer.from(bytesOf(text as string));
      all(ints, (n) => {
        const read = view(one('int.to-bytes-i32-be', n as Value)).readInt32BE();
        return BigInt(read) === BigInt.asIntN(32, BigInt(n as number | bigint));
      });
      all(fc.float({ noNaN: true }), (n) => {
        const read = view(one('float.to-bytes-f32-be', new Float(n as number))).readFloatBE();
        return Object.is(read, n);
      });
    },
  },
  {
    words: ['char->string', 'string.char-at', 'string.length', 'string.substring', 'string.concat'],
    holds: () => {
      all(fc.nat({ max: 0x11ffff }), (code) => {
        const scalar = (code as number) <= 0x10ffff && !((code as number) >> 11 === 0x1b);
        const text = one('char->string', code as number);
        return scalar ? gives(code as number, 'string.char-at', text, 0) : text === '';
      });
      all(utf8, counts, (text, at) => {
        const length = one('string.length', text as string) as number;
        const first = one('string.substring', text as string, 0, at as number);
        const rest = one('string.substring', text as string, at as number, length);
        return equals(together(first, rest), text);
      });
      all(texts, texts, (a, b) => {
        const [left, right] = [a, b].map((text) => bytesOf(text as string));
        return equals(together(a as string, b as string), textOf(Buffer.concat([left!, right!])));
      });
    },
  },
  {
    words: ['string.byte-length', 'encoding.hex-encode', 'encoding.hex-decode'],
    holds: () =>
      all(texts, (text) => {
        const hex = one('encoding.hex-encode', text as string) as string;
        const length = one('string.byte-length', text as string) as number;
        return hex.length === 2 * length && gives(text as string, 'encoding.hex-decode', hex);
      }),
  },
  {
    words: [
      'encoding.base64-encode',
      'encoding.base64-decode',
      'encoding.base64url-encode',
      'encoding.base64url-decode',
    ],
    holds: () => {
      for (const name of ['base64', 'base64url'])
        all(texts, (text) =>
          gives(text as string, `encoding.${name}-decode`, one(`encoding.${name}-encode`, text as string)),
        );
    },
  },
  {
    words: ['string.split', 'string.join', 'string.find', 'string-suffix-after', 'string.chomp'],
    holds: () => {
      all(texts, texts, (whole, between) => {
        const [a, b] = [whole, between] as Value[];
        return bytesOf(b as string).length === 0 || gives(a!, 'string.join', one('string.split', a!, b!), b!);
      });
      all(utf8, fc.constantFrom('a', '', ' '), utf8, (before, part, after) => {
        const whole = together(before as string, part as string, after as string);
        const at = one('string.find', whole, part as string) as number;
        const end = at + (one('string.length', part as string) as number);
        return at >= 0 && gives(part as string, 'string.substring', whole, at, end - at);
      });
      all(
        texts,
        texts,
        (prefix, rest) =>
        gives(rest as string, 'string-suffix-after', together(prefix as string, rest as string), prefix as string), // biome-ignore format: one line
      );
      all(texts, fc.constantFrom('\n', '\r\n'), (line, end) => {
        const plain = bytesOf(line as string).at(-1) !== 13;
        return !plain || gives(line as string, 'string.chomp', together(line as string, end as string));
      });
    },
  },
  {
    words: ['string.trim', 'string.to-upper', 'string.to-lower', 'yaml-strip-simple'],
    holds: () =>
      all(texts, (text) => {
        const inside = (word: string): Value => one(word, text as string);
        if (!isText(text as string))
          return ['string.trim', 'string.to-upper', 'string.to-lower', 'yaml-strip-simple'].every((word) =>
            equals(inside(word), text),
          );
        return (text as string).includes(inside('string.trim') as string);
      }),
  },
  {
    words: ['string.json-escape', 'json-string', 'json-unwrap-string', 'json-serialize', 'json-parse'],
    holds: () => {
      all(texts, (text) =>
        isText(text as string)
          ? JSON.parse(`"${one('string.json-escape', text as string) as string}"`) === text
          : refuses('string.json-escape', text as string),
      );
      all(texts, (text) => {
        const value = one('json-string', text as string);
        if (!gives(text as string, 'json-unwrap-string', value)) return false;
        if (!isText(text as string)) return refuses('json-serialize', value);
        return gives(value, 'json-parse', one('json-serialize', value));
      });
      const json = fc.oneof(fc.json(), fc.string({ unit: fc.constantFrom(...'{}[]":,0123e.-\\u tfn') }));
      all(json, (text) => {
        const [value, good] = run('json-parse', text as string);
        return good !== true || gives(value!, 'json-parse', one('json-serialize', value!));
      });
    },
  },
  {
    words: ['yaml-string', 'yaml-unwrap-string', 'yaml-serialize', 'yaml-parse'],
    holds: () => {
      all(texts, (text) => {
        const value = one('yaml-string', text as string);
        if (!gives(text as string, 'yaml-unwrap-string', value)) return false;
        if (!isText(text as string)) return refuses('yaml-serialize', value);
        return gives(value, 'yaml-parse', one('yaml-serialize', value));
      });
      const yaml = fc.string({ unit: fc.constantFrom(...'ab:- \n"\'[]{},&*!|>0.xe~#?'), maxLength: 20 });
      all(yaml, (text) => {
        const [value, good] = run('yaml-parse', text as string);
        return good !== true || gives(value!, 'yaml-parse', one('yaml-serialize', value!));
      });
    },
  },
  {
    words: ['symbol->string', 'string->symbol', 'variant-tag'],
    holds: () =>
      all(texts, (text) => {
        if (!isText(text as string)) return refuses('string->symbol', text as string);
        const symbol = one('string->symbol', text as string);
        return (
          symbol === sym(text as string) &&
          gives(text as string, 'symbol->string', symbol) &&
          gives(text as string, 'variant-tag', new Variant<Value>(text as string, []))
        );
      }),
  },
  {
    words: ['son.dump', 'son.dump-pretty'],
    holds: () =>
      fc.assert(
        fc.property(texts, (text) => {
          const written = printed(`${dumped(text)} encoding.hex-encode io.write`);
          return written === one('encoding.hex-encode', text);
        }),
        { numRuns: 40 },
      ),
  },
  {
    words: ['regex.split', 'regex.find-all', 'regex.replace-all', 'regex.replace', 'regex.find', 'regex.captures'], // biome-ignore format: one line
    holds: () =>
      all(texts, (text) => {
        if (!isText(text as string))
          return ['split', 'find-all', 'find', 'captures'].every((word) =>
            refuses(`regex.${word}`, text as string, '[a-m]'),
          );
        const items = (word: string) => [...(one(word, text as string, '[a-m]') as List<Value>)];
        const [between, found] = [items('regex.split'), items('regex.find-all')];
        const whole = between.flatMap((part, i) => [part, ...(found[i] === undefined ? [] : [found[i]!])]);
        return (
          equals(together('', ...whole), text) &&
          gives(text as string, 'regex.replace-all', text as string, '[a-m]', '$0') &&
          gives(text as string, 'regex.replace', text as string, '([a-m])', '$1') &&
          (found.length === 0 || gives(found[0]!, 'regex.find', text as string, '[a-m]')) &&
          (found.length === 0 || gives(List.of([found[0]!]), 'regex.captures', text as string, '([a-m])'))
        );
      }),
  },
  {
    words: ['compress.gzip', 'compress.gzip-level', 'compress.gunzip', 'compress.zstd', 'compress.zstd-level', 'compress.unzstd'], // biome-ignore format: one line
    holds: () => {
      for (const [pack, unpack] of [
        ['compress.gzip', 'compress.gunzip'],
        ['compress.zstd', 'compress.unzstd'],
      ] as const)
        fc.assert(
          fc.property(texts, fc.integer({ min: 1, max: 9 }), (text, level) => {
            const packed = one(pack, text);
            const levelled = one(`${pack}-level`, text, level);
            return gives(text, unpack, packed) && gives(text, unpack, levelled);
          }),
          { numRuns: 20 },
        );
    },
  },
  {
    words: ['crypto.aes-gcm-encrypt', 'crypto.aes-gcm-decrypt', 'crypto.ed25519-sign'],
    holds: () =>
      fc.assert(
        fc.property(texts, (text) => {
          const shown = dumped(text);
          const sealed = `${shown} "key" crypto.sha256 crypto.aes-gcm-encrypt drop`;
          const opened = `${sealed} "key" crypto.sha256 crypto.aes-gcm-decrypt drop`;
          const signed = `crypto.ed25519-keypair ${shown} swap crypto.ed25519-sign drop`;
          const verified = `${signed} swap ${shown} rot rot crypto.ed25519-verify`;
          const written = printed(
            `${opened} encoding.hex-encode io.write ${verified} [ "+" ] [ "-" ] if io.write`,
          );
          return written === `${one('encoding.hex-encode', text) as string}+`;
        }),
        { numRuns: 20 },
      ),
  },
  {
    words: ['http-ok', 'http-not-found', 'http-error', 'http-response'],
    holds: () =>
      all(texts, (body) => {
        const length = one('string.byte-length', body as string) as number;
        const whole = [
          ['200 OK', one('http-ok', body as string)],
          ['404 Not Found', one('http-not-found', body as string)],
          ['500 Internal Server Error', one('http-error', body as string)],
          ['201 Created', one('http-response', 201, 'Created', body as string)],
        ] as const;
        return whole.every(([status, response]) => {
          const head = `HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nContent-Length: ${length}\r\n\r\n`;
          return gives(body as string, 'string-suffix-after', response, head);
        });
      }),
  },
  {
    words: ['http-request-line', 'http-request-method', 'http-request-path', 'http-path-suffix'],
    holds: () => {
      const path = fc.uint8Array({ maxLength: 20 }).map((each) => textOf(each.filter((byte) => byte > 32)));
      all(path, (tail) => {
        const line = together('GET /', tail as string, ' HTTP/1.1');
        const request = together(line, '\r\nHost: x\r\n\r\n');
        return (
          gives(line, 'http-request-line', request) &&
          gives('GET', 'http-request-method', request) &&
          gives(together('/', tail as string), 'http-request-path', request) &&
          gives(tail as string, 'http-path-suffix', request, '/')
        );
      });
    },
  },
  {
    words: ['os.path-join', 'os.path-parent', 'os.path-filename'],
    holds: () => {
      const names = fc
        .uint8Array({ minLength: 1, maxLength: 12 })
        .map((each) => textOf(each.map((byte) => (byte === 47 || byte === 46 || byte === 0 ? 97 : byte))));
      all(names, names, (parent, name) => {
        const whole = one('os.path-join', together('/', parent as string), name as string);
        return (
          gives(together('/', parent as string), 'os.path-parent', whole) &&
          gives(name as string, 'os.path-filename', whole)
        );
      });
    },
  },
];

/** By why they need not lead back. */
const NOT_BACK: Readonly<Record<string, readonly string[]>> = {
  'a digest or a code tells whether two are the same': [
    'crypto.sha256',
    'crypto.hmac-sha256',
    'crypto.pbkdf2-sha256',
  ],
};

/** Words that read or write the world outside: what they carry is bytes, which tests of their hosts hold. */
const isOutside = (name: string): boolean =>
  /^(?:actor|child|supervisor|net|tcp|udp|file|dir|args|io|os\.getenv|crypto\.random)/.test(name);

test('each word that makes something else of a String or a Float has a property', (t) => {
  const known = new Set([...PROPERTIES.flatMap(({ words }) => words), ...Object.values(NOT_BACK).flat()]);
  const names = BUILTIN_ROWS.filter(({ name, effect }) => !isOutside(name) && converts(effect)).map(
    ({ name }) => name,
  );
  t.true(names.length > 60);
  t.deepEqual(
    names.filter((name) => !known.has(name)),
    [],
    'show in PROPERTIES that what it makes leads back, or name it in NOT_BACK',
  );
  t.deepEqual(
    [...known].filter((name) => !rows.has(name)),
    [],
  );
});

/** From or to a String, or from an Int to a Float or back. */
function converts(effect: string): boolean {
  const [inputs, outputs] = effect
    .slice(1, -1)
    .split('--')
    .map((side) => side.trim().split(/\s+/).filter((type) => type !== '' && type !== 'Bool')) as [string[], string[]]; // biome-ignore format: one line
  if (effect.includes('[') || inputs.length === 0 || outputs.length === 0) return false;
  if ([...inputs, ...outputs].includes('String')) return true;
  const both = new Set([...inputs, ...outputs]);
  return inputs.length === 1 && outputs.length === 1 && both.size === 2 && both.has('Int') && both.has('Float'); // biome-ignore format: one line
}

for (const { words, holds } of PROPERTIES)
  test(`leads back: ${words.join(', ')}`, (t) => {
    holds();
    t.pass();
  });
