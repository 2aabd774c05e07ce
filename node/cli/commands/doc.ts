import { SeqNodeError } from '../../base/errors.ts';
import { type Line, linesOf, NEWEST, releasesOf } from '../../seq/lines/releases.ts';
import { foreign } from '../../seq/syntax/foreign.ts';
import {
  builtinNames,
  builtinWords,
  keywordManual,
  type Manual,
  nearestBuiltin,
  olderForms,
  olderSentence,
} from '../../seq/tooling/builtin-words.ts';
import { wordReference } from '../../seq/word-reference.ts';
import type { Command, Context } from '../command.ts';
import { JSON_FLAG } from '../node-client.ts';
import { printJson, printLine } from '../output.ts';
import { RELEASE_FLAG, releaseFrom } from '../release-flag.ts';

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
  flags: [JSON_FLAG, { ...RELEASE_FLAG, doc: 'The release of Seq, such as 2.x. Default: the newest.' }],
  examples: [
    ['doc list.fold', 'One word.'],
    ['doc +', 'What an operator may stand for.'],
    ['doc match', 'A keyword.'],
    ['doc divide', 'A word that the newest release lacks: what others have had, and what stands for it.'],
    ['doc --seq 2.x i./', 'As a word was in a release.'],
    ['doc', 'All words, as docs/LANGUAGE.md has them.'],
  ],
  async run(context, input) {
    const names = input.arguments;
    const release = releaseFrom(input);
    if (names.length === 0 && release === undefined && !input.boolean('json')) {
      printLine(context, wordReference());
      return 0;
    }
    const [line = NEWEST] = release === undefined ? [] : linesOf(releasesOf(release)!);
    const words = (names.length === 0 ? builtinNames(line) : names).flatMap((name) => described(name, line));
    if (input.boolean('json')) printJson(context, words);
    else for (const word of words) printDescribed(context, word);
    return 0;
  },
};

function printDescribed(context: Context, { name, effect, aliases, needs, manual, note }: Described): void {
  printLine(context, effect === '' ? name : `${name} ${effect}`);
  if (aliases.length > 0) printLine(context, `  also ${aliases.join(' ')}`);
  if (needs !== undefined) printLine(context, `  needs include ${needs}`);
  if (note !== undefined) printLine(context, `  ${note}`);
  if (manual === undefined) return;
  printLine(context, `  ${manual.sentence}`);
  printLine(context, `  ${manual.example} → ${manual.leaves}`);
}

interface Described {
  readonly name: string;
  readonly effect: string;
  readonly aliases: readonly string[];
  readonly needs?: string;
  readonly manual?: Manual;
  /** Of a word of other releases. */
  readonly note?: string;
}

/**
 * What there is to say of a name: of an operator first what it does, then the words that it may stand for.
 */
function described(name: string, line: Line): readonly Described[] {
  const manual = keywordManual(name);
  const words = builtinWords(name, line);
  const own: Described[] = manual === undefined ? [] : [{ name, effect: '', aliases: [], manual }];
  const found = words.length === 1 ? words : [...own, ...words];
  if (found.length > 0) return found;
  const forms = olderForms(name);
  if (forms.length === 0) throw unknown(name, line);
  return forms.map((form) => ({ name, effect: form.effect, aliases: [], note: olderSentence(form) }));
}

function unknown(name: string, line: Line): SeqNodeError {
  const known = foreign(name);
  if (known !== undefined) return new SeqNodeError('bad-usage', known.message, { next: known.hint });
  const near = nearestBuiltin(name, line);
  const sentence = `${line === NEWEST ? 'The language' : line.name} has no word ${name}`;
  return new SeqNodeError(
    'bad-usage',
    near === undefined ? `${sentence}.` : `${sentence}; did you mean ${near}?`,
    { next: near === undefined ? 'seq-node doc prints all words.' : `Run seq-node doc ${near}.` },
  );
}
