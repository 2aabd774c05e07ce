import { createInterface } from 'node:readline';
import { SeqNodeError } from '../../base/errors.ts';
import { resolveAddress } from '../../base/path.ts';
import type { Command, Context } from '../command.ts';
import { ACTOR_ARGUMENT, ID_FLAG, onceWithId, type Taken } from '../messaging.ts';
import { actorAddress, CLIENT_FLAGS, JSON_FLAG, NodeClient } from '../node-client.ts';
import { printJson, printLine, remark } from '../output.ts';

export const purge: Command = {
  name: 'purge',
  summary: 'Delete the state and the journal of an actor that has ended, for good.',
  arguments: [ACTOR_ARGUMENT],
  flags: [
    { name: 'yes', type: 'boolean', doc: 'Ask nothing. Without it, the path must be typed once more.' },
    { name: 'force', type: 'boolean', doc: 'Also an actor that runs or is suspended: it is stopped first.' },
    ID_FLAG,
    JSON_FLAG,
    ...CLIENT_FLAGS,
  ],
  examples: [
    ['purge /user/accounts/alice', 'Asks for the path, then deletes what is stored on every replica.'],
    ['purge /user/accounts/alice --force --yes', 'For programs, whether it has ended or not.'],
  ],
  async run(context, input) {
    const [path = ''] = input.arguments;
    const confirm = resolveAddress(path);
    const address = actorAddress(path, 'purge');
    if (!input.boolean('yes')) await demandTyped(context, confirm);
    const client = new NodeClient(context, input);
    const order = { confirm, force: input.boolean('force') };
    const answer = await onceWithId(input, (id) =>
      client.call({ method: 'POST', address, body: { ...order, id, timeoutMs: client.messageTimeoutMs() } }),
    );
    if (input.boolean('json')) printJson(context, answer);
    else printLine(context, `purged ${path}, ${(answer as Taken).sequence} records of its journal`);
    return 0;
  },
};

async function demandTyped(context: Context, path: string): Promise<void> {
  remark(
    context,
    `seq-node: the state and the journal of ${path} will be gone for good. Type its path to go on:`,
  );
  const lines = createInterface({ input: context.in });
  const typed = await new Promise<string>((resolve) => {
    lines.once('line', resolve);
    lines.once('close', () => resolve(''));
  });
  lines.close();
  if (typed.trim() === path) return;
  throw new SeqNodeError(
    'bad-usage',
    `What was typed is not ${path}, so nothing was deleted. Give --yes to be asked nothing.`,
  );
}
