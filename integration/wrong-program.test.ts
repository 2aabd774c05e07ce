// A wrong program is deployed, its actor fails, and what each command says next is done to the letter: see
// docs/OPERATIONS.md.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Cluster } from './cluster.ts';
import { type CommandResult, seqNode, seqNodeOk } from './command.ts';

const ALICE = '/user/accounts/alice';
const WRONG = `
union Account-Message { Deposit { amount: Int } Balance }
: balance ( Map -- Int ) "balance" map.get [ ] [ drop 0 ] if ;
: account ( Map Account-Message -- Map )
  match
    Deposit { >amount } -> over balance i.+ 100 over 70 i.- divide drop "balance" swap map.set
    Balance -> dup balance actor.reply
  end ;
`;
const RIGHT = `
union Account-Message { Deposit { amount: Int } Balance }
: balance ( Map -- Int ) "balance" map.get [ ] [ drop 0 ] if ;
: account ( Map Account-Message -- Map )
  match
    Deposit { >amount } -> over balance i.+ "balance" swap map.set
    Balance -> dup balance actor.reply
  end ;
: to-cents ( Map -- Map ) dup balance 100 i.* "balance" swap map.set ;
: to-nowhere ( Map -- Map ) 1 0 divide drop ;
`;

async function cluster(t: ExecutionContext) {
  const three = await Cluster.lone();
  t.teardown(() => three.dispose());
  const node = three.node(0);
  const directory = mkdtempSync(join(tmpdir(), 'seq-node-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const [wrong, right] = ['wrong.seq', 'accounts.seq'].map((name) => join(directory, name)) as [
    string,
    string,
  ];
  writeFileSync(wrong, WRONG);
  writeFileSync(right, RIGHT);
  return { node, wrong, right, at: ['--node', `http://${node.httpAddress}`] };
}

/** The commands that a refusal or a remark names, which can be typed as they are printed. */
const namedIn = ({ stderr }: CommandResult): string[] =>
  [...stderr.matchAll(/seq-node ((?:resume|upgrade|inspect|stop|spawn) \/[a-z/]+(?: --file FILE)?)/g)].map(
    ([, command]) => command!,
  );

test.serial(
  'a wrong program is corrected without a loss when its errors are followed to the letter',
  async (t) => {
    const { node, wrong, right, at } = await cluster(t);
    await seqNodeOk(['spawn', ALICE, '--file', wrong, ...at]);
    await seqNodeOk(['send', ALICE, 'Deposit 60', ...at]);
    // 70 is the balance that the program fails of.
    let refused = await seqNode(['send', ALICE, 'Deposit 10', ...at]);
    t.regex(refused.stderr, /error\[turn-failed\].*wrong\.seq:6:/s);
    t.deepEqual(namedIn(refused), [`upgrade ${ALICE} --file FILE`]);
    for (let fault = 2; fault <= 4; fault++) refused = await seqNode(['send', ALICE, 'Deposit 10', ...at]);
    refused = await seqNode(['send', ALICE, 'Deposit 10', ...at]);
    t.regex(refused.stderr, /error\[actor-stopped\]/);
    t.deepEqual(namedIn(refused), [`inspect ${ALICE}`, `upgrade ${ALICE} --file FILE`, `resume ${ALICE}`]);
    t.regex(
      await seqNodeOk(['inspect', ALICE, ...at]),
      /lifecycle +failed since 20.*balance" 60|balance" 60.*failed since 20/s,
    );
    const again = await seqNode(['spawn', ALICE, '--file', right, ...at]);
    t.regex(again.stderr, /error\[actor-ended\]/);
    t.deepEqual(namedIn(again).slice(0, 2), [`resume ${ALICE}`, `upgrade ${ALICE} --file FILE`]);
    const failing = await seqNode(['upgrade', ALICE, '--file', right, '--migrate', 'to-nowhere', ...at]);
    t.regex(failing.stderr, /error\[migrate-failed\].*division-by-zero.*accounts\.seq:10:/s);
    const upgraded = await seqNode(['upgrade', ALICE, '--file', right, '--migrate', 'to-cents', ...at]);
    t.is(upgraded.code, 0, upgraded.stderr);
    t.regex(upgraded.stdout, /^upgraded \/user\/accounts\/alice single-fsync sequence 4/);
    t.deepEqual(namedIn(upgraded), [`resume ${ALICE}`]);
    t.regex(await seqNodeOk(['resume', ALICE, ...at]), /^resumed /);
    t.is(await seqNodeOk(['ask', ALICE, 'Balance', ...at]), '6000\n');
    await node.kill();
    await node.start();
    await seqNodeOk(['send', ALICE, 'Deposit 1000', ...at]);
    t.is(await seqNodeOk(['ask', ALICE, 'Balance', ...at]), '7000\n');
    t.regex(
      await seqNodeOk(['journal', 'show', ALICE, ...at]),
      /failed.*upgraded.*from [0-9a-f]{12}:account to [0-9a-f]{12}:account by to-cents.*resumed/s,
    );
  },
);

test.serial('all actors below a path are upgraded, suspended and purged by command', async (t) => {
  const { node, wrong, right, at } = await cluster(t);
  await seqNodeOk(['spawn', '/user/accounts/a1', '--file', wrong, ...at]);
  for (let number = 2; number <= 40; number++)
    await node.client.request('POST', `/v1/actors/user/accounts/a${number}`, { word: 'account' });
  await seqNodeOk(['suspend', '/user/accounts/a1', ...at]);
  const all = ['upgrade', '--prefix', '/user/accounts/', '--file', right, ...at];
  t.is(await seqNodeOk(all), 'upgraded 40, unchanged 0\n');
  t.is(await seqNodeOk(all), 'upgraded 0, unchanged 40\n');
  t.like(JSON.parse(await seqNodeOk([...all, '--json'])), { unchanged: 40, failed: {}, waiting: 1 });
  const unknown = await seqNode([
    'upgrade',
    '--prefix',
    '/user/accounts/a2',
    '--module',
    'ab'.repeat(32),
    ...at,
  ]);
  t.is(unknown.code, 75);
  t.is(unknown.stdout, 'upgraded 0, unchanged 0, no-such-module 11\n');
  t.regex(
    (await seqNode(['send', '/user/accounts/a1', 'Deposit 1', ...at])).stderr,
    /error\[actor-suspended\].*seq-node resume/s,
  );
  t.regex(
    await seqNodeOk(['actors', '/user/accounts/a1', '--limit', '1', ...at]),
    /LIFECYCLE +SINCE.*suspended +20/s,
  );
  t.regex(
    (await seqNode(['purge', '/user/accounts/a2', '--yes', ...at])).stderr,
    /error\[not-ended\].*seq-node stop/s,
  );
  await seqNodeOk(['stop', '/user/accounts/a2', ...at]);
  t.is((await seqNode(['purge', '/user/accounts/a2', ...at])).code, 64, 'nobody typed its path');
  t.is(
    await seqNodeOk(['purge', '/user/accounts/a2', '--yes', ...at]),
    'purged /user/accounts/a2, 3 records of its journal\n',
  );
  t.is(
    await seqNodeOk(['purge', '/user/accounts/a3', '--force', '--yes', ...at]),
    'purged /user/accounts/a3, 3 records of its journal\n',
  );
  t.regex((await seqNode(['inspect', '/user/accounts/a2', ...at])).stderr, /error\[no-such-actor\]/);
  t.is(await node.stop(), 0);
  t.is((await seqNode(['journal', 'verify', '--data', node.place.data])).code, 0);
});

test.serial('an actor is addressed by its path, its name or its UUID', async (t) => {
  const { node, right, at } = await cluster(t);
  const uuid = '00000000-0000-4000-8000-000000000001';
  await seqNodeOk(['spawn', '/name/till', '--file', right, ...at]);
  await seqNodeOk(['spawn', `/uuid/${uuid}`, '--word', 'account', ...at]);
  for (const [path, name] of [
    ['/name/till', 'till'],
    [`/uuid/${uuid}`, uuid],
  ] as const) {
    await seqNodeOk(['send', name, 'Deposit 7', ...at]);
    t.is(await seqNodeOk(['ask', name, 'Balance', ...at]), '7\n');
    t.regex(await seqNodeOk(['inspect', name, ...at]), new RegExp(`path +${path}\\n`));
    const address = path.replace(/^\/(name|uuid)\//, '/v1/$1s/');
    t.like(await node.client.request('POST', `${address}/ask`, { message: 'Balance' }), { status: 200 });
    t.like(await node.client.request('POST', '/v1/batch', [{ path: name, op: 'ask', message: 'Balance' }]), {
      status: 200,
    });
    for (const order of ['suspend', 'resume', 'stop']) await seqNodeOk([order, name, ...at]);
    await seqNodeOk(['purge', name, '--yes', ...at]);
  }
});
