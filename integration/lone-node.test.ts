import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Cluster } from './cluster.ts';
import { seqNode, seqNodeOk } from './command.ts';
import { NodeProcess } from './node-process.ts';
import { spawnWorker, totalOf } from './programs.ts';

const ALICE = '/user/accounts/alice';

async function lone(t: ExecutionContext): Promise<NodeProcess> {
  const cluster = await Cluster.lone();
  t.teardown(() => cluster.dispose());
  const node = cluster.node(0);
  return node;
}

test.serial(
  'one node works alone, says that it is one, and keeps what it acknowledged over SIGKILL',
  async (t) => {
    const node = await lone(t);
    await spawnWorker(node.client, ALICE);
    for (let number = 1; number <= 20; number++) {
      const acknowledged = await node.client.tell(ALICE, '(Deposit 5)', `d${number}`);
      t.is(acknowledged.mode, 'single-fsync');
    }
    const again = await node.client.tell(ALICE, '(Deposit 5)', 'd20');
    t.is(again.sequence, 21, 'the same id takes effect once');
    await node.kill();
    await node.start();
    t.is(await totalOf(node.client, ALICE), 100);
    t.is((await node.client.tell(ALICE, '(Deposit 5)', 'd7')).sequence, 8, 'also after the restart');
    t.is((await node.client.ask(ALICE, '(Total)', 'a1')).response, 100);
  },
);

test.serial('the journal of a stopped node can be shown, verified and dumped', async (t) => {
  const node = await lone(t);
  await spawnWorker(node.client, ALICE);
  for (let number = 1; number <= 5; number++)
    await node.client.tell(ALICE, `(Deposit ${number})`, `d${number}`);
  t.is(await node.stop(), 0);
  const { data } = node.place;
  const shown = await seqNode(['journal', 'show', ALICE, '--data', data]);
  t.is(shown.code, 0, shown.stderr);
  t.regex(shown.stdout, /Deposit 3/);
  const verified = await seqNode(['journal', 'verify', '--data', data]);
  t.is(verified.code, 0, verified.stderr);
  const dumped = await seqNode(['journal', 'dump', ALICE, '--data', data, '--json']);
  t.is(dumped.code, 0, dumped.stderr);
  t.true(dumped.stdout.includes('Deposit'));
});

test.serial(
  'an actor that has failed goes on with its state when its error is followed word by word',
  async (t) => {
    const node = await lone(t);
    const at = ['--node', `http://${node.httpAddress}`];
    await spawnWorker(node.client, ALICE);
    await seqNodeOk(['send', ALICE, 'Deposit 70', ...at]);
    for (let fault = 1; fault <= 4; fault++)
      t.regex((await seqNode(['send', ALICE, 'Fail', ...at])).stderr, /error\[turn-failed\]/);
    const refused = await seqNode(['send', ALICE, 'Deposit 5', ...at]);
    t.is(refused.code, 65);
    t.regex(refused.stderr, /has failed.*next: .*seq-node inspect.*seq-node resume/s);
    t.regex(
      await seqNodeOk(['inspect', ALICE, ...at]),
      /lifecycle +failed since [^\n]*\n.*last fault +[a-z]+-[a-z-]+: /s,
    );
    const again = await seqNode(['spawn', ALICE, '--word', 'worker', ...at]);
    t.regex(again.stderr, /error\[actor-ended\].*next: .*seq-node resume.*--new-life/s);
    t.regex(await seqNodeOk(['resume', ALICE, ...at]), /^resumed /);
    t.is(await seqNodeOk(['ask', ALICE, 'Total', ...at]), '70\n');
    await node.kill();
    await node.start();
    await seqNodeOk(['send', ALICE, 'Deposit 5', ...at]);
    t.is(await seqNodeOk(['ask', ALICE, 'Total', ...at]), '75\n');
    t.regex(await seqNodeOk(['journal', 'show', ALICE, ...at]), /failed.*resumed/s);
    t.is(await node.stop(), 0);
    const { data } = node.place;
    t.is((await seqNode(['journal', 'verify', '--data', data])).code, 0);
  },
);

test.serial('a message that changes nothing is told from one that is journaled', async (t) => {
  const node = await lone(t);
  const at = ['--node', `http://${node.httpAddress}`];
  await spawnWorker(node.client, ALICE);
  await seqNodeOk(['send', ALICE, 'Deposit 70', ...at]);
  const read = { mode: 'single-fsync', sequence: 2, read: true };
  t.deepEqual((await node.client.ask(ALICE, '(Total)', 't')) as object, { response: 70, ...read });
  t.deepEqual(JSON.parse(await seqNodeOk(['ask', ALICE, 'Total', '--json', ...at])), {
    response: 70,
    ...read,
  });
  t.is(
    await seqNodeOk(['send', ALICE, 'Total', ...at]),
    'acknowledged single-fsync sequence 2, nothing changed\n',
  );
  t.deepEqual((await node.client.tell(ALICE, '(Total)', 't')) as object, { acknowledged: true, ...read });
  const journal = () => seqNodeOk(['journal', 'show', ALICE, ...at]);
  t.notRegex(await journal(), /Total/);
  await seqNodeOk(['stop', ALICE, ...at]);
  await seqNodeOk(['spawn', ALICE, '--word', 'worker', '--new-life', '--journal-reads', ...at]);
  t.is(await seqNodeOk(['send', ALICE, 'Total', ...at]), 'acknowledged single-fsync sequence 5\n');
  t.regex(await journal(), /#5 .*Total/);
  t.regex(await seqNodeOk(['inspect', ALICE, ...at]), /mode +single-fsync, journals reads\n/);
  t.regex(
    (await seqNode(['spawn', '/user/v', '--word', 'worker', '--volatile', '--journal-reads', ...at])).stderr,
    /bad-usage/,
  );
});

test.serial('a second process cannot use the directory of the first', async (t) => {
  const node = await lone(t);
  const second = new NodeProcess({ ...node.place, p2pPort: 0, httpPort: 0 });
  second.spawn();
  const { code } = await second.ended();
  t.is(code, 78);
  t.regex(second.stderr, /data-in-use/);
  await spawnWorker(node.client, ALICE);
});

test.serial('an empty directory is no cluster, and stays empty', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'seq-node-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const data = join(directory, 'empty');
  const node = new NodeProcess({ name: 'n', data, p2pPort: 0, httpPort: 0 });
  node.spawn();
  t.is((await node.ended()).code, 78);
  t.regex(node.stderr, /not-a-cluster/);
  t.deepEqual(readdirSync(directory), []);
});

test.serial('a node that lost its log does not go on', async (t) => {
  const node = await lone(t);
  await spawnWorker(node.client, ALICE);
  await node.stop();
  rmSync(join(node.place.data, 'log'), { recursive: true });
  // Not when it is started again either.
  for (let times = 0; times < 2; times++) {
    node.spawn();
    t.is((await node.ended()).code, 70);
    t.regex(node.stderr, /log-damaged/);
  }
});
