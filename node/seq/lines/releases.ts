// Releases of Seq as numbers that can be compared, and the lines of releases within which no word changed its
// meaning.

/** A stretch of releases: from `from` on, up to and without `until`. Both as `releaseNumber` gives them. */
export interface Span {
  readonly from: number;
  readonly until: number;
}

/** A line of releases: within it every name has one effect and one meaning. */
export interface Line extends Span {
  /** As in `Seq 0.19 to 2.x`. */
  readonly name: string;
}

const PART = 1000;

/** `0.18.8` as a number; parts that are missing are 0. */
export function releaseNumber(release: string): number {
  const [major = 0, minor = 0, patch = 0] = release.split('.').map(Number);
  return (major * PART + minor) * PART + patch;
}

const line = (name: string, from: string, until?: string): Line => ({
  name: `Seq ${name}`,
  from: releaseNumber(from),
  until: until === undefined ? Number.POSITIVE_INFINITY : releaseNumber(until),
});

/**
 * Newest first: the order in which they are tried. A line ends where a name that stays gets another effect or
 * meaning.
 */
export const LINES: readonly Line[] = [
  line('7.x', '7'),
  line('6.x', '6', '7'),
  line('4.1 to 5.x', '4.1', '6'),
  line('3.0 to 4.0', '3', '4.1'),
  line('0.19 to 2.x', '0.19', '3'),
  line('0.18.8', '0.18.8', '0.19'),
  line('0.18', '0.18', '0.18.8'),
  line('0.17', '0.17', '0.18'),
  line('0.3 to 0.16', '0.3', '0.17'),
];

export const NEWEST: Line = LINES[0]!;

/**
 * The words of 7.x together with those spellings of older releases that contradict none of them, and with
 * both conditionals. Programs that mix releases are of this line.
 */
export const MIXED: Line = { ...NEWEST, name: 'Seq of several releases' };

export const overlaps = (a: Span, b: Span): boolean => a.from < b.until && b.from < a.until;

/** What a file may write after `# seq:`: `7`, `2.x`, `0.18`, `0.18.8`. */
const RELEASE = /^v?(\d{1,3})(?:\.(\d{1,3}|x))?(?:\.(\d{1,3}|x))?$/;

/** The releases that such a text means, or the name of a line; undefined when it means none. */
export function releasesOf(text: string): Span | undefined {
  const named = LINES.find(({ name }) => name === text);
  if (named !== undefined) return named;
  const parts = RELEASE.exec(text);
  if (parts === null) return undefined;
  const numbers = parts.slice(1).filter((part) => part !== undefined && part !== 'x');
  const from = releaseNumber(numbers.join('.'));
  const size = PART ** (3 - numbers.length);
  return { from, until: from + size };
}

/** The lines, or parts of lines, that a file of these releases may belong to: newest first. */
export function linesOf(releases: Span): readonly Line[] {
  return LINES.filter((each) => overlaps(each, releases)).map((each) => ({
    name: each.name,
    from: Math.max(each.from, releases.from),
    until: Math.min(each.until, releases.until),
  }));
}

/** How a file says a line: its newest release. */
export const releaseOf = (lineName: string): string => lineName.slice(lineName.lastIndexOf(' ') + 1);

/** Whether a text names a release of any line. */
export function isRelease(text: string): boolean {
  const releases = releasesOf(text);
  return releases !== undefined && linesOf(releases).length > 0;
}
