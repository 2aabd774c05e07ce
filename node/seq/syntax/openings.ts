// What is open at a place of a body. Where something else ends before it was closed, its opening is at fault,
// not what ends.
import type { Broken } from './conditionals.ts';
import { fail } from './diagnostic.ts';
import type { Token } from './lexer.ts';

interface Opening {
  readonly token: Token;
  /** What closes it. */
  readonly end: string;
}

const NAMES: Readonly<Record<string, string>> = {
  '[': 'The [ of the quotation',
  match: 'The match',
  if: 'The if',
};

export class Openings {
  readonly #open: Opening[] = [];

  get depth(): number {
    return this.#open.length;
  }

  open(token: Token, end: string): void {
    this.#open.push({ token, end });
  }

  close(): void {
    this.#open.pop();
  }

  clear(): void {
    this.#open.length = 0;
  }

  /** Fails at the innermost opening if `found` ends something around it, or all of the word. */
  refuseBefore(found: Token, endsWord: boolean): void {
    const inner = this.#open.at(-1);
    if (inner === undefined || inner.end === found.text) return;
    if (endsWord || this.#open.some(({ end }) => end === found.text)) unclosed(inner, found);
  }

  /** Fails if a `[` or another part of a body is open within a match: the arrow belongs to its next arm. */
  refuseArrow(arrow: Token): void {
    const inner = this.#open.at(-1);
    if (inner !== undefined && inner.token.text !== 'match' && this.#open.some(({ end }) => end === 'end'))
      unclosed(inner, arrow);
  }
}

function unclosed({ token, end }: Opening, before: Token): never {
  const whole = NAMES[token.text] ?? token.text;
  fail(
    token,
    'unclosed',
    `${whole} is not closed before ${placeOf(before, token)}.`,
    end === 'then'
      ? 'Write then where the conditional ends: condition if … else … then.'
      : `Write ${end} where it ends.`,
  );
}

/** A token as a sentence names it beside another place. */
export function placeOf(token: Token, beside: Token): string {
  if (token.kind === 'end') return 'the end of the file';
  const name = `the ${token.text.slice(0, 40)}`;
  return token.line === beside.line ? name : `${name} of line ${token.line}`;
}

/** Where an `if` and what it is written for do not fit: fails at what has to change. */
export function failBroken({ if: opening, within, secondElse }: Broken, token: Token, next: Token): never {
  const place = placeOf(opening, token);
  if (secondElse)
    fail(
      token,
      'stray-keyword',
      `This is a second else of ${place}, which is not closed before it.`,
      'Write then before it, where that if ends.',
    );
  if (within !== undefined)
    fail(
      within,
      'unclosed',
      `The ${within.text} is not closed before the ${token.text} of ${place}.`,
      `Write ${within.text === '[' ? ']' : 'end'} where it ends.`,
    );
  if (next.text === 'if' && next.kind === 'name')
    fail(
      token,
      'unclosed',
      'Seq has no else if: the condition of the second if stands before it, and each if has a then.',
      'Write a if 1 else b if 2 else 3 then then, or a [ 1 ] [ b [ 2 ] [ 3 ] if ] if, or cond.',
    );
  fail(
    opening,
    'unclosed',
    `The if is not closed: ${placeOf(token, opening)} has no then behind it.`,
    'Write then where the conditional ends: condition if … else … then.',
  );
}
