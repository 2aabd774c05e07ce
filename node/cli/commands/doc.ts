import { SeqNodeError } from '../../base/errors.ts';
import { foreign } from '../../seq/syntax/foreign.ts';
import {
  builtinNames,
  builtinWords,
  keywordManual,
  type Manual,
  nearestBuiltin,
} from '../../seq/tooling/builtin-words.ts';
import { wordReference } from '../../seq/word-reference.ts';
import type { Command } from '../command.ts';
import { JSON_FLAG } from '../node-client.ts';
import { printJson, printLine } from '../output.ts';

export const doc: Command = {
  name: 'doc',
  summary: 'Print what the words of the language take, give and do.',
  arguments: [
    {
      name: 'WORD',
      doc: 'A word, operator, keyword or type. Default: the whole reference, as Markdown.',
      required: false,
      many: true,
    },
  ],
  flags: [JSON_FLAG],
  examples: [
    ['doc list.fold', 'One word.'],
    ['doc +', 'What an operator may stand for.'],
    ['doc match', 'A keyword.'],
    ['doc', 'All words, as docs/LANGUAGE.md has them.'],
  ],
  async run(context, input) {
    const names = input.arguments;
    if (names.length === 0 && !input.boolean('json')) {
      printLine(context, wordReference());
      return 0;
    }
    const words = (names.length === 0 ? builtinNames() : names).flatMap(described);
    if (input.boolean('json')) printJson(context, words);
    else
      for (const { name, effect, aliases, needs, manual } of words) {
        printLine(context, effect === '' ? name : `${name} ${effect}`);
        if (aliases.length > 0) printLine(context, `  also ${aliases.join(' ')}`);
        if (needs !== undefined) printLine(context, `  needs include ${needs}`);
        if (manual === undefined) continue;
        printLine(context, `  ${manual.sentence}`);
        printLine(context, `  ${manual.example} → ${manual.leaves}`);
      }
    return 0;
  },
};

interface Described {
  readonly name: string;
  readonly effect: string;
  readonly aliases: readonly string[];
  readonly needs?: string;
  readonly manual?: Manual;
}

/** What there is to say of a name: of an operator first what it does, then the words that it may stand for. */
function described(name: string): readonly Described[] {
  const manual = keywordManual(name);
  const words = builtinWords(name);
  const own: Described[] = manual === undefined ? [] : [{ name, effect: '', aliases: [], manual }];
  const found = words.length === 1 ? words : [...own, ...words];
  if (found.length === 0) throw unknown(name);
  return found;
}

function unknown(name: string): SeqNodeError {
  const known = foreign(name);
  if (known !== undefined) return new SeqNodeError('bad-usage', `${known.message} ${known.hint}`);
  const near = nearestBuiltin(name);
  const sentence = `The language has no word ${name}`;
  return new SeqNodeError(
    'bad-usage',
    near === undefined ? `${sentence}.` : `${sentence}; did you mean ${near}?`,
  );
}
