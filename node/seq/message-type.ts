// The union that a behaviour takes, as the gate needs it: to check a message before it is queued.
import { Bytes, type Data, Float, interned, List, SeqMap, Sym, typeName, Variant } from '../base/value.ts';
import type { MessageType } from './api.ts';
import type { UnionDefinition } from './syntax/ast.ts';

/** How deep the check looks into nested unions. */
const DEPTH_MAX = 64;

export function messageTypeOf(name: string, unions: ReadonlyMap<string, UnionDefinition>): MessageType {
  const reached = new Set<string>();
  const pending = [name];
  for (let each = pending.pop(); each !== undefined; each = pending.pop()) {
    if (reached.has(each)) continue;
    reached.add(each);
    for (const { fields } of unions.get(each)!.variants)
      for (const { type } of fields) if (unions.has(type)) pending.push(type);
  }
  reached.delete(name);
  const plain = (of: string, nested: readonly MessageType[]): MessageType => ({
    name: of,
    variants: unions.get(of)!.variants.map(({ tag, fields }) => ({
      tag: interned(tag),
      fields: fields.map((field) => ({ name: field.name, type: interned(field.type) })),
    })),
    nested,
  });
  return plain(
    name,
    [...reached].map((each) => plain(each, [])),
  );
}

/** The names of the fields of each variant, by tag. A tag that two unions have with other fields has none. */
export function fieldNamesOf(
  unions: ReadonlyMap<string, UnionDefinition>,
): ReadonlyMap<string, readonly string[] | undefined> {
  const names = new Map<string, readonly string[] | undefined>();
  for (const { variants } of unions.values())
    for (const { tag, fields } of variants) {
      const these = fields.map(({ name }) => name);
      const others = names.get(tag) ?? these;
      names.set(tag, String(others) === String(these) && !names.has(tag) ? these : undefined);
    }
  return names;
}

/** Why a message is not of the type, as one sentence that says what was expected; undefined when it is. */
export type MessageCheck = (message: Data) => string | undefined;

/**
 * The check of a type. Most messages are of a plain form: their tag is known and each field looked at once.
 */
export function messageCheck(type: MessageType): MessageCheck {
  const types = new Map([type, ...type.nested].map((each) => [each.name, each]));
  const plain = type.variants.filter(({ fields }) => fields.every((field) => !types.has(field.type)));
  const tags = plain.map(({ tag }) => tag);
  const kinds = plain.map(({ fields }) => fields.map((field) => kindOf(field.type)));
  return (message) => {
    if (message instanceof Variant) {
      const { tag } = message;
      let at = 0;
      while (at < tags.length && tags[at] !== tag) at++;
      if (at < tags.length && allFit(kinds[at]!, message.fields)) return undefined;
    }
    return problemOf(type, message, types, 0);
  };
}

function allFit(kinds: readonly number[], values: readonly Data[]): boolean {
  if (kinds.length !== values.length) return false;
  for (let i = 0; i < kinds.length; i++) {
    const value = values[i]!;
    if ((typeof value !== 'number' || kinds[i] !== INT) && !fits(kinds[i]!, value)) return false;
  }
  return true;
}

/** One check, of a type that is not kept. */
export function checkMessage(type: MessageType, message: Data): string | undefined {
  return messageCheck(type)(message);
}

function problemOf(
  type: MessageType,
  value: Data,
  types: ReadonlyMap<string, MessageType>,
  depth: number,
): string | undefined {
  const forms = () => type.variants.map(formOf).join(', ');
  if (!(value instanceof Variant))
    return `${withArticle(typeName(value))} is no ${type.name}; expected ${forms()}.`;
  const variant = type.variants.find(({ tag }) => tag === value.tag);
  if (variant === undefined)
    return `${type.name} has no variant ${value.tag.slice(0, 80)}; expected ${forms()}.`;
  const count = variant.fields.length;
  if (count !== value.fields.length)
    return `${value.tag} has ${count} ${count === 1 ? 'field' : 'fields'}, not ${value.fields.length}; expected ${formOf(variant)}.`;
  if (depth > DEPTH_MAX) return `The message nests deeper than ${DEPTH_MAX} levels.`;
  for (let i = 0; i < variant.fields.length; i++) {
    const field = variant.fields[i]!;
    const given = value.fields[i]!;
    const nested = types.get(field.type);
    const problem =
      nested === undefined
        ? fits(kindOf(field.type), given)
          ? undefined
          : `Field ${field.name} of ${value.tag} must be ${field.type}, not ${typeName(given)}; expected ${formOf(variant)}.`
        : problemOf(nested, given, types, depth + 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

const withArticle = (name: string): string => `${/^[AEIOU]/.test(name) ? 'An' : 'A'} ${name}`;

function formOf({ tag, fields }: MessageType['variants'][number]): string {
  return `(${[tag, ...fields.map(({ name, type }) => `${name}:${type}`)].join(' ')})`;
}

const INT = 0;
const FLOAT = 1;
const BOOL = 2;
const STRING = 3;
const SYMBOL = 4;
const LIST = 5;
const MAP = 6;
const VARIANT = 7;
const ADDRESS = 8;
/** Of a type of which there are no values. */
const NOTHING = 9;

/** The types that a field may have beside unions, as numbers, which are compared sooner than names. */
const KINDS: Readonly<Record<string, number>> = {
  Int: INT,
  Float: FLOAT,
  Bool: BOOL,
  String: STRING,
  Symbol: SYMBOL,
  List: LIST,
  Map: MAP,
  State: MAP,
  Variant: VARIANT,
  Msg: VARIANT,
  Message: VARIANT,
  ActorId: ADDRESS,
  TimerId: ADDRESS,
  SupervisorId: ADDRESS,
};

const kindOf = (type: string): number => (Object.hasOwn(KINDS, type) ? KINDS[type]! : NOTHING);

function fits(kind: number, value: Data): boolean {
  switch (kind) {
    case INT:
      return typeof value === 'number' || typeof value === 'bigint';
    case FLOAT:
      return value instanceof Float;
    case BOOL:
      return typeof value === 'boolean';
    case STRING:
      return typeof value === 'string' || value instanceof Bytes;
    case SYMBOL:
      return value instanceof Sym;
    case LIST:
      return value instanceof List;
    case MAP:
      return value instanceof SeqMap;
    case VARIANT:
      return value instanceof Variant;
    case ADDRESS:
      return typeof value === 'string';
    default:
      return false;
  }
}
