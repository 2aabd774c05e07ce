import test from 'ava';
import { SeqNodeError } from '../base/errors.ts';
import { createGateway } from './gateway.ts';
import { call, codes, LIMITS, startGateway, statuses, talk } from './http.test-support.ts';
import { createMemoryNode } from './memory-node.test-support.ts';

const ASK = '/v1/actors/user/a/ask';
const SEND = '/v1/actors/user/a/messages';

test('an ask is answered with the response, a send with an acknowledgement', async (t) => {
  const fixture = await startGateway(t);
  const asked = await call(fixture, 'POST', ASK, { message: '(Deposit 100)' });
  t.is(asked.status, 200);
  t.deepEqual(asked.body, { response: 100, mode: 'single-fsync', sequence: 2 });
  const sent = await call(fixture, 'POST', SEND, { message: { Deposit: [5] }, timeoutMs: 1000 });
  t.is(sent.status, 202);
  t.deepEqual(sent.body, { acknowledged: true, mode: 'single-fsync', sequence: 3 });
  t.deepEqual(fixture.node.calls, ['ask /user/a (Deposit 100)', 'send /user/a (Deposit 5)']);
});

test('a message is JSON, notation in a JSON string, or plain text', async (t) => {
  const fixture = await startGateway(t);
  const plain = { 'content-type': 'text/plain' };
  const asks: [unknown, Record<string, string>, unknown][] = [
    [{ message: { Echo: ['text'] } }, {}, 'text'],
    [{ message: 'Echo "text"' }, {}, 'text'],
    [{ message: '(Echo 3.0)' }, {}, { $float: 3 }],
    [{ message: { Echo: [{ $int: '4611686018427387903' }] } }, {}, { $int: '4611686018427387903' }],
    ['Echo {"k" 1 "l" [2]}', plain, { k: 1, l: [2] }],
    ['(Echo :sym)', { 'content-type': 'text/plain; charset=utf-8' }, { $sym: 'sym' }],
    ['{"message":"Echo true"}', { 'content-type': 'application/x-www-form-urlencoded' }, true],
  ];
  for (const [body, headers, expected] of asks) {
    const { status, body: answer } = await call(fixture, 'POST', ASK, body, headers);
    t.is(status, 200, JSON.stringify(answer));
    t.deepEqual(answer.response, expected);
  }
});

test('variants of a reply name their fields where the program declares them, unless asked otherwise', async (t) => {
  const fixture = await startGateway(t);
  const message = { Echo: [{ Pair: [{ Balanced: [7] }, { Other: [{ Balanced: [] }] }] }] };
  const named = { Pair: { first: { Balanced: { balance: 7 } }, second: { Other: [{ Balanced: [] }] } } };
  t.deepEqual((await call(fixture, 'POST', ASK, { message })).body.response, named);
  const positional = (await call(fixture, 'POST', ASK, { message, positional: true })).body.response;
  t.deepEqual(positional, message.Echo[0]);
  const plain = { 'content-type': 'text/plain' };
  const text = 'Echo (Balanced 7)';
  t.deepEqual((await call(fixture, 'POST', ASK, text, plain)).body.response, { Balanced: { balance: 7 } });
  t.deepEqual((await call(fixture, 'POST', `${ASK}?positional=true`, text, plain)).body.response, {
    Balanced: [7],
  });
  const item = { path: '/user/a', op: 'ask', message: { Echo: [{ Balanced: [7] }] } };
  const { body } = await call(fixture, 'POST', '/v1/batch', [item, { ...item, positional: true }]);
  t.deepEqual(body[0].response, { Balanced: { balance: 7 } });
  t.deepEqual(body[1].response, { Balanced: [7] });
  const wrong = await call(fixture, 'POST', ASK, { message, positional: 'yes' });
  t.deepEqual([wrong.status, wrong.body.error.details.field], [400, 'positional']);
});

test('a module tells what its behaviours take and answer', async (t) => {
  const fixture = await startGateway(t);
  const { body } = await call(fixture, 'GET', '/v1/modules');
  const { hash } = body.modules[0];
  const module = await call(fixture, 'GET', `/v1/modules/${hash}`);
  t.is(module.status, 200);
  t.is(module.body.hash, hash);
  t.deepEqual(module.body.behaviours[0].messages[0].answers, [{ type: 'Reply', tag: 'Balanced' }]);
  t.is((await call(fixture, 'GET', '/v1/modules/none')).body.error.code, 'no-such-module');
  t.is((await call(fixture, 'DELETE', `/v1/modules/${hash}`)).status, 405);
});

test('a supervisor is started by its specification, and has no word', async (t) => {
  const fixture = await startGateway(t);
  const started = await call(fixture, 'POST', '/v1/actors/sup', {
    supervisor: { strategy: { $sym: 'one-for-all' }, children: [] },
  });
  t.is(started.status, 201);
  t.deepEqual(fixture.node.calls, ['supervise /sup {"children" [] "strategy" :one-for-all}']);
  const both = await call(fixture, 'POST', '/v1/actors/sup', { supervisor: {}, word: 'w' });
  t.is(both.body.error.code, 'bad-request');
});

