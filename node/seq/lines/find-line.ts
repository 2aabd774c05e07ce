// Which line of releases a program belongs to. A file says it (`# seq: 2.x`), or it is found out: the newest
// line whose vocabulary checks the program, tried newest first. The same text gives the same line on every
// node.
import { INT_MAX } from '../../base/value.ts';
import type { Diagnostic } from '../api.ts';
import { isSugar } from '../builtins/operators.ts';
import { type Checked, checkProgram } from '../check/program.ts';
import type { EffectExpression, FileTree, Node, TypeExpression } from '../syntax/ast.ts';
import { diagnosticAt } from '../syntax/diagnostic.ts';
import {
  isRelease,
  LINES,
  type Line,
  linesOf,
  MIXED,
  NEWEST,
  releaseNumber,
  releaseOf,
  releasesOf,
  type Span,
} from './releases.ts';
import { type Vocabulary, vocabularyOf } from './vocabulary.ts';

export interface Lined {
  readonly checked: Checked;
  readonly lineOf: ReadonlyMap<FileTree, Line>;
  /**
   * What the newest line has against a program that is taken for one of an older line, where that may be a
   * mistake.
   */
  readonly newer?: Diagnostic;
}

/** The line of each file. */
type Assignment = ReadonlyMap<FileTree, Line>;

/** Fails, as diagnostics, on a file that says a release that there never was. */
export function releaseProblems(files: readonly FileTree[]): readonly Diagnostic[] {
  return files.flatMap(({ release }) => {
    if (release === undefined || isRelease(release.text)) return [];
    return [
      diagnosticAt(
        release.at,
        'unknown-release',
        `${release.text.slice(0, 40)} is no release of Seq.`,
        'Write it as in # seq: 2.x or # seq: 7, or leave it out: the release is found out then.',
      ),
    ];
  });
}

/** `silent`: the releases of files that say none. */
export function checkInLine(files: readonly FileTree[], modules: ReadonlySet<string>, silent?: Span): Lined {
  const check = (lineOf: Assignment): Lined => ({
    checked: checkProgram(files, (file) => vocabularyOf(lineOf.get(file)!), modules),
    lineOf,
  });
  const refused: Lined[] = [];
  const assignments = assignmentsOf(files, silent);
  if (assignments.length === 1) return check(assignments[0]!);
  // Most programs are of the newest line, and do not wait for the words of others.
  const counted: number[] = [];
  const strangers = (at: number): number => {
    counted[at] ??= strangersIn(files, assignments[at]!);
    return counted[at];
  };
  let newer = strangers(0) === marksIn(files) ? newest(files, assignments[0]!, check) : undefined;
  for (const [at, lineOf] of assignments.entries()) {
    if (strangers(at) > 0) continue;
    const found = check(lineOf);
    if (found.checked.diagnostics.length === 0) {
      const [first] = refused;
      const mixed = [...lineOf.values()].includes(MIXED);
      if (
        first !== undefined &&
        strangers(0) === 0 &&
        !mixed &&
        !first.checked.diagnostics.every(isOfItsTime)
      )
        return refusedAsNewest(first, found);
      return newer === undefined ? found : { ...found, newer };
    }
    if (at === 0) newer = found.checked.diagnostics[0];
    refused.push(found);
  }
  const apart = files.length > 1 ? lineByLine(files, modules, assignments[0]!, silent) : undefined;
  if (apart !== undefined) {
    const found = check(apart);
    if (found.checked.diagnostics.length === 0) return found;
    if (new Set([...apart.values()].map(({ name }) => name)).size > 1) refused.push(found);
  }
  return closest(files, { refused, assignments, strangers }, check);
}

/**
 * What the newest line has against a program that only wide literals and words without effects make older.
 */
function newest(
  files: readonly FileTree[],
  lineOf: Assignment,
  check: (lineOf: Assignment) => Lined,
): Diagnostic | undefined {
  if (marksIn(files) === 0) return undefined;
  return wideProblem(files) ?? check(lineOf).checked.diagnostics[0];
}

/** How many words and literals a beginner may write as well that only older lines have. */
const marksIn = (files: readonly FileTree[]): number =>
  wideLiterals(files).length + files.reduce((sum, file) => sum + usesOf(file).withoutEffect, 0);

/** A name of a type that none resembles: until 6.x a variable, and hardly a mistake. */
const isOfItsTime = ({ code, hint }: Diagnostic): boolean =>
  code === 'unknown-type' && !hint.startsWith('Did you mean');

