// What there is to say about the words of the language, in the line of releases that a program belongs to.
import { nearest } from '../../base/nearest.ts';
import { BUILTINS } from '../builtins/index.ts';
import { operatorWords } from '../check/sugar.ts';
import { LINES, type Line, MIXED, NEWEST } from '../lines/releases.ts';
import { vocabularyOf } from '../lines/vocabulary.ts';
import { type ManualEntry, manual, manualOf } from '../manual/index.ts';
import { currentWord } from '../migrate/current-words.ts';

export interface BuiltinWord {
  readonly name: string;
  readonly effect: string;
  /** All other names that the line has for it. */
  readonly aliases: readonly string[];
  /** The module to include, as in `std:list`. */
  readonly needs?: string;
  readonly manual?: Manual;
}

/** What a word does, in a sentence with units, and an example with what that leaves. */
export type Manual = Pick<ManualEntry, 'sentence' | 'example' | 'leaves'>;

/** A word that 7.x does not have under that name. */
export interface OlderForm {
  readonly name: string;
  readonly effect: string;
  /** The lines that have it so, newest first. */
  readonly lines: readonly string[];
  /** What 7.x has for it. */
  readonly now?: string;
}

/** The word under any of its names. An operator gives the words that it may stand for. */
export function builtinWords(name: string, line: Line = NEWEST): readonly BuiltinWord[] {
  const { words, sugar } = vocabularyOf(line);
  const names = (sugar ? operatorWords(name) : undefined) ?? [name];
  return names.flatMap((each) => {
    const builtin = words.get(each);
    if (builtin === undefined) return [];
    const all = [builtin.name, ...(builtin.aliases ?? [])];
    // What a word of an older line does differently is not in the manual.
    const same = builtin.effect === BUILTINS.get(each)?.effect;
    return [
      {
        name: each,
        effect: builtin.effect,
        aliases: all.filter((other) => other !== each && words.get(other) !== undefined),
        ...(builtin.module === undefined ? {} : { needs: builtin.module }),
        ...(same ? said(each) : {}),
      },
    ];
  });
}

/** The forms that a name had before 7.x, if 7.x does not have it: newest first. */
export function olderForms(name: string): readonly OlderForm[] {
  if (builtinWords(name).length > 0) return [];
  const forms = new Map<string, OlderForm>();
  for (const line of [...LINES, MIXED]) {
    const vocabulary = vocabularyOf(line);
    const effect = vocabulary.words.get(name)?.effect;
    if (effect === undefined || (line === MIXED && forms.size > 0)) continue;
    const now = currentWord(name, vocabulary)?.text;
    const lines = [...(forms.get(effect)?.lines ?? []), line.name];
    forms.set(effect, { name, effect, lines, ...(now === undefined ? {} : { now }) });
  }
  return [...forms.values()];
}

/** In which releases it was so, and what 7.x has. */
export function olderSentence({ lines, now }: OlderForm): string {
  const releases = lines.map((name) => name.replace(/^Seq /, '')).join(', ');
  return `Of Seq ${releases}. ${NEWEST.name} has ${now ?? 'nothing that does the same'}.`;
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
export function builtinNames(line: Line = NEWEST): readonly string[] {
  return [...vocabularyOf(line).words.keys()];
}

/** The name that a name may have been meant as. */
export function nearestBuiltin(name: string, line: Line = NEWEST): string | undefined {
  return nearest(name, [...builtinNames(line), ...keywordNames()]);
}
