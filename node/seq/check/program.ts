// Checks a whole program: names and types of its definitions first, then each word's body.
import { nearest } from '../../base/nearest.ts';
import type { Diagnostic } from '../api.ts';
import type { Vocabulary } from '../lines/vocabulary.ts';
import type { FileTree, Node, UnionDefinition, WordDefinition } from '../syntax/ast.ts';
import { DiagnosticError, fail, type Span } from '../syntax/diagnostic.ts';
import type { Session } from './checker.ts';
import { componentsOf } from './cycles.ts';
import { Circular, effectOf } from './effectless.ts';
import { Environment, shorten } from './environment.ts';
import { BodyChecker } from './infer.ts';
import type { Literal, Word } from './ir.ts';
import { REACHED_MAX } from './reach.ts';
import { checkTypeNames, namedType, signatureOf, type TypeScope } from './signatures.ts';
import { CONCRETE, freshRow, INT, typeOf, unstack } from './types.ts';

export interface Checked {
  readonly words: ReadonlyMap<string, Word>;
  readonly unions: ReadonlyMap<string, UnionDefinition>;
  /** By index. */
  readonly literals: readonly Literal[];
  readonly diagnostics: readonly Diagnostic[];
  /**
   * Checks a word of the program whose body has changed, and whose effect has not; all others are as they
   * were.
   */
  readonly again?: (definition: WordDefinition) => Recheck;
}

export interface Recheck {
  readonly word: Word;
  readonly literals: readonly Literal[];
  readonly diagnostics: readonly Diagnostic[];
}

/** How many errors of a program are reported. */
const ERRORS_MAX = 100;

/**
 * Each file is checked with the vocabulary of its line. What the words `open` leave is found out instead of
 * checked; their `outputs` say it afterwards.
 */
export function checkProgram(
  files: readonly FileTree[],
  vocabularyOf: (file: FileTree) => Vocabulary,
  modules: ReadonlySet<string>,
  open: ReadonlySet<string> = new Set(),
): Checked {
  const diagnostics: Diagnostic[] = [];
  const attempt = (check: () => void): void => {
    if (diagnostics.length >= ERRORS_MAX) return;
    try {
      check();
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error;
      diagnostics.push(error.diagnostic);
    }
  };
  const unions = new Map<string, UnionDefinition>();
  for (const union of files.flatMap((file) => file.unions)) attempt(() => addUnion(unions, union));
  for (const union of unions.values()) attempt(() => checkFields(union, unions));
  const definitions = new Map<string, WordDefinition>();
  const words = new Map<string, Word>();
  const effectless: Effectless[] = [];
  for (const file of files) {
    const vocabulary = vocabularyOf(file);
    const scope = scopeOf(vocabulary, unions);
    for (const definition of file.words)
      attempt(() => addWord(words, definitions, definition, { vocabulary, scope, open, effectless }));
  }
  checkUnionWords(unions, words, attempt);
  const literals: Literal[] = [];
  const reach = { left: REACHED_MAX };
  // A union with a wrong field or a word without an effect would only bring errors about errors.
  if (diagnostics.length > 0) return { words, unions, literals, diagnostics };
  const cycles = cyclesOf(definitions);
  const environments = new Map<Vocabulary, Environment>();
  const environmentOf = (vocabulary: Vocabulary): Environment => {
    const known = environments.get(vocabulary) ?? new Environment(words, unions, vocabulary, modules, cycles);
    environments.set(vocabulary, known);
    return known;
  };
  if (effectless.length > 0) {
    const session = (vocabulary: Vocabulary) => ({
      environment: environmentOf(vocabulary),
      literals: [],
      reach,
    });
    for (const word of calledFirst(effectless, definitions))
      attempt(() => findEffect(words, word, effectless, session));
    if (diagnostics.length > 0) return { words, unions, literals, diagnostics };
  }
  attempt(() => checkMain(words.get('main')));
  for (const word of words.values())
    attempt(() => {
      const environment = environmentOf(word.vocabulary);
      word.body = new BodyChecker({ environment, literals, reach }, word).check(
        definitions.get(word.name)!.body,
      );
    });
  const again = (definition: WordDefinition): Recheck => {
    const before = words.get(definition.name)!;
    const scope = scopeOf(before.vocabulary, unions);
    return checkAgain(before, definition, scope, environmentOf(before.vocabulary));
  };
  return { words, unions, literals, diagnostics, again };
}

