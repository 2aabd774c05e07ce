import test from 'ava';
import { call, startGateway } from './http.test-support.ts';
import type { MemoryQueues } from './memory-queues.test-support.ts';

interface TaskBody {
  readonly tasks: readonly { readonly number: number; readonly token: string; readonly message: unknown }[];
}

const take = async (fixture: Parameters<typeof call>[0], body: object = {}) =>
  (await call(fixture, 'POST', '/v1/queues/emails/take', body)).body as unknown as TaskBody;

test('a worker takes, renews, completes and fails tasks', async (t) => {
  const fixture = await startGateway(t);
  const queues = fixture.node.queues as MemoryQueues;
  queues.add('emails', 'hello');
  queues.add('emails', 7);
  const { tasks } = await take(fixture, { worker: 'w1', most: 2, leaseMs: 5000 });
  t.deepEqual(
    tasks.map(({ number, message }) => [number, message]),
    [
      [1, 'hello'],
      [2, 7],
    ],
  );
  const [first, second] = tasks;
  const renewed = await call(fixture, 'POST', '/v1/queues/emails/renew', {
    token: first!.token,
    leaseMs: 60_000,
  });
  t.is(renewed.status, 200);
  const result = 'sent';
  const completed = await call(fixture, 'POST', '/v1/queues/emails/complete', {
    token: first!.token,
    result,
  });
  t.like(completed.body, { queue: 'emails', completed: true });
  const failed = await call(fixture, 'POST', '/v1/queues/emails/fail', {
    token: second!.token,
    reason: 'down',
    retry: false,
  });
  t.like(failed.body, { failed: true, retryMillis: null });
  t.deepEqual(queues.said, ['renew 1', 'complete 1 "sent"', 'fail 2 down']);
  const late = await call(fixture, 'POST', '/v1/queues/emails/complete', { token: first!.token });
  t.is(late.status, 409);
  t.like(late.body, { error: { code: 'lease-lost' } });
});

test('a take without a body takes one task, and an empty queue gives none', async (t) => {
  const fixture = await startGateway(t);
  (fixture.node.queues as MemoryQueues).add('emails', 'a');
  const one = await call(fixture, 'POST', '/v1/queues/emails/take');
  t.is((one.body as unknown as TaskBody).tasks.length, 1);
  const none = await call(fixture, 'POST', '/v1/queues/emails/take');
  t.deepEqual(none.body, { queue: 'emails', tasks: [] });
});

test('operators list, show, configure and drop', async (t) => {
  const fixture = await startGateway(t);
  const queues = fixture.node.queues as MemoryQueues;
  for (const text of ['a', 'b', 'c']) queues.add('emails', text);
  t.like((await call(fixture, 'GET', '/v1/queues')).body, { queues: [{ name: 'emails', ready: 3 }] });
  const options = { leaseMs: 1000, attemptsMax: 2, backOffMs: 0, capacity: 10 };
  t.like((await call(fixture, 'POST', '/v1/queues/emails/configure', options)).body, { options });
  t.like((await call(fixture, 'GET', '/v1/queues/emails')).body, { options, ready: 3 });
  const listed = await call(fixture, 'GET', '/v1/queues/emails/tasks?after=1');
  t.like(listed.body, { tasks: [{ number: 2, status: 'ready', message: 'b' }, { number: 3 }], next: null });
  t.like((await call(fixture, 'POST', '/v1/queues/emails/drop', { task: 2 })).body, { dropped: 1, left: 2 });
  t.like((await call(fixture, 'POST', '/v1/queues/emails/drop', { all: true })).body, {
    dropped: 2,
    left: 0,
  });
  t.is((await call(fixture, 'GET', '/v1/queues/none')).status, 404);
});

test('what is wrong with a request is said by its field', async (t) => {
  const fixture = await startGateway(t);
  const status = async (address: string, body?: unknown) =>
    (await call(fixture, 'POST', `/v1/queues/emails/${address}`, body)).status;
  t.is(await status('take', { most: 'x' }), 400);
  t.is(await status('take', { nonsense: 1 }), 400);
  t.is(await status('complete', {}), 400);
  t.is(await status('fail', { token: '1.1.a', retry: 1 }), 400);
  t.is(await status('drop', {}), 400);
  t.is(await status('drop', { task: 1, all: true }), 400);
  t.is(await status('drop', { task: 1, all: {} }), 400);
  t.is((await call(fixture, 'GET', '/v1/queues/emails/take')).status, 405);
  t.is((await call(fixture, 'POST', '/v1/queues/emails/nonsense')).status, 404);
});
