// YAML 1.2 with its core schema to the values of std:yaml, which are those of std:json.
import type { Document, Node } from 'yaml';
import type { Value } from '../../base/value.ts';
import { Fault } from '../fault.ts';
import { deferred } from './deferred.ts';
import {
  JSON_NESTING_MAX,
  JSON_VALUES_MAX,
  jsonArray,
  jsonBool,
  jsonNull,
  jsonNumber,
  jsonObject,
  jsonString,
} from './json-text.ts';

const yaml = deferred<typeof import('yaml')>('yaml');

/** A megabyte takes about half a second. */
export const YAML_LENGTH_MAX = 1024 * 1024;

/**
 * The one document of the text; undefined when it is malformed, empty, or nests too deep. Tags are ignored, aliases are
 * resolved. Throws Fault('too-large') for a long text, or one that stands for very many values.
 */
export function readYaml(text: string): Value | undefined {
  if (text.length > YAML_LENGTH_MAX)
    throw new Fault('too-large', `A YAML text may have at most ${YAML_LENGTH_MAX} characters.`);
  const document: Document = yaml().parseDocument(text, {
    logLevel: 'error',
    uniqueKeys: false,
    merge: false,
  });
  if (document.errors.length > 0 || document.contents === null) return undefined;
  return new YamlReader(document).value(document.contents as Node, 0);
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
    if (isAlias(node)) return this.value(node.resolve(this.#document) ?? null, depth + 1);
    if (isScalar(node)) return scalar(node.value);
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
    return isScalar(key) ? jsonString(key.source ?? String(key.value)) : undefined;
  }
}

function scalar(value: unknown): Value {
  switch (typeof value) {
    case 'boolean':
      return jsonBool(value);
    case 'number':
    case 'bigint':
      return jsonNumber(Number(value));
    default:
      return value === null || value === undefined ? jsonNull : jsonString(String(value));
  }
}
