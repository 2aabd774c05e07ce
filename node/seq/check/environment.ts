// What names mean in a program: its words, its unions and the words they bring, and the builtins.
import { nearest } from '../../base/nearest.ts';
import { visible } from '../../base/printable.ts';
import { isSugar } from '../builtins/operators.ts';
import { type Builtin, builtinOf } from '../builtins/table.ts';
import { releasesWith } from '../lines/history.ts';
import { NEWEST, releaseOf } from '../lines/releases.ts';
import type { Vocabulary } from '../lines/vocabulary.ts';
import type { UnionDefinition, VariantDefinition } from '../syntax/ast.ts';
import { fail, type Span } from '../syntax/diagnostic.ts';
import { foreign } from '../syntax/foreign.ts';
import { asInt } from './boundary.ts';
import type { Op, Word } from './ir.ts';
import { namedType } from './signatures.ts';
import { BOOL, freshRow, INT, pushAll, type Stack, type Type, type UnionType } from './types.ts';

export interface VariantOf {
  readonly union: UnionDefinition;
  readonly variant: VariantDefinition;
}

/** A word that a union brings: `Make-X`, `is-X?` or `X-field`. */
export interface UnionWord {
  readonly ops: (at: Span) => readonly Op[];
  readonly signature: () => { inputs: Stack; outputs: Stack };
}

export type Meaning =
  | { readonly kind: 'word'; readonly word: Word }
  | { readonly kind: 'union'; readonly word: UnionWord }
  | { readonly kind: 'builtin'; readonly builtin: Builtin };

export class Environment {
  readonly words: ReadonlyMap<string, Word>;
  readonly unions: ReadonlyMap<string, UnionDefinition>;
  readonly variants: ReadonlyMap<string, VariantOf>;
  /** Words that call each other, directly or not, by name: one set for all of them. */
  readonly cycles: ReadonlyMap<string, ReadonlySet<string>>;
  readonly #unionWords: Map<string, UnionWord>;
  readonly vocabulary: Vocabulary;
  /** What names mean that the program does not define. */
  readonly #brought = new Map<string, Meaning | undefined>();
  readonly #modules: ReadonlySet<string>;

  constructor(
    words: ReadonlyMap<string, Word>,
    unions: ReadonlyMap<string, UnionDefinition>,
    vocabulary: Vocabulary,
    modules: ReadonlySet<string>,
    cycles: ReadonlyMap<string, ReadonlySet<string>>,
  ) {
    this.words = words;
    this.unions = unions;
    this.cycles = cycles;
    this.vocabulary = vocabulary;
    this.#modules = modules;
    const variants = [...unions.values()].flatMap((union) =>
      union.variants.map((variant) => ({ union, variant })),
    );
    this.variants = new Map(variants.map((each) => [each.variant.tag, each]));
    this.#unionWords = unionWords(unions, vocabulary.truth === 'Int');
  }

  find(name: string): Meaning | undefined {
    const word = this.words.get(name);
    if (word !== undefined) return { kind: 'word', word };
    const known = this.#brought.get(name);
    if (known !== undefined) return known;
    const found = this.#bring(name);
    this.#brought.set(name, found);
    return found;
  }

