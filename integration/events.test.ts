// Events of real nodes, followed while the node that serves them and the leader are killed.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { connect, type Int } from '../sdk/index.ts';
import { Cluster } from './cluster.ts';
import { ROOT } from './node-process.ts';

interface Account {
  Deposit: { fields: { amount: Int }; reply: unknown };
}

const ACCOUNTS = ['/user/accounts/alice', '/user/accounts/bob', '/user/accounts/carol'];
const DEPOSITS = 900;

test.serial('a follower sees every deposit once and in order while nodes are killed', async (t) => {
  const cluster = await Cluster.start({ size: 3 });
  try {
    const urls = cluster.nodes.map(({ httpAddress }) => `http://${httpAddress}`);
    await using client = connect({ nodes: urls, timeoutMs: 60_000 });
    const source = readFileSync(join(ROOT, 'examples/accounts.seq'), 'utf8');
    const { hash } = await client.deploy('accounts.seq', { 'accounts.seq': source });
    for (const path of ACCOUNTS) await client.actor(path).spawn({ module: hash, word: 'account' });

    // It begins at the last node, which nobody else asks first.
    await using reader = connect({ nodes: urls.toReversed(), timeoutMs: 60_000 });
    const seen = new Map<string, number[]>();
    let turns = 0;
    let caughtUp = 0;
    const following = (async () => {
      for await (const event of reader.events({ prefix: '/user/accounts/' })) {
        if (event.type === 'caught-up') caughtUp++;
        if (event.type !== 'record') continue;
        seen.set(event.path, [...(seen.get(event.path) ?? []), event.record.sequence]);
        if (event.record.kind === 'turn' && ++turns === DEPOSITS) return;
      }
    })();

    let left = DEPOSITS;
    const caller = async (at: number) => {
      const account = client.actor<Account>(ACCOUNTS[at % ACCOUNTS.length]!);
      while (left-- > 0) await account.ask.deposit({ amount: 1 });
    };
    const callers = Promise.all(Array.from({ length: 6 }, (_, at) => caller(at)));
    const until = async (share: number) => {
      while (turns < DEPOSITS * share) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    await until(0.2);
    await cluster.node(2).kill();
    await cluster.node(2).start([]);
    await until(0.5);
    const leader = await cluster.leaderOf(ACCOUNTS[0]!);
    await leader.kill();
    await leader.start([]);
    await callers;
    await following;
    t.is(caughtUp, 1);
    for (const path of ACCOUNTS) {
      const { sequence } = await client.actor(path).inspect();
      t.deepEqual(
        seen.get(path),
        Array.from({ length: sequence }, (_, at) => at + 1),
        path,
      );
    }
  } finally {
    await cluster.dispose();
  }
});