test('the same id takes effect once, whether it is a field or the Idempotency-Key', async (t) => {
  const fixture = await startGateway(t);
  const first = await call(fixture, 'POST', ASK, { message: 'Deposit 7', id: 'one' });
  const again = await call(fixture, 'POST', ASK, { message: 'Deposit 7' }, { 'idempotency-key': 'one' });
  const quoted = await call(
    fixture,
    'POST',
    ASK,
    { message: 'Deposit 7', id: 'one' },
    { 'idempotency-key': '"one"' },
  );
  const repeated = { ...first.body, replayed: true };
  t.deepEqual([again.body, quoted.body], [repeated, repeated]);
  const sent = await call(fixture, 'POST', SEND, { message: 'Deposit 1', id: 'two' });
  const sentAgain = await call(fixture, 'POST', SEND, { message: 'Deposit 1', id: 'two' });
  t.deepEqual(sentAgain.body, { ...sent.body, replayed: true });
  const other = await call(fixture, 'POST', ASK, { message: 'Deposit 8', id: 'one' });
  t.is(other.status, 422);
  t.is(other.body.error.code, 'id-reused');
  const differ = await call(
    fixture,
    'POST',
    ASK,
    { message: 'Deposit 7', id: 'a' },
    { 'idempotency-key': 'b' },
  );
  t.is(differ.status, 400);
  t.is(differ.body.error.code, 'bad-request');
});

test('spawn, inspect, list, journal, stop', async (t) => {
  const fixture = await startGateway(t);
  const deployed = await call(fixture, 'POST', '/v1/modules', {
    entry: 'b.seq',
    files: { 'b.seq': ': purse' },
  });
  t.is(deployed.status, 201);
  t.is(deployed.body.behaviours[0].word, 'purse');
  const spawned = await call(fixture, 'POST', '/v1/actors/user/b', { word: 'purse' });
  t.is(spawned.status, 201);
  const taken = await call(fixture, 'POST', '/v1/actors/user/b', {
    module: deployed.body.hash,
    word: 'purse',
  });
  t.is(taken.body.error.code, 'actor-exists');
  const unknown = await call(fixture, 'POST', '/v1/actors/user/c', { word: 'purze' });
  t.deepEqual([unknown.status, unknown.body.error.code], [404, 'no-such-module']);
  await call(fixture, 'POST', '/v1/actors/user/b/messages', { message: 'Deposit 3' });

  const { body: actor } = await call(fixture, 'GET', '/v1/actors/user/b');
  t.like(actor, {
    path: '/user/b',
    state: { balance: 3 },
    sequence: 2,
    lifecycle: 'running',
    mode: 'single-fsync',
  });
  const { body: all } = await call(fixture, 'GET', '/v1/actors?limit=1');
  t.deepEqual([all.actors.map(({ path }: { path: string }) => path), all.next], [['/user/a'], '/user/a']);
  const { body: rest } = await call(fixture, 'GET', '/v1/actors?prefix=%2Fuser&after=/user/a');
  t.deepEqual([rest.actors.length, rest.next], [1, null]);

  const { body: journal } = await call(fixture, 'GET', '/v1/actors/user/b/journal?from=1&limit=1');
  t.like(journal.records[0], { sequence: 2, message: { Deposit: [3] }, set: [['balance', 3]], reply: null });
  t.is(journal.next, null);
  await call(fixture, 'POST', '/v1/actors/user/b/messages', { message: 'Deposit 4' });
  const { body: first } = await call(fixture, 'GET', '/v1/actors/user/b/journal?limit=1');
  t.is(first.next, 3);

  t.is((await call(fixture, 'DELETE', '/v1/actors/user/b')).status, 200);
  const after = await call(fixture, 'POST', '/v1/actors/user/b/ask', { message: 'Balance' });
  t.is(after.body.error.code, 'actor-stopped');
});

test('a module is named by its hash, by twelve digits of it, or by the only word that has the name', async (t) => {
  const fixture = await startGateway(t);
  const deploy = async (text: string): Promise<string> =>
    (await call(fixture, 'POST', '/v1/modules', { entry: 'm.seq', files: { 'm.seq': text } })).body.hash;
  const spawn = (path: string, code: object) => call(fixture, 'POST', `/v1/actors${path}`, code);
  const first = await deploy(': adder ( Map M -- Map ) ;');
  t.is((await spawn('/user/m/1', { word: 'adder' })).status, 201);
  const second = await deploy(': adder ( Map M -- Map ) drop ;');
  const ambiguous = await spawn('/user/m/2', { word: 'adder' });
  t.is(ambiguous.status, 400);
  t.regex(ambiguous.body.error.advice, /details\.modules.*field module/);
  const { modules } = ambiguous.body.error.details as { modules: string[] };
  t.deepEqual(modules, [first, second]);
  t.is((await spawn('/user/m/2', { word: 'adder', module: second.slice(0, 12) })).status, 201);
  t.is((await call(fixture, 'GET', '/v1/actors/user/m/2')).body.code.module, second);
  const back = { module: first.slice(0, 12) };
  t.like((await call(fixture, 'POST', '/v1/actors/user/m/2/upgrade', back)).body, { upgraded: true });
  t.is((await spawn('/user/m/3', { word: 'adder', module: second.slice(0, 11) })).status, 404);
  t.is(
    (await spawn('/user/m/3', { word: 'adder', module: `${second.slice(0, 12)}`.replace(/.$/, 'x') })).status,
    404,
  );
});