  #bring(name: string): Meaning | undefined {
    const union = this.#unionWords.get(name);
    if (union !== undefined) return { kind: 'union', word: union };
    const builtin = this.vocabulary.words.get(name);
    if (builtin === undefined || (builtin.module !== undefined && !this.#modules.has(builtin.module)))
      return undefined;
    const { bind } = builtin;
    return {
      kind: 'builtin',
      builtin: bind === undefined ? builtin : builtinOf({ ...builtin, run: bind(this.unions) }),
    };
  }

  /** The builtin of this name unless the program gives the name a meaning of its own. */
  builtin(name: string): Builtin | undefined {
    const meaning = this.find(name);
    return meaning?.kind === 'builtin' ? meaning.builtin : undefined;
  }

  /** The builtin that an operator stands for, whatever the program calls by its name. */
  operator(word: string): Builtin {
    return this.vocabulary.words.get(word)!;
  }

  unknownWord(name: string, at: Span): never {
    const builtin = this.vocabulary.words.get(name);
    if (builtin?.module !== undefined)
      fail(at, 'unknown-word', `${name} belongs to a module.`, `Write include ${builtin.module} at the top.`);
    this.#refuseLater(name, at);
    const known = foreign(name);
    if (known !== undefined) fail(at, 'unknown-word', known.message, known.hint);
    const near = this.#unionWords.has(`Make-${name}`) ? `Make-${name}` : this.#nearest(name);
    fail(
      at,
      'unknown-word',
      `There is no word ${shorten(name)}.`,
      near === undefined ? 'Define it, or include the file that does.' : `Did you mean ${near}?`,
    );
  }

  /** Fails on a word that only releases after those of the file have. */
  #refuseLater(name: string, at: Span): void {
    const { line, words, keywordIf } = this.vocabulary;
    const later =
      isSugar(name) || (name === 'if' && keywordIf) || (releasesWith(name)?.from ?? 0) >= line.until;
    if (!later || line.until === NEWEST.until) return;
    const before = name === 'if' ? ['c if yes else no then'] : SPELLINGS.map((spelt) => spelt(name));
    const known = before.filter((word) => name === 'if' || words.get(word) !== undefined);
    const write = known.length === 0 ? '' : `Write ${known.slice(0, 2).join(' or ')}, or say`;
    fail(
      at,
      'unknown-word',
      `${name} is a word of later releases than ${line.name}, which the file says or is taken for.`,
      `${write || 'Say'} a later release in its first line, as in # seq: ${releaseOf(NEWEST.name)}.`,
    );
  }

  /** Names of a few letters are near to many others: only one that begins alike may be meant. */
  #nearest(name: string): string | undefined {
    const near = nearest(name, this.#names());
    return near !== undefined && near.length <= 3 && near[0] !== name[0] ? undefined : near;
  }

  *#names(): Iterable<string> {
    yield* this.words.keys();
    yield* this.#unionWords.keys();
    yield* this.vocabulary.words.keys();
  }
}

/** How releases before the operators spell them. */
const SEED: Readonly<Record<string, string>> = {
  '+': 'add',
  '-': 'subtract',
  '*': 'multiply',
  '/': 'divide',
};
const SPELLINGS: readonly ((name: string) => string)[] = [
  (name) => `i.${name}`,
  (name) => `f.${name}`,
  (name) => `i.${SEED[name]}`,
  (name) => SEED[name] ?? '',
];

/** A name of the program for a sentence: cut, and with nothing in it that cannot be seen. */
export const shorten = (name: string): string => visible(name.length > 60 ? `${name.slice(0, 59)}…` : name);

/** `ints`: what is said to be true or false is an Int. */
function unionWords(unions: ReadonlyMap<string, UnionDefinition>, ints: boolean): Map<string, UnionWord> {
  const words = new Map<string, UnionWord>();
  for (const union of unions.values()) {
    const whole: UnionType = { kind: 'union', name: union.name };
    for (const { tag, fields } of union.variants) {
      const types = fields.map((field) => fieldType(field.type, unions));
      const word = (name: string, op: (at: Span) => Op, inputs: readonly Type[], output: Type) => {
        const signature = () => {
          const row = freshRow();
          return { inputs: pushAll(row, inputs), outputs: pushAll(row, [output]) };
        };
        const ops = (at: Span) => (output === INT && name.startsWith('is-') ? [op(at), asInt(at)] : [op(at)]);
        words.set(name, { ops, signature });
      };
      word(`Make-${tag}`, () => ({ op: 'make', tag, count: fields.length }), types, whole);
      word(`is-${tag}?`, (at) => ({ op: 'is', tag, at }), [whole], ints ? INT : BOOL);
      fields.forEach(({ name }, index) => {
        word(`${tag}-${name}`, (at) => ({ op: 'field', tag, index, at }), [whole], types[index]!);
      });
    }
  }
  return words;
}

/** The type of a union's field, or undefined when it is no type that a field may have. */
export function fieldType(name: string, unions: ReadonlyMap<string, unknown>): Type {
  const type = namedType(name, unions);
  if (type === undefined || type === 'variable')
    throw new Error(`${name} was not checked as the type of a field`);
  return type;
}
