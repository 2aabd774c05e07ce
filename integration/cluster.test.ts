// A cluster of three real nodes, through what can happen to them. The tests share it and run one after the
// other, each with actors of its own.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { Cluster } from './cluster.ts';
import { Deposits, differences, readJournal } from './deposits.ts';
import { RefusedError } from './node-client.ts';
import { NodeProcess, ROOT, sleep, until } from './node-process.ts';
import { freePorts } from './ports.ts';
import { spawnWorker, totalOf } from './programs.ts';

let cluster: Cluster;

test.before(async () => {
  cluster = await Cluster.start({ size: 3 });
});

test.after.always(async () => {
  await cluster?.dispose();
});

const start = (path: string, run: string) =>
  Deposits.start(cluster, { path, clients: 2, outstanding: 4, pauseMs: 2, run });

async function enough(deposits: Deposits, count = 20): Promise<void> {
  const before = deposits.acknowledged.length;
  await until(`${count} further acknowledgements`, async () => {
    if (deposits.refused.length > 0) throw new Error(deposits.refused.join('\n'));
    return deposits.acknowledged.length >= before + count ? true : undefined;
  });
}

test.serial('three nodes that joined by token keep three replicas of every shard', async (t) => {
  for (const { client } of cluster.nodes) {
    const view = await client.cluster();
    t.is(view.members.length, 3);
    for (const shard of view.shards) {
      t.is(shard.voters.length, 3);
      t.is(shard.mode, 'quorum-fsync');
    }
  }
});

test.serial('a token that is wrong or used up admits nobody', async (t) => {
  const [p2pPort, httpPort] = await freePorts([0, 0]);
  const member = cluster.node(0);
  const { token } = await member.client.call<{ token: string }>('POST', '/v1/tokens', {});
  const stranger = (data: string) =>
    new NodeProcess({
      name: 'x',
      data: `${cluster.directory}/${data}`,
      p2pPort: p2pPort!,
      httpPort: httpPort!,
    });
  const forged = stranger('forged');
  const body = Buffer.from(token.slice(6), 'base64url');
  // Past the id of the cluster lies the secret.
  body[body.indexOf(0xc4) + 2]! ^= 1;
  forged.spawn(['--join', member.p2pAddress, '--token', `seqt1_${body.toString('base64url')}`]);
  t.is((await forged.ended()).code, 78, forged.stderr);
  t.regex(forged.stderr, /token-refused/);
  const garbled = stranger('garbled');
  garbled.spawn(['--join', member.p2pAddress, '--token', 'seqt1_abc']);
  t.is((await garbled.ended()).code, 78, garbled.stderr);
  t.is((await member.client.cluster()).members.length, 3);
});

test.serial('any node takes any message for any actor', async (t) => {
  const path = '/test/anywhere';
  await spawnWorker(cluster.node(0).client, path);
  let sum = 0;
  for (const [at, { client }] of cluster.nodes.entries()) {
    sum += at + 1;
    await client.tell(path, `(Deposit ${at + 1})`, `any-${at}`);
    t.is((await client.ask(path, '(Total)', `any-total-${at}`)).response, sum);
  }
});

test.serial('messages between actors on different nodes take effect once', async (t) => {
  const paths = Array.from({ length: 6 }, (_, at) => `/test/pass-${at}`);
  for (const path of paths) await spawnWorker(cluster.node(0).client, path);
  for (const [at, path] of paths.entries()) {
    const target = paths[(at + 1) % paths.length]!;
    for (let number = 1; number <= 5; number++)
      await cluster.node(at % 3).client.tell(path, `(Pass "${target}" 10)`, `pass-${at}-${number}`);
  }
  for (const path of paths)
    await until(`${path} has its 50`, async () =>
      (await totalOf(cluster.node(0).client, path)) === 50 ? true : undefined,
    );
  await sleep(500);
  for (const path of paths) t.is(await totalOf(cluster.node(1).client, path), 50);
});

test.serial('messages between actors take effect once, though their leaders are killed', async (t) => {
  const [payer, payee] = ['/test/payer', '/test/payee'];
  for (const path of [payer, payee]) await spawnWorker(cluster.node(0).client, path);
  let sent = 0;
  const pay = (count: number) =>
    Array.from({ length: count }, async () => {
      const number = ++sent;
      let attempt = number;
      await until(`payment ${number} is acknowledged`, () =>
        cluster.node(attempt++ % 3).client.tell(payer, `(Pass "${payee}" 1)`, `payment-${number}`, 1000),
      );
    });
  await Promise.all(pay(20));
  for (const path of [payer, payee]) {
    const before = pay(20);
    const leader = await cluster.leaderOf(path);
    await leader.kill();
    await Promise.all([...before, ...pay(20)]);
    await leader.start();
  }
  await until('all payments arrived', async () =>
    (await totalOf(cluster.node(1).client, payee)) >= sent ? true : undefined,
  );
  await sleep(500);
  t.is(await totalOf(cluster.node(2).client, payee), sent);
});

