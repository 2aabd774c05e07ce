import { SeqNodeError } from '../../base/errors.ts';
import type { Command } from '../command.ts';
import { completionScript, SHELLS } from '../completion.ts';

export const completion: Command = {
  name: 'completion',
  summary: 'Print a completion script for a shell.',
  arguments: [{ name: 'SHELL', doc: `One of ${SHELLS.join(', ')}.`, required: true }],
  flags: [],
  examples: [
    ['completion bash > ~/.local/share/bash-completion/completions/seq-node', 'For bash.'],
    ['completion zsh > ~/.zfunc/_seq-node', 'For zsh, where ~/.zfunc is in fpath.'],
    ['completion fish > ~/.config/fish/completions/seq-node.fish', 'For fish.'],
  ],
  async run(context, input) {
    const [wanted] = input.arguments;
    const shell = SHELLS.find((each) => each === wanted);
    if (shell === undefined)
      throw new SeqNodeError(
        'bad-usage',
        `SHELL must be one of ${SHELLS.join(', ')}, not ${JSON.stringify(wanted)}.`,
      );
    context.out.write(completionScript(shell));
    return 0;
  },
};
