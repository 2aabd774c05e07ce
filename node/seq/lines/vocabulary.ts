// What the names of a program mean, by the line of releases that its file belongs to: the words, and the few
// rules of the language that changed. All of it comes from the rows of the builtins and the releases that
// know them.

import { BUILTINS } from '../builtins/index.ts';
import { flagsAsInts } from '../builtins/older/derive.ts';
import type { OlderRow } from '../builtins/older/row.ts';
import { olderRows } from '../builtins/older/rows.ts';
import { wide } from '../builtins/older/wide-ints.ts';
import { type Builtin, type BuiltinRow, builtinOf } from '../builtins/table.ts';
import { releasesWith } from './history.ts';
import { type Line, MIXED, overlaps, releaseNumber, type Span } from './releases.ts';

/** The words that a name may be; a part of what a table of builtins is. */
export interface WordTable {
  get(name: string): Builtin | undefined;
  keys(): Iterable<string>;
}

export interface Vocabulary {
  readonly line: Line;
  readonly words: WordTable;
  /** What conditions are: Ints, where 0 is false, or Bools; `either` takes both. */
  readonly truth: 'Int' | 'Bool' | 'either';
  /** `c if yes else no then` */
  readonly keywordIf: boolean;
  /** `+ < =` and their like stand for the word of their operands. */
  readonly sugar: boolean;
  /** A name with a capital that is no type is a type variable; so are these, which are types today. */
  readonly variables: ReadonlySet<string> | undefined;
  /** A type variable fits every type in the body of the word that declares it. */
  readonly anyVariables: boolean;
  /** A branch that takes more than there is ends the run when it is reached, and not the check. */
  readonly lateUnderflow: boolean;
  /** Of an Int. */
  readonly intBits: 63 | 64;
  /** A word may lack its effect. */
  readonly effectsOptional: boolean;
  /** `Quotation` stands for any one value in an effect. */
  readonly quotationType: boolean;
}

/** Whether the line has releases before this one: what they allow, the line allows. */
const before = (line: Line, release: string): boolean => line.from < releaseNumber(release);

const vocabularies = new Map<string, Vocabulary>();

export function vocabularyOf(line: Line): Vocabulary {
  const key = `${line.name} ${line.from} ${line.until}`;
  const known = vocabularies.get(key) ?? (line.name === MIXED.name ? mixed(BUILTINS) : made(line));
  vocabularies.set(key, known);
  return known;
}

/** The vocabulary of programs of several releases over a table of words. */
export const mixed = (words: WordTable): Vocabulary => ({
  line: MIXED,
  words,
  truth: 'either',
  keywordIf: true,
  sugar: true,
  variables: undefined,
  anyVariables: false,
  intBits: 63,
  lateUnderflow: false,
  effectsOptional: false,
  quotationType: false,
});

function made(line: Line): Vocabulary {
  const ints = before(line, '0.17');
  const loose = before(line, '7');
  const variables = before(line, '5.7') ? BEFORE_VARIANT : BEFORE_7;
  return {
    line,
    words: before(line, '7') ? new OlderWords(line, ints) : new TodaysWords(line),
    truth: ints ? 'Int' : 'Bool',
    keywordIf: before(line, '6'),
    sugar: line.until > releaseNumber('5.2'),
    variables: loose ? variables : undefined,
    anyVariables: before(line, '5.7'),
    intBits: before(line, '4.1') ? 64 : 63,
    lateUnderflow: before(line, '0.19'),
    effectsOptional: before(line, '2'),
    quotationType: before(line, '1.0.2'),
  };
}

const BEFORE_7: ReadonlySet<string> = new Set(['Map', 'List', 'Socket', 'WeaveCtx']);
const BEFORE_VARIANT: ReadonlySet<string> = new Set([...BEFORE_7, 'Variant']);

/** The names that a line knows of those that are there today. */
class TodaysWords implements WordTable {
  readonly line: Line;

  constructor(line: Line) {
    this.line = line;
  }

  get(name: string): Builtin | undefined {
    const releases = releasesWith(name);
    return releases !== undefined && overlaps(releases, this.line) ? BUILTINS.get(name) : undefined;
  }

  keys(): Iterable<string> {
    return [...BUILTINS.keys()].filter((name) => this.get(name) !== undefined);
  }
}

const spanOf = ({ since, until }: OlderRow): Span => ({
  from: releaseNumber(since),
  until: releaseNumber(until),
});

/** A word of the line in its newest form there. */
class OlderWords extends TodaysWords {
  readonly #ints: boolean;
  readonly #rows = new Map<string, OlderRow>();
  readonly #made = new Map<string, Builtin | undefined>();

  constructor(line: Line, ints: boolean) {
    super(line);
    this.#ints = ints;
    for (const row of olderRows()) {
      if (!overlaps(spanOf(row), line)) continue;
      const other = this.#rows.get(row.name);
      if (other === undefined || releaseNumber(other.since) < releaseNumber(row.since))
        this.#rows.set(row.name, row);
    }
  }

  override get(name: string): Builtin | undefined {
    if (!this.#made.has(name)) this.#made.set(name, this.#make(name));
    return this.#made.get(name);
  }

  #make(name: string): Builtin | undefined {
    const older = this.#rows.get(name);
    if (older !== undefined && !this.#supersedes(name, older)) return this.#widened(builtinOf(older), older);
    const word = super.get(name);
    if (word === undefined || !this.#ints || !word.effect.includes('Bool'))
      return word === undefined ? word : this.#widened(word, word);
    const row = flagsAsInts(word);
    return this.#widened(builtinOf(row), row);
  }

  #widened(word: Builtin, row: BuiltinRow): Builtin {
    const wider = before(this.line, '4.1') ? wide(row) : row;
    return wider === row ? word : builtinOf(wider);
  }

  /** Whether the line ends with the name in the form that it has today. */
  #supersedes(name: string, older: OlderRow): boolean {
    const today = BUILTINS.has(name) ? releasesWith(name) : undefined;
    if (today === undefined || !overlaps(today, this.line) || today.until < this.line.until) return false;
    return releaseNumber(older.until) < this.line.until;
  }

  override keys(): Iterable<string> {
    return new Set([...super.keys(), ...this.#rows.keys()]);
  }
}
