import type { Command } from '../command.ts';
import { CLIENT_FLAGS, JSON_FLAG, NodeClient } from '../node-client.ts';
import { printJson, printLine, remark } from '../output.ts';

export const token: Command = {
  name: 'token',
  summary: 'Make a token by which one more node can join the cluster, once.',
  arguments: [],
  flags: [
    {
      name: 'valid',
      type: 'duration',
      value: 'TIME',
      least: 1000,
      most: 30 * 86_400_000,
      doc: 'How long it can be used. Default: 1h.',
    },
    JSON_FLAG,
    ...CLIENT_FLAGS,
  ],
  examples: [
    ['token', 'Use it with seq-node start --join HOST:PORT --token TOKEN.'],
    ['token --valid 10m', 'One that expires after ten minutes.'],
  ],
  async run(context, input) {
    const client = new NodeClient(context, input);
    const validMs = input.duration('valid');
    const body = validMs === undefined ? {} : { validMs };
    const made = (await client.call({ method: 'POST', address: '/v1/tokens', body })) as {
      readonly token: string;
      readonly expiresAt: string;
    };
    if (input.boolean('json')) printJson(context, made);
    else {
      printLine(context, made.token);
      remark(
        context,
        `Good for one node, until ${made.expiresAt}: seq-node start --join HOST:PORT --token TOKEN`,
      );
    }
    return 0;
  },
};
