// What there is to say about the words of the language.
import { nearest } from '../../base/nearest.ts';
import { BUILTINS } from '../builtins/index.ts';
import { operatorWords } from '../check/sugar.ts';

export interface BuiltinWord {
  readonly name: string;
  readonly effect: string;
  /** All other names. */
  readonly aliases: readonly string[];
  /** The module to include, as in `std:list`. */
  readonly needs?: string;
}

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
      },
    ];
  });
}

/** Every name that a word of the language goes by. */
export function builtinNames(): readonly string[] {
  return [...BUILTINS.keys()];
}

/** The name that a name may have been meant as. */
export function nearestBuiltin(name: string): string | undefined {
  return nearest(name, builtinNames());
}
