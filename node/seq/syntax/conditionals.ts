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

/** An `if` of which an `else` or `then` cannot be a part, and why. */
export interface Broken {
  readonly if: Token;
  /**
   * The quotation or match that begins behind the `if` and is open; absent: the `if` itself is not closed, or
   * has an else.
   */
  readonly within?: Token;
  readonly secondElse: boolean;
}

export interface Conditionals {
  readonly keywords: ReadonlyMap<Token, Conditional>;
  /** By the `else` or `then`. */
  readonly broken: ReadonlyMap<Token, Broken>;
}

/**
 * The `if` tokens that are closed by a `then`, with what belongs to them. A `then` closes the nearest open
 * `if` of the same quotation or match arm; an `if` directly after `]` has its branches before it and is never
 * open.
 */
export function keywordConditionals(tokens: readonly Token[]): Conditionals {
  const keywords = new Map<Token, Conditional>();
  const broken = new Map<Token, Broken>();
  let open: Open[] = [];
  let outer: { readonly open: Open[]; readonly token: Token }[] = [];
  const leave = () => {
    for (const { token, otherwise } of open)
      if (otherwise !== undefined) broken.set(otherwise, { if: token, secondElse: false });
  };
  /** An `else` or `then` that finds no `if` here may belong to one around. */
  const noteAround = (token: Token) => {
    const level = outer.findLastIndex((each) => each.open.length > 0);
    if (level < 0) return;
    const { open: ifs, token: within } = outer[level]!;
    broken.set(token, { if: ifs.at(-1)!.token, within, secondElse: false });
  };
  tokens.forEach((token, at) => {
    if (token.kind === 'string') return;
    switch (token.text) {
      case '[':
      case 'match':
        outer.push({ open, token });
        open = [];
        break;
      case ']':
      case 'end':
        leave();
        open = outer.pop()?.open ?? [];
        break;
      case ';':
        leave();
        open = [];
        outer = [];
        break;
      case 'if':
        if (at > 0 && tokens[at - 1]!.text !== ']') open.push({ token, otherwise: undefined });
        break;
      case 'else': {
        const inner = open.at(-1);
        if (inner === undefined) noteAround(token);
        else if (inner.otherwise === undefined) inner.otherwise = token;
        else broken.set(token, { if: inner.token, secondElse: true });
        break;
      }
      case 'then': {
        const closed = open.pop();
        if (closed === undefined) noteAround(token);
        else keywords.set(closed.token, { otherwise: closed.otherwise, end: token });
        break;
      }
    }
  });
  leave();
  return { keywords, broken };
}
