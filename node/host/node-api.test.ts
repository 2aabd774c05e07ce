import test from 'ava';
import { moduleHash } from '../base/ids.ts';
import { Variant } from '../base/value.ts';
import type { ClientRequest } from '../core/types.ts';
import { originName } from '../journal/journal-record.ts';
import { HostApi } from './node-api.ts';
import { Telemetry } from './telemetry.ts';
import { hashSecret, parseJoinToken } from './token.ts';

function api(answer: (request: ClientRequest) => unknown) {
  const requests: ClientRequest[] = [];
  const unused = () => {
    throw new Error('not asked for');
  };
  const host = new HostApi({
    cluster: 'c1',
    members: () => [],
    messageBytesMax: 1000,
    telemetry: new Telemetry(),
    submit: (request, done) => {
      requests.push(request);
      done({ ok: true, value: answer(request) });
    },
    clusterView: unused,
    shards: 2,
    modules: unused,
    program: unused,
    moduleText: () => undefined,
    readiness: unused,
    metrics: unused,
  });
  return { host, requests };
}

const deposit = new Variant('Deposit', [1]);

test('a message gets an id and a time-out of its own unless it brings them', async (t) => {
  const { host, requests } = api(() => ({ sequence: 7, mode: 'quorum-fsync' }));
  t.deepEqual(await host.tell('/a/b', deposit), { acknowledged: true, mode: 'quorum-fsync', sequence: 7 });
  await host.tell('/a/b', deposit);
  await host.tell('/a/b', deposit, { id: 'mine', timeoutMs: 9 });
  const ids = requests.map((request) => ('id' in request ? request.id : undefined));
  t.is(new Set(ids).size, 3);
  t.like(requests[2], { id: 'mine', timeoutMs: 9 });
});

test('an answer is decoded exactly', async (t) => {
  const reply = new Variant('Balanced', [2 ** 40]);
  const { host } = api(() => ({ sequence: 2, mode: 'volatile', reply }));
  t.deepEqual((await host.ask('/a', deposit)).response, reply);
});

test('what no node would take never reaches the core', async (t) => {
  const { host, requests } = api(() => null);
  const hash = moduleHash('0');
  const refused: readonly (readonly [Promise<unknown>, string])[] = [
    [host.tell('a/', deposit), 'bad-path'],
    [host.tell('/a', deposit, { id: '' }), 'bad-request'],
    [host.tell('/a', deposit, { id: 'two words' }), 'bad-request'],
    [host.tell('/a', deposit, { id: 'x'.repeat(129) }), 'bad-request'],
    [host.ask('/a', deposit, { timeoutMs: 0 }), 'bad-request'],
    [host.ask('/a', 'x'.repeat(2000)), 'too-large'],
    [host.spawn('/a//b', { module: hash, word: 'w' }), 'bad-path'],
    [host.spawn('/a', { module: hash, word: 'w' }, { mode: 'volatile', journalReads: true }), 'bad-request'],
    [host.actors({ prefix: '/', limit: 0 }), 'bad-request'],
    [host.journal('/a', { from: 1, limit: 1.5 }), 'bad-request'],
    [host.deploy({ entry: 'x', files: { x: ': broken (' } }), 'bad-program'],
    [host.createToken({ validMs: -1 }), 'bad-request'],
  ];
  for (const [promise, code] of refused) t.like(await t.throwsAsync(promise), { code });
  t.deepEqual(requests, []);
});

test('an exchange tells what tell and ask resolve to, or reject with', (t) => {
  const { host, requests } = api(({ op }) => ({
    sequence: 2,
    mode: 'volatile',
    ...(op === 'ask' && { reply: 5 }),
  }));
  const outcomes: unknown[] = [];
  for (const [operation, path] of [
    ['tell', '/a'],
    ['ask', '/a'],
    ['ask', 'a/'],
  ] as const)
    host.exchange({ operation, path, message: deposit, options: {} }, (outcome) => outcomes.push(outcome));
  t.deepEqual(outcomes.slice(0, 2), [
    { acknowledged: true, mode: 'volatile', sequence: 2 },
    { response: 5, mode: 'volatile', sequence: 2 },
  ]);
  t.like(outcomes[2], { code: 'bad-path' });
  t.is(requests.length, 2);
});

test('an answer says that nothing was written', async (t) => {
  const { host } = api(({ op }) => ({
    sequence: 2,
    mode: 'quorum-fsync',
    read: true,
    ...(op === 'ask' && { reply: 5 }),
  }));
  const read = { mode: 'quorum-fsync', sequence: 2, read: true } as const;
  t.deepEqual(await host.tell('/a', deposit), { acknowledged: true, ...read });
  t.deepEqual(await host.ask('/a', deposit), { response: 5, ...read });
});

test('the core learns the hash of a token, never its secret', async (t) => {
  const { host, requests } = api(() => null);
  const { token, expiresAt } = await host.createToken({ validMs: 60_000 });
  const { cluster, secret } = parseJoinToken(token);
  t.is(cluster, 'c1');
  t.like(requests[0], { op: 'token', secretHash: hashSecret(secret), expiresAt: Date.parse(expiresAt) });
});

test('origins are told as people know them', (t) => {
  t.is(originName({ source: 'c:my-id', number: 0 }), 'client:my-id');
  t.is(originName({ source: 'a:/user/a#x1', number: 4 }), '/user/a#x1#4');
});
