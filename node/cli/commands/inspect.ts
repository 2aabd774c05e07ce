import type { ActorView } from '../../host/api.ts';
import type { Command } from '../command.ts';
import { ACTOR_ARGUMENT } from '../messaging.ts';
import { actorAddress, CLIENT_FLAGS, JSON_FLAG, NodeClient } from '../node-client.ts';
import { notationOf, printable, printFields, printJson, timeText } from '../output.ts';
import { supervisorFields } from '../supervisor-lines.ts';
import { timerFields } from '../timer-lines.ts';

const lifeText = ({ lifecycle, since }: ActorView): string =>
  since === null ? lifecycle : `${lifecycle} since ${timeText(since)}`;

const waitText = (since: number): string =>
  `for the answer to an ask, in a turn that began ${timeText(since)}; messages and orders come after it`;

const watchFields = ({ watching, watchers }: ActorView): [name: string, text: string][] => [
  ...(watching.length === 0 ? [] : [['watches', watching.join(' ')] as [string, string]]),
  ...(watchers === 0
    ? []
    : [['watched', `${watchers} ${watchers === 1 ? 'time' : 'times'}`] as [string, string]]),
];

export const inspect: Command = {
  name: 'inspect',
  summary: 'Show the state of an actor, its code and where it lives.',
  arguments: [ACTOR_ARGUMENT],
  flags: [JSON_FLAG, ...CLIENT_FLAGS],
  examples: [['inspect /user/accounts/alice', 'State, sequence number, lifecycle, shard and node.']],
  async run(context, input) {
    const [path = ''] = input.arguments;
    const client = new NodeClient(context, input);
    const view = (await client.call({
      method: 'GET',
      confirmed: true,
      address: actorAddress(path),
    })) as ActorView;
    if (input.boolean('json')) printJson(context, view);
    else
      printFields(context, [
        ['path', view.path],
        ['state', notationOf(view.state)],
        ['sequence', String(view.sequence)],
        ['lifecycle', lifeText(view)],
        ...(view.waitingSince === null ? [] : [['waits', waitText(view.waitingSince)] as const]),
        ['restarts', String(view.restarts)],
        ['last fault', view.lastFault === null ? 'none' : printable(view.lastFault)],
        ['code', `${view.code.target} of module ${view.code.module}`],
        ['accepts', view.accepts.length === 0 ? 'any message' : view.accepts.join(' ')],
        ...watchFields(view),
        ...timerFields(view),
        ...(view.stashed === 0 ? [] : [['stashed', String(view.stashed)] as const]),
        ...(view.subscriptions.length === 0
          ? []
          : [['subscribed', view.subscriptions.map(printable).join(', ')] as const]),
        ...supervisorFields(view),
        ...(view.supervisor === null ? [] : [['supervisor', view.supervisor] as const]),
        ['mode', view.journalReads ? `${view.mode}, journals reads` : view.mode],
        ['shard', String(view.shard)],
        ['node', `${view.nodeName} (${view.node})`],
      ]);
    return 0;
  },
};
