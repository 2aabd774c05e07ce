import { writeFileSync } from 'node:fs';
import { text as readAll } from 'node:stream/consumers';
import { SeqNodeError } from '../../base/errors.ts';
import { formatSource } from '../../seq/format/format.ts';
import { formatDiagnostic } from '../../seq/index.ts';
import type { Command, Context, Input } from '../command.ts';
import { printLine, remark } from '../output.ts';
import { printError } from '../run-cli.ts';
import { readText } from '../source-files.ts';

const DIFFERS = 65;

export const fmt: Command = {
  name: 'fmt',
  summary: 'Lay out Seq programs: indentation, spaces and blank lines.',
  arguments: [
    {
      name: 'FILE',
      doc: 'A program; the result is printed. Default: what standard input holds.',
      required: false,
      many: true,
    },
  ],
  flags: [
    {
      name: 'write',
      type: 'boolean',
      doc: 'Change the files in place, and print the names of those that changed.',
    },
    {
      name: 'check',
      type: 'boolean',
      doc: 'Change nothing; print the names of the files that would change, and exit with 65 if there are any.',
    },
  ],
  examples: [
    ['fmt --write examples/accounts.seq', 'In place.'],
    ['fmt --check examples/accounts.seq examples/loop-forever.seq', 'For a build.'],
    ['fmt < draft.seq', 'From standard input to standard output, for an editor.'],
  ],
  async run(context, input) {
    const [write, check] = [input.boolean('write'), input.boolean('check')];
    if (write && check) throw new SeqNodeError('bad-usage', '--write and --check exclude each other.');
    if (input.arguments.length > 0) return formatFiles(context, input);
    if (write) throw new SeqNodeError('bad-usage', '--write needs a FILE.');
    const text = await readAll(context.in);
    const result = layOut('<stdin>', text);
    if (!check) context.out.write(result);
    return check && result !== text ? DIFFERS : 0;
  },
};

/** A file that is wrong does not keep the others from being formatted. */
function formatFiles(context: Context, input: Input): number {
  const [write, check] = [input.boolean('write'), input.boolean('check')];
  let status = 0;
  for (const file of input.arguments) {
    try {
      const text = readText(file);
      const result = layOut(file, text);
      if (!write && !check) context.out.write(result);
      else if (result !== text) {
        if (check) status ||= DIFFERS;
        else writeFileSync(file, result);
        printLine(context, file);
      }
    } catch (error) {
      if (!(error instanceof SeqNodeError)) throw error;
      status = error.exit;
      printError(context, error);
    }
  }
  if (check && status === DIFFERS) remark(context, 'seq-node: seq-node fmt --write changes these files');
  return status;
}

/** Throws `bad-program` with the diagnostics as text. */
function layOut(file: string, text: string): string {
  const result = formatSource(file, text);
  if (result.ok) return result.text;
  throw new SeqNodeError('bad-program', `${file} does not parse, so it is left as it is.`, {
    file,
    diagnostics: result.diagnostics.map(formatDiagnostic),
  });
}
