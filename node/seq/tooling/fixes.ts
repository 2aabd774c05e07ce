// What an editor can do about a diagnostic by itself: where its hint says what to write, that is written.
import type { Diagnostic } from '../api.ts';

export interface Fix {
  readonly title: string;
  readonly line: number;
  readonly column: number;
  readonly endColumn: number;
  readonly text: string;
}

/**
 * The changes of the diagnostic's file that its hint asks for; none where it leaves the place to the author.
 */
export function fixesOf(diagnostic: Diagnostic): readonly Fix[] {
  const { code, hint, line, column, endColumn, sourceLine, sourceOffset } = diagnostic;
  const here = { line, column, endColumn };
  const meant = /^Did you mean (\S+)\?$/.exec(hint)?.[1] ?? /^Write ([^\s\]();]+)\.$/.exec(hint)?.[1];
  if (meant !== undefined) return [{ ...here, title: `Write ${meant}`, text: meant }];
  const module = /^Write include (std:\S+) at the top\.$/.exec(hint)?.[1];
  if (module !== undefined) {
    const text = `include ${module}\n`;
    return [{ line: 1, column: 1, endColumn: 1, title: `Include ${module}`, text }];
  }
  if (hint.startsWith('Leave it out') || hint === 'Leave the , out.') {
    const after = sourceLine.charAt(endColumn - 1 - sourceOffset) === ' ' ? 1 : 0;
    return [{ line, column, endColumn: endColumn + after, title: 'Leave it out', text: '' }];
  }
  if (code === 'map-set-order') {
    const at = { line, column: endColumn, endColumn };
    return [{ ...at, title: 'Write swap before map.set', text: ' swap' }];
  }
  if (hint === 'Write it as in "text".') {
    const written = sourceLine.slice(column - 1 - sourceOffset, endColumn - 1 - sourceOffset);
    const inner = /^['`“”‘’«»](.*)['`“”‘’«»]$/.exec(written)?.[1];
    if (inner !== undefined) return [{ ...here, title: 'Write double quotes', text: `"${inner}"` }];
  }
  if (code !== 'expected-definition' && hint === 'Write # and the comment, to the end of the line.')
    return [{ ...here, title: 'Write #', text: '#' }];
  return [];
}
