// `# seq: 2.x` among the comments that a file begins with: the releases of Seq that it is written for.
import type { Source, Span } from './diagnostic.ts';

export interface ReleaseComment {
  /** What stands after the colon. */
  readonly text: string;
  readonly at: Span;
}

const COMMENT = /^\s*#\s*seq:\s+(\S.*?)\s*$/;

export function releaseComment(source: Source): ReleaseComment | undefined {
  for (let line = 1, from = 0; from < source.text.length; line++) {
    const stop = source.text.indexOf('\n', from);
    const end = stop < 0 ? source.text.length : stop;
    const text = source.text.slice(from, Math.min(end, from + 200));
    if (/^\s*[^\s#]/.test(text)) return undefined;
    const found = COMMENT.exec(text);
    if (found !== null) {
      const column = text.lastIndexOf(found[1]!) + 1;
      return { text: found[1]!, at: { source, line, column, endColumn: column + found[1]!.length } };
    }
    from = end + 1;
  }
  return undefined;
}
