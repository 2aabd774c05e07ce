import type { DepartureView } from '../../host/api.ts';
import type { Command } from '../command.ts';
import { CLIENT_FLAGS, JSON_FLAG, NodeClient } from '../node-client.ts';
import { printJson, printLine } from '../output.ts';

export const membersKeep: Command = {
  name: 'members keep',
  summary: 'Let a node stay that is leaving.',
  arguments: [{ name: 'NAME-OR-ID', doc: 'The node, as seq-node members shows it.', required: true }],
  flags: [JSON_FLAG, ...CLIENT_FLAGS],
  examples: [['members keep n3', 'Takes back seq-node members remove n3, while n3 has not left.']],
  async run(context, input) {
    const [member = ''] = input.arguments;
    const address = `/v1/members/${encodeURIComponent(member)}/keep`;
    const kept = (await new NodeClient(context, input).call({ method: 'POST', address })) as DepartureView;
    if (input.boolean('json')) printJson(context, kept);
    else printLine(context, `${kept.name} stays`);
    return 0;
  },
};
