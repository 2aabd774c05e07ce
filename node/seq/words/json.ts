// std:json and std:yaml: both make the same variants, JsonNull, JsonBool (of the Int 0 or 1), JsonNumber (see
// json-text.ts), JsonString, JsonArray and JsonObject (of key, value, key, value …).
import { Float, List, type Value, type Variant } from '../../base/value.ts';
import { codePointsOf } from '../../base/value-text.ts';
import { Fault } from '../fault.ts';
import {
  jsonBool,
  jsonEmptyArray,
  jsonEmptyObject,
  jsonInt,
  jsonNull,
  jsonNumber,
  jsonString,
  jsonText,
  readJson,
} from './json-text.ts';
import { elementArray, likewise } from './lists.ts';
import {
  float,
  int,
  lengthOf,
  type Results,
  text,
  variant,
  type WordRow,
  workOfAll,
  workOfCopy,
} from './row.ts';
import { ofText } from './strings.ts';
import { readYaml, yamlText } from './yaml-text.ts';

const workOfText: WordRow['work'] = (results) => (typeof results === 'string' ? results.length >>> 1 : 0);

/** A value with more fields at its end. */
const extended = (v: Value, ...fields: Value[]): Value =>
  likewise(variant(v), [...elementArray(v), ...fields]);

function field(v: Value): Value {
  const [first] = elementArray(variant(v));
  if (first === undefined) throw new Fault('index-out-of-range', 'The value has no field.');
  return first;
}

/** The nearest Float to an Int. */
const unwrapped = (number: Value): Float =>
  new Float(number instanceof Float ? number.value : Number(int(number)));

/** The value and true; what stands for nothing and false when the text is malformed. */
function parsed(read: (source: string) => Value | undefined, nothing: Value): (v: Value) => Results {
  return (v) => {
    const value = read(codePointsOf(text(v)));
    return value === undefined ? [nothing, false] : [value, true];
  };
}

const isTagged = (v: Value, tag: string): Results => [
  v,
  variant(v) instanceof List ? false : (v as Variant<Value>).tag === tag,
];

/** The words that both modules have, under `json-` and `yaml-`. */
function common(prefix: 'json' | 'yaml'): WordRow[] {
  const written = prefix === 'json' ? (v: Value) => jsonText(v) : yamlText;
  const row = (name: string, effect: string, run: WordRow['run'], work?: WordRow['work']): WordRow => ({
    name: `${prefix}-${name}`,
    effect,
    run,
    module: `std:${prefix}`,
    ...(work === undefined ? {} : { work }),
  });
  const is = (kind: string): WordRow =>
    row(`${kind}?`, '( Variant -- Variant Bool )', (v) =>
      isTagged(v!, `Json${kind[0]!.toUpperCase()}${kind.slice(1)}`),
    );
  return [
    row('null', '( -- Variant )', () => jsonNull),
    row('bool', '( Int -- Variant )', (v) => jsonBool(int(v) !== 0)),
    row('number', '( Float -- Variant )', (v) => jsonNumber(float(v))),
    row('string', '( String -- Variant )', (v) => jsonString(text(v))),
    row('empty-object', '( -- Variant )', () => jsonEmptyObject),
    row('unwrap-bool', '( Variant -- Int )', (v) => int(field(v!))),
    row('unwrap-number', '( Variant -- Float )', (v) => unwrapped(field(v!))),
    row('unwrap-string', '( Variant -- String )', (v) => text(field(v!))),
    row('serialize', '( Variant -- String )', (v) => written(v!), workOfText),
    ...['null', 'bool', 'number', 'string', 'object'].map(is),
  ];
}

/** `reductions`: the cost for each character of the argument. */
const json = (
  name: string,
  effect: string,
  run: WordRow['run'],
  work?: WordRow['work'],
  reductions?: number,
): WordRow => ({
  name,
  effect,
  run,
  module: 'std:json',
  ...(work === undefined ? {} : { work }),
  ...(reductions === undefined ? {} : { cost: (v) => reductions * lengthOf(v) }),
});

export const jsonWords: readonly WordRow[] = [
  ...common('json'),
  json('json-true', '( -- Variant )', () => jsonBool(true)),
  json('json-false', '( -- Variant )', () => jsonBool(false)),
  json('json-int', '( Int -- Variant )', (v) => jsonInt(int(v))),
  json('json-empty-array', '( -- Variant )', () => jsonEmptyArray),
  json('json-array?', '( Variant -- Variant Bool )', (v) => isTagged(v!, 'JsonArray')),
  json(
    'array-with',
    '( Variant Variant -- Variant )',
    (array, value) => extended(array!, value!),
    workOfCopy,
  ),
  json(
    'obj-with',
    '( Variant Variant Variant -- Variant )',
    (object, key, value) => extended(object!, key!, value!),
    workOfCopy,
  ),
  json('json-parse', '( String -- Variant Bool )', parsed(readJson, jsonNull), workOfAll, 1),
];

export const yamlWords: readonly WordRow[] = [
  ...common('yaml'),
  {
    name: 'yaml-array?',
    effect: '( Variant -- Variant Bool )',
    run: (v) => isTagged(v!, 'JsonArray'),
    module: 'std:yaml',
  },
  {
    name: 'yaml-obj-with',
    effect: '( Variant Variant Variant -- Variant )',
    run: (object, key, value) => extended(object!, key!, value!),
    module: 'std:yaml',
    work: workOfCopy,
  },
  {
    name: 'yaml-parse',
    aliases: ['yaml-parse-nested'],
    effect: '( String -- Variant Bool )',
    run: parsed(readYaml, jsonEmptyObject),
    module: 'std:yaml',
    cost: (source) => 8 * lengthOf(source),
    work: workOfAll,
  },
  {
    name: 'yaml-strip-simple',
    effect: '( String -- String )',
    run: ofText(stripped),
    module: 'std:yaml',
    work: workOfText,
  },
];

/** The lines that hold more than space, without the space around them. */
function stripped(source: string): string {
  const lines = source.split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '').join('\n');
}
