// Which `if` is a keyword. Two generations of Seq write conditionals in two ways, and a program may mix them:
// `c if a else b then` and `c [ a ] [ b ] if`. A keyword `if` is one that a matching `then` closes.
import type { Token } from './lexer.ts';

/**
 * The `if` tokens that are closed by a `then`. A `then` closes the nearest open `if` of the same quotation or match arm;
 * an `if` directly after `]` has its branches before it and is never open.
 */
export function keywordConditionals(tokens: readonly Token[]): ReadonlySet<Token> {
  const keywords = new Set<Token>();
  let open: Token[] = [];
  const outer: Token[][] = [];
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
        if (at > 0 && tokens[at - 1]!.text !== ']') open.push(token);
        break;
      case 'then': {
        const closed = open.pop();
        if (closed !== undefined) keywords.add(closed);
        break;
      }
    }
  });
  return keywords;
}
