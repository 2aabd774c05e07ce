// Source text to tokens. Tokens are separated by white space; `( ) [ ] { } ; : ,` stand alone; `#` begins a
// comment.
import { fail, type Source, type Span } from './diagnostic.ts';

/** `string` tokens carry their quotes and escapes; `end` is the last token of every file. */
export interface Token extends Span {
  readonly kind: 'name' | 'string' | 'mark' | 'end';
  readonly text: string;
}

/** A `# seq:allow(rule)` comment: it counts for the next definition. */
export interface Allowance {
  readonly rule: string;
  readonly line: number;
}

/**
 * Tokens of a whole file. Beyond this a program is refused, so that hostile input cannot make the node grow.
 */
export const TOKENS_MAX = 500_000;
/** UTF-16 units of all files of a bundle together. */
export const SOURCE_LENGTH_MAX = 4 * 1024 * 1024;

const TOKEN = /[()[\]{};:,]|"|#|[^\s()[\]{};:,#"]+/y;
const BLANK = /[^\S\n]*/y;
const ALLOW = /^#\s*seq:allow\(\s*([^\s)]+)\s*\)/;

export function tokenize(source: Source): { tokens: Token[]; allowances: Allowance[] } {
  const { text } = source;
  const tokens: Token[] = [];
  const allowances: Allowance[] = [];
  let line = 1;
  let lineStart = 0;
  let at = 0;
  const token = (kind: Token['kind'], written: string, from: number, to: number): Token => ({
    kind,
    text: written,
    source,
    line,
    column: from - lineStart + 1,
    endColumn: to - lineStart + 1,
  });
  const newLine = (after: number) => {
    line++;
    lineStart = after;
  };
  for (;;) {
    BLANK.lastIndex = at;
    BLANK.test(text);
    at = BLANK.lastIndex;
    if (at >= text.length) break;
    if (text[at] === '\n') {
      newLine(++at);
      continue;
    }
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(text)![0];
    if (found === '#') {
      const end = text.indexOf('\n', at);
      const stop = end < 0 ? text.length : end;
      const allowed = stop - at < 200 ? ALLOW.exec(text.slice(at, stop)) : null;
      if (allowed) allowances.push({ rule: allowed[1]!, line });
      at = stop;
      continue;
    }
    if (tokens.length >= TOKENS_MAX)
      fail(
        token('end', '', at, at + 1),
        'program-too-large',
        `The file has more than ${TOKENS_MAX} tokens.`,
        'Move a part into a file of its own.',
      );
    if (found === '"') {
      const stop = stringEnd(text, at);
      if (stop < 0) failUnclosed(tokens, token('end', '', at, at + 1));
      const value = text.slice(at, stop);
      tokens.push(token('string', value, at, value.includes('\n') ? at + 1 : stop));
      for (let end = value.indexOf('\n'); end >= 0; end = value.indexOf('\n', end + 1)) newLine(at + end + 1);
      at = stop;
      continue;
    }
    const kind = found.length === 1 && '()[]{};:,'.includes(found) ? 'mark' : 'name';
    tokens.push(token(kind, found, at, at + found.length));
    at += found.length;
  }
  tokens.push(token('end', '', at, at + 1));
  return { tokens, allowances };
}

/** In a string: the beginning of a definition, which is hardly text. */
const SWALLOWED = /\n\s*(:\s+\S+\s+\(|include\s|union\s)/;

/**
 * Fails at the quote that has no partner: the last, or the first of a string that took in what is no text.
 */
function failUnclosed(tokens: readonly Token[], last: Token): never {
  const swallowing = tokens.find((token) => token.kind === 'string' && SWALLOWED.test(token.text));
  fail(
    swallowing ?? last,
    'unclosed-string',
    'The string has no closing quote.',
    'Write " where it ends, and \\" for a quote in it.',
  );
}

/** The index after the closing quote of the string that begins at `at`, or -1. */
function stringEnd(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === 0x22) return i + 1;
    if (unit === 0x5c) i++;
  }
  return -1;
}
