// Regular expressions in the syntax of RE2, which match in time linear in the text. A search for all matches
// can still take time in its square, and a pattern can be large; so the characters that the engine reads are
// counted and bounded.
import type { RE2JS } from 're2js';
import { List, type Value } from '../../base/value.ts';
import { Fault } from '../fault.ts';
import { deferred } from './deferred.ts';
import { lengthOf, type Results, text, type WordRow, workOfAll } from './row.ts';
import { checkLength, PARTS_MAX } from './strings.ts';

const re2js = deferred<typeof import('re2js')>('re2js');

const PATTERN_LENGTH_MAX = 4096;
/** Compiled patterns that are kept: programs use a few of them many times. */
const PATTERNS_KEPT = 16;
/**
 * What a search may read, in characters times the weight of the pattern: so much in any case, and for each
 * character.
 */
const READS_MIN = 4_000_000;
const READS_PER_CHARACTER = 4;
/** How much longer than reading a character it takes to compile an instruction. */
const COMPILING_READS = 100;

interface Pattern {
  readonly engine: RE2JS;
  /** How much a character costs: the larger the program, the more states are followed. */
  readonly weight: number;
}

const kept = new Map<string, Pattern | undefined>();

/** Undefined for what is no regular expression. */
function compiled(v: Value): Pattern | undefined {
  const source = text(v);
  if (typeof source !== 'string') return undefined;
  if (kept.has(source)) return kept.get(source);
  const pattern = compile(source);
  if (kept.size >= PATTERNS_KEPT) kept.delete(kept.keys().next().value!);
  kept.set(source, pattern);
  return pattern;
}

function compile(source: string): Pattern | undefined {
  if (source.length > PATTERN_LENGTH_MAX) return undefined;
  try {
    const engine = re2js().RE2JS.compile(source);
    reads += COMPILING_READS * engine.programSize();
    return { engine, weight: 1 + (engine.programSize() >>> 4) };
  } catch (error) {
    if (error instanceof re2js().RE2JSException) return undefined;
    throw error;
  }
}

/** What was read since a word was last charged for it. */
let reads = 0;

/** A text that counts what is read of it. The engine takes any object of the class String. */
class MeteredText extends String {
  readonly #weight: number;
  readonly #readsMax: number;

  constructor(source: string, weight: number) {
    super(source);
    this.#weight = weight;
    this.#readsMax = reads + READS_MIN + source.length * weight * READS_PER_CHARACTER;
  }

  #read(count: number): void {
    reads += count;
    if (reads > this.#readsMax)
      throw new Fault(
        'too-large',
        'The search takes too long: the pattern looks at the same text again and again.',
      );
  }

  override charCodeAt(index: number): number {
    this.#read(this.#weight);
    return super.charCodeAt(index);
  }

  override indexOf(part: string, from = 0): number {
    const at = super.indexOf(part, from);
    this.#read(1 + (((at < 0 ? this.length : at) - from) >>> 6));
    return at;
  }
}

type Match = readonly { readonly start: number; readonly end: number }[];

/**
 * The matches from the left: group 0 is the match, an absent group has start -1. None is empty right after
 * another.
 */
function* matches({ engine, weight }: Pattern, source: string): Generator<Match> {
  const matcher = engine.matcher(new MeteredText(source, weight) as unknown as string);
  let count = 0;
  let lastEnd = -1;
  while (matcher.find()) {
    if (matcher.start() === matcher.end() && matcher.start() === lastEnd) continue;
    lastEnd = matcher.end();
    if (++count > PARTS_MAX)
      throw new Fault('too-large', `The pattern matches more than ${PARTS_MAX} times.`);
    yield Array.from({ length: matcher.groupCount() + 1 }, (_, i) => ({
      start: matcher.start(i),
      end: matcher.end(i),
    }));
  }
}

const first = (pattern: Pattern, source: string): Match | undefined => {
  for (const match of matches(pattern, source)) return match;
  return undefined;
};

function part(source: string, match: Match, group: number): string {
  const { start, end } = match[group] ?? { start: -1, end: -1 };
  return start < 0 ? '' : source.slice(start, end);
}

/** Puts texts together, and faults once they are too long. */
class Pieces {
  readonly #pieces: string[] = [];
  #length = 0;

