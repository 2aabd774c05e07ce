// `seq-node run`, wherever its program comes from.
import type { Program } from '../seq/api.ts';
import type { Command } from './command.ts';
import { rawArguments } from './raw-texts.ts';
import { RELEASE_FLAG, releaseFrom } from './release-flag.ts';
import { faultError, runScript } from './running.ts';

export interface Runnable {
  readonly program: Pick<Program, 'launch'>;
  /** Is called once the run has ended. */
  ended?(): void;
}

/** `runnableOf` throws SeqNodeError for what cannot be run. */
export const runCommand = (
  runnableOf: (file: string, release: string | undefined) => Runnable | Promise<Runnable>,
): Command => ({
  name: 'run',
  summary: 'Run a Seq program here, without a node.',
  arguments: [
    { name: 'FILE', doc: 'The program; its word main is run.', required: true },
    { name: 'ARGUMENT', doc: 'What the program gets as its arguments.', required: false, many: true },
  ],
  flags: [
    RELEASE_FLAG,
    {
      name: 'reductions',
      type: 'integer',
      value: 'N',
      least: 1,
      doc: 'Give up after so many reductions. Default: never.',
    },
  ],
  examples: [
    ['run hello.seq', 'Its exit status is that of the program.'],
    ['run sum.seq 1 2 3', 'With three arguments.'],
    [
      'run --reductions 1000000 sum.seq --fast',
      "Flags of run come before FILE; what follows it is the program's.",
    ],
  ],
  passThrough: true,
  async run(context, input) {
    const [file = '', ...words] = input.arguments;
    const { program, ended } = await runnableOf(file, releaseFrom(input));
    const args = rawArguments(words);
    const result = await runScript(program, 'main', context.out, args, input.integer('reductions'));
    ended?.();
    if (result.kind === 'done') return result.exitCode ?? 0;
    throw faultError(result);
  },
});
