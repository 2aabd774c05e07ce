// Which `if` is a keyword. Two generations of Seq write conditionals in two ways, and a program may mix them:
// `c if a else b then` and `c [ a ] [ b ] if`. A keyword `if` is one that a matching `then` closes.
import type { Token } from './lexer.ts';

export interface Conditional {
  readonly otherwise: Token | undefined;
  readonly end: Token;
}

interface Open {
  readonly token: Token;
  otherwise: Token | undefined;
}

/**
 * The `if` tokens that are closed by a `then`, with what belongs to them. A `then` closes the nearest open `if` of the same
 * quotation or match arm; an `if` directly after `]` has its branches before it and is never open.
 */
export function keywordConditionals(tokens: readonly Token[]): ReadonlyMap<Token, Conditional> {
  const keywords = new Map<Token, Conditional>();
  let open: Open[] = [];
  const outer: Open[][] = [];
  tokens.forEach((token, at) => {
    if (token.kind === 'string') return;
    switch (token.text) {
      case '[':
      case 'match':
        outer.push(open);
        open = [];
        break;
      case ']':
      case 'end':
        open = outer.pop() ?? [];
        break;
      case ';':
        open = [];
        outer.length = 0;
        break;
      case 'if':
        if (at > 0 && tokens[at - 1]!.text !== ']') open.push({ token, otherwise: undefined });
        break;
      case 'else': {
        const inner = open.at(-1);
        if (inner !== undefined) inner.otherwise ??= token;
        break;
      }
      case 'then': {
        const closed = open.pop();
        if (closed !== undefined) keywords.set(closed.token, { otherwise: closed.otherwise, end: token });
        break;
      }
    }
  });
  return keywords;
}