function checkAgain(
  before: Word,
  definition: WordDefinition,
  scope: TypeScope,
  environment: Environment,
): Recheck {
  const { at, body, effect = before.declared } = definition;
  const { inputs, outputs } = signatureOf(effect, scope, true);
  const word: Word = { ...before, at, inputs, outputs, body: [] };
  const literals: Literal[] = [];
  try {
    word.body = new BodyChecker({ environment, literals, reach: { left: REACHED_MAX } }, word).check(body);
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    return { word, literals, diagnostics: [error.diagnostic] };
  }
  return { word, literals, diagnostics: [] };
}

/** Types that the reference does not have: a union of its programs may have the name, and hides the type. */
const HIDDEN: ReadonlySet<string> = new Set(['List', 'Map', 'WeaveCtx']);

function addUnion(unions: Map<string, UnionDefinition>, union: UnionDefinition): void {
  const known = unions.get(union.name);
  if (known !== undefined)
    fail(
      union.at,
      'duplicate',
      `Union ${shorten(union.name)} is defined twice.`,
      `The other is at ${known.at.source.file}:${known.at.line}.`,
    );
  if (CONCRETE.has(union.name) && !HIDDEN.has(union.name))
    fail(union.at, 'duplicate', `${union.name} is a type of the language.`, 'Rename the union.');
  unions.set(union.name, union);
}

function checkFields(union: UnionDefinition, unions: ReadonlyMap<string, UnionDefinition>): void {
  for (const { tag, fields } of union.variants)
    for (const field of fields) {
      const type = namedType(field.type, unions);
      if (type !== undefined && type !== 'variable') continue;
      const near = nearest(field.type, [...CONCRETE.keys(), ...unions.keys()]);
      fail(
        field.at,
        'unknown-type',
        `${shorten(field.type)}, the type of field ${field.name} of ${tag}, is no type.`,
        near === undefined ? 'A field has a type of the language or a union.' : `Did you mean ${near}?`,
      );
    }
}

const scopeOf = (
  { variables, quotationType, anyVariables }: Vocabulary,
  unions: ReadonlyMap<string, UnionDefinition>,
): TypeScope => ({ unions, variables, quotationType, anyVariables });

/** What the words of a file have in common. */
interface Defined {
  readonly vocabulary: Vocabulary;
  readonly scope: TypeScope;
  readonly open: ReadonlySet<string>;
  readonly effectless: Effectless[];
}

/** A word whose effect is to be found out. */
interface Effectless {
  readonly definition: WordDefinition;
  readonly vocabulary: Vocabulary;
  readonly scope: TypeScope;
}

function missingEffect({ name, at }: WordDefinition): never {
  fail(
    at,
    'missing-effect',
    `Word ${shorten(name)} has no stack effect.`,
    `Write it as in : ${shorten(name)} ( -- ) … ;`,
  );
}

function calledFirst(
  words: readonly Effectless[],
  definitions: ReadonlyMap<string, WordDefinition>,
): readonly Effectless[] {
  const byName = new Map(words.map((word) => [word.definition.name, word]));
  const calls = (name: string) =>
    namesIn(definitions.get(name)!.body).filter((each) => definitions.has(each));
  const order = componentsOf(definitions.keys(), calls).flat();
  return order.map((name) => byName.get(name)).filter((word) => word !== undefined);
}