test.serial('the first account program runs on a cluster, and survives its leader', async (t) => {
  const path = '/test/seed';
  const { client } = cluster.node(0);
  const source = readFileSync(join(ROOT, 'examples', 'accounts-seed.seq'), 'utf8');
  const module = await client.call<{ hash: string }>('POST', '/v1/modules', {
    entry: 'accounts-seed.seq',
    files: { 'accounts-seed.seq': source },
  });
  await client.call('POST', `/v1/actors${path}`, { module: module.hash, word: 'my-actor', id: 'spawn-seed' });
  for (const [at, message] of ['Deposit 100', 'Withdraw 30', 'Withdraw 1000'].entries())
    await client.tell(path, message, `seed-${at}`);
  t.is(await totalOf(client, path), 70);
  const leader = await cluster.leaderOf(path);
  await leader.kill();
  const other = cluster.nodes.find((node) => node !== leader)!;
  await until('another node goes on', () => other.client.tell(path, 'Deposit 11', 'seed-3'));
  t.is(await totalOf(other.client, path), 81);
  await leader.start();
});

const NOTER = `
union Note { Note { text: String } }
: noter ( Map Note -- Map ) match Note { >text } -> drop end ;
`;

test.serial(
  'a journal of large records comes whole and equal through every node, page by page',
  async (t) => {
    const path = '/test/notes';
    const [RECORDS, BYTES] = [61, 200_000];
    const { client } = cluster.node(0);
    const { hash } = await client.call<{ hash: string }>('POST', '/v1/modules', {
      entry: 'noter.seq',
      files: { 'noter.seq': NOTER },
    });
    await until('the actor is there', () =>
      client.call('POST', `/v1/actors${path}`, {
        module: hash,
        word: 'noter',
        id: 'spawn-notes',
        journalReads: true,
      }),
    );
    const text = (at: number) => String(at).padEnd(BYTES, String(at % 10));
    for (let at = 1; at <= RECORDS; at++)
      await cluster.node(at % 3).client.tell(path, { Note: [text(at)] }, `note-${at}`);
    for (const each of cluster.nodes) {
      const records = await readJournal(each.client, path);
      t.true(
        records.slice(1).every(({ message }, at) => (message as { Note: [string] }).Note[0] === text(at + 1)),
      );
      t.is(records.length, RECORDS + 1);
      const first = await each.client.call<{ records: unknown[]; next: number }>(
        'GET',
        `/v1/actors${path}/journal?from=1&limit=1000`,
      );
      t.is(first.next, first.records.length + 1);
      t.true(first.records.length < RECORDS);
    }
  },
);

test.serial('SIGKILL of the leader loses nothing', async (t) => {
  const path = '/test/killed';
  await spawnWorker(cluster.node(0).client, path);
  const deposits = start(path, 'killed');
  await enough(deposits);
  const leader = await cluster.leaderOf(path);
  await leader.kill();
  await enough(deposits);
  await leader.start();
  await enough(deposits);
  await deposits.stop();
  const { client } = cluster.node(0);
  t.deepEqual(deposits.refused, []);
  const journal = await readJournal(client, path);
  t.deepEqual(differences(journal, deposits.acknowledged, await totalOf(client, path)), []);
});

test.serial('a leader that was stopped and goes on has no effect of its own', async (t) => {
  const path = '/test/paused';
  await spawnWorker(cluster.node(0).client, path);
  const deposits = start(path, 'paused');
  await enough(deposits);
  const leader = await cluster.leaderOf(path);
  const others = cluster.nodes.filter((node) => node !== leader);
  leader.pause();
  const successor = await until('another node leads', async () => {
    const { nodeName } = await others[0]!.client.inspect(path);
    return nodeName === leader.place.name ? undefined : nodeName;
  });
  t.not(successor, leader.place.name);
  await enough(deposits);
  leader.resume();
  await enough(deposits);
  await deposits.stop();
  t.deepEqual(deposits.refused, []);
  for (const { client } of cluster.nodes) {
    const journal = await readJournal(client, path);
    t.deepEqual(differences(journal, deposits.acknowledged, await totalOf(client, path)), []);
  }
});

test.serial('a node that is told to stop hands over first', async (t) => {
  const path = '/test/graceful';
  await spawnWorker(cluster.node(0).client, path);
  const deposits = start(path, 'graceful');
  await enough(deposits);
  const leader = await cluster.leaderOf(path);
  const { node } = await leader.client.cluster();
  const other = cluster.nodes.find((each) => each !== leader)!;
  t.is(await leader.stop(), 0, leader.stderr);
  // No election time-out later, but at once.
  const { shards } = await other.client.cluster();
  t.deepEqual(
    shards.filter((shard) => shard.leader === node || shard.leader === null),
    [],
  );
  await enough(deposits);
  await leader.start();
  await deposits.stop();
  t.deepEqual(deposits.refused, []);
});

