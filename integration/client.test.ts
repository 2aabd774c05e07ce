// @seq-node/client on a real cluster: the example of its README as it is printed, and what it makes of a
// leader that is killed under it.
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { connect, type Int } from '../sdk/index.ts';
import { Cluster } from './cluster.ts';
import { ROOT } from './node-process.ts';

interface Account {
  Deposit: { fields: { amount: Int }; reply: unknown };
  // biome-ignore lint/complexity/noBannedTypes: a message without fields
  Balance: { fields: {}; reply: { Balanced: { balance: Int } } };
}

const ALICE = '/user/accounts/alice';
const DEPOSITS = 2000;
/** Callers that each wait for an answer before they ask again. */
const CALLERS = 20;

test.serial('every deposit takes effect once while leaders are killed', async (t) => {
  const cluster = await Cluster.start({ size: 3 });
  try {
    const nodes = cluster.nodes.map(({ httpAddress }) => `http://${httpAddress}`);
    await using client = connect({ nodes, timeoutMs: 60_000 });
    const source = readFileSync(join(ROOT, 'examples/accounts.seq'), 'utf8');
    const { hash } = await client.deploy('accounts.seq', { 'accounts.seq': source });
    const account = client.actor<Account>(ALICE);
    await account.spawn({ module: hash, word: 'account' });

    let left = DEPOSITS;
    let acknowledged = 0;
    const caller = async () => {
      while (left-- > 0) {
        await account.ask.deposit({ amount: 1 });
        acknowledged++;
      }
    };
    const callers = Promise.all(Array.from({ length: CALLERS }, caller));
    for (const share of [0.2, 0.6]) {
      while (acknowledged < DEPOSITS * share) await new Promise((resolve) => setTimeout(resolve, 5));
      const leader = await cluster.leaderOf(ALICE);
      await leader.kill();
      await leader.start([]);
    }
    await callers;
    t.is(acknowledged, DEPOSITS);
    t.deepEqual(await account.ask.balance(), { Balanced: { balance: DEPOSITS } });
    const journaled = new Set<string>();
    for await (const { kind, origin } of account.journal()) if (kind === 'turn') journaled.add(origin!);
    t.is(journaled.size, DEPOSITS, 'one record for each, of an id of its own');
  } finally {
    await cluster.dispose();
  }
});

const MAILER = `
union Msg { Mail { to: String } }
: mailer ( Map Msg -- Map ) match Mail { >to } -> "/queue/mails" swap actor.ask actor.reply end ;
`;

test.serial(
  'a worker does the tasks of actors, which get its results, while their leader is killed',
  async (t) => {
    const cluster = await Cluster.start({ size: 3 });
    try {
      const nodes = cluster.nodes.map(({ httpAddress }) => `http://${httpAddress}`);
      await using client = connect({ nodes, timeoutMs: 60_000 });
      const { hash } = await client.deploy('mailer.seq', { 'mailer.seq': MAILER });
      const mailers = Array.from({ length: 10 }, (_, at) => client.actor(`/user/mailers/${at}`));
      for (const mailer of mailers) await mailer.spawn({ module: hash, word: 'mailer' });
      const done = new Map<string, number>();
      const worker = client.worker<string>(
        'mails',
        async (to, { id }) => {
          done.set(id, (done.get(id) ?? 0) + 1);
          await new Promise((resolve) => setTimeout(resolve, 20));
          return `sent to ${to}`;
        },
        { concurrency: 4, leaseMs: 2000 },
      );
      const asked = mailers.flatMap((mailer, at) =>
        Array.from({ length: 5 }, (_, turn) => mailer.ask({ Mail: { to: `${at}.${turn}` } })),
      );
      while (done.size < 10) await new Promise((resolve) => setTimeout(resolve, 5));
      const leader = await cluster.leaderOf('/queue/mails');
      await leader.kill();
      const replies = await Promise.all(asked);
      t.deepEqual(
        replies,
        mailers.flatMap((_, at) => Array.from({ length: 5 }, (__, turn) => `sent to ${at}.${turn}`)),
      );
      t.is(done.size, 50, 'each task has a number of its own');
      await worker.stop();
    } finally {
      await cluster.dispose();
    }
  },
);

/** Runs the programs of a page; they must print what their comments say. */
async function runExamples(t: ExecutionContext, page: string, cluster: Cluster): Promise<void> {
  const text = readFileSync(join(ROOT, page), 'utf8');
  for (const [, code] of text.matchAll(/```ts\n(import [\s\S]*?)```/g))
    await runExample(t, page, code!, cluster);
}

async function runExample(t: ExecutionContext, page: string, code: string, cluster: Cluster): Promise<void> {
  const urls = cluster.nodes.map(({ httpAddress }) => `http://${httpAddress}`);
  const program = code
    .replace("'@seq-node/client'", JSON.stringify(join(ROOT, 'sdk/index.ts')))
    .replace("'seq-node/testing'", JSON.stringify(join(ROOT, 'node/cli/testing.ts')))
    .replace(/nodes: \[[^\]]*\]/, `nodes: ${JSON.stringify(urls)}`);
  const file = join(cluster.directory, 'app.mts');
  writeFileSync(file, program);
  const { stdout } = await promisify(execFile)(process.execPath, [file]);
  const expected = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, shown]) => shown);
  t.true(expected.length > 0);
  t.deepEqual(stdout.trimEnd().split('\n'), expected as string[], page);
}

test.serial('the programs of the READMEs work as they are printed', async (t) => {
  const cluster = await Cluster.start({ size: 1 });
  try {
    await using client = connect({ nodes: `http://${cluster.node(0).httpAddress}` });
    const source = readFileSync(join(ROOT, 'examples/accounts.seq'), 'utf8');
    const { hash } = await client.deploy('accounts.seq', { 'accounts.seq': source });
    await client.actor(ALICE).spawn({ module: hash, word: 'account' });
    await runExamples(t, 'sdk/README.md', cluster);
    await client.actor('/user/accounts/bob').spawn({ module: hash, word: 'account' });
    await runExamples(t, 'README.md', cluster);
  } finally {
    await cluster.dispose();
  }
});
