// How deep each line of a program is indented, and where tokens stand together without a space.
import { keywordConditionals } from '../syntax/conditionals.ts';
import type { Token } from '../syntax/lexer.ts';

const STEP = 2;
const CAPITAL = /^\p{Lu}/u;

/** Something open: what closes it, and the indent of the line on which it was opened. */
interface Open {
  readonly kind: ':' | '[' | '{' | '(' | 'if' | 'match' | 'arm';
  readonly indent: number;
}

const PAIRS: Readonly<Record<string, Open['kind']>> = { ']': '[', '}': '{', ')': '(' };

/**
 * Walks over the tokens of a program that parses. `indentOf` is asked for the token that begins a line,
 * `pass` is told of every token with the indent of its line, in order.
 *
 * 1. A line is one step deeper than the line that opened the innermost construct around it, however many that
 *    line opened.
 * 2. A line that begins with a closing token is as deep as the line that opened the outermost of what it
 *    closes.
 */
export class Layout {
  readonly #tokens: readonly Token[];
  readonly #keywordIfs: ReadonlyMap<Token, unknown>;
  readonly #open: Open[] = [];
  /** The colon that began the definition around. */
  #definition = -1;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
    this.#keywordIfs = keywordConditionals(tokens).keywords;
  }

  /** How deep a comment is that stands before what closes the innermost construct. */
  get inside(): number {
    const top = this.#open.at(-1);
    return top === undefined ? 0 : top.indent + STEP;
  }

  /**
   * Whether the token closes something, so that comments before it belong inside. Those before an arm belong
   * to the arm.
   */
  closes(at: number): boolean {
    return !this.#beginsArm(at) && this.#closed(at) !== undefined;
  }

  /** `at` is the index of the token that begins a line. */
  indentOf(at: number): number {
    if (this.#beginsArm(at)) return this.#match()!.indent + STEP;
    if (this.#closed(at) === undefined) return this.inside;
    const before = [...this.#open];
    const { line } = this.#tokens[at]!;
    let lowest = before.length;
    for (let next = at; this.#tokens[next]?.line === line; next++) {
      // A ; at the end of a line closes the word, but does not make the line one of its borders.
      if (next > at && this.#tokens[next]!.text === ';') break;
      lowest = Math.min(lowest, this.#closed(next) ?? lowest);
      this.pass(next, 0);
    }
    this.#open.splice(0, this.#open.length, ...before);
    return before[lowest]!.indent;
  }

  pass(at: number, indent: number): void {
    const token = this.#tokens[at]!;
    if (token.kind === 'string') return;
    const closed = this.#closed(at);
    if (closed !== undefined) this.#open.length = closed;
    const opened = this.#opened(at);
    if (opened !== undefined) this.#open.push({ kind: opened, indent });
    if (opened === ':') this.#definition = at;
  }

  /** How many constructs stay open after the token; undefined when it closes none. */
  #closed(at: number): number | undefined {
    const token = this.#tokens[at]!;
    const depth = this.#open.length;
    const top = this.#top();
    if (token.kind === 'string' || top === undefined) return undefined;
    switch (token.text) {
      case ']':
      case ')':
      case '}':
        return PAIRS[token.text] === top ? depth - 1 : undefined;
      case ';':
        return top === ':' ? depth - 1 : undefined;
      case 'else':
      case 'then':
        return top === 'if' ? depth - 1 : undefined;
      case 'end':
        if (top === 'arm') return depth - 2;
        return top === 'match' ? depth - 1 : undefined;
      default:
        return this.#beginsArm(at) && top === 'arm' ? depth - 1 : undefined;
    }
  }

  #opened(at: number): Open['kind'] | undefined {
    const token = this.#tokens[at]!;
    switch (token.text) {
      case '[':
      case '{':
      case '(':
        return token.text;
      case ':':
        return this.#open.length === 0 && !this.#inInclude(at) ? ':' : undefined;
      case 'if':
        return this.#keywordIfs.has(token) ? 'if' : undefined;
      case 'else':
        return 'if';
      case 'match':
        return this.#top() === '(' ? undefined : 'match';
      case '->':
        return this.#top() === 'match' ? 'arm' : undefined;
      default:
        return undefined;
    }
  }

  #top(): Open['kind'] | undefined {
    return this.#open.at(-1)?.kind;
  }

  #match(): Open | undefined {
    const top = this.#open.at(-1);
    if (top?.kind === 'match') return top;
    return top?.kind === 'arm' ? this.#open.at(-2) : undefined;
  }

  /** A capital name before -> or {, directly in a match: as the parser has it. */
  #beginsArm(at: number): boolean {
    const token = this.#tokens[at]!;
    if (this.#match() === undefined || token.kind !== 'name' || !CAPITAL.test(token.text)) return false;
    const after = this.#tokens[at + 1];
    return after !== undefined && after.kind !== 'string' && (after.text === '->' || after.text === '{');
  }

  #inInclude(colon: number): boolean {
    const [include, kind] = [this.#tokens[colon - 2], this.#tokens[colon - 1]];
    return include?.text === 'include' && kind?.kind === 'name' && this.#open.length === 0;
  }

  /** Whether the token stands apart from the one before it on its line; asked before `pass` of the token. */
  isApart(at: number): boolean {
    const [before, token] = [this.#tokens[at - 1]!, this.#tokens[at]!];
    if (token.kind === 'mark' && token.text === ',') return false;
    if (token.kind === 'mark' && token.text === ':' && (this.#top() === '{' || this.#inInclude(at)))
      return false;
    if (before.kind === 'mark' && before.text === ':') return !this.#isTight(at - 1);
    const closure = before.kind === 'name' && before.text === 'Closure' && this.#top() === '(';
    return !(closure && token.text === '[');
  }

  /**
   * Of a symbol or of `std:name`, where nothing may stand before the name; not of a definition or a field.
   */
  #isTight(colon: number): boolean {
    return this.#top() !== '{' && colon !== this.#definition;
  }
}
