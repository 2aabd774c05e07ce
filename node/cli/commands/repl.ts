import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Command, Context } from '../command.ts';
import { CLIENT_FLAGS } from '../node-client.ts';
import { RELEASE_FLAG } from '../release-flag.ts';
import { Repl } from '../repl/repl.ts';

const NODE_DOC =
  'A node where actors live. Default: SEQ_NODE_URL, else one of the session, which ends with it.';

export const repl: Command = {
  name: 'repl',
  summary: 'Try out Seq: words are carried out as they are typed, and the stack stays.',
  arguments: [{ name: 'FILE', doc: 'A program to include first.', required: false, many: true }],
  flags: [
    ...CLIENT_FLAGS.map((flag) => (flag.name === 'node' ? { ...flag, doc: NODE_DOC } : flag)),
    { ...RELEASE_FLAG, doc: 'The release of Seq, such as 2.x, whose words are typed. Default: the newest.' },
  ],
  examples: [
    ['repl', 'Unless SEQ_NODE_URL is set, actors live on a node of the session, which ends with it.'],
    [
      'repl examples/accounts.seq --node http://127.0.0.1:7480',
      'With the words of a program, and the actors of a node.',
    ],
  ],
  async run(context, input) {
    return new Repl(context, input, historyFile(context)).run(input.arguments);
  },
};

/** Where the XDG base directory specification wants state. */
function historyFile({ env }: Context): string {
  const state = env.XDG_STATE_HOME || join(env.HOME || homedir(), '.local', 'state');
  return join(state, 'seq-node', 'repl-history');
}