test('an actor is suspended, upgraded and, once its path is confirmed, purged', async (t) => {
  const fixture = await startGateway(t);
  const actor = '/v1/actors/user/a';
  const { hash } = (await fixture.node.modules())[0]!;
  t.like(await call(fixture, 'POST', `${actor}/suspend`), { status: 200, body: { suspended: true } });
  const suspended = await call(fixture, 'POST', `${actor}/ask`, { message: 'Balance' });
  t.is(suspended.body.error.code, 'actor-suspended');
  const code = { module: hash, word: 'account', migrate: 'to-cents', resume: true };
  t.like(await call(fixture, 'POST', `${actor}/upgrade`, code), {
    status: 200,
    body: { acknowledged: true, upgraded: false, lifecycle: 'running' },
  });
  t.true(fixture.node.calls.includes('upgrade /user/a account by to-cents'));
  t.is((await call(fixture, 'POST', `${actor}/upgrade`, {})).status, 400);
  t.is((await call(fixture, 'POST', `${actor}/upgrade`, { ...code, resume: 1 })).status, 400);
  t.is((await call(fixture, 'POST', `${actor}/purge`, {})).status, 400);
  t.is(
    (await call(fixture, 'POST', `${actor}/purge`, { confirm: '/user/b' })).body.error.code,
    'bad-request',
  );
  t.is((await call(fixture, 'POST', `${actor}/purge`, { confirm: '/user/a' })).body.error.code, 'not-ended');
  t.is((await call(fixture, 'POST', `${actor}/purge`, { confirm: '/user/a', force: true })).status, 200);
  t.is((await call(fixture, 'GET', actor)).status, 404);
});

test('an actor that has ended is resumed, or gives its path to a new life', async (t) => {
  const fixture = await startGateway(t);
  const actor = '/v1/actors/user/a';
  await call(fixture, 'POST', `${actor}/messages`, { message: 'Deposit 3' });
  await call(fixture, 'DELETE', actor);
  t.like(await call(fixture, 'POST', `${actor}/resume`, { id: 'r' }), {
    status: 200,
    body: { acknowledged: true, mode: 'single-fsync', sequence: 4, resumed: true },
  });
  t.like(await call(fixture, 'POST', `${actor}/resume`), { status: 200, body: { resumed: false } });
  t.is((await call(fixture, 'POST', `${actor}/ask`, { message: 'Balance' })).body.response, 3);
  t.is((await call(fixture, 'POST', `${actor}/resume`, { word: 'x' })).status, 400);
  t.is((await call(fixture, 'GET', `${actor}/resume`)).status, 405);
  t.is((await call(fixture, 'POST', '/v1/actors/user/none/resume')).body.error.code, 'no-such-actor');

  await call(fixture, 'DELETE', actor);
  const word = { word: 'account' };
  t.like(await call(fixture, 'POST', actor, word), { status: 409, body: { error: { code: 'actor-ended' } } });
  t.like(await call(fixture, 'POST', actor, { ...word, newLife: 'yes' }), {
    status: 400,
    body: { error: { details: { field: 'newLife' } } },
  });
  t.like(await call(fixture, 'POST', actor, { ...word, newLife: true, journalReads: 1 }), {
    status: 400,
    body: { error: { details: { field: 'journalReads' } } },
  });
  t.is((await call(fixture, 'POST', actor, { ...word, newLife: true, journalReads: true })).status, 201);
  t.is((await call(fixture, 'POST', `${actor}/ask`, { message: 'Balance' })).body.response, 0);
});

test('a member leaves, is kept, and is gone', async (t) => {
  const fixture = await startGateway(t);
  t.like(await call(fixture, 'DELETE', '/v1/members/other'), { status: 202, body: { state: 'leaving' } });
  t.like(await call(fixture, 'POST', '/v1/members/other/keep'), { status: 200, body: { state: 'member' } });
  t.is((await call(fixture, 'DELETE', '/v1/members/a%20b')).status, 202);
  t.like(await call(fixture, 'DELETE', '/v1/members/other'), { status: 200, body: { state: 'removed' } });
  t.deepEqual(fixture.node.calls, ['remove other', 'keep other', 'remove a b', 'remove other']);
  t.is((await call(fixture, 'GET', '/v1/members/other')).status, 405);
  t.is((await call(fixture, 'DELETE', '/v1/members/')).status, 404);
  t.is((await call(fixture, 'DELETE', '/v1/members/unknown')).body.error.code, 'no-such-member');
});