function findEffect(
  words: Map<string, Word>,
  { definition, vocabulary, scope }: Effectless,
  all: readonly Effectless[],
  session: (vocabulary: Vocabulary) => Session,
): void {
  const { name, at } = definition;
  const open = new Set(all.map((each) => each.definition.name).filter((each) => !words.has(each)));
  const none = { inputs: { types: [] }, outputs: { types: [] }, yields: [], at };
  const sides = { inputs: freshRow(), outputs: freshRow('out') };
  const unknown: Word = { name, at, declared: none, ...sides, body: [], vocabulary, scope };
  try {
    const declared = effectOf(new BodyChecker(session(vocabulary), unknown, open), definition);
    const { inputs, outputs } = signatureOf(declared, scope, true);
    words.set(name, { name, at, declared, inputs, outputs, body: [], vocabulary, scope });
  } catch (error) {
    if (!(error instanceof Circular)) throw error;
    missingEffect(definition);
  }
}

function addWord(
  words: Map<string, Word>,
  definitions: Map<string, WordDefinition>,
  definition: WordDefinition,
  { vocabulary, scope, open, effectless }: Defined,
): void {
  const { name, at, effect } = definition;
  const known = definitions.get(name);
  if (known !== undefined)
    fail(
      at,
      'duplicate',
      `Word ${shorten(name)} is defined twice.`,
      `The other is at ${known.at.source.file}:${known.at.line}. Rename one of them.`,
    );
  if (effect === undefined) {
    if (!vocabulary.effectsOptional) missingEffect(definition);
    definitions.set(name, definition);
    effectless.push({ definition, vocabulary, scope });
    return;
  }
  checkTypeNames(effect, scope);
  const { inputs, outputs } = signatureOf(effect, scope, true);
  definitions.set(name, definition);
  const left = open.has(name) ? freshRow('out') : outputs;
  words.set(name, { name, at, declared: effect, inputs, outputs: left, body: [], scope, vocabulary });
}

/** The words that unions bring have names that nothing else has. */
function checkUnionWords(
  unions: ReadonlyMap<string, UnionDefinition>,
  words: ReadonlyMap<string, Word>,
  attempt: (check: () => void) => void,
): void {
  const known = new Map<string, Span>([...words.values()].map(({ name, at }) => [name, at]));
  for (const union of unions.values())
    for (const { tag, fields, at } of union.variants)
      attempt(() => {
        for (const name of [`Make-${tag}`, `is-${tag}?`, ...fields.map((field) => `${tag}-${field.name}`)]) {
          const other = known.get(name);
          if (other !== undefined)
            fail(
              at,
              'duplicate',
              `Variant ${shorten(tag)} brings the word ${shorten(name)}, which is there already.`,
              `The other is at ${other.source.file}:${other.line}. Rename one of them.`,
            );
          known.set(name, at);
        }
      });
}

function checkMain(main: Word | undefined): void {
  if (main === undefined) return;
  const outputs = unstack(main.outputs).types;
  const good = unstack(main.inputs).types.length === 0 && outputs.length <= 1;
  if (!good || (outputs.length === 1 && typeOf(outputs[0]!) !== INT))
    fail(
      main.at,
      'bad-main',
      'main must be ( -- ) or ( -- Int ).',
      'The Int is the exit code. Arguments are read with args.at.',
    );
}

/** For each word that can come back to itself: all the words on the way. */
function cyclesOf(definitions: ReadonlyMap<string, WordDefinition>): Map<string, ReadonlySet<string>> {
  const cycles = new Map<string, ReadonlySet<string>>();
  const called = new Map<string, readonly string[]>();
  for (const [name, { body }] of definitions)
    called.set(
      name,
      namesIn(body).filter((each) => definitions.has(each)),
    );
  for (const component of componentsOf(definitions.keys(), (name) => called.get(name)!)) {
    const [only] = component as [string];
    if (component.length === 1 && !called.get(only)!.includes(only)) continue;
    const set = new Set(component);
    for (const name of component) cycles.set(name, set);
  }
  return cycles;
}

function namesIn(nodes: readonly Node[], names: string[] = []): string[] {
  for (const node of nodes) {
    if (node.kind === 'name') names.push(node.name);
    else if (node.kind === 'quotation') namesIn(node.body, names);
    else if (node.kind === 'if') namesIn(node.no, namesIn(node.yes, names));
    else if (node.kind === 'match') for (const arm of node.arms) namesIn(arm.body, names);
  }
  return names;
}
