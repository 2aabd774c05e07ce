// Text that came from elsewhere, safe to show on a terminal.

/** Control characters other than line feeds and tabs, and what turns the direction of writing. */
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** What could drive a terminal is escaped. */
export function printable(text: string): string {
  return text.replace(UNSAFE, escaped);
}

/** The same, with one sign for each, so that columns stay. */
export function printableInColumns(text: string): string {
  return text.replace(UNSAFE, '\u00b7');
}

/** A name that a sentence is about: what cannot be seen is escaped, too. */
export function visible(name: string): string {
  return name.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Z}]/gu, escaped);
}

function escaped(character: string): string {
  const code = character.codePointAt(0)!.toString(16);
  return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`;
}