/**
 * Only types tell the program from one of the newest line: what beginners forget most, the Bool of a word
 * that can fail, is what older releases did not have. So it is refused, unless it says that it is older.
 */
function refusedAsNewest(refused: Lined, older: Lined): Lined {
  const { name } = [...older.lineOf.values()][0]!;
  const [first, ...rest] = refused.checked.diagnostics;
  const hint = `${first!.hint} If the program is of ${name}, say so in its first line, as with # seq: ${releaseOf(name)}.`;
  return { ...refused, checked: { ...refused.checked, diagnostics: [{ ...first!, hint }, ...rest] } };
}

interface Tried {
  readonly refused: readonly Lined[];
  readonly assignments: readonly Assignment[];
  /** Of the assignment at a place. */
  readonly strangers: (at: number) => number;
}

/**
 * A line for each file by itself, where no line takes all of them: the newest that has nothing against the
 * file, those it includes before it. What files declare is how they see each other. Undefined when there is a
 * file that no line takes.
 */
function lineByLine(
  files: readonly FileTree[],
  modules: ReadonlySet<string>,
  said: Assignment,
  silent: Span | undefined,
): Assignment | undefined {
  const lineOf = new Map(said);
  for (const file of files) {
    if (file.release !== undefined || silent !== undefined) continue;
    const line = orderFor([file]).find((each) => {
      lineOf.set(file, each);
      if (strangersIn(files, lineOf, [file]) > 0) return false;
      const { diagnostics } = checkProgram(files, (other) => vocabularyOf(lineOf.get(other)!), modules);
      return !diagnostics.some(({ file: name }) => name === file.source.file);
    });
    if (line === undefined) return undefined;
  }
  return lineOf;
}

/**
 * The refusal with the fewest errors; of two, that of a line that knows all names, and then that of the
 * newer.
 */
function closest(
  files: readonly FileTree[],
  { refused, assignments, strangers }: Tried,
  check: (lineOf: Assignment) => Lined,
): Lined {
  const least = Math.min(...assignments.map((_, at) => strangers(at)));
  // A name that the newest line lacks may be mistyped; a conditional that it lacks is none of it.
  const newest = files.every((file) => usesOf(file).keywordIfs === 0);
  const near = assignments.filter((_, at) => (at === 0 && newest) || strangers(at) === least);
  const tried = refused.length > 0 && strangers(0) === 0 ? refused : near.map(check);
  // One that knows every name goes before one that does not: half an error.
  const errors = ({ checked, lineOf }: Lined): number =>
    checked.diagnostics.length + (strangersIn(files, lineOf) > 0 ? 0.5 : 0);
  return tried.reduce((best, each) => (errors(each) < errors(best) ? each : best));
}

/** What to try, in order. Files that say nothing are of one line. */
function assignmentsOf(files: readonly FileTree[], silent: Span | undefined): readonly Assignment[] {
  const saidBy = (file: FileTree): readonly Line[] | undefined => {
    const releases = file.release === undefined ? silent : releasesOf(file.release.text);
    return releases === undefined ? undefined : linesOf(releases);
  };
  const said = new Map(files.map((file) => [file, saidBy(file)]));
  const orders = orderFor(files.filter((file) => said.get(file) === undefined));
  const assignments = new Map<string, Assignment>();
  for (const line of orders) {
    const lineOf = files.map((file): [FileTree, Line] => {
      const own = said.get(file);
      return [file, own?.find(({ name }) => name === line.name) ?? own?.[0] ?? line];
    });
    const key = lineOf.map(([, { name }]) => name).join('\n');
    if (!assignments.has(key)) assignments.set(key, new Map(lineOf));
  }
  return [...assignments.values()];
}

/**
 * Actors are of this node, and so of 7.x: what is written for them in older spellings is of several releases,
 * and of none before. So may be what names types of this node. Everything else is of several releases only
 * when it is of no line.
 */
function orderFor(silent: readonly FileTree[]): readonly Line[] {
  const [newest, ...older] = LINES;
  if (silent.some(isOfActors)) return [newest!, MIXED];
  const typed = silent.some(({ words }) =>
    words.some(({ effect }) => names(effect, (name) => TYPES.has(name))),
  );
  return typed ? [newest!, MIXED, ...older] : [newest!, ...older, MIXED];
}

const ACTOR_WORD = /^(?:actor|journal)[.-]/;
const ACTOR_TYPES: ReadonlySet<string> = new Set(['State', 'Msg', 'Message', 'ActorId']);
const TYPES: ReadonlySet<string> = new Set(['Map', 'List']);

