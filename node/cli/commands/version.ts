import { VERSION } from '../../host/version.ts';
import type { Command } from '../command.ts';
import { JSON_FLAG } from '../node-client.ts';
import { printJson, printLine } from '../output.ts';

export const version: Command = {
  name: 'version',
  summary: 'Print the version of this command.',
  arguments: [],
  flags: [JSON_FLAG],
  examples: [
    ['version', 'The version of seq-node.'],
    ['version --json', 'With the Node that runs it, and the platform.'],
  ],
  async run(context, input) {
    const { platform, arch } = process;
    if (input.boolean('json'))
      printJson(context, { version: VERSION, node: process.versions.node, platform, arch });
    else printLine(context, VERSION);
    return 0;
  },
};
