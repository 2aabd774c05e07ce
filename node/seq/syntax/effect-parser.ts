// Stack effects: `( ..a Int [ Int -- Bool ] -- ..a Bool | Yield Int )`.
import type { EffectExpression, StackExpression, TypeExpression } from './ast.ts';
import { fail } from './diagnostic.ts';
import type { Token } from './lexer.ts';
import { placeOf } from './openings.ts';
import type { TokenReader } from './reader.ts';

/** How deep quotation types may nest. */
const TYPE_NESTING_MAX = 32;

/** How many values one side of an effect may have. */
const EFFECT_VALUES_MAX = 100;

/** What other languages call the types, in small letters. */
const TYPES_ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ...['int', 'integer', 'number', 'num', 'long', 'i64', 'i32', 'u64', 'n'].map(
    (name) => [name, 'Int'] as const,
  ),
  ...['float', 'double', 'f64', 'real'].map((name) => [name, 'Float'] as const),
  ...['str', 'string', 'text'].map((name) => [name, 'String'] as const),
  ...['bool', 'boolean', 'flag'].map((name) => [name, 'Bool'] as const),
  ...['list', 'array', 'vec', 'seq'].map((name) => [name, 'List'] as const),
  ...['map', 'dict', 'hash', 'object'].map((name) => [name, 'Map'] as const),
  ...['symbol', 'atom'].map((name) => [name, 'Symbol'] as const),
]);

const ROW_NAME = /^[a-z][A-Za-z0-9_]*$/;

/** Reads an effect whose `(` is the current token, up to and with its `)`. */
export function parseEffect(reader: TokenReader): EffectExpression {
  const at = reader.expect('(', 'a stack effect');
  const inputs = parseStack(reader, at, ['--', ')'], 0);
  if (!reader.is('--'))
    fail(
      reader.current,
      'bad-effect',
      'The stack effect has no --.',
      'Write the inputs, --, then the outputs, as in ( Int -- Bool ).',
    );
  reader.next();
  const outputs = parseStack(reader, at, [')', '|'], 0);
  const yields: TypeExpression[] = [];
  if (reader.is('|')) {
    reader.next();
    while (!reader.is(')')) {
      const kind = reader.next();
      if (kind.text !== 'Yield' || kind.kind !== 'name')
        fail(
          kind,
          'bad-effect',
          `${kind.text || 'The end of the file'} is not an effect.`,
          'Only Yield is known.',
        );
      const types = parseStack(reader, at, [')', 'Yield'], 0).types;
      if (types.length !== 1)
        fail(kind, 'bad-effect', 'Yield needs one type.', 'Write it as in | Yield Int.');
      yields.push(types[0]!);
    }
    if (yields.length === 0)
      fail(reader.current, 'bad-effect', 'No effect stands after |.', 'Write | Yield Type, or leave | out.');
  }
  reader.expect(')', 'the end of the stack effect');
  return { inputs, outputs, yields, at };
}

/** `open` is the `(` or `[` that the stack is within. */
function parseStack(
  reader: TokenReader,
  open: Token,
  ends: readonly string[],
  depth: number,
): StackExpression {
  if (depth > TYPE_NESTING_MAX)
    fail(
      reader.current,
      'nesting-too-deep',
      `Quotation types nest deeper than ${TYPE_NESTING_MAX} levels.`,
      'Write a type variable for what lies deeper, as in [ T -- ].',
    );
  const types: TypeExpression[] = [];
  let row: StackExpression['row'];
  while (!ends.some((end) => reader.is(end))) {
    const token = reader.next();
    if (types.length >= EFFECT_VALUES_MAX)
      fail(
        token,
        'too-many-values',
        `The effect has more than ${EFFECT_VALUES_MAX} values on one side.`,
        'Put some into a List or a Map.',
      );
    if (!isPart(token) || (depth > 0 && [')', '--', '|'].includes(token.text))) unclosed(open, token);
    if (token.text.startsWith('..')) {
      row = rowOf(token, types.length > 0);
    } else if (token.text === '[') {
      types.push(parseQuotationType(reader, token, false, depth));
    } else if (token.text === 'Closure') {
      if (!reader.is('['))
        fail(token, 'bad-effect', 'Closure needs the effect of the quotation.', 'Write Closure[Int -- Int].');
      types.push(parseQuotationType(reader, reader.next(), true, depth));
    } else if (token.kind === 'name' && /^[\p{Lu}]/u.test(token.text)) {
      types.push({ kind: 'name', name: token.text, at: token });
    } else {
      // A word of the body, unless the effect goes on behind it.
      if (depth === 0 && !closesAhead(reader)) unclosed(open, token);
      const meant = TYPES_ELSEWHERE.get(token.text.toLowerCase());
      fail(
        token,
        'bad-type',
        `${token.text} is not a type.`,
        meant === undefined
          ? 'A type begins with a capital letter; one letter is a type variable.'
          : `Write ${meant}.`,
      );
    }
  }
  return row === undefined ? { types } : { row, types };
}

/** Whether a token can stand in an effect at all. */
const isPart = ({ kind, text }: Token): boolean =>
  kind !== 'end' && kind !== 'string' && !(kind === 'mark' && ';:{},'.includes(text));

/** Whether a `)` comes before anything that cannot stand in an effect. */
function closesAhead(reader: TokenReader): boolean {
  for (let ahead = 0; ; ahead++) {
    const token = reader.peek(ahead);
    if (!isPart(token) || token.text === '(') return false;
    if (token.text === ')') return true;
  }
}

function unclosed(open: Token, before: Token): never {
  const [whole, end] = open.text === '(' ? ['stack effect', ')'] : ['quotation type', ']'];
  fail(
    open,
    'unclosed',
    `The ${open.text === '(' ? '(' : '['} of the ${whole} is not closed before ${placeOf(before, open)}.`,
    `Write ${end} behind its last type.`,
  );
}

function rowOf(token: Token, late: boolean): { name: string; at: Token } {
  const name = token.text.slice(2);
  if (!ROW_NAME.test(name))
    fail(
      token,
      'bad-row',
      `${token.text} is not a row variable.`,
      'Write .. and a name of letters, digits and _ that begins with a small letter.',
    );
  if (late) fail(token, 'bad-row', 'A row variable stands first in its side.', 'Move it to the left.');
  return { name, at: token };
}

function parseQuotationType(reader: TokenReader, at: Token, closure: boolean, depth: number): TypeExpression {
  const inputs = parseStack(reader, at, ['--', ']'], depth + 1);
  if (!reader.is('--'))
    fail(
      reader.current,
      'bad-effect',
      'The quotation type has no --.',
      'Write it as in [ Int -- ] or [ -- Int ].',
    );
  reader.next();
  const outputs = parseStack(reader, at, [']'], depth + 1);
  reader.expect(']', 'the end of the quotation type');
  return { kind: 'quotation', closure, effect: { inputs, outputs, yields: [], at }, at };
}