test('cluster, modules, tokens, health and metrics', async (t) => {
  const fixture = await startGateway(t);
  t.is((await call(fixture, 'GET', '/v1/cluster')).body.members.length, 1);
  t.is((await call(fixture, 'GET', '/v1/modules')).body.modules.length, 1);
  t.is((await call(fixture, 'POST', '/v1/tokens')).body.token, 'memory-token-3600000');
  t.is((await call(fixture, 'POST', '/v1/tokens', { validMs: 5000 })).body.token, 'memory-token-5000');
  t.is((await call(fixture, 'GET', '/livez')).body, 'ok\n');
  t.is((await call(fixture, 'GET', '/readyz')).body, 'ready\n');
  t.true((await call(fixture, 'GET', '/readyz?verbose')).body.startsWith('[+] shards: 2 of 2'));
  fixture.node.ready = false;
  t.is((await call(fixture, 'GET', '/readyz')).status, 503);
  t.false((await call(fixture, 'GET', '/readyz?verbose=json')).body.ready);
  const { body: metrics, headers } = await call(fixture, 'GET', '/metrics');
  t.true(headers.get('content-type')?.includes('version=0.0.4'));
  t.true(metrics.includes('seqnode_memory_total 1'));
  t.true(metrics.includes('seqnode_http_requests_total{route="readyz",status="503"} 2'));
  t.false(metrics.includes('/user/a'));
});

test('every refusal carries its code, its status and advice', async (t) => {
  const fixture = await startGateway(t);
  const cases: [string, string, unknown, string][] = [
    ['POST', ASK, { message: '(Deposit "x")' }, 'bad-message'],
    ['POST', ASK, { message: '(Nothing)' }, 'bad-message'],
    ['POST', ASK, { message: { Deposit: { amount: 1 } } }, 'bad-message'],
    ['POST', ASK, { message: '(Deposit' }, 'bad-notation'],
    ['POST', ASK, { message: '' }, 'bad-notation'],
    ['POST', ASK, { message: null }, 'bad-message'],
    ['POST', ASK, {}, 'bad-request'],
    ['POST', ASK, { mesage: '(Balance)' }, 'bad-request'],
    ['POST', ASK, [], 'bad-request'],
    ['POST', ASK, '{"message":', 'bad-notation'],
    ['POST', ASK, '{"message":"Balance"}', 'bad-request'],
    ['POST', '/v1/batch', '[', 'bad-request'],
    ['POST', ASK, undefined, 'bad-request'],
    ['POST', ASK, { message: 'Balance', id: '' }, 'bad-request'],
    ['POST', ASK, { message: 'Balance', id: 'x'.repeat(129) }, 'bad-request'],
    ['POST', ASK, { message: 'Balance', id: 'a b' }, 'bad-request'],
    ['POST', ASK, { message: 'Balance', timeoutMs: 0 }, 'bad-request'],
    ['POST', ASK, { message: 'Balance', timeoutMs: 1.5 }, 'bad-request'],
    ['POST', `${ASK}?x=1`, { message: 'Balance' }, 'bad-request'],
    ['POST', '/v1/actors/user/nobody/ask', { message: 'Balance' }, 'no-such-actor'],
    ['GET', '/v1/actors/user/nobody', undefined, 'no-such-actor'],
    ['GET', '/v1/actors/user//a', undefined, 'bad-path'],
    ['GET', '/v1/actors/', undefined, 'bad-path'],
    ['GET', '/v1/actors/user/%2e%2e', undefined, 'bad-path'],
    ['GET', '/v1/actors/user%2F%2Fa', undefined, 'bad-path'],
    ['GET', '/v1/actors//user/a', undefined, 'bad-path'],
    ['GET', '/v1/actors/user/%zz', undefined, 'bad-request'],
    ['GET', '/v1/actors/user/%ff', undefined, 'bad-request'],
    ['GET', '/v1/actors?limit=0', undefined, 'bad-request'],
    ['GET', '/v1/actors?limit=1001', undefined, 'bad-request'],
    ['GET', '/v1/actors?limit=1&limit=2', undefined, 'bad-request'],
    ['GET', '/v1/actors?prefx=/', undefined, 'bad-request'],
    ['GET', '/v1/actors?prefix=%', undefined, 'bad-request'],
    ['GET', '/v1/actors?prefix=user', undefined, 'bad-path'],
    ['GET', '/v1/actors?after=bogus', undefined, 'bad-path'],
    ['GET', '/v1/actors/user/a/journal?from=-1', undefined, 'bad-request'],
    ['POST', '/v1/actors/user/b', { word: 'account', module: 'f'.repeat(64) }, 'no-such-module'],
    ['POST', '/v1/actors/user/b', { module: 'f'.repeat(64) }, 'bad-request'],
    ['POST', '/v1/modules', { entry: 'a', files: {} }, 'bad-request'],
    ['POST', '/v1/modules', { entry: 'a', files: { a: 1 } }, 'bad-request'],
    ['POST', '/v1/modules', { entry: 'a', files: { a: 'syntax error' } }, 'bad-program'],
    ['POST', '/v1/modules', { entry: 'toString', files: {} }, 'bad-request'],
    ['POST', '/v1/tokens', { validMs: 1 }, 'bad-request'],
    ['GET', '/v1/nothing', undefined, 'no-such-endpoint'],
    ['POST', '/', undefined, 'method-not-allowed'],
    ['GET', ASK, undefined, 'method-not-allowed'],
    ['PUT', '/v1/actors/user/a', undefined, 'method-not-allowed'],
    ['DELETE', '/v1/cluster', undefined, 'method-not-allowed'],
  ];
  for (const [method, address, body, code] of cases) {
    const answer = await call(fixture, method, address, body);
    const label = `${method} ${address} ${JSON.stringify(body)}`;
    t.is(answer.body.error?.code, code, label);
    t.is(answer.status, new SeqNodeError(code as 'internal').http, label);
    t.true(answer.body.error.message.length > 10 && answer.body.error.advice.length > 10, label);
    t.is(typeof answer.body.error.details, 'object');
  }
  t.deepEqual(fixture.faults, []);
});