  put(piece: string): void {
    this.#length += piece.length;
    checkLength(this.#length);
    this.#pieces.push(piece);
  }

  text(): string {
    return this.#pieces.join('');
  }
}

/** `$1` `$name` `${name}` stand for groups, `$$` for a dollar sign; a group that is not there is empty. */
function expand(template: string, groupOf: (name: string) => string, to: Pieces): void {
  let from = 0;
  for (const found of template.matchAll(/\$(?:\$|\{([^}]*)\}|(\w+))/g)) {
    to.put(template.slice(from, found.index));
    const name = found[1] ?? found[2];
    to.put(name === undefined ? '$' : groupOf(name));
    from = found.index + found[0].length;
  }
  to.put(template.slice(from));
}

/** Undefined for bytes that are not UTF-8, in which there is nothing to search for. */
function searched(v: Value): string | undefined {
  const source = text(v);
  return typeof source === 'string' ? source : undefined;
}

function replace(v: Value, by: Value, template: Value, all: boolean): Results {
  const source = searched(v);
  const replacement = searched(template);
  const pattern = compiled(by);
  if (pattern === undefined || source === undefined || replacement === undefined) return [v, false];
  const names = pattern.engine.namedGroups() as Record<string, number>;
  const out = new Pieces();
  let from = 0;
  for (const match of matches(pattern, source)) {
    const groupOf = (name: string) => {
      if (/^\d{1,4}$/.test(name)) return part(source, match, Number(name));
      return Object.hasOwn(names, name) ? part(source, match, names[name]!) : '';
    };
    out.put(source.slice(from, match[0]!.start));
    expand(replacement, groupOf, out);
    from = match[0]!.end;
    if (!all) break;
  }
  out.put(source.slice(from));
  return [out.text(), true];
}

function find(v: Value, by: Value): Results {
  const source = searched(v);
  const pattern = compiled(by);
  if (source === undefined) return ['', false];
  const match = pattern && first(pattern, source);
  return match === undefined ? ['', false] : [part(source, match, 0), true];
}

function findAll(v: Value, by: Value): Results {
  const source = searched(v);
  const pattern = compiled(by);
  if (pattern === undefined || source === undefined) return [List.empty, false];
  return [List.of<Value>(Array.from(matches(pattern, source), (match) => part(source, match, 0))), true];
}

function captures(v: Value, by: Value): Results {
  const source = searched(v);
  const pattern = compiled(by);
  if (source === undefined) return [List.empty, false];
  const match = pattern && first(pattern, source);
  if (match === undefined) return [List.empty, false];
  return [List.of<Value>(match.slice(1).map((_, i) => part(source, match, i + 1))), true];
}

function split(v: Value, by: Value): Results {
  const source = searched(v);
  const pattern = compiled(by);
  if (pattern === undefined || source === undefined) return [List.of<Value>([v]), false];
  const parts: string[] = [];
  let from = 0;
  for (const [whole] of matches(pattern, source)) {
    parts.push(source.slice(from, whole!.start));
    from = whole!.end;
  }
  parts.push(source.slice(from));
  return [List.of<Value>(parts), true];
}

function matched(v: Value, by: Value): boolean {
  const source = searched(v);
  const pattern = compiled(by);
  return pattern !== undefined && source !== undefined && first(pattern, source) !== undefined;
}

const row = (name: string, effect: string, run: WordRow['run']): WordRow => ({
  name: `regex.${name}`,
  effect,
  run,
  cost: (v, by) => 2 * (compiled(by ?? v)?.weight ?? 0) * lengthOf(v),
  work: (...all) => {
    const reductions = (reads >>> 3) + workOfAll(...all);
    reads = 0;
    return reductions;
  },
});

export const regexWords: readonly WordRow[] = [
  row('match?', '( String String -- Bool )', matched),
  row('find', '( String String -- String Bool )', find),
  row('find-all', '( String String -- List Bool )', findAll),
  row('replace', '( String String String -- String Bool )', (v, by, template) =>
    replace(v!, by!, template!, false),
  ),
  row('replace-all', '( String String String -- String Bool )', (v, by, template) =>
    replace(v!, by!, template!, true),
  ),
  row('captures', '( String String -- List Bool )', captures),
  row('split', '( String String -- List Bool )', split),
  row('valid?', '( String -- Bool )', (source) => compiled(source!) !== undefined),
];
