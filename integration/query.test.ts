// Questions in SQL of real nodes: every query of docs/OPERATIONS.md, and tables that are whole after kills.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { Cluster } from './cluster.ts';
import { seqNode, seqNodeOk } from './command.ts';
import type { NodeClient } from './node-client.ts';
import { ROOT, until } from './node-process.ts';
import { spawnWorker, totalOf } from './programs.ts';

const settings = { SEQ_NODE_PROJECTION__ENABLED: 'true' };

interface Answer {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
  readonly more: boolean;
}

const ask = (client: NodeClient, sql: string): Promise<Answer> => client.call('POST', '/v1/query', { sql });

test.serial('every query of the manual is answered, and a query changes nothing', async (t) => {
  const cluster = await Cluster.plan({ size: 1, settings });
  t.teardown(() => cluster.dispose());
  const node = cluster.node(0);
  await node.start(['--create']);
  const { client } = node;
  const at = ['--node', `http://${node.httpAddress}`];
  await spawnWorker(client, '/user/accounts/alice');
  await client.tell('/user/accounts/alice', '(Deposit 2000)', 'one');
  await until('it is in the tables', async () =>
    (await ask(client, 'SELECT count(*) FROM records')).rows[0]?.[0] === 2 ? true : undefined,
  );
  const manual = readFileSync(join(ROOT, 'docs', 'OPERATIONS.md'), 'utf8');
  const section = manual.split('## Questions in SQL')[1]!.split('\n## ')[0]!;
  const queries = [...section.matchAll(/^ {4}seq-node query (?:'([^']*)'|"([^"]*)")$/gm)];
  t.true(queries.length >= 10);
  for (const [, single, double] of queries) await seqNodeOk(['query', (single ?? double)!, ...at]);
  const shown = await seqNodeOk(['query', 'SELECT actor, sequence, kind, message FROM records', ...at]);
  t.is(
    shown,
    [
      'actor                 sequence  kind     message',
      '/user/accounts/alice  1         spawned',
      '/user/accounts/alice  2         turn     {"Deposit":[2000]}',
      '',
    ].join('\n'),
  );
  const refused = await seqNode(['query', 'DELETE FROM records', ...at]);
  t.is(refused.code, 65);
  t.regex(refused.stderr, /error\[bad-query\]: The query cannot be answered\. It may only read\./);
  t.is((await ask(client, 'SELECT count(*) FROM records')).rows[0]?.[0], 2);
});

test.serial('a node without the setting says which nodes to ask', async (t) => {
  const cluster = await Cluster.lone();
  t.teardown(() => cluster.dispose());
  const refused = await seqNode(['query', 'SELECT 1', '--node', `http://${cluster.node(0).httpAddress}`]);
  t.is(refused.code, 69);
  t.regex(refused.stderr, /error\[no-projection\].*\n +next: .*projection\.enabled/);
});

test.serial('the tables of every node hold every record once, while nodes are killed', async (t) => {
  t.timeout(180_000);
  const cluster = await Cluster.start({ size: 3, settings });
  t.teardown(() => cluster.dispose());
  const paths = Array.from({ length: 6 }, (_, at) => `/test/asked/${at}`);
  for (const path of paths) await spawnWorker(cluster.node(0).client, path);
  let deposits = 0;
  const deposit = async (times: number) => {
    for (let round = 0; round < times; round++)
      await Promise.all(
        paths.map((path) => {
          let node = ++deposits;
          const id = `d${deposits}`;
          return until(id, () => cluster.node(node++ % 3).client.tell(path, '(Deposit 1)', id, 2000));
        }),
      );
  };
  await deposit(10);
  for (const victim of [cluster.node(2), cluster.node(0)]) {
    await victim.kill();
    await deposit(10);
    await victim.start();
    await deposit(10);
  }
  const records = deposits + paths.length;
  for (const { client } of cluster.nodes) {
    await until('all is in the tables', async () =>
      (await ask(client, "SELECT count(*) FROM records WHERE actor LIKE '/test/asked/%'")).rows[0]?.[0] ===
      records
        ? true
        : undefined,
    );
    const { rows } = await ask(
      client,
      'SELECT count(DISTINCT origin), sum(message IS NOT NULL) FROM records',
    );
    t.deepEqual(rows, [[records, deposits]]);
    const states = await ask(client, "SELECT actor, state ->> 'balance' FROM state ORDER BY actor");
    for (const [actor, total] of states.rows)
      t.is(total, await totalOf(client, actor as string), String(actor));
  }
});
