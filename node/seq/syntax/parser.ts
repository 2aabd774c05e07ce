// Tokens to a tree. One definition that is wrong does not hide what is wrong in the next.

import { sym } from '../../base/value.ts';
import type { Diagnostic } from '../api.ts';
import type { Arm, FileTree, Include, Node, UnionDefinition, WordDefinition } from './ast.ts';
import { type Conditionals, keywordConditionals } from './conditionals.ts';
import { DiagnosticError, fail, type Source } from './diagnostic.ts';
import { parseEffect } from './effect-parser.ts';
import { foreign } from './foreign.ts';
import { type Allowance, type Token, tokenize } from './lexer.ts';
import { numberLiteral, SYMBOL_NAME, stringLiteral } from './literal.ts';
import { failBroken, Openings } from './openings.ts';
import { TokenReader } from './reader.ts';
import { releaseComment } from './release-comment.ts';
import { CAPITAL, parseUnion } from './union-parser.ts';

/** How deep quotations, conditionals and matches may nest. */
const BODY_NESTING_MAX = 200;
/** After this many errors in a file the rest is not reported. */
const ERRORS_MAX = 50;

export const RESERVED: ReadonlySet<string> = new Set([
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

export function parseFile(source: Source): { tree: FileTree; diagnostics: Diagnostic[] } {
  try {
    const { tokens, allowances } = tokenize(source);
    const { tree, diagnostics } = parseTokens(tokens, allowances);
    const release = releaseComment(source);
    return { tree: release === undefined ? tree : { ...tree, release }, diagnostics };
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    return { tree: { source, includes: [], unions: [], words: [] }, diagnostics: [error.diagnostic] };
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
    const from = parser.position;
    try {
      const item = parser.item();
      if ('kind' in item) includes.push(item);
      else if ('variants' in item) unions.push(item);
      else words.push(item);
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error;
      diagnostics.push(error.diagnostic);
      parser.skipToNextItem(from);
    }
  }
  return { tree: { source: tokens.at(-1)!.source, includes, unions, words }, diagnostics };
}

const COLLECTION =
  'Make a list as in list.make 1 list.push 2 list.push, and a map as in map.make "a" 1 map.set.';
/** What statements of other languages begin with, which end with a `;`. */
const ASSIGNS: ReadonlySet<string> = new Set(['let', 'var', 'const', 'return']);

class Parser {
  readonly #reader: TokenReader;
  readonly #allowances: readonly Allowance[];
  readonly #conditionals: Conditionals;
  readonly #openings = new Openings();
  #allowanceAt = 0;
  /** The name of the word that is read. */
  #defined: Token | undefined;

  constructor(tokens: readonly Token[], allowances: readonly Allowance[]) {
    this.#reader = new TokenReader(tokens);
    this.#allowances = allowances;
    this.#conditionals = keywordConditionals(tokens);
  }

  get atEnd(): boolean {
    return this.#reader.current.kind === 'end';
  }

  item(): Include | UnionDefinition | WordDefinition {
    const { current } = this.#reader;
    if (this.#reader.is(':')) return this.#word();
    if (this.#reader.is('union')) return parseUnion(this.#reader);
    if (this.#reader.is('include')) return this.#include();
    const at = this.#assignment() ?? current;
    const known = at.kind === 'string' ? undefined : foreign(at.text);
    return fail(
      at,
      'expected-definition',
      known?.message ?? `${current.text.slice(0, 40)} stands outside of any word.`,
      known?.hint ??
        (this.#reader.peek(1).text === ':' && this.#reader.peek(2).text === '('
          ? `Write the : before the name, as in : ${at.text.slice(0, 40)} ( … -- … ) … ;`
          : 'Put it between : name ( … -- … ) and ; A program begins with : main ( -- ) … ;'),
    );
  }

  /** Of `let x = 3 ; …`, whose ; has ended a word too early: the `let`. */
  #assignment(): Token | undefined {
    const { tokens, index, current } = this.#reader;
    const before = tokens.slice(0, index).filter(({ line }) => line === current.line);
    return before.at(-1)?.text === ';' ? before.findLast(({ text }) => ASSIGNS.has(text)) : undefined;
  }

  get position(): number {
    return this.#reader.index;
  }

  /** To the next token that opens a definition, always at least one further on than `from`. */
  skipToNextItem(from: number): void {
    const reader = this.#reader;
    this.#openings.clear();
    const opens = () => {
      if (reader.is('union') || reader.is('include')) return true;
      return reader.is(':') && reader.peek(1).kind === 'name' && reader.peek(2).text === '(';
    };
    if (reader.index <= from) reader.next();
    while (!this.atEnd && !opens()) reader.next();
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
    this.#defined = name;
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
      if (this.atEnd) {
        this.#openings.refuseBefore(this.#reader.current, true);
        fail(opener, 'unclosed', `The file ends before ${end}, ${purpose}.`, `Write ${end} where it ends.`);
      }
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
        return this.#nested(token, 'end', () => this.#match(token));
      case 'if':
        if (this.#conditionals.keywords.has(token))
          return this.#nested(token, 'then', () => this.#conditional(token));
        break;
      case 'else':
      case 'then':
        return this.#strayBranch(token);
      case 'end':
        this.#openings.refuseBefore(token, false);
        return fail(
          token,
          'stray-keyword',
          'This end belongs to no match.',
          'A word ends with ;, a quotation with ], a conditional with then, and only a match with end.',
        );
      case '->':
        this.#openings.refuseArrow(token);
        return fail(
          token,
          'stray-arrow',
          'This -> belongs to no pattern of a match.',
          'Write a variant before it, within match … end.',
        );
      case 'union':
      case 'include':
        this.#openings.refuseBefore(token, true);
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

  /** An `else` or `then` without an `if` of its own. */
  #strayBranch(token: Token): never {
    this.#openings.refuseBefore(token, false);
    const broken = this.#conditionals.broken.get(token);
    if (broken !== undefined) failBroken(broken, token, this.#reader.current);
    return fail(
      token,
      'stray-keyword',
      `This ${token.text} belongs to no if.`,
      'Write c [ yes ] [ no ] if, or c if yes else no then.',
    );
  }

  /** `end` closes what begins with `at`. */
  #nested(at: Token, end: string, parse: () => Node): Node {
    if (this.#openings.depth >= BODY_NESTING_MAX)
      fail(
        at,
        'nesting-too-deep',
        `The code nests deeper than ${BODY_NESTING_MAX} levels.`,
        'Move a part into a word.',
      );
    this.#openings.open(at, end);
    const node = parse();
    this.#openings.close();
    return node;
  }

  #marked(token: Token): Node {
    switch (token.text) {
      case '[':
        return this.#nested(token, ']', () => {
          const body = this.#body(']', 'the end of the quotation', token);
          this.#reader.next();
          return { kind: 'quotation', body, at: token };
        });
      case ':':
        return this.#symbol(token);
      case ']':
        this.#openings.refuseBefore(token, false);
        return fail(
          token,
          'unbalanced',
          'This ] closes no quotation.',
          'Leave it out, or write [ where the quotation begins.',
        );
      case '(':
        return this.#parenthesis(token);
      case '{':
        if (/^[,:]$/.test(this.#reader.peek(1).text) || this.#reader.is('}'))
          return fail(token, 'unexpected', 'Braces make no list and no map.', COLLECTION);
        return fail(
          token,
          'unexpected',
          'Braces belong to unions and patterns.',
          'Write code as a value in brackets, as in c [ yes ] [ no ] if.',
        );
      case ',':
        if (this.#reader.tokens[this.#reader.index - 3]?.text === '[')
          return fail(token, 'unexpected', 'Brackets hold code, and make no list.', COLLECTION);
        return fail(token, 'unexpected', 'Values and words are separated by spaces.', 'Leave the , out.');
      default:
        this.#openings.refuseBefore(token, token.text === ';');
        return fail(token, 'unexpected', `${token.text} has no meaning here.`, 'Leave it out.');
    }
  }

  #parenthesis(token: Token): never {
    const before = this.#reader.tokens[this.#reader.index - 2];
    const called = before?.kind === 'name' && before.line === token.line && before.endColumn === token.column;
    return fail(
      token,
      'unexpected-effect',
      called
        ? 'A word takes what stands before it, not what follows in parentheses.'
        : 'A stack effect stands only after the name of a word.',
      (called ? foreign(before.text)?.hint : undefined) ??
        'Write what a word takes before it, as in 2 3 + ; a comment begins with #.',
    );
  }

  #symbol(colon: Token): Node {
    const reader = this.#reader;
    const name = reader.current;
    if (reader.peek(1).text === '(' && reader.peek(1).kind === 'mark') {
      // The new word is read next.
      reader.index--;
      this.#openings.refuseBefore(colon, true);
      fail(
        colon,
        'unclosed',
        `A new word begins inside the word ${this.#defined!.text.slice(0, 40)} of line ${this.#defined!.line}.`,
        'Write ; at the end of the word before it.',
      );
    }
    if (name.text === '=' && name.column === colon.endColumn) {
      const { message, hint } = foreign(':=')!;
      fail({ ...colon, endColumn: name.endColumn }, 'unknown-word', message, hint);
    }
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
      if (this.atEnd) this.#openings.refuseBefore(reader.current, true);
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
        tag.kind === 'string' || numberLiteral(tag) !== undefined
          ? 'A match tells the variants of a union apart; numbers and texts are compared, with = and if or cond.'
          : 'Write it as in Some { >value } ->',
      );
    const bindings = reader.is('{') ? this.#bindings(tag) : undefined;
    reader.expect('->', `the body of pattern ${tag.text}`);
    const body: Node[] = [];
    while (!reader.is('end') && !this.#atPattern()) {
      if (this.atEnd) this.#openings.refuseBefore(reader.current, true);
      body.push(this.#node());
    }
    return { tag: tag.text, ...(bindings === undefined ? {} : { bindings }), body, at: tag };
  }

  #bindings(tag: Token): { field: string; at: Token }[] {
    const reader = this.#reader;
    reader.next();
    const bindings: { field: string; at: Token }[] = [];
    const open = reader.tokens[reader.index - 1]!;
    while (!reader.is('}')) {
      const token = reader.next();
      if (token.kind === 'mark' || ['->', 'end', ''].includes(token.text))
        fail(open, 'unclosed', `The { of pattern ${tag.text} is not closed.`, 'Write } before the ->.');
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
