import type { Command } from '../command.ts';
import { CLIENT_FLAGS, JSON_FLAG } from '../node-client.ts';
import { printFields, printJson } from '../output.ts';

export const journalImport: Command = {
  name: 'journal import',
  summary: 'Bring the actors of an export into a cluster that has none.',
  arguments: [
    { name: 'EXPORT', doc: 'What journal export wrote, in any format.', required: true, completes: 'FILE' },
  ],
  flags: [
    { name: 'check', type: 'boolean', doc: 'Only check that it is as it was written.' },
    { name: 'abandon', type: 'boolean', doc: 'Give up the import of it that was interrupted.' },
    JSON_FLAG,
    ...CLIENT_FLAGS,
  ],
  examples: [
    ['journal import bank.db', 'Into the cluster of the node at 127.0.0.1:7480.'],
    ['journal import accounts --check', 'Reads it to its end, and changes nothing.'],
  ],
  async run(context, input) {
    const [name = ''] = input.arguments;
    const { openExport } = await import('../../host/export/formats.ts');
    const { importId, readWhole, runImport } = await import('../../host/export/moving.ts');
    const { HttpMoves, progressOf } = await import('../moving.ts');
    const moves = new HttpMoves(context, input);
    const report = (done: string, totals: { readonly actors: number; readonly records: number }) => {
      if (input.boolean('json')) printJson(context, { [done]: name, totals });
      else
        printFields(context, [
          [done, name],
          ['actors', String(totals.actors)],
          ['records', String(totals.records)],
        ]);
      return 0;
    };
    if (input.boolean('check') || input.boolean('abandon')) {
      const { header, totals } = await readWhole(openExport(name), progressOf(context, 'checked'));
      if (input.boolean('check')) return report('checked', totals);
      await moves.abandonImport(importId(header, totals));
      return report('abandoned', totals);
    }
    const target = { moves, deploy: moves.deploy.bind(moves) };
    const { totals, before } = await runImport(
      target,
      () => openExport(name),
      progressOf(context, 'imported'),
    );
    return report(before ? 'imported-before' : 'imported', totals);
  },
};