function isOfActors(file: FileTree): boolean {
  const typed = file.words.some(
    ({ effect }) => names(effect, (name) => ACTOR_TYPES.has(name.replace(/'+$/, ''))) || isBehaviour(effect),
  );
  return (
    typed ||
    usesOf(file)
      .names.values()
      .some((name) => ACTOR_WORD.test(name))
  );
}

/** `( Map M -- Map )` */
function isBehaviour(effect: EffectExpression | undefined): boolean {
  const [inputs, outputs] = [effect?.inputs.types ?? [], effect?.outputs.types ?? []];
  const isMap = (type: TypeExpression | undefined) => type?.kind === 'name' && type.name === 'Map';
  return inputs.length === 2 && isMap(inputs[0]) && outputs.length === 1 && isMap(outputs[0]);
}

/** Whether the effect names a type, itself or in that of a quotation, of which this is true. */
function names(effect: EffectExpression | undefined, is: (name: string) => boolean): boolean {
  const oneOf = (type: TypeExpression) => (type.kind === 'name' ? is(type.name) : names(type.effect, is));
  return effect !== undefined && (effect.inputs.types.some(oneOf) || effect.outputs.types.some(oneOf));
}

type Literal = Extract<Node, { readonly kind: 'literal' }>;

/**
 * Ints that only 64 bits hold, in files that say no release. Newer programs also write patterns of 64 bits in
 * hexadecimal digits, and one more than the largest Int of 63 bits.
 */
const wideLiterals = (files: readonly FileTree[]): readonly Literal[] =>
  files.flatMap((file) => (file.release === undefined ? usesOf(file).wideLiterals : []));

function isWideNumber({ wide, at }: Literal): boolean {
  if (wide === undefined || wide === INT_MAX + 1n) return false;
  return !/[xXbB]/.test(at.source.line(at.line).slice(at.column - 1, at.endColumn - 1));
}

function wideProblem(files: readonly FileTree[]): Diagnostic | undefined {
  const [first] = wideLiterals(files);
  if (first === undefined) return undefined;
  return diagnosticAt(
    first.at,
    'int-wraps',
    `${first.wide} does not fit into 63 bits.`,
    `With # seq: ${NEWEST.from / releaseNumber('1')} as its first line it stands for ${first.value}.`,
  );
}

/** How many uses of names, conditionals, effects and literals the lines of an assignment do not have. */
function strangersIn(files: readonly FileTree[], lineOf: Assignment, among = files): number {
  const own = new Set(files.flatMap(({ words }) => words.map(({ name }) => name)));
  let count = 0;
  for (const file of among) {
    const vocabulary = vocabularyOf(lineOf.get(file)!);
    const uses = usesOf(file);
    if (!vocabulary.effectsOptional) count += uses.withoutEffect;
    if (!vocabulary.keywordIf) count += uses.keywordIfs;
    if (vocabulary.intBits < 64) count += wideLiterals([file]).length;
    for (const name of uses.names) if (!own.has(name) && !knows(vocabulary, name)) count++;
  }
  return count;
}

/** A word that a union brings counts as known; the check sees to those. */
function knows({ words, sugar }: Vocabulary, name: string): boolean {
  return words.get(name) !== undefined || (sugar && isSugar(name)) || /\p{Lu}/u.test(name);
}

interface Counted {
  readonly names: Set<string>;
  readonly wideLiterals: Literal[];
  keywordIfs: number;
}

interface Uses extends Readonly<Counted> {
  readonly withoutEffect: number;
}

const nothingCounted = (): Counted => ({ names: new Set(), wideLiterals: [], keywordIfs: 0 });

const known = new WeakMap<FileTree, Uses>();

function usesOf(file: FileTree): Uses {
  let uses = known.get(file);
  if (uses === undefined) {
    const counted = nothingCounted();
    for (const { body } of file.words) count(body, counted);
    const withoutEffect = file.words.filter(({ effect }) => effect === undefined).length;
    uses = { ...counted, withoutEffect };
    known.set(file, uses);
  }
  return uses;
}

function count(nodes: readonly Node[], counted: Counted): void {
  for (const node of nodes) {
    if (node.kind === 'name') counted.names.add(node.name);
    else if (node.kind === 'literal') {
      if (isWideNumber(node)) counted.wideLiterals.push(node);
    } else if (node.kind === 'quotation') count(node.body, counted);
    else if (node.kind === 'if') {
      counted.keywordIfs++;
      count(node.yes, counted);
      count(node.no, counted);
    } else if (node.kind === 'match') for (const arm of node.arms) count(arm.body, counted);
  }
}
