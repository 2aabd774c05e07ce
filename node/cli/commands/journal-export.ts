import { SeqNodeError } from '../../base/errors.ts';
import { PREFIX_ADVICE } from '../../base/path.ts';
import type { Command, Context, Input } from '../command.ts';
import { CLIENT_FLAGS, JSON_FLAG } from '../node-client.ts';
import { printFields, printJson, remark, timeText } from '../output.ts';

/** The leader of a shard may change meanwhile. */
const ATTEMPTS = 5;

export const journalExport: Command = {
  name: 'journal export',
  summary: 'Write the actors of a cluster that serves, as of one moment, to files.',
  arguments: [
    { name: 'PREFIX', doc: 'Only actors whose paths begin with this. Default: /, all.', required: false },
  ],
  flags: [
    {
      name: 'format',
      type: 'text',
      value: 'FORMAT',
      doc: 'What to write: files, a folder for each actor; sqlite, a database; or jsonl. Default: files.',
    },
    { name: 'out', type: 'text', value: 'NAME', doc: 'The folder or file to write, which is not there yet.' },
    JSON_FLAG,
    ...CLIENT_FLAGS,
  ],
  examples: [
    ['journal export --format sqlite --out bank.db', 'All actors, as a database.'],
    ['journal export /user/accounts --out accounts', 'A folder for each of those below a path.'],
  ],
  async run(context, input) {
    const [prefix = '/'] = input.arguments;
    if (!prefix.startsWith('/'))
      throw new SeqNodeError(
        'bad-path',
        `The prefix ${JSON.stringify(prefix)} does not begin with a slash.`,
        {
          next: PREFIX_ADVICE,
        },
      );
    const out = input.text('out');
    if (out === undefined) throw new SeqNodeError('bad-usage', 'journal export needs --out NAME.');
    const { FORMATS } = await import('../../host/export/formats.ts');
    const given = input.text('format') ?? 'files';
    const format = FORMATS.find((each) => each === given);
    if (format === undefined)
      throw new SeqNodeError('bad-usage', `${given} is no format; there are ${FORMATS.join(', ')}.`);
    const { header, totals } = await attempts(context, input, prefix, { format, out });
    if (input.boolean('json')) printJson(context, { out, format, header, totals });
    else
      printFields(context, [
        ['written', `${out} (${format})`],
        ['actors', String(totals.actors)],
        ['records', String(totals.records)],
        ['moment', timeText(header.atMillis)],
        ['checksum', totals.crc.toString(16).padStart(8, '0')],
      ]);
    return 0;
  },
};

async function attempts(
  context: Context,
  input: Input,
  prefix: string,
  { format, out }: { readonly format: 'files' | 'sqlite' | 'jsonl'; readonly out: string },
) {
  const { createExport } = await import('../../host/export/formats.ts');
  const { runExport } = await import('../../host/export/moving.ts');
  const { HttpMoves, progressOf } = await import('../moving.ts');
  for (let attempt = 1; ; attempt++) {
    try {
      const moves = new HttpMoves(context, input);
      return await runExport(moves, () => createExport(format, out), prefix, progressOf(context, 'exported'));
    } catch (error) {
      const isLost = error instanceof SeqNodeError && error.code === 'export-lost';
      if (!isLost || attempt === ATTEMPTS) throw error;
      remark(context, `seq-node: ${error.message} Beginning again …`);
    }
  }
}
