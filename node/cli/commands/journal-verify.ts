import { SeqNodeError } from '../../base/errors.ts';
import type { Command } from '../command.ts';
import { JSON_FLAG } from '../node-client.ts';
import { printable, printFields, printJson, printLine } from '../output.ts';

const SHOWN_MAX = 100;
const NEXT =
  'Start the node while the others run: it repairs itself from them. A copy that a repair set aside is no longer needed.';

export const journalVerify: Command = {
  name: 'journal verify',
  summary: 'Check the log and the store of a stopped node. Changes nothing.',
  arguments: [],
  flags: [{ name: 'data', type: 'text', value: 'DIR', doc: 'The data directory. Default: data.' }, JSON_FLAG],
  examples: [['journal verify --data n1', 'Exit status 0 when all is well, else 70.']],
  async run(context, input) {
    const data = input.text('data') ?? 'data';
    const { verifyData } = await import('../../host/stopped-node.ts');
    const { problems, problemCount, counts, log, torn } = await verifyData(data);
    if (input.boolean('json')) printJson(context, { problems, problemCount, counts, log, torn });
    else {
      printFields(context, [
        ['actors', String(counts.actors)],
        ['records', String(counts.records)],
        ['rows', String(counts.rows)],
        ['log', `${log.frames} frames, ${log.entries} entries of ${log.groups} groups`],
        [
          'torn',
          torn === null ? 'no' : `yes, at byte ${torn.offset}: an unfinished write, never acknowledged`,
        ],
        ['problems', String(problemCount)],
      ]);
      for (const { part, where, reason } of problems.slice(0, SHOWN_MAX))
        printLine(context, printable(`${part}: ${where}: ${reason}`));
    }
    const [first] = problems;
    if (first === undefined) return 0;
    throw new SeqNodeError(
      first.part === 'log' ? 'log-damaged' : 'journal-damaged',
      `What ${data} holds is damaged: ${problemCount} ${problemCount === 1 ? 'problem was' : 'problems were'} found.`,
      { data, problemCount, next: NEXT },
    );
  },
};
