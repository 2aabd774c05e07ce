import { fail } from './diagnostic.ts';
import type { Token } from './lexer.ts';

/** A cursor over the tokens of one file; the last token is `end` and is never passed. */
export class TokenReader {
  readonly tokens: readonly Token[];
  index = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  get current(): Token {
    return this.tokens[this.index]!;
  }

  /** The token `ahead` places further on, or the end. */
  peek(ahead: number): Token {
    return this.tokens[Math.min(this.index + ahead, this.tokens.length - 1)]!;
  }

  next(): Token {
    const token = this.current;
    if (token.kind !== 'end') this.index++;
    return token;
  }

  /** Whether the current token is this name or mark (never a string). */
  is(text: string): boolean {
    return this.current.text === text && this.current.kind !== 'string';
  }

  /** Takes this mark or name, or fails with what was expected. */
  expect(text: string, purpose: string): Token {
    if (!this.is(text)) {
      const found = this.current.kind === 'end' ? 'the end of the file' : this.current.text.slice(0, 40);
      fail(
        this.current,
        'expected',
        `Expected ${text} for ${purpose}, but found ${found}.`,
        `Write ${text} before it.`,
      );
    }
    return this.next();
  }
}
