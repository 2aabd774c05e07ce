// Tokens to a tree. One definition that is wrong does not hide what is wrong in the next.

import { sym } from '../../base/value.ts';
import type { Diagnostic } from '../api.ts';
import type {
  Arm,
  FieldDefinition,
  FileTree,
  Include,
  Node,
  UnionDefinition,
  VariantDefinition,
  WordDefinition,
} from './ast.ts';
import { keywordConditionals } from './conditionals.ts';
import { DiagnosticError, fail, type Source } from './diagnostic.ts';
import { parseEffect } from './effect-parser.ts';
import { type Allowance, type Token, tokenize } from './lexer.ts';
import { numberLiteral, SYMBOL_NAME, stringLiteral } from './literal.ts';
import { TokenReader } from './reader.ts';

/** How deep quotations, conditionals and matches may nest. */
export const BODY_NESTING_MAX = 200;
/** How many fields a variant may have. */
export const FIELDS_MAX = 12;
/** After this many errors in a file the rest is not reported. */
const ERRORS_MAX = 50;

const RESERVED = new Set([
  'if',
  'else',
  'then',
  'match',
  'end',
  'union',
  'include',
  'true',
  'false',
  '->',
  '--',
  '|',
]);
const CAPITAL = /^\p{Lu}/u;

export function parseFile(source: Source): { tree: FileTree; diagnostics: Diagnostic[] } {
  try {
    const { tokens, allowances } = tokenize(source);
    return parseTokens(tokens, allowances);
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    return { tree: { includes: [], unions: [], words: [] }, diagnostics: [error.diagnostic] };
  }
}

/** The last token must be an `end`. */
export function parseTokens(
  tokens: readonly Token[],
  allowances: readonly Allowance[],
): { tree: FileTree; diagnostics: Diagnostic[] } {
  const includes: Include[] = [];
  const unions: UnionDefinition[] = [];
  const words: WordDefinition[] = [];
  const diagnostics: Diagnostic[] = [];
  const parser = new Parser(tokens, allowances);
  while (!parser.atEnd && diagnostics.length < ERRORS_MAX) {
    try {
      const item = parser.item();
      if ('kind' in item) includes.push(item);
      else if ('variants' in item) unions.push(item);
      else words.push(item);
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error;
      diagnostics.push(error.diagnostic);
      parser.skipToNextItem();
    }
  }
  return { tree: { includes, unions, words }, diagnostics };
}

class Parser {
  readonly #reader: TokenReader;
  readonly #allowances: readonly Allowance[];
  readonly #keywordIfs: { has(token: Token): boolean };
  #allowanceAt = 0;
  #depth = 0;

  constructor(tokens: readonly Token[], allowances: readonly Allowance[]) {
    this.#reader = new TokenReader(tokens);
    this.#allowances = allowances;
    this.#keywordIfs = keywordConditionals(tokens);
  }

  get atEnd(): boolean {
    return this.#reader.current.kind === 'end';
  }

