import { journalRowJson } from '../../gateway/views.ts';
import type { Command } from '../command.ts';
import { type JournalLine, printRecord } from '../journal-lines.ts';
import { printable, printJson, printLine } from '../output.ts';

export const journalDump: Command = {
  name: 'journal dump',
  summary: 'Print all that the data directory of a stopped node holds.',
  arguments: [{ name: 'PATH', doc: 'Only the journal of this actor.', required: false }],
  flags: [
    { name: 'data', type: 'text', value: 'DIR', doc: 'The data directory. Default: data.' },
    { name: 'json', type: 'boolean', doc: 'Print one JSON object a line.' },
  ],
  examples: [
    ['journal dump --data n1 --json', 'Every row of the store and every frame of the log.'],
    ['journal dump /user/accounts/alice --data n1', 'The journal of one actor.'],
  ],
  async run(context, input) {
    const data = input.text('data') ?? 'data';
    const [path] = input.arguments;
    const json = input.boolean('json');
    const { dumpData, recordsInData } = await import('../../host/stopped-node.ts');
    if (path === undefined) {
      for await (const row of dumpData(data))
        if (json) printJson(context, row);
        else printLine(context, rowLine(row));
      return 0;
    }
    for await (const row of recordsInData(data, path, 1)) {
      const record = journalRowJson(row) as JournalLine;
      if (json) printJson(context, record);
      else printRecord(context, record);
    }
    return 0;
  },
};

/** The kind, then every other part as `name=value`. */
function rowLine({ kind, ...parts }: Readonly<Record<string, unknown>>): string {
  const shown = Object.entries(parts).map(([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return `${name}=${text}`;
  });
  return printable([String(kind), ...shown].join('  '));
}
