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
const TOKENS_MAX = 500_000;
/** UTF-16 units of all files of a bundle together. */
export const SOURCE_LENGTH_MAX = 4 * 1024 * 1024;

const ALLOW = /^#\s*seq:allow\(\s*([^\s)]+)\s*\)/;

const NAME = 0;
const BLANK = 1;
const NEW_LINE = 2;
const MARK = 3;
const QUOTE = 4;
const COMMENT = 5;

const BLANKS = /\s/;
/** By character; others are parts of names, but for white space. */
const KINDS = Uint8Array.from({ length: 128 }, (_, code) => kindOf(String.fromCharCode(code)));

function kindOf(character: string): number {
  if (character === '\n') return NEW_LINE;
  if (BLANKS.test(character)) return BLANK;
  if (character === '"') return QUOTE;
  if (character === '#') return COMMENT;
  return '()[]{};:,'.includes(character) ? MARK : NAME;
}

function kindAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code < 128 ? KINDS[code]! : kindOf(text[at]!);
}

export function tokenize(source: Source): { tokens: Token[]; allowances: Allowance[] } {
  const { text } = source;
  const tokens: Token[] = [];
  const allowances: Allowance[] = [];
  let line = 1;
  let lineStart = 0;
  let at = 0;
  const token = (kind: Token['kind'], from: number, to: number, end = to): Token => ({
    kind,
    text: kind === 'end' ? '' : text.slice(from, to),
    source,
    line,
    column: from - lineStart + 1,
    endColumn: end - lineStart + 1,
  });
  for (; at < text.length; ) {
    const kind = kindAt(text, at);
    if (kind === BLANK || kind === NEW_LINE) {
      at++;
      if (kind === BLANK) continue;
      line++;
      lineStart = at;
      continue;
    }
    if (kind === COMMENT) {
      const end = text.indexOf('\n', at);
      const stop = end < 0 ? text.length : end;
      const allowed = stop - at < 200 ? ALLOW.exec(text.slice(at, stop)) : null;
      if (allowed) allowances.push({ rule: allowed[1]!, line });
      at = stop;
      continue;
    }
    if (tokens.length >= TOKENS_MAX)
      fail(
        token('end', at, at + 1),
        'program-too-large',
        `The file has more than ${TOKENS_MAX} tokens.`,
        'Move a part into a file of its own.',
      );
    let stop = at + 1;
    if (kind === QUOTE) {
      stop = stringEnd(text, at);
      if (stop < 0) failUnclosed(tokens, token('end', at, at + 1));
      const string = token('string', at, stop);
      const lines = string.text.includes('\n');
      tokens.push(lines ? { ...string, endColumn: string.column + 1 } : string);
      if (lines)
        for (let end = text.indexOf('\n', at); end >= 0 && end < stop; end = text.indexOf('\n', end + 1)) {
          line++;
          lineStart = end + 1;
        }
    } else {
      if (kind === NAME) while (stop < text.length && kindAt(text, stop) === NAME) stop++;
      tokens.push(token(kind === MARK ? 'mark' : 'name', at, stop));
    }
    at = stop;
  }
  tokens.push(token('end', at, at + 1));
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
