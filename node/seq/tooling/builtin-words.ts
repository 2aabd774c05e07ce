// What there is to say about the words of the language.
import { nearest } from '../../base/nearest.ts';
import { BUILTINS } from '../builtins/index.ts';
import { operatorWords } from '../check/sugar.ts';
import { type ManualEntry, manual, manualOf } from '../manual/index.ts';

export interface BuiltinWord {
  readonly name: string;
  readonly effect: string;
  /** All other names. */
  readonly aliases: readonly string[];
  /** The module to include, as in `std:list`. */
  readonly needs?: string;
  readonly manual?: Manual;
}

/** What a word does, in a sentence with units, and an example with what that leaves. */
export type Manual = Pick<ManualEntry, 'sentence' | 'example' | 'leaves'>;

/** The word under any of its names. An operator gives the words that it may stand for. */
export function builtinWords(name: string): readonly BuiltinWord[] {
  const names = operatorWords(name) ?? [name];
  return names.flatMap((each) => {
    const builtin = BUILTINS.get(each);
    if (builtin === undefined) return [];
    const all = [builtin.name, ...(builtin.aliases ?? [])];
    return [
      {
        name: each,
        effect: builtin.effect,
        aliases: all.filter((other) => other !== each),
        ...(builtin.module === undefined ? {} : { needs: builtin.module }),
        ...said(each),
      },
    ];
  });
}

function said(name: string): { readonly manual?: Manual } {
  const entry = manualOf(name);
  if (entry === undefined) return {};
  const { sentence, example, leaves } = entry;
  return { manual: { sentence, example, leaves } };
}

/** What there is to say of an operator, keyword or type, which has no effect of its own. */
export function keywordManual(name: string): Manual | undefined {
  return BUILTINS.has(name) && manualOf(name)?.keyword !== true ? undefined : said(name).manual;
}

/** Every keyword and type of the language. */
export const keywordNames = (): readonly string[] =>
  [...manual().values()].filter(({ keyword }) => keyword).map(({ name }) => name);

/** Every name that a word of the language goes by. */
export function builtinNames(): readonly string[] {
  return [...BUILTINS.keys()];
}

/** The name that a name may have been meant as. */
export function nearestBuiltin(name: string): string | undefined {
  return nearest(name, [...builtinNames(), ...keywordNames()]);
}
