import type { Command } from '../command.ts';
import { CLIENT_FLAGS, JSON_FLAG, NodeClient } from '../node-client.ts';
import { printJson, printLine, remark } from '../output.ts';

export const deploy: Command = {
  name: 'deploy',
  summary: 'Give a Seq program, with what it includes, to every node of the cluster.',
  arguments: [
    { name: 'FILE', doc: 'The program. Deploying the same source again changes nothing.', required: true },
  ],
  flags: [JSON_FLAG, ...CLIENT_FLAGS],
  examples: [['deploy examples/accounts.seq', 'Prints the hash by which the module is known.']],
  async run(context, input) {
    const [file = ''] = input.arguments;
    const { deployFile } = await import('../deploying.ts');
    const module = await deployFile(context, new NodeClient(context, input), file);
    if (input.boolean('json')) printJson(context, module);
    else printLine(context, module.hash);
    for (const { word, accepts } of module.behaviours)
      remark(context, `  ${word}${accepts.length > 0 ? `: ${accepts.join(' ')}` : ''}`);
    return 0;
  },
};
