// What the dashboard is to show: an account with a history, supervisors, a dead letter, a queue, timers.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeClient } from './node-client.ts';
import { type NodeProcess, ROOT, until } from './node-process.ts';

export const ALICE = '/user/accounts/alice';
export const ROOM = '/user/room/tea';
export const LOST_INBOX = '/user/inbox/ann';
export const PARSER = '/user/app/team/parser';
export const SITTER = '/user/sitter';

/** Messages with fields of each kind, a timer and a watch. */
const SITTER_SOURCE = `
union Size { Small Large { by: Int } }
union SitterMsg { Put { text: String, size: Size, open: Bool, tags: List } Rest Ring Terminated { path: String, reason: Symbol } }
: sitter ( Map SitterMsg -- Map )
  match
    Put { >text >size >open >tags } -> 3drop "text" swap map.set
    Rest -> actor.self Make-Ring 3600000 actor.send-after drop "${ALICE}" actor.watch
    Ring ->
    Terminated { >path >reason } -> 2drop
  end
;
`;

async function deploy(client: NodeClient, name: string, source: string): Promise<string> {
  const files = { [name]: source };
  return (await client.call<{ hash: string }>('POST', '/v1/modules', { entry: name, files })).hash;
}

const example = (name: string) => readFileSync(join(ROOT, 'examples', name), 'utf8');

export async function prepare(client: NodeClient): Promise<void> {
  const accounts = await deploy(client, 'accounts.seq', example('accounts.seq'));
  const rooms = await deploy(client, 'chat-room.seq', example('chat-room.seq'));
  const teams = await deploy(client, 'supervised.seq', example('supervised.seq'));
  const sitters = await deploy(client, 'sitter.seq', SITTER_SOURCE);
  for (const [path, module, word] of [
    [ALICE, accounts, 'account'],
    [ROOM, rooms, 'room'],
    ['/user/app', teams, 'app'],
    [SITTER, sitters, 'sitter'],
  ] as const)
    await client.call('POST', `/v1/actors${path}`, { module, word });
  for (const [at, amount] of [100, 20, 3].entries())
    await client.tell(ALICE, { Deposit: [amount] }, `deposit-${at}`);
  await client.tell(ALICE, { Withdraw: [50] }, 'withdraw');
  await client.tell('/user/app', { Start: [] }, 'start');
  await client.tell(SITTER, { Rest: [] }, 'rest');
  await client.tell(ROOM, { Join: ['ann', LOST_INBOX] }, 'join');
  await client.tell(ROOM, { Say: ['ann', 'hello'] }, 'say');
  for (const n of [1, 2, 3]) await client.tell('/queue/emails', { Mail: ['ann', n] }, `mail-${n}`);
  await client.call('POST', '/v1/queues/emails/take', { worker: 'w1', leaseMs: 3_600_000 });
  await until('the parser runs', () => client.inspect(PARSER));
  await until('there is a dead letter', async () => {
    const { letters } = await client.call<{ letters: unknown[] }>('GET', '/v1/dead-letters');
    return letters.length === 1 ? true : undefined;
  });
}

/** Volatile ones: it is the list that is tried, and these are there soonest. */
export async function makeManyActors({ client, httpAddress }: NodeProcess, actors: number): Promise<void> {
  const source = 'union M { Wake } : idle ( Map M -- Map ) match Wake -> end ;';
  const module = await deploy(client, 'idle.seq', source);
  let next = 0;
  const caller = async () => {
    while (next < actors) {
      const path = `/user/many/${String(next++).padStart(6, '0')}`;
      await client.call('POST', `/v1/actors${path}`, { module, word: 'idle', mode: 'volatile' }, 60_000);
    }
  };
  await Promise.all(Array.from({ length: 50 }, caller));
  console.log(`dashboard: made ${actors} actors at ${httpAddress}`);
}