  item(): Include | UnionDefinition | WordDefinition {
    const { current } = this.#reader;
    if (this.#reader.is(':')) return this.#word();
    if (this.#reader.is('union')) return this.#union();
    if (this.#reader.is('include')) return this.#include();
    return fail(
      current,
      'expected-definition',
      `${current.text.slice(0, 40)} stands outside of any word.`,
      'Put it between : name ( … -- … ) and ;',
    );
  }

  /** To the next token that opens a definition, always at least one further on. */
  skipToNextItem(): void {
    const reader = this.#reader;
    this.#depth = 0;
    const opens = () => {
      if (reader.is('union') || reader.is('include')) return true;
      return reader.is(':') && reader.peek(1).kind === 'name' && reader.peek(2).text === '(';
    };
    do reader.next();
    while (!this.atEnd && !opens());
  }

  #include(): Include {
    const reader = this.#reader;
    const at = reader.next();
    const first = reader.next();
    if (first.kind === 'string') return { kind: 'file', name: first.text.slice(1, -1), at: first };
    if ((first.text === 'std' || first.text === 'ffi') && reader.is(':')) {
      reader.next();
      const name = reader.next();
      if (name.kind === 'name') return { kind: first.text, name: name.text, at: name };
    }
    return fail(at, 'bad-include', 'The include names no file.', 'Write include std:list or include "file".');
  }

  #union(): UnionDefinition {
    const reader = this.#reader;
    reader.next();
    const name = this.#capital('union');
    reader.expect('{', `the variants of union ${name.text}`);
    const variants: VariantDefinition[] = [];
    while (!reader.is('}')) {
      const variant = this.#variant();
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
      fail(
        end,
        'empty-union',
        `Union ${name.text} has no variants.`,
        'Write at least one between the braces.',
      );
    return { name: name.text, variants, at: name };
  }

  #capital(what: string): Token {
    const token = this.#reader.next();
    if (token.kind !== 'name' || !CAPITAL.test(token.text))
      fail(
        token,
        'bad-name',
        `The name of a ${what} begins with a capital letter.`,
        'Write it as in union Shape { Circle { radius: Int } Point }',
      );
    return token;
  }

  #variant(): VariantDefinition {
    const reader = this.#reader;
    const tag = this.#capital('variant');
    const fields: FieldDefinition[] = [];
    if (reader.is('{')) {
      reader.next();
      while (!reader.is('}')) {
        const name = reader.next();
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
          fail(
            type,
            'bad-type',
            `Expected the type of field ${name.text}.`,
            'Write it as in { radius: Int }',
          );
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

  #word(): WordDefinition {
    const reader = this.#reader;
    reader.next();
    const name = reader.next();
    if (name.kind !== 'name')
      fail(
        name,
        'bad-name',
        'Expected the name of a word after the colon.',
        'Write it as in : double ( Int -- Int )',
      );
    if (RESERVED.has(name.text))
      fail(name, 'bad-name', `${name.text} is reserved and cannot name a word.`, 'Rename the word.');
    if (numberLiteral(name) !== undefined)
      fail(name, 'bad-name', `${name.text} is a number and cannot name a word.`, 'Rename the word.');
    const allowed = this.#takeAllowances(name.line);
    const effect = reader.is('(') ? parseEffect(reader) : undefined;
    const body = this.#body(';', `the end of word ${name.text}`, name);
    reader.next();
    const word = { name: name.text, body, allowed, at: name };
    return effect === undefined ? word : { ...word, effect };
  }

  #takeAllowances(line: number): string[] {
    const allowed: string[] = [];
    for (; this.#allowanceAt < this.#allowances.length; this.#allowanceAt++) {
      const allowance = this.#allowances[this.#allowanceAt]!;
      if (allowance.line > line) break;
      allowed.push(allowance.rule);
    }
    return allowed;
  }

  /** Nodes up to, and not with, the token `end`. */
  #body(end: string, purpose: string, opener: Token): Node[] {
    const nodes: Node[] = [];
    while (!this.#reader.is(end)) {
      if (this.atEnd)
        fail(opener, 'unclosed', `The file ends before ${end}, ${purpose}.`, `Write ${end} where it ends.`);
      nodes.push(this.#node());
    }
    return nodes;
  }

  #node(): Node {
    const token = this.#reader.next();
    if (token.kind === 'string')
      return { kind: 'literal', type: 'String', value: stringLiteral(token), at: token };
    if (token.kind === 'mark') return this.#marked(token);
    switch (token.text) {
      case 'true':
      case 'false':
        return { kind: 'literal', type: 'Bool', value: token.text === 'true', at: token };
      case 'match':
        return this.#nested(token, () => this.#match(token));
      case 'if':
        if (this.#keywordIfs.has(token)) return this.#nested(token, () => this.#conditional(token));
        break;
      case 'else':
      case 'then':
        return fail(
          token,
          'stray-keyword',
          `This ${token.text} belongs to no if.`,
          'Write c [ yes ] [ no ] if, or c if yes else no then.',
        );
      case 'end':
        return fail(
          token,
          'stray-keyword',
          'This end belongs to no match.',
          'Write match before the arms, or leave end out.',
        );
      case '->':
        return fail(
          token,
          'stray-arrow',
          'This -> belongs to no pattern of a match.',
          'Write a variant before it, within match … end.',
        );
      case 'union':
      case 'include':
        return fail(
          token,
          'unclosed',
          `The word before this ${token.text} has no end.`,
          'Write ; before it.',
        );
    }
    const number = numberLiteral(token);
    if (number !== undefined) return { kind: 'literal', ...number, at: token };
    return { kind: 'name', name: token.text, at: token };
  }

  #nested(at: Token, parse: () => Node): Node {
    if (this.#depth >= BODY_NESTING_MAX)
      fail(
        at,
        'nesting-too-deep',
        `The code nests deeper than ${BODY_NESTING_MAX} levels.`,
        'Move a part into a word.',
      );
    this.#depth++;
    const node = parse();
    this.#depth--;
    return node;
  }

  #marked(token: Token): Node {
    switch (token.text) {
      case '[':
        return this.#nested(token, () => {
          const body = this.#body(']', 'the end of the quotation', token);
          this.#reader.next();
          return { kind: 'quotation', body, at: token };
        });
      case ':':
        return this.#symbol(token);
      case ']':
        return fail(
          token,
          'unbalanced',
          'This ] closes no quotation.',
          'Leave it out, or write [ where the quotation begins.',
        );
      case '(':
        return fail(
          token,
          'unexpected-effect',
          'A stack effect stands only after the name of a word.',
          'Write it as in : double ( Int -- Int ), and comments after #.',
        );
      default:
        return fail(token, 'unexpected', `${token.text} has no meaning here.`, 'Leave it out.');
    }
  }

  #symbol(colon: Token): Node {
    const reader = this.#reader;
    const name = reader.current;
    if (reader.peek(1).text === '(' && reader.peek(1).kind === 'mark')
      fail(
        colon,
        'unclosed',
        'A new word begins inside a word.',
        'Write ; at the end of the word before it.',
      );
    const named = name.kind === 'name' && name.line === colon.line;
    if (!named || !SYMBOL_NAME.test(name.text))
      fail(
        colon,
        'bad-symbol',
        named ? `${name.text.slice(0, 40)} cannot name a symbol.` : 'The symbol has no name.',
        'Write : and letters, digits, - _ . ? or !, with no digit first.',
      );
    reader.next();
    const at = { ...colon, endColumn: name.endColumn };
    return { kind: 'literal', type: 'Symbol', value: sym(name.text), at };
  }

  #conditional(at: Token): Node {
    const reader = this.#reader;
    const yes: Node[] = [];
    while (!reader.is('else') && !reader.is('then')) yes.push(this.#node());
    const hasElse = reader.next().text === 'else';
    const no = hasElse ? this.#body('then', 'the end of the conditional', at) : [];
    if (hasElse) reader.next();
    return { kind: 'if', yes, no, hasElse, at };
  }

  #match(at: Token): Node {
    const reader = this.#reader;
    const arms: Arm[] = [];
    while (!reader.is('end')) {
      if (this.atEnd) fail(at, 'unclosed', 'The file ends before end, the end of the match.', 'Write end.');
      arms.push(this.#arm());
    }
    reader.next();
    if (arms.length === 0) fail(at, 'empty-match', 'The match has no arms.', 'Write an arm, as in None -> 0');
    return { kind: 'match', arms, at };
  }

  #arm(): Arm {
    const reader = this.#reader;
    const tag = reader.next();
    if (tag.kind !== 'name' || !CAPITAL.test(tag.text))
      fail(
        tag,
        'bad-pattern',
        'A pattern begins with the name of a variant.',
        'Write it as in Some { >value } ->',
      );
    const bindings = reader.is('{') ? this.#bindings(tag) : undefined;
    reader.expect('->', `the body of pattern ${tag.text}`);
    const body: Node[] = [];
    while (!reader.is('end') && !this.#atPattern()) {
      if (this.atEnd)
        fail(tag, 'unclosed', 'The file ends inside this arm.', 'Write end after the last arm.');
      body.push(this.#node());
    }
    return { tag: tag.text, ...(bindings === undefined ? {} : { bindings }), body, at: tag };
  }

  #bindings(tag: Token): { field: string; at: Token }[] {
    const reader = this.#reader;
    reader.next();
    const bindings: { field: string; at: Token }[] = [];
    while (!reader.is('}')) {
      const token = reader.next();
      if (token.kind !== 'name' || token.text.length < 2 || !token.text.startsWith('>'))
        fail(
          token,
          'bad-pattern',
          `Pattern ${tag.text} takes fields as >field.`,
          token.kind === 'name' && token.text !== '>'
            ? `Write >${token.text}.`
            : 'Join > and the name of the field.',
        );
      bindings.push({ field: token.text.slice(1), at: token });
    }
    reader.next();
    return bindings;
  }

  /** Whether a new arm begins here: a capital name before -> or {. */
  #atPattern(): boolean {
    const { current } = this.#reader;
    if (current.kind !== 'name' || !CAPITAL.test(current.text)) return false;
    const after = this.#reader.peek(1);
    return after.kind !== 'string' && (after.text === '->' || after.text === '{');
  }
}
