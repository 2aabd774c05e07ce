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

interface Totals {
  Follow: { fields: { prefix: string }; reply: unknown };
  Reach: { fields: { least: Int }; reply: Int };
}

test.serial('a subscriber takes every record once and in order while its leader is killed', async (t) => {
  const cluster = await Cluster.start({ size: 3 });
  try {
    const urls = cluster.nodes.map(({ httpAddress }) => `http://${httpAddress}`);
    await using client = connect({ nodes: urls, timeoutMs: 60_000 });
    const deployed = async (name: string) => {
      const source = readFileSync(join(ROOT, 'examples', name), 'utf8');
      return (await client.deploy(name, { [name]: source })).hash;
    };
    const accounts = await deployed('accounts.seq');
    for (const path of ACCOUNTS) await client.actor(path).spawn({ module: accounts, word: 'account' });
    const path = '/user/totals/accounts';
    await client.actor(path).spawn({ module: await deployed('totals.seq'), word: 'totals' });
    const totals = client.actor<Totals>(path);
    let left = DEPOSITS;
    const caller = async (at: number) => {
      const account = client.actor<Account>(ACCOUNTS[at % ACCOUNTS.length]!);
      while (left-- > 0) await account.ask.deposit({ amount: 1 });
    };
    const callers = Promise.all(Array.from({ length: 6 }, (_, at) => caller(at)));
    await totals.tell.follow({ prefix: '/user/accounts/' });
    for (const share of [0.2, 0.5]) {
      await totals.ask.reach({ least: DEPOSITS * share });
      const leader = await cluster.leaderOf(path);
      await leader.kill();
      await leader.start([]);
    }
    await callers;
    t.is(await totals.ask.reach({ least: DEPOSITS }), DEPOSITS);
    const seen = new Map<string, number[]>();
    for await (const { message } of client.journal(path)) {
      const [of, sequence] = recordOf(message);
      if (of !== undefined) seen.set(of, [...(seen.get(of) ?? []), sequence]);
    }
    for (const account of ACCOUNTS) {
      const { sequence } = await client.actor(account).inspect();
      const all = Array.from({ length: sequence }, (_, at) => at + 1);
      t.deepEqual(seen.get(account), all, account);
    }
  } finally {
    await cluster.dispose();
  }
});

/** Of the message that tells of a record: whose it is, and its sequence. */
function recordOf(message: unknown): [string | undefined, number] {
  const told = (message as { Recorded?: [string, number] } | null)?.Recorded;
  return told === undefined ? [undefined, 0] : [told[0], told[1]];
}
