// What 7.x has for the words of a line: the rows of the line say it, and for mere spellings the table of
// names.
import { BUILTINS } from '../builtins/index.ts';
import type { OlderRow } from '../builtins/older/row.ts';
import type { Vocabulary } from '../lines/vocabulary.ts';
import { RENAMED } from './vocabulary.ts';

export interface Current {
  readonly text: string;
  /** The text leaves a Bool where the program has an Int. */
  readonly flag: boolean;
}

/** An Int of what the words before leave as a Bool. */
export const FLAG_AS_INT = '[ 1 ] [ 0 ] if';

/** Words that take Ints for what is true. */
const ON_INTS: ReadonlyMap<string, Current> = new Map(
  Object.entries({
    not: { text: '0 i.=', flag: true },
    and: { text: '0 i.<> swap 0 i.<> and', flag: true },
    or: { text: '0 i.<> swap 0 i.<> or', flag: true },
    'test.assert': { text: '0 i.<> test.assert', flag: false },
    'test.assert-not': { text: '0 i.= test.assert', flag: false },
  }),
);

const lastOf = (text: string): string => text.slice(text.lastIndexOf(' ') + 1);
const leaves = (effect: string | undefined, type: string): boolean => effect?.endsWith(` ${type} )`) === true;

/** Undefined where the word stays. */
export function currentWord(name: string, { words, truth }: Vocabulary): Current | undefined {
  const ints = truth === 'Int' ? ON_INTS.get(name) : undefined;
  if (ints !== undefined) return ints;
  const word = words.get(name) as (Partial<OlderRow> & { readonly effect: string }) | undefined;
  const renamed = word !== undefined && 'now' in word ? word.now : RENAMED.get(name);
  const text = renamed ?? name;
  const today = BUILTINS.get(lastOf(text));
  const flag = truth !== 'either' && leaves(word?.effect, 'Int') && leaves(today?.effect, 'Bool');
  return text === name && !flag ? undefined : { text, flag };
}
