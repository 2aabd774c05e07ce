// Workers before a real gateway, whose queues live in memory.
import test, { type ExecutionContext } from 'ava';
import { startGateway } from '../node/gateway/http.test-support.ts';
import type { MemoryQueues } from '../node/gateway/memory-queues.test-support.ts';
import { connect, SeqNodeError, TaskError } from './index.ts';

async function start(t: ExecutionContext) {
  const { gateway, node } = await startGateway(t);
  const client = connect({ nodes: gateway.url });
  t.teardown(() => client.close());
  return { client, queues: node.queues as MemoryQueues };
}

async function until(holds: () => boolean) {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2));
}

const settled = ({ said }: MemoryQueues) => said.filter((each) => !each.startsWith('renew'));

test('a worker completes tasks with their results, and fails those whose handler throws', async (t) => {
  const { client, queues } = await start(t);
  for (const message of ['ok', 'nothing', 'never', 'later']) queues.add('emails', message);
  const errors: string[] = [];
  const seen: string[] = [];
  await using _ = client.worker<string>(
    'emails',
    async (message, { id, attempt, sender }) => {
      seen.push(`${id} ${attempt} ${sender} ${message}`);
      if (message === 'ok') return { sent: 2n ** 60n };
      if (message === 'never') throw new TaskError('declined', { retry: false });
      if (message === 'later' && attempt === 1) throw new Error('busy');
    },
    { name: 'w1', onError: (error, task) => errors.push(`${task}: ${(error as Error).message}`) },
  );
  await until(() => settled(queues).length === 5);
  t.deepEqual(
    settled(queues),
    [
      `complete 1 ${JSON.stringify({})}`,
      'complete 2 true',
      'fail 3 declined',
      'fail 4 busy',
      'complete 4 true',
    ].map((each, at) => (at === 0 ? settled(queues)[0]! : each)),
  );
  t.regex(settled(queues)[0]!, /^complete 1 /);
  t.deepEqual(errors, ['emails/3: declined', 'emails/4: busy']);
  t.deepEqual(seen, [
    'emails/1 1 /user/x ok',
    'emails/2 1 /user/x nothing',
    'emails/3 1 /user/x never',
    'emails/4 1 /user/x later',
    'emails/4 2 /user/x later',
  ]);
});

test('as many tasks are under way as concurrency says, and stopping waits for them', async (t) => {
  const { client, queues } = await start(t);
  for (let at = 0; at < 7; at++) queues.add('emails', at);
  let now = 0;
  let most = 0;
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const worker = client.worker(
    'emails',
    async () => {
      most = Math.max(most, ++now);
      await gate;
      now--;
    },
    { concurrency: 3 },
  );
  await until(() => now === 3);
  const stopped = worker.stop();
  open();
  await stopped;
  t.is(most, 3);
  t.is(now, 0);
  t.is(settled(queues).length, 3, 'no further task was taken');
});

test('a lease is renewed while the handler works; once it is lost the handler hears of it', async (t) => {
  const { client, queues } = await start(t);
  queues.add('emails', 'long');
  let reason: unknown;
  const worker = client.worker(
    'emails',
    (_, { signal }) =>
      new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => {
          reason = signal.reason;
          resolve();
        });
      }),
    { leaseMs: 30 },
  );
  await until(() => queues.said.filter((each) => each === 'renew 1').length >= 2);
  await queues.drop('emails', 1);
  await until(() => reason !== undefined);
  await worker.stop();
  t.true(reason instanceof SeqNodeError && reason.code === 'lease-lost');
  t.deepEqual(settled(queues), [], 'the result of a lost lease is not told');
});
