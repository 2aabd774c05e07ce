// A source file as the rules read it: which of its characters are code, which are comments, and what it
// imports.

export interface Import {
  /** Undefined where the name is computed. */
  readonly name: string | undefined;
  readonly line: number;
  /** Loaded when it is needed. */
  readonly isLazy: boolean;
}

export interface SourceText {
  readonly lines: readonly string[];
  /** The lines with comments blanked, and the insides of strings; code inside `${…}` stays. */
  readonly code: readonly string[];
  readonly imports: readonly Import[];
}

/** Of the character before a `/`: whether a regular expression may begin there. */
const BEFORE_REGEX = /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|case|typeof|in|of))$/;

export function readSource(text: string): SourceText {
  const { code, strings } = blank(text);
  return { lines: text.split('\n'), code: code.split('\n'), imports: importsOf(code, strings) };
}

/** `strings`: the content of each quoted string without substitutions, by where its opening quote is. */
function blank(text: string): { readonly code: string; readonly strings: ReadonlyMap<number, string> } {
  const out = [...text.replace(/[^\n]/gu, (character) => ' '.repeat(character.length))];
  const strings = new Map<number, string>();
  const keep = (at: number) => {
    out[at] = text[at]!;
  };
  /** What the scanner is inside of, the innermost last: code in braces, or a template. */
  const inside: ('braces' | 'template')[] = ['braces'];
  for (let at = 0; at < text.length; ) {
    if (inside.at(-1) === 'template') {
      if (text[at] === '\\') at += 2;
      else if (text[at] === '`') {
        keep(at++);
        inside.pop();
      } else if (text.startsWith('${', at)) {
        inside.push('braces');
        at += 2;
      } else at++;
      continue;
    }
    const ahead = text.slice(at, at + 2);
    if (ahead === '//') at = endOf(text, '\n', at);
    else if (ahead === '/*') at = endOf(text, '*/', at + 2);
    else if (text[at] === '/' && BEFORE_REGEX.test(text.slice(Math.max(0, at - 20), at).trimEnd())) {
      at = regexEnd(text, at + 1);
    } else if (text[at] === "'" || text[at] === '"') {
      const end = stringEnd(text, at);
      strings.set(at, text.slice(at + 1, end));
      keep(at);
      keep(end);
      at = end + 1;
    } else {
      keep(at);
      if (text[at] === '`') inside.push('template');
      else if (text[at] === '{') inside.push('braces');
      else if (text[at] === '}') inside.pop();
      at++;
    }
  }
  return { code: out.join(''), strings };
}

function endOf(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  return found < 0 ? text.length : found + (mark === '\n' ? 0 : mark.length);
}

function stringEnd(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && text[at] !== text[from] && text[at] !== '\n') at += text[at] === '\\' ? 2 : 1;
  return at;
}

function regexEnd(text: string, from: number): number {
  let at = from;
  for (let inClass = false; at < text.length && text[at] !== '\n' && (inClass || text[at] !== '/'); at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '[') inClass = true;
    else if (text[at] === ']') inClass = false;
  }
  return at + 1;
}

function importsOf(code: string, strings: ReadonlyMap<number, string>): Import[] {
  const found: Import[] = [];
  const lineAt = (at: number) => code.slice(0, at).split('\n').length;
  for (const match of code.matchAll(/\bfrom\s*(?=['"])|^\s*import\s*(?=['"])/gm)) {
    const at = match.index + match[0].length;
    found.push({ name: strings.get(at), line: lineAt(at), isLazy: false });
  }
  for (const match of code.matchAll(/\bimport\s*\(\s*/g)) {
    const at = match.index + match[0].length;
    found.push({ name: strings.get(at), line: lineAt(at), isLazy: true });
  }
  return found.sort((a, b) => a.line - b.line);
}
