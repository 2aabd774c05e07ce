// What a person types, taken apart: definitions, and the words to carry out on the stack. Places stay those
// of what was typed.
import { DiagnosticError, Source } from '../syntax/diagnostic.ts';
import { type Token, tokenize } from '../syntax/lexer.ts';

export interface Parts {
  /** A source for each word, union or include: all but that item is blank. */
  readonly items: readonly {
    readonly kind: 'word' | 'union' | 'include';
    readonly name: string;
    readonly source: Source;
  }[];
  /** What is left, or undefined when that is nothing but white space and comments. */
  readonly body: string | undefined;
}

const OPENING: Readonly<Record<string, number>> = {
  '[': 1,
  '(': 1,
  '{': 1,
  match: 1,
  ']': -1,
  ')': -1,
  '}': -1,
  end: -1,
};

/** Whether more must follow before it can mean anything: a string, bracket, match or definition is open. */
export function isIncomplete(text: string): boolean {
  let tokens: readonly Token[];
  try {
    tokens = tokenize(new Source('entry', text)).tokens;
  } catch (error) {
    if (error instanceof DiagnosticError) return error.diagnostic.code === 'unclosed-string';
    throw error;
  }
  let open = 0;
  let defining = false;
  tokens.forEach((token, at) => {
    if (token.kind === 'string') return;
    if (beginsWord(tokens, at)) defining = true;
    else if (token.text === ';') defining = false;
    // A `match` in an effect or a name after a colon is not one, but then the entry is wrong in any case.
    open += OPENING[token.text] ?? 0;
  });
  return defining || open > 0 || isHead(tokens);
}

/** Whether the text ends in the head of an item: `:`, `: name`, `union`, `union Name` or `include`. */
function isHead(tokens: readonly Token[]): boolean {
  const [before, last] = [tokens.at(-3), tokens.at(-2)];
  const apart = before !== undefined && last !== undefined && before.endColumn < last.column;
  const heads = (token: Token | undefined) => token?.text === ':' || token?.text === 'union';
  return heads(last) || last?.text === 'include' || (heads(before) && apart);
}

/** `: name (`, as the parser tells it from a symbol. */
function beginsWord(tokens: readonly Token[], at: number): boolean {
  return tokens[at]!.text === ':' && tokens[at]!.kind === 'mark' && tokens[at + 2]?.text === '(';
}

/** Throws DiagnosticError when the text is no sequence of tokens. */
export function partsOf(file: string, text: string): Parts {
  const { tokens } = tokenize(new Source(file, text));
  const items: Parts['items'][number][] = [];
  let body = text;
  for (let at = 0; at < tokens.length; at++) {
    const { text: first, kind } = tokens[at]!;
    const item = beginsWord(tokens, at)
      ? 'word'
      : first === 'union' || first === 'include'
        ? first
        : undefined;
    if (item === undefined || kind === 'string') continue;
    const end = endOf(item, tokens, at);
    const [from, to] = [offsetOf(text, tokens[at]!), offsetOf(text, tokens[end]!) + tokens[end]!.text.length];
    const name = tokens[at + 1]?.text ?? '';
    items.push({
      kind: item,
      name,
      source: new Source(file, blank(text.slice(0, from)) + text.slice(from, to)),
    });
    body = body.slice(0, from) + blank(body.slice(from, to)) + body.slice(to);
    at = end;
  }
  const rest = tokenize(new Source(file, body)).tokens.length > 1;
  return { items, body: rest ? body : undefined };
}

/** The index of the item's last token, or of the last token of all when it does not end. */
function endOf(item: 'word' | 'union' | 'include', tokens: readonly Token[], from: number): number {
  const last = tokens.length - 2;
  // `include "file"` or `include std:name`.
  if (item === 'include') return Math.min(last, tokens[from + 1]?.kind === 'string' ? from + 1 : from + 3);
  if (item === 'word') {
    const end = tokens.findIndex(({ text, kind }, at) => at > from && text === ';' && kind === 'mark');
    return end < 0 ? last : end;
  }
  let open = 0;
  for (let at = from + 1; at <= last; at++) {
    const { text, kind } = tokens[at]!;
    if (kind !== 'mark') continue;
    if (text === '{') open++;
    if (text === '}' && --open === 0) return at;
  }
  return last;
}

function offsetOf(text: string, { line, column }: Token): number {
  let start = 0;
  for (let at = 1; at < line; at++) start = text.indexOf('\n', start) + 1;
  return start + column - 1;
}

/** Spaces for all but line ends. */
const blank = (text: string): string => text.replace(/[^\n]/g, ' ');
