// A cluster is exported while money moves between its actors, and imported into one node and back into three:
// no payment is lost or made twice on the way.
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { Cluster } from './cluster.ts';
import { seqNode, seqNodeOk } from './command.ts';
import type { NodeClient } from './node-client.ts';
import { until } from './node-process.ts';

const SOURCE = `
union Money { Deposit { amount: Int } Pay { to: String, amount: Int } }
: total ( Map -- Int ) "balance" map.get [ ] [ drop 0 ] if ;
: add ( Map Int -- Map ) over total i.+ "balance" swap map.set ;
: account ( Map Money -- Map )
  match
    Deposit { >amount } -> add
    Pay { >to >amount } -> dup >aux Make-Deposit actor.send 0 aux> i.- add
  end ;
`;
const ACCOUNTS = Array.from({ length: 12 }, (_, at) => `/user/accounts/${at}`);
const PAYERS = 4;

async function open(client: NodeClient): Promise<void> {
  const { hash } = await until('the program is deployed', () =>
    client.call<{ hash: string }>('POST', '/v1/modules', { entry: 'm.seq', files: { 'm.seq': SOURCE } }),
  );
  for (const path of ACCOUNTS)
    await until(`${path} is spawned`, () =>
      client.call('POST', `/v1/actors${path}`, { module: hash, word: 'account', id: 'spawn' }),
    );
}

/** Pays from one to another until it is told to stop. */
async function pay(client: NodeClient, payer: number, goesOn: () => boolean): Promise<number> {
  let paid = 0;
  while (goesOn()) {
    const from = ACCOUNTS[(payer + paid * 5) % ACCOUNTS.length]!;
    const to = ACCOUNTS[(payer + paid * 7 + 1) % ACCOUNTS.length]!;
    const id = `pay-${payer}-${paid}`;
    await until(id, () => client.tell(from, { Pay: [to, 1 + (paid % 9)] }, id));
    paid++;
  }
  return paid;
}

/** The sum of all accounts once every payment has arrived: nothing was put in. */
async function untilSettled(cluster: Cluster): Promise<void> {
  const { client } = cluster.node(0);
  await until('all accounts together hold nothing', async () => {
    for (const node of cluster.nodes)
      if ((await node.client.metric('seqnode_outbox_messages')) !== 0) return undefined;
    let sum = 0;
    for (const path of ACCOUNTS)
      sum += ((await client.inspect(path)).state as { balance?: number }).balance ?? 0;
    return sum === 0 ? true : undefined;
  });
}

const url = (cluster: Cluster) => ['--node', cluster.node(0).client.base];

test('money moves on: from three nodes to one and back to three, exported while it moves', async (t) => {
  t.timeout(240_000);
  const cluster = await Cluster.start({ size: 3 });
  t.teardown(() => cluster.dispose());
  await open(cluster.node(0).client);
  let goesOn = true;
  const payers = Array.from({ length: PAYERS }, (_, at) =>
    pay(cluster.node(at % 3).client, at, () => goesOn),
  );
  const out = (name: string) => join(cluster.directory, name);
  for (const format of ['jsonl', 'files', 'sqlite'])
    await seqNodeOk(['journal', 'export', '--format', format, '--out', out(format), ...url(cluster)]);
  goesOn = false;
  const paid = await Promise.all(payers);
  t.true(Math.min(...paid) > 0);

  for (const format of ['jsonl', 'files', 'sqlite']) {
    const one = await Cluster.lone();
    t.teardown(() => one.dispose());
    const { client } = one.node(0);
    await seqNodeOk(['journal', 'import', out(format), ...url(one)]);
    await untilSettled(one);
    // What was paid before the moment is a repeat, what was paid after it is done now.
    for (const [payer, count] of paid.entries())
      for (let n = 0; n < Math.min(count, 5); n++) {
        const id = `pay-${payer}-${n}`;
        const from = ACCOUNTS[(payer + n * 5) % ACCOUNTS.length]!;
        const to = ACCOUNTS[(payer + n * 7 + 1) % ACCOUNTS.length]!;
        await until(id, () => client.tell(from, { Pay: [to, 1 + (n % 9)] }, id));
      }
    await untilSettled(one);
    if (format !== 'jsonl') continue;
    const refused = await seqNode(['journal', 'import', out('files'), ...url(one)]);
    t.regex(refused.stderr, /error\[not-empty\]/);
    await seqNodeOk(['journal', 'export', '--out', out('again'), ...url(one)]);
    const three = await Cluster.start({ size: 3 });
    t.teardown(() => three.dispose());
    await seqNodeOk(['journal', 'import', out('again'), ...url(three)]);
    await untilSettled(three);
    const again = await seqNodeOk(['journal', 'import', out('again'), ...url(three)]);
    t.regex(again, /imported-before/);
    await three.dispose();
  }
});

test('an export that was cut off or edited is refused by name, and nothing of it is imported', async (t) => {
  t.timeout(120_000);
  const cluster = await Cluster.lone();
  t.teardown(() => cluster.dispose());
  const { client } = cluster.node(0);
  await open(client);
  const out = (name: string) => join(cluster.directory, name);
  for (const format of ['jsonl', 'files', 'sqlite'])
    await seqNodeOk(['journal', 'export', '--format', format, '--out', out(format), ...url(cluster)]);
  const one = await Cluster.lone();
  t.teardown(() => one.dispose());
  const refusals = async (name: string, wanted: RegExp) => {
    const { code, stderr } = await seqNode(['journal', 'import', out(name), ...url(one)]);
    t.is(code, 65);
    t.regex(stderr, wanted);
  };
  const journal = join(out('files'), 'actors', 'user', 'accounts', '3', 'journal.bin');
  t.true(existsSync(journal), readdirSync(out('files')).join(' '));
  appendFileSync(journal, 'x');
  await refusals('files', /accounts\/3\/journal\.bin/);
  writeFileSync(out('jsonl'), readFileSync(out('jsonl')).subarray(0, -40));
  await refusals('jsonl', /cut off/);
  writeFileSync(out('sqlite'), readFileSync(out('sqlite')).subarray(0, 8192));
  await refusals('sqlite', /sqlite is not as it was written/);
  t.deepEqual(await one.node(0).client.call('GET', '/v1/actors'), { actors: [], next: null });
  await open(one.node(0).client);
});
