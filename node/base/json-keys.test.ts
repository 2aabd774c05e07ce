import test from 'ava';
import fc from 'fast-check';
import { repeatedName } from './json-keys.ts';

test('a name that comes twice is told with where it stands', (t) => {
  const cases: readonly (readonly [json: string, path: string | undefined])[] = [
    ['{"a":1,"a":1}', '$.a'],
    ['{"a":1,"b":{"c":[0,{"d":1,"e":2,"d":3}]}}', '$.b.c[1].d'],
    ['[{"a":1},{"a":1}]', undefined],
    ['{"a":{"a":{"a":1}}}', undefined],
    ['{"a":"a","b":"a","c":["a","a"]}', undefined],
    ['{"\\u0061":1,"a":2}', '$.a'],
    ['{"a\\"":1,"a\\"":2}', '$.a"'],
    ['{"a\\\\":1,"a":2}', undefined],
    ['{"a":"\\\\","a":2}', '$.a'],
    ['{"a":"{\\"b\\":1,\\"b\\":2}"}', undefined],
    ['{"__proto__":1,"__proto__":2}', '$.__proto__'],
    ['{"constructor":1}', undefined],
    ['{"":1,"":2}', '$.'],
    [' { "x" : [ ] , "y" : { } , "x" : null } ', '$.x'],
    ['"a"', undefined],
    ['[]', undefined],
    ['{}', undefined],
  ];
  for (const [json, path] of cases) {
    t.notThrows(() => JSON.parse(json), json);
    t.is(repeatedName(json), path, json);
  }
  const many = Array.from({ length: 1000 }, (_, at) => `"k${at}":${at}`);
  t.is(repeatedName(`{${many.join()}}`), undefined);
  for (const at of [0, 7, 8, 9, 999]) t.is(repeatedName(`{${many.join()},"k${at}":0}`), `$.k${at}`);
});

test('JSON that the platform writes repeats no name, and with one more entry at any object it does', (t) => {
  const object = fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 });
  fc.assert(
    fc.property(fc.jsonValue(), (value) => repeatedName(JSON.stringify(value)) === undefined),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(object, fc.nat(), fc.array(fc.boolean(), { maxLength: 5 }), (entries, pick, wraps) => {
      const names = Object.keys(entries);
      const name = JSON.stringify(names[pick % names.length]);
      let json = `${JSON.stringify(entries).slice(0, -1)},${name}:1}`;
      for (const wrap of wraps) json = wrap ? `{"w":${json},"v":0}` : `[0,${json}]`;
      return repeatedName(json) !== undefined;
    }),
    { numRuns: 500 },
  );
  t.pass();
});
