// YAML 1.2 with its core schema to the values of std:yaml, which are those of std:json, and back. What these
// cannot hold is refused: see json-text.ts.
import type { Document, Node, Scalar } from 'yaml';
import type { Value } from '../../base/value.ts';
import { Fault, walking } from '../fault.ts';
import { deferred } from './deferred.ts';
import { beyondFloats } from './float-text.ts';
import {
  JSON_NESTING_MAX,
  JSON_VALUES_MAX,
  jsonArray,
  jsonBool,
  jsonNull,
  jsonNumber,
  jsonObject,
  jsonString,
  jsonText,
  numberOf,
} from './json-text.ts';

const yaml = deferred<typeof import('yaml')>('yaml');

/** A megabyte takes about half a second. */
const YAML_LENGTH_MAX = 1024 * 1024;

/**
 * The one document of the text; undefined when it is malformed, empty, nests too deep or holds what no value
 * is: a tag beside those of the core schema, or a number beyond all Floats. An alias stands for what it
 * names. Throws Fault('too-large') for a long text, or one that stands for very many values.
 */
export function readYaml(text: string): Value | undefined {
  if (text.length > YAML_LENGTH_MAX)
    throw new Fault('too-large', `A YAML text may have at most ${YAML_LENGTH_MAX} characters.`);
  const document: Document = yaml().parseDocument(text, {
    logLevel: 'error',
    intAsBigInt: true,
    uniqueKeys: false,
    merge: false,
  });
  // A tag that means nothing here is a warning: what it says of the value would be lost.
  if (document.errors.length > 0 || document.warnings.length > 0 || document.contents === null)
    return undefined;
  return walking(() => new YamlReader(document).value(document.contents as Node, 0));
}

class YamlReader {
  readonly #document: Document;
  #values = 0;

  constructor(document: Document) {
    this.#document = document;
  }

  value(node: Node | null, depth: number): Value | undefined {
    if (depth > JSON_NESTING_MAX) return undefined;
    if (++this.#values > JSON_VALUES_MAX)
      throw new Fault('too-large', `The YAML text stands for more than ${JSON_VALUES_MAX} values.`);
    if (node === null) return jsonNull;
    const { isAlias, isMap, isScalar, isSeq } = yaml();
    // An alias to a node around it never ends: the nesting refuses it.
    if (isAlias(node)) {
      const named = node.resolve(this.#document);
      return named === undefined ? undefined : this.value(named, depth + 1);
    }
    if (isScalar(node)) return scalar(node);
    // A set is more than a map of nothing.
    if (node.tag === 'tag:yaml.org,2002:set') return undefined;
    const parts = isSeq(node)
      ? node.items.map((item) => this.value(item as Node | null, depth + 1))
      : isMap(node)
        ? node.items.flatMap(({ key, value }) => [
            this.#key(key as Node | null),
            this.value(value as Node | null, depth + 1),
          ])
        : [undefined];
    if (!parts.every((part) => part !== undefined)) return undefined;
    return isSeq(node) ? jsonArray(parts) : jsonObject(parts);
  }

  /** Keys are strings, as they are written. */
  #key(node: Node | null): Value | undefined {
    const { isAlias, isScalar } = yaml();
    const key = isAlias(node) ? node.resolve(this.#document) : node;
    if (key === null) return jsonString('');
    if (key === undefined) return undefined;
    if (!isScalar(key)) return undefined;
    const written = key.source ?? String(key.value);
    return written.isWellFormed() ? jsonString(written) : undefined;
  }
}

/** As JSON has it. */
const DECIMAL = /^-?\d+$/;

function scalar({ value, source }: Scalar): Value | undefined {
  switch (typeof value) {
    case 'boolean':
      return jsonBool(value);
    case 'bigint':
      return numberOf(source !== undefined && DECIMAL.test(source) ? source : String(value));
    case 'number':
      return /\d/.test(source ?? '') && beyondFloats(source!) ? undefined : jsonNumber(value);
    case 'string':
      return value.isWellFormed() ? jsonString(value) : undefined;
    default:
      return value === null || value === undefined ? jsonNull : undefined;
  }
}

/** As JSON, which is YAML too, with the numbers that only YAML has. Throws what `jsonText` throws. */
export const yamlText = (value: Value): string =>
  jsonText(value, (n) => (Number.isNaN(n) ? '.nan' : n > 0 ? '.inf' : '-.inf'));