test('a refusal says what was expected', async (t) => {
  const fixture = await startGateway(t);
  const message = await call(fixture, 'POST', ASK, { message: '(Deposit "x")' });
  t.true(message.body.error.details.accepts.includes('(Deposit Int)'));
  const field = await call(fixture, 'POST', ASK, { mesage: 'Balance' });
  t.true(field.body.error.message.includes('did you mean message?'));
  const typed = (type: string) => call(fixture, 'POST', ASK, 'Echo "x"', { 'content-type': type });
  const latin = await typed('text/plain; charset=latin1');
  t.is(latin.body.error.message, 'The body must be UTF-8, and its Content-Type says "latin1".');
  t.is((await typed('text/plain;charset="UTF-8"')).status, 200);
  t.true(
    (await typed('application/xml')).body.error.message.includes('its Content-Type is "application/xml"'),
  );
  t.regex(
    (await typed('application/json')).body.error.message,
    /^The body is not JSON(: see position \d+)?\.$/,
  );
  const method = await call(fixture, 'PUT', '/v1/actors/user/a');
  t.is(method.headers.get('allow'), 'GET, HEAD, POST, DELETE');
});

test('503 says when to come back, and an unexpected fault keeps its secrets', async (t) => {
  const fixture = await startGateway(t);
  for (const [code, status] of [
    ['no-quorum', 503],
    ['overloaded', 503],
    ['outcome-unknown', 504],
  ] as const) {
    fixture.node.failures.push({ error: new SeqNodeError(code), applied: false });
    const answer = await call(fixture, 'POST', ASK, { message: 'Balance' });
    t.is(answer.status, status);
    t.is(answer.body.error.code, code);
    t.is(answer.headers.get('retry-after'), status === 503 ? '1' : null);
  }
  const fault = await call(fixture, 'POST', ASK, { message: 'Fault' });
  t.is(fault.status, 500);
  t.is(fault.body.error.code, 'internal');
  t.false(JSON.stringify(fault.body).includes('secret'));
  t.deepEqual(fixture.faults, ['gateway-fault']);
});

test('a path may be encoded whole, as generated clients do', async (t) => {
  const fixture = await startGateway(t);
  for (const path of ['%2Fuser%2Fa', 'user%2fa', '%2Fuser/a'])
    t.is((await call(fixture, 'GET', `/v1/actors/${path}`)).body.path, '/user/a');
  const asked = await call(fixture, 'POST', '/v1/actors/%2Fuser%2Fa/ask', { message: 'Deposit 1' });
  t.is(asked.status, 200);
  const { hash } = (await call(fixture, 'GET', '/v1/modules')).body.modules[0];
  await fixture.node.spawn('/user/ask', { module: hash, word: 'account' });
  t.is((await call(fixture, 'GET', '/v1/actors/%2Fuser%2Fask')).body.path, '/user/ask');
});

test('the root says what this is, as a page for browsers and as JSON for programs', async (t) => {
  const fixture = await startGateway(t, { token: 'correct-horse-battery' });
  const json = (await call(fixture, 'GET', '/')).body;
  t.is(json.name, 'seq-node');
  const token = { authorization: 'Bearer correct-horse-battery' };
  for (const address of [json.dashboard, json.openapi])
    t.is((await call(fixture, 'GET', address, undefined, token)).status, 200, address);
  const page = await call(fixture, 'GET', '/', undefined, { accept: 'text/html,application/xhtml+xml,*/*' });
  t.is(page.headers.get('content-type'), 'text/html; charset=utf-8');
  for (const address of [json.dashboard, json.openapi]) t.true(page.body.includes(`href="${address}"`));
  t.is(page.headers.get('content-security-policy'), "default-src 'none'");
  t.is(page.headers.get('vary'), 'accept');
});