test.serial('a behaviour that loops forever delays nobody else and is stopped', async (t) => {
  const looping = '/test/looping';
  await spawnWorker(cluster.node(0).client, looping);
  const leader = await cluster.leaderOf(looping);
  // An actor on the same node.
  let neighbour = '';
  for (let at = 0; neighbour === ''; at++) {
    const path = `/test/neighbour-${at}`;
    await spawnWorker(cluster.node(0).client, path);
    if ((await cluster.leaderOf(path)) === leader) neighbour = path;
  }
  for (let number = 1; number <= 6; number++) {
    const loop = leader.client.tell(looping, '(Loop)', `loop-${number}`).catch((error: unknown) => error);
    await leader.client.tell(neighbour, '(Deposit 1)', `beside-${number}`);
    await loop;
  }
  t.is(await totalOf(leader.client, neighbour), 6);
  const { lifecycle, lastFault } = await leader.client.inspect(looping);
  t.is(lifecycle, 'failed');
  t.not(lastFault, null);
  for (const { client } of cluster.nodes)
    for (const { name, liveness } of (await client.cluster()).members) t.is(liveness, 'alive', name);
});

test.serial('what makes no sense is refused with its code', async (t) => {
  const { client } = cluster.node(1);
  const path = '/test/refusing';
  await spawnWorker(client, path);
  const refusals: readonly (readonly [string, string, unknown, number, string])[] = [
    ['POST', '/v1/actors/test/nobody/messages', { message: '(Deposit 1)' }, 404, 'no-such-actor'],
    ['GET', '/v1/actors/test/nobody', undefined, 404, 'no-such-actor'],
    ['POST', `/v1/actors${path}/messages`, { message: '(Withdraw 1)' }, 422, 'bad-message'],
    ['POST', `/v1/actors${path}/messages`, { message: '(Deposit 1 2)' }, 422, 'bad-message'],
    ['POST', `/v1/actors${path}/messages`, { message: '(Deposit "x")' }, 422, 'bad-message'],
    ['POST', `/v1/actors${path}/messages`, { message: '(Deposit' }, 422, 'bad-notation'],
    [
      'POST',
      `/v1/actors${path}/messages`,
      { message: `(Pass "${'x'.repeat(300_000)}" 1)` },
      413,
      'too-large',
    ],
    ['POST', `/v1/actors${path}/messages`, '{"message":', 400, 'bad-request'],
    ['POST', '/v1/actors/test/b%20d/messages', { message: '(Deposit 1)' }, 400, 'bad-path'],
    ['POST', `/v1/actors${path}`, { word: 'nothing' }, 404, 'no-such-module'],
    ['POST', '/v1/modules', { entry: 'x', files: { x: ': broken (' } }, 422, 'bad-program'],
  ];
  for (const [method, address, body, status, code] of refusals) {
    const error = await t.throwsAsync(client.call(method, address, body), { instanceOf: RefusedError });
    t.is(error?.status, status, `${address}: ${error?.message}`);
    t.is(error?.code, code);
  }
  t.is((await client.inspect(path)).sequence, 1);
  const failed = await t.throwsAsync(client.tell(path, '(Fail)', 'fail-1'), { instanceOf: RefusedError });
  t.is(failed?.code, 'turn-failed');
  t.is(await totalOf(client, path), 0);
});

test.serial('a minority answers that it is one, and goes on when the others are back', async (t) => {
  const path = '/test/minority';
  await spawnWorker(cluster.node(0).client, path);
  await cluster.node(0).client.tell(path, '(Deposit 1)', 'before');
  const [alone, ...others] = cluster.nodes;
  for (const node of others) await node.kill();
  const told = await t.throwsAsync(alone!.client.tell(path, '(Deposit 1)', 'during', 3000), {
    instanceOf: RefusedError,
  });
  t.true(['no-quorum', 'outcome-unknown'].includes(told?.code ?? ''), told?.message);
  const read = await alone!.client.request('GET', `/v1/actors${path}`);
  t.is(read.status, 503, JSON.stringify(read.body));
  t.true(Number(read.headers.get('retry-after')) >= 1);
  for (const node of others) await node.start();
  await until('the message takes effect', () => alone!.client.tell(path, '(Deposit 1)', 'during'));
  t.is(await totalOf(alone!.client, path), 2);
});

test.serial('a cluster whose nodes all lost power goes on where it was', async (t) => {
  const path = '/test/power';
  await spawnWorker(cluster.node(0).client, path);
  const deposits = start(path, 'power');
  await enough(deposits, 50);
  await Promise.all(cluster.nodes.map((node) => node.kill()));
  await Promise.all(cluster.nodes.map((node) => node.start()));
  await enough(deposits);
  await deposits.stop();
  t.deepEqual(deposits.refused, []);
  const { client } = cluster.node(2);
  const journal = await readJournal(client, path);
  t.deepEqual(differences(journal, deposits.acknowledged, await totalOf(client, path)), []);
});
