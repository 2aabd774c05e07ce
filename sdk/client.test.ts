// A client before real gateways on loopback, and before a fetch that fails as networks do.
import test from 'ava';
import {
  ERRORS,
  type ErrorCode as NodeCode,
  SeqNodeError as NodeError,
  PASSING_CODES,
} from '../node/base/errors.ts';
import { startGateway } from '../node/gateway/http.test-support.ts';
import { connect, type ErrorCode, type Int, SeqNodeError } from './index.ts';

interface Account {
  Deposit: { fields: { amount: Int }; reply: Int };
  Withdraw: { fields: { amount: Int }; reply: Int };
  // biome-ignore lint/complexity/noBannedTypes: a message without fields
  Balance: { fields: {}; reply: Int };
  Echo: { fields: { value: unknown }; reply: unknown };
}

/** The compiler says it: the codes of errors are those of a node. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
const SAME_CODES: Same<ErrorCode, keyof typeof ERRORS> = true;

test('what passes by itself is tried again by programs as by commands, and a full disk by programs only', (t) => {
  for (const code of Object.keys(ERRORS) as NodeCode[]) {
    const { retryable } = new SeqNodeError(code, { message: '' });
    t.is(retryable, PASSING_CODES.has(code) || code === 'disk-full', code);
  }
});

test('asks by tag and by object, and tells', async (t) => {
  const { gateway, node } = await startGateway(t);
  await using client = connect({ nodes: gateway.url });
  const account = client.actor<Account>('/user/a');
  t.deepEqual(await account.ask.deposit([5]), 5);
  t.deepEqual(await account.ask({ Deposit: [7] }), 12);
  t.deepEqual(await account.ask.balance(), 12);
  const { acknowledged, mode } = await account.tell.deposit([1]);
  t.deepEqual([acknowledged, mode], [true, 'single-fsync']);
  t.deepEqual(node.calls, [
    'ask /user/a (Deposit 5)',
    'ask /user/a (Deposit 7)',
    'ask /user/a (Balance)',
    'send /user/a (Deposit 1)',
  ]);
});

test('what is asked in one tick is one request', async (t) => {
  const { gateway } = await startGateway(t);
  const requests: string[] = [];
  await using client = connect({
    nodes: gateway.url,
    fetch: (input, init) => {
      requests.push(String(input));
      return fetch(input, init);
    },
  });
  const account = client.actor<Account>('/user/a');
  const answers = await Promise.all([
    account.ask.deposit([1]),
    account.ask.deposit([2]),
    account.ask.balance(),
  ]);
  t.deepEqual(answers, [1, 3, 3]);
  t.is(requests.length, 1);
});

test('a refusal is thrown at once, with code, advice and outcome', async (t) => {
  const { gateway, node } = await startGateway(t);
  await using client = connect({ nodes: gateway.url });
  const error = await t.throwsAsync(client.actor('/user/nobody').ask({ Balance: [] }), {
    instanceOf: SeqNodeError,
  });
  t.is(error?.code, 'no-such-actor');
  t.true(SAME_CODES);
  t.is(error?.outcome, 'none');
  t.false(error?.retryable);
  t.not(error?.advice, '');
  t.is(node.calls.length, 1, 'it is not tried again');
});

test('what passes is tried again with the same id, and takes effect once', async (t) => {
  const { gateway, node } = await startGateway(t);
  await using client = connect({ nodes: gateway.url });
  node.failures.push({ error: new NodeError('outcome-unknown'), applied: true });
  node.failures.push({ error: new NodeError('no-quorum'), applied: false });
  t.deepEqual(await client.actor<Account>('/user/a').ask.deposit([5]), 5);
  t.deepEqual(await client.actor<Account>('/user/a').ask.balance(), 5);
});

test('what stays unknown is told as unknown, once the time is up', async (t) => {
  const { gateway, node } = await startGateway(t);
  await using client = connect({ nodes: gateway.url });
  node.failures.push({ error: new NodeError('outcome-unknown'), applied: false });
  for (let at = 0; at < 50; at++) node.failures.push({ error: new NodeError('no-quorum'), applied: false });
  const call = client.actor<Account>('/user/a').ask.deposit([5], { timeoutMs: 300 });
  const error = await t.throwsAsync(call, { instanceOf: SeqNodeError });
  t.is(error?.code, 'outcome-unknown');
  t.is(error?.outcome, 'unknown');
});

test('another node is asked when one does not answer, whoever is named first', async (t) => {
  const { gateway } = await startGateway(t);
  const gone = await startGateway(t);
  const { url } = gone.gateway;
  await gone.gateway.close(0);
  await using client = connect({ nodes: [url, gateway.url] });
  const account = client.actor<Account>('/user/a');
  t.deepEqual(await account.ask.deposit([5]), 5);
  t.deepEqual((await account.inspect()).state, { balance: 5 });
  await using nobody = connect({ nodes: url });
  const error = await t.throwsAsync(nobody.actor('/user/a').ask({ Balance: [] }, { timeoutMs: 100 }), {
    instanceOf: SeqNodeError,
  });
  t.is(error?.code, 'unreachable');
  t.is(error?.outcome, 'none');
});

test('a connection that breaks after the request leaves the outcome to the next attempt', async (t) => {
  const { gateway } = await startGateway(t);
  const ids: string[] = [];
  await using client = connect({
    nodes: gateway.url,
    fetch: async (input, init) => {
      ids.push(JSON.parse(String(init!.body))[0].id);
      const response = await fetch(input, init);
      await response.arrayBuffer();
      if (ids.length === 1) throw new TypeError('fetch failed', { cause: { code: 'ECONNRESET' } });
      return fetch(input, init);
    },
  });
  t.deepEqual(await client.actor<Account>('/user/a').ask.deposit([5]), 5);
  t.is(new Set(ids).size, 1);
  t.is(ids.length, 2);
});

test('a signal ends a call, and closing the client ends them all', async (t) => {
  const { gateway, node } = await startGateway(t);
  const client = connect({ nodes: gateway.url });
  const account = client.actor('/user/a');
  const stop = new AbortController();
  const call = account.ask({ Hang: [] }, { signal: stop.signal });
  setTimeout(() => stop.abort(new Error('enough')), 20);
  await t.throwsAsync(call, { message: 'enough' });
  await t.throwsAsync(account.ask({ Balance: [] }, { signal: AbortSignal.abort(new Error('before')) }), {
    message: 'before',
  });
  const waiting = account.ask({ Hang: [] });
  setTimeout(() => client.close(), 20);
  await t.throwsAsync(waiting, { name: 'AbortError' });
  await t.throwsAsync(account.ask({ Balance: [] }), { name: 'AbortError' });
  node.release();
});

test('a value comes back as it was sent', async (t) => {
  const { gateway } = await startGateway(t);
  await using client = connect({ nodes: gateway.url });
  const account = client.actor<Account>('/user/a');
  const value = { 'a b': [1, 2.5, true, 'text', 2n ** 60n], c: new Map([[1, Uint8Array.of(255)]]) };
  t.deepEqual(await account.ask({ Echo: [value] }), value);
});

test('actors and journals are read to their end, page by page', async (t) => {
  const { gateway } = await startGateway(t);
  await using client = connect({ nodes: gateway.url });
  const { hash } = (await client.modules())[0]!;
  for (let at = 0; at < 230; at++)
    await client.actor(`/user/many/${at}`).spawn({ module: hash, word: 'account' });
  const paths: string[] = [];
  for await (const { path } of client.actors({ prefix: '/user/many/' })) paths.push(path);
  t.is(paths.length, 230);
  t.is(new Set(paths).size, 230);
  const account = client.actor<Account>('/user/many/0');
  await Promise.all(Array.from({ length: 250 }, (_, at) => account.tell.deposit([at])));
  let records = 0;
  for await (const { message } of account.journal()) if (message !== null) records++;
  t.is(records, 250);
  const sequences: number[] = [];
  for await (const { sequence } of account.journal({ order: 'desc' })) sequences.push(sequence);
  t.true(sequences.length >= 250);
  t.deepEqual(
    sequences,
    sequences.toSorted((a, b) => b - a),
  );
});

test('a token that a node does not know is refused at once', async (t) => {
  const { gateway } = await startGateway(t, { token: 'a-token-of-some-length' });
  await using wrong = connect({ nodes: gateway.url, token: 'another-token-of-length' });
  const error = await t.throwsAsync(wrong.actor('/user/a').ask({ Balance: [] }), {
    instanceOf: SeqNodeError,
  });
  t.is(error?.code, 'unauthorized');
  await using right = connect({ nodes: gateway.url, token: 'a-token-of-some-length' });
  t.deepEqual(await right.actor('/user/a').ask({ Balance: [] }), 0);
});

test('what is not the URL of a node is refused', (t) => {
  t.throws(() => connect({ nodes: 'http://127.0.0.1:1/path' }), { instanceOf: TypeError });
  t.throws(() => connect({ nodes: [] }), { instanceOf: TypeError });
});

test('a message goes to the node that leads its actor, once an answer has told which that is', async (t) => {
  const asked: string[] = [];
  const fake = (answers: () => object) =>
    (async (input: URL, init: RequestInit) => {
      const { host, pathname } = new URL(input);
      if (pathname === '/v1/cluster') return Response.json({ node: `id of ${host}` });
      asked.push(host);
      const items = JSON.parse(String(init.body)) as unknown[];
      return Response.json(items.map(() => ({ response: 1, ...(host === 'a:1' ? answers() : {}) })));
    }) as unknown as typeof fetch;
  let leader = 'id of b:1';
  await using client = connect({ nodes: ['a:1', 'b:1', 'c:1'], fetch: fake(() => ({ leader })) });
  const account = client.actor('/user/a');
  await account.ask({ Balance: [] });
  await new Promise((resolve) => setTimeout(resolve, 10));
  await account.ask({ Balance: [] });
  await account.ask({ Balance: [] });
  await client.actor('/user/b').ask({ Balance: [] });
  leader = 'id of nobody';
  await client.actor('/user/c').ask({ Balance: [] });
  await client.actor('/user/c').ask({ Balance: [] });
  t.deepEqual(asked, ['a:1', 'a:1', 'b:1', 'a:1', 'a:1', 'a:1']);
});