test('a journal is read from either end, page by page', async (t) => {
  const fixture = await startGateway(t);
  for (let at = 1; at <= 4; at++) await call(fixture, 'POST', SEND, { message: { Deposit: [at] } });
  const sequences = async (query: string) => {
    const { body } = await call(fixture, 'GET', `/v1/actors/user/a/journal${query}`);
    return [body.records.map(({ sequence }: { sequence: number }) => sequence), body.next];
  };
  const [all] = await sequences('');
  t.true(all.length >= 4);
  const down = [...all].reverse();
  t.deepEqual(await sequences('?order=desc'), [down, null]);
  t.deepEqual(await sequences('?order=desc&limit=2'), [down.slice(0, 2), down[2]]);
  t.deepEqual(await sequences(`?order=desc&from=${down[2]}`), [down.slice(2), null]);
  t.is((await call(fixture, 'GET', '/v1/actors/user/a/journal?order=up')).status, 400);
});

test('what is made is found where Location says', async (t) => {
  const fixture = await startGateway(t);
  for (const [address, body] of [
    ['/v1/actors/user/b', { word: 'account' }],
    ['/v1/actors/user/%61sk', { word: 'account' }],
    ['/v1/modules', { entry: 'b.seq', files: { 'b.seq': ': other ( -- ) ;' } }],
  ] as const) {
    const made = await call(fixture, 'POST', address, body);
    t.is(made.status, 201, JSON.stringify(made.body));
    const found = await call(fixture, 'GET', made.headers.get('location')!);
    t.is(found.status, 200, address);
    t.is(found.body.hash ?? found.body.path, made.body.hash ?? decodeURIComponent(address.slice(10)));
  }
});

test('an actor whose name is that of an endpoint is reached by encoding a letter', async (t) => {
  const fixture = await startGateway(t);
  const deployed = await call(fixture, 'GET', '/v1/modules');
  const code = { module: deployed.body.modules[0].hash, word: 'account' };
  t.is((await call(fixture, 'POST', '/v1/actors/user/%61sk', code)).status, 201);
  t.is((await call(fixture, 'GET', '/v1/actors/user/%61sk')).body.path, '/user/ask');
  t.is((await call(fixture, 'POST', '/v1/actors/user/ask/ask', { message: 'Balance' })).status, 200);
});

test('a batch gives each item its own outcome, in its own place', async (t) => {
  const fixture = await startGateway(t);
  const answer = await call(fixture, 'POST', '/v1/batch', [
    { path: '/user/a', op: 'ask', message: 'Deposit 1', id: 'b1' },
    { path: '/user/a', op: 'send', message: { Deposit: [2] } },
    { path: '/user/nobody', op: 'ask', message: 'Balance' },
    { path: '/user/a', op: 'ask', message: 'Fault' },
    { path: '/user/a', op: 'shout', message: 'Balance' },
    'nonsense',
    { path: '/user/a', op: 'ask', message: 'Deposit 1', id: 'b1' },
    { path: '/user/a', op: 'ask', message: 'Balance' },
  ]);
  t.is(answer.status, 200);
  const shown = answer.body.map(
    (item: { response?: number; acknowledged?: boolean; error?: { code: string } }) =>
      item.response ?? item.acknowledged ?? item.error?.code,
  );
  t.deepEqual(shown, [1, true, 'no-such-actor', 'internal', 'bad-request', 'bad-request', 1, 3]);
  t.deepEqual((await call(fixture, 'POST', '/v1/batch', [])).body, []);
  t.is((await call(fixture, 'POST', '/v1/batch', {})).body.error.code, 'bad-request');
  const many = Array.from({ length: 101 }, () => 0);
  t.is((await call(fixture, 'POST', '/v1/batch', many)).body.error.details.limit, 100);
});

