import { SeqNodeError } from '../../base/errors.ts';
import { builtinNames, builtinWords, nearestBuiltin } from '../../seq/tooling/builtin-words.ts';
import { wordReference } from '../../seq/word-reference.ts';
import type { Command } from '../command.ts';
import { JSON_FLAG } from '../node-client.ts';
import { printJson, printLine } from '../output.ts';

export const doc: Command = {
  name: 'doc',
  summary: 'Print what the words of the language take and give.',
  arguments: [
    {
      name: 'WORD',
      doc: 'A word or operator. Default: the whole reference, as Markdown.',
      required: false,
      many: true,
    },
  ],
  flags: [JSON_FLAG],
  examples: [
    ['doc list.fold', 'One word.'],
    ['doc +', 'What an operator may stand for.'],
    ['doc', 'All words, as docs/LANGUAGE.md has them.'],
  ],
  async run(context, input) {
    const names = input.arguments;
    if (names.length === 0 && !input.boolean('json')) {
      printLine(context, wordReference());
      return 0;
    }
    const words = (names.length === 0 ? builtinNames() : names).flatMap((name) => {
      const found = builtinWords(name);
      if (found.length === 0) throw unknown(name);
      return found;
    });
    if (input.boolean('json')) printJson(context, words);
    else
      for (const { name, effect, aliases, needs } of words) {
        printLine(context, `${name} ${effect}`);
        if (aliases.length > 0) printLine(context, `  also ${aliases.join(' ')}`);
        if (needs !== undefined) printLine(context, `  needs include ${needs}`);
      }
    return 0;
  },
};

function unknown(name: string): SeqNodeError {
  const near = nearestBuiltin(name);
  const sentence = `The language has no word ${name}`;
  return new SeqNodeError(
    'bad-usage',
    near === undefined ? `${sentence}.` : `${sentence}; did you mean ${near}?`,
  );
}
