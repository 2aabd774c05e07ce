// Unions: `union Shape { Circle { radius: Int } Point }`.
import type { FieldDefinition, UnionDefinition, VariantDefinition } from './ast.ts';
import { fail } from './diagnostic.ts';
import type { Token } from './lexer.ts';
import { placeOf } from './openings.ts';
import type { TokenReader } from './reader.ts';

/** How many fields a variant may have. */
export const FIELDS_MAX = 12;
export const CAPITAL = /^\p{Lu}/u;

/** Reads a union whose `union` is the current token, up to and with its last brace. */
export function parseUnion(reader: TokenReader): UnionDefinition {
  reader.next();
  const name = capital(reader, 'union');
  const open = reader.expect('{', `the variants of union ${name.text}`);
  const variants: VariantDefinition[] = [];
  while (!reader.is('}')) {
    if (reader.current.kind === 'end' || [':', 'union', 'include'].some((begins) => reader.is(begins)))
      fail(
        open,
        'unclosed',
        `The { of union ${name.text} is not closed before ${placeOf(reader.current, open)}.`,
        'Write } after its last variant.',
      );
    const variant = parseVariant(reader);
    if (variants.some(({ tag }) => tag === variant.tag))
      fail(
        variant.at,
        'duplicate',
        `Union ${name.text} has the variant ${variant.tag} twice.`,
        'Rename one of them.',
      );
    variants.push(variant);
    if (reader.is(',')) reader.next();
  }
  const end = reader.next();
  if (variants.length === 0)
    fail(end, 'empty-union', `Union ${name.text} has no variants.`, 'Write at least one between the braces.');
  return { name: name.text, variants, at: name };
}

function capital(reader: TokenReader, what: string): Token {
  const token = reader.next();
  if (token.text === '|')
    fail(
      token,
      'bad-name',
      'Variants are separated by spaces.',
      'Leave the | out, as in union Bit { Zero One }',
    );
  if (token.kind !== 'name' || !CAPITAL.test(token.text))
    fail(
      token,
      'bad-name',
      `The name of a ${what} begins with a capital letter.`,
      'Write it as in union Shape { Circle { radius: Int } Point }',
    );
  return token;
}

function parseVariant(reader: TokenReader): VariantDefinition {
  const tag = capital(reader, 'variant');
  const fields: FieldDefinition[] = [];
  if (reader.is('{')) {
    const open = reader.next();
    while (!reader.is('}')) {
      const name = reader.next();
      if (name.kind !== 'string' && reader.is('}') && CAPITAL.test(name.text))
        fail(
          open,
          'unclosed',
          `The { of variant ${tag.text} is not closed.`,
          'Write } after its last field.',
        );
      if (name.kind !== 'name')
        fail(
          name,
          'bad-name',
          `Expected the name of a field of ${tag.text}.`,
          'Write it as in { radius: Int }',
        );
      reader.expect(':', `the type of field ${name.text}`);
      const type = reader.next();
      if (type.kind !== 'name')
        fail(type, 'bad-type', `Expected the type of field ${name.text}.`, 'Write it as in { radius: Int }');
      if (fields.some((field) => field.name === name.text))
        fail(
          name,
          'duplicate',
          `Variant ${tag.text} has the field ${name.text} twice.`,
          'Rename one of them.',
        );
      fields.push({ name: name.text, type: type.text, at: type });
      if (reader.is(',')) reader.next();
    }
    reader.next();
  }
  if (fields.length > FIELDS_MAX)
    fail(
      tag,
      'too-many-fields',
      `Variant ${tag.text} has ${fields.length} fields; the most is ${FIELDS_MAX}.`,
      'Use a Map, or group fields into a union of their own.',
    );
  return { tag: tag.text, fields, at: tag };
}
