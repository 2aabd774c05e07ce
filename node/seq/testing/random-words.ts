// The words that random programs are made of, as far as a vocabulary has them: text, types and meaning of
// each.
import { Float, type List, type Value } from '../../base/value.ts';
import { MIXED, releaseNumber } from '../lines/releases.ts';
import type { Vocabulary } from '../lines/vocabulary.ts';

export type Type = 'Int' | 'Bool' | 'String' | 'List' | 'Float';

/** A simple word: text, inputs, outputs and meaning on the taken values. */
type Simple = readonly [string, readonly Type[], readonly Type[], (...args: Value[]) => Value[]];

/** A word that moves values: how many it takes, and what it gives of them. */
type Move = readonly [string, number, readonly number[]];

export interface RandomWords {
  readonly has: (name: string) => boolean;
  /** `if … else … then` */
  readonly keywordIf: boolean;
  /** `[ … ] [ … ] if` */
  readonly combinatorIf: boolean;
  /** As the reference's compilers check it: what a quotation takes from below it must be known to it. */
  readonly strict: boolean;
  /** Until 0.18 they know nothing of the stack behind a call. */
  readonly calls: boolean;
  /** What a quotation ends with: before 5.1 their code forgets a literal that stands there. */
  readonly quotationEnd: string;
  readonly types: readonly Type[];
  readonly simple: readonly Simple[];
  readonly moves: readonly Move[];
  /** Those that literals have beside random ones. */
  readonly ints: readonly bigint[];
  readonly int: (n: bigint) => Value;
}

export const big = (value: Value | undefined): bigint => BigInt(value as number | bigint);

export function randomWords({ line, words, sugar, keywordIf, intBits }: Vocabulary): RandomWords {
  const has = (name: string): boolean => words.get(name) !== undefined;
  const int = (n: bigint): Value => {
    const wrapped = BigInt.asIntN(intBits, n);
    return wrapped >= -9007199254740991n && wrapped <= 9007199254740991n ? Number(wrapped) : wrapped;
  };
  const lists: readonly Type[] = has('list.make') ? ['List'] : [];
  const min = -(2n ** BigInt(intBits - 1));
  const effectOf = (takes: readonly Type[], gives: readonly Type[]): string =>
    `( ${[...takes, '--', ...gives].join(' ')} )`;
  return {
    has,
    keywordIf,
    combinatorIf: has('if'),
    strict: line !== MIXED,
    calls: line.until > releaseNumber('0.19'),
    quotationEnd: has('dip') ? '' : ' "" drop',
    types: ['Int', 'Int', 'Int', 'Bool', 'String', ...lists, 'Float'],
    simple: simpleWords(int).filter(([name, takes, gives]) =>
      isOperator(name)
        ? sugar
        : // A word of another effect in this vocabulary; elements of lists are of any type.
          // Its compilers make no code that runs of a quotation that ends with negate.
          (words.get(name)?.effect === effectOf(takes, gives) && (line === MIXED || name !== 'negate')) ||
          (name === 'list.push' && has(name)),
    ),
    // Its compilers give what these leave another type each time.
    moves: line === MIXED ? MOVES : MOVES.filter(([text]) => !/ (?:pick|roll)$/.test(text)),
    ints: [0n, 1n, -1n, 2n, 7n, 100n, 2n ** 31n, 2n ** 53n, -min - 1n, min],
    int,
  };
}

export const isOperator = (text: string): boolean => text === '+' || text === '<>';

const simpleWords = (int: RandomWords['int']): readonly Simple[] => [
  ['i.+', ['Int', 'Int'], ['Int'], (a, b) => [int(big(a) + big(b))]],
  ['i.-', ['Int', 'Int'], ['Int'], (a, b) => [int(big(a) - big(b))]],
  ['i.*', ['Int', 'Int'], ['Int'], (a, b) => [int(big(a) * big(b))]],
  ['+', ['Int', 'Int'], ['Int'], (a, b) => [int(big(a) + big(b))]],
  ['i./', ['Int', 'Int'], ['Int', 'Bool'], (a, b) => (b === 0 ? [0, false] : [int(big(a) / big(b)), true])],
  ['i.<', ['Int', 'Int'], ['Bool'], (a, b) => [big(a) < big(b)]],
  ['i.>=', ['Int', 'Int'], ['Bool'], (a, b) => [big(a) >= big(b)]],
  ['i.=', ['Int', 'Int'], ['Bool'], (a, b) => [big(a) === big(b)]],
  ['<>', ['Int', 'Int'], ['Bool'], (a, b) => [big(a) !== big(b)]],
  ['band', ['Int', 'Int'], ['Int'], (a, b) => [int(big(a) & big(b))]],
  ['bxor', ['Int', 'Int'], ['Int'], (a, b) => [int(big(a) ^ big(b))]],
  ['negate', ['Int'], ['Int'], (a) => [int(-big(a))]],
  ['and', ['Bool', 'Bool'], ['Bool'], (a, b) => [a === true && b === true]],
  ['or', ['Bool', 'Bool'], ['Bool'], (a, b) => [a === true || b === true]],
  ['not', ['Bool'], ['Bool'], (a) => [a !== true]],
  ['int->string', ['Int'], ['String'], (a) => [String(a)]],
  ['string.concat', ['String', 'String'], ['String'], (a, b) => [(a as string) + (b as string)]],
  ['string.length', ['String'], ['Int'], (a) => [(a as string).length]],
  ['string.equal?', ['String', 'String'], ['Bool'], (a, b) => [a === b]],
  ['f.+', ['Float', 'Float'], ['Float'], (a, b) => [new Float((a as Float).value + (b as Float).value)]],
  ['f.<', ['Float', 'Float'], ['Bool'], (a, b) => [(a as Float).value < (b as Float).value]],
  ['list.push', ['List', 'Int'], ['List'], (a, b) => [(a as List<Value>).push(b!)]],
  ['list.length', ['List'], ['Int'], (a) => [(a as List<Value>).length]],
];

const MOVES: readonly Move[] = [
  ['dup', 1, [0, 0]],
  ['drop', 1, []],
  ['swap', 2, [1, 0]],
  ['over', 2, [0, 1, 0]],
  ['rot', 3, [1, 2, 0]],
  ['nip', 2, [1]],
  ['tuck', 2, [1, 0, 1]],
  ['2dup', 2, [0, 1, 0, 1]],
  ['2 pick', 3, [0, 1, 2, 0]],
  ['3 roll', 4, [1, 2, 3, 0]],
];