test('no more messages wait than the limit', async (t) => {
  const fixture = await startGateway(t, { limits: { outstandingMax: 2 } });
  const hanging = [1, 2].map(() => call(fixture, 'POST', ASK, { message: 'Hang' }));
  while (fixture.node.calls.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  const third = await call(fixture, 'POST', ASK, { message: 'Balance' });
  t.is(third.body.error.code, 'overloaded');
  t.is(third.headers.get('retry-after'), '1');
  const batch = await call(fixture, 'POST', '/v1/batch', [
    { path: '/user/a', op: 'ask', message: 'Balance' },
  ]);
  t.is(batch.body[0].error.code, 'overloaded');
  fixture.node.release();
  for (const { status } of await Promise.all(hanging)) t.is(status, 200);
  t.is((await call(fixture, 'POST', ASK, { message: 'Balance' })).status, 200);
});

test('a routable address needs a token, and an address in use is said', async (t) => {
  const options = {
    api: createMemoryNode(),
    listen: { host: '0.0.0.0', port: 0 },
    token: '',
    origins: [],
    version: '0.1.0',
    limits: LIMITS,
    logger: { log: () => {} },
  };
  const routable = await t.throwsAsync(createGateway(options), { instanceOf: SeqNodeError });
  t.is(routable.code, 'bad-config');
  const fixture = await startGateway(t);
  const taken = await t.throwsAsync(createGateway({ ...options, listen: fixture.gateway.address }), {
    instanceOf: SeqNodeError,
  });
  t.is(taken.code, 'bad-config');
  t.true(taken.message.includes('EADDRINUSE'));
});

test('with a token, only its bearer is served, but health is open', async (t) => {
  const token = 'correct-horse-battery';
  const fixture = await startGateway(t, { token, listen: { host: '0.0.0.0', port: 0 } });
  const bearer = (given: string) => call(fixture, 'GET', '/v1/cluster', undefined, { authorization: given });
  t.is((await bearer(`Bearer ${token}`)).status, 200);
  t.is((await bearer(`bearer ${token}`)).status, 200);
  for (const given of ['Bearer wrong', `Bearer ${token}x`, `Basic ${token}`, 'Bearer', 'Bearer '])
    t.is((await bearer(given)).body.error.code, 'unauthorized', given);
  const without = await call(fixture, 'GET', '/v1/nothing');
  t.is(without.status, 401);
  t.is(without.headers.get('www-authenticate'), 'Bearer realm="seq-node"');
  t.is((await call(fixture, 'GET', '/metrics')).status, 401);
  t.is((await call(fixture, 'GET', '/livez')).status, 200);
  t.is((await call(fixture, 'GET', '/readyz')).status, 200);
});

test('without a token, web pages are refused: foreign origins and rebound names', async (t) => {
  const fixture = await startGateway(t);
  const { port } = fixture.gateway.address;
  const get = (headers: string) =>
    talk(fixture, [`GET /v1/cluster HTTP/1.1\r\n${headers}\r\nConnection: close\r\n\r\n`]);
  for (const headers of [
    'Host: evil.example',
    `Host: 127.0.0.1:${port}\r\nOrigin: http://evil.example`,
    'Host: x',
  ]) {
    const answer = await get(headers);
    t.deepEqual([statuses(answer), codes(answer)], [[403], ['origin-refused']], headers);
    t.notRegex(answer, /token:|send the gateway token/i);
  }
  for (const host of [
    `127.0.0.1:${port}`,
    'localhost',
    '[::1]:80',
    `localhost:1\r\nOrigin: http://localhost:1`,
  ])
    t.deepEqual(statuses(await get(`Host: ${host}`)), [200], host);
});

test('a page with the token is served from the own origin and those of the list, and from no other', async (t) => {
  const token = 'correct-horse-battery';
  const app = 'https://app.example';
  const fixture = await startGateway(t, { token, origins: [app, 'http://[::1]:3000'] });
  const get = (origin: string, bearer = token) =>
    talk(fixture, [
      `GET /v1/cluster HTTP/1.1\r\nHost: node.example\r\nOrigin: ${origin}\r\nAuthorization: Bearer ${bearer}\r\nConnection: close\r\n\r\n`,
    ]);
  for (const origin of ['http://node.example', 'https://node.example', app, 'http://[::1]:3000'])
    t.deepEqual(statuses(await get(origin)), [200], origin);
  for (const origin of [
    'https://evil.example',
    'https://app.example.evil',
    'null',
    `${app}:444`,
    `${app}, ${app}`,
  ]) {
    const answer = await get(origin);
    t.deepEqual([statuses(answer), codes(answer)], [[403], ['origin-refused']], origin);
    t.true(answer.includes('http.origins'));
  }
  t.deepEqual(codes(await get(app, 'wrong')), ['unauthorized'], 'an origin is no token');
});

test('a browser learns that a page of the list may send and read, and of no other', async (t) => {
  const token = 'correct-horse-battery';
  const app = 'https://app.example';
  const fixture = await startGateway(t, { token, origins: [app] });
  const preflight = (origin: string) =>
    call(fixture, 'OPTIONS', ASK, undefined, {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization',
    });
  const allowed = await preflight(app);
  t.is(allowed.status, 204);
  t.is(allowed.headers.get('access-control-allow-origin'), app);
  t.true(allowed.headers.get('access-control-allow-headers')?.includes('authorization'));
  t.true(allowed.headers.get('access-control-allow-methods')?.includes('DELETE'));
  const foreign = await preflight('https://evil.example');
  t.is(foreign.status, 403);
  t.is(foreign.headers.get('access-control-allow-origin'), null);
  const headers = { origin: app, authorization: `Bearer ${token}` };
  const answer = await call(fixture, 'POST', ASK, { message: 'Balance' }, headers);
  t.is(answer.status, 200);
  t.is(answer.headers.get('access-control-allow-origin'), app);
  t.is(answer.headers.get('vary'), 'origin');
  t.true(answer.headers.get('access-control-expose-headers')?.includes('location'));
  const refused = await call(fixture, 'POST', ASK, { message: 'Balance' }, { origin: app });
  t.is(refused.status, 401);
  t.is(refused.headers.get('access-control-allow-origin'), app, 'the page may read why');
});

test('a name that an object of the body has twice is refused, wherever it stands', async (t) => {
  const fixture = await startGateway(t);
  const refused: readonly (readonly [address: string, body: string, path: string])[] = [
    [ASK, '{"message":{"Deposit":[1]},"message":{"Deposit":[100]}}', '$.message'],
    [ASK, '{"message":{"Deposit":[1],"Deposit":[2]}}', '$.message.Deposit'],
    [ASK, '{"message":{"Echo":[{"k":1,"\\u006b":2}]}}', '$.message.Echo[0].k'],
    ['/v1/batch', '[{"path":"/user/a","op":"ask","message":"Balance","op":"send"}]', '$[0].op'],
  ];
  for (const [address, body, path] of refused) {
    const answer = await call(fixture, 'POST', address, body, { 'content-type': 'application/json' });
    t.is(answer.status, 400);
    t.is(answer.body.error.code, 'bad-request');
    t.is(answer.body.error.details.jsonPath, path);
  }
  t.deepEqual(fixture.node.calls, []);
});

test('closing lets what is under way finish, and refuses what comes after', async (t) => {
  const fixture = await startGateway(t);
  const slow = call(fixture, 'POST', ASK, { message: 'Hang' });
  while (fixture.node.calls.length < 1) await new Promise((resolve) => setTimeout(resolve, 5));
  const closed = fixture.gateway.close(5000);
  await t.throwsAsync(call(fixture, 'GET', '/livez'));
  fixture.node.release();
  t.is((await slow).status, 200);
  await closed;
});

test('dead letters are listed by pages, shown, replayed and dropped', async (t) => {
  const fixture = await startGateway(t);
  const letter = (id: string, message: number | null) => ({
    id,
    atMillis: 1_700_000_000_000,
    sender: '/user/a' as never,
    receiver: '/user/b' as never,
    code: 'no-such-actor' as const,
    reason: 'No actor lives at /user/b.',
    kind: message === null ? 'stop' : 'message',
    message,
  });
  fixture.node.deadLetterViews.push(letter('1-1', 5), letter('1-2', null), letter('3-7', 6));
  const first = await call(fixture, 'GET', '/v1/dead-letters?limit=2');
  t.deepEqual(first.body, { letters: [letter('1-1', 5), letter('1-2', null)], next: '1-2' });
  const rest = await call(fixture, 'GET', '/v1/dead-letters?limit=2&after=1-2');
  t.deepEqual(rest.body, { letters: [letter('3-7', 6)], next: null });
  t.deepEqual((await call(fixture, 'GET', '/v1/dead-letters/3-7')).body, letter('3-7', 6));
  const replayed = await call(fixture, 'POST', '/v1/dead-letters/3-7/replay');
  t.deepEqual(replayed.body, { id: '3-7', replayed: true });
  t.is((await call(fixture, 'GET', '/v1/dead-letters/3-7')).body.error.code, 'no-such-dead-letter');
  t.deepEqual((await call(fixture, 'DELETE', '/v1/dead-letters/1-1')).body, { id: '1-1', dropped: true });
  t.deepEqual((await call(fixture, 'DELETE', '/v1/dead-letters/1-1')).body, { id: '1-1', dropped: false });
  t.is((await call(fixture, 'PUT', '/v1/dead-letters/1-1')).status, 405);
});

test('timers of an actor are listed by pages and cancelled', async (t) => {
  const fixture = await startGateway(t);
  const timer = (id: string, every: { periodMs: number; missed: 'once' } | null = null) => ({
    id,
    dueMillis: 1_700_000_000_000,
    to: '/user/a' as never,
    message: 5,
    every,
  });
  fixture.node.timerViews.push(timer('a-b-1'), timer('a-b-2', { periodMs: 100, missed: 'once' }));
  const first = await call(fixture, 'GET', '/v1/actors/user/a/timers?limit=1');
  t.deepEqual(first.body, { path: '/user/a', timers: [timer('a-b-1')], next: 'a-b-1' });
  const rest = await call(fixture, 'GET', '/v1/actors/user/a/timers?after=a-b-1');
  t.like(rest.body, { timers: [timer('a-b-2', { periodMs: 100, missed: 'once' })], next: null });
  for (const cancelled of [true, false]) {
    const answer = await call(fixture, 'DELETE', '/v1/actors/user/a/timers?id=a-b-1');
    t.deepEqual(answer.body, { path: '/user/a', id: 'a-b-1', cancelled });
  }
  t.is((await call(fixture, 'DELETE', '/v1/actors/user/a/timers')).status, 400, 'without an id');
});
