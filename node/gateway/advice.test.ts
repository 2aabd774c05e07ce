import test from 'ava';
import { ERRORS, SeqNodeError } from '../base/errors.ts';
import { adviceOf, HTTP_ADVICE } from './advice.ts';
import { call, startGateway } from './http.test-support.ts';
import { ROWS } from './routes.ts';
import { EVERY } from './table/shared.ts';

/** What only the machine of a node can do. */
const AT_THE_NODE = new Set(['actor-quarantined']);

test('advice in answers is a request where there is one, and no command', (t) => {
  for (const code of new Set([...EVERY, ...ROWS.flatMap(({ codes }) => codes)])) {
    const advice = adviceOf(new SeqNodeError(code));
    if (!AT_THE_NODE.has(code)) t.notRegex(advice, /seq-node [a-z]|--[a-z]/, code);
  }
});

test('the requests that are advised are served', (t) => {
  const served = new Set(ROWS.map(({ method, address }) => `${method} ${address}`));
  for (const [code, advice] of Object.entries(HTTP_ADVICE)) {
    t.true(code in ERRORS);
    for (const [request] of advice.matchAll(/(GET|POST|DELETE) \/v1[^\s?;,.]*(\.json)?/g))
      t.true(served.has(request), `${code}: ${request}`);
  }
});

test('a refusal tells the rule of paths, and how an actor is made', async (t) => {
  const fixture = await startGateway(t);
  const advice = async (address: string) => (await call(fixture, 'GET', address)).body.error.advice;
  t.regex(await advice('/v1/actors/user/a%20b'), /16 segments.*512 characters.*1 to 128 of A-Z/);
  t.regex(await advice('/v1/actors/user/nobody'), /^Create it with POST \/v1\/actors\/user\/nobody and/);
  t.regex(await advice('/v1/actors/till'), / at \/v1\/names\/till, a UUID at \/v1\/uuids\/till\.$/);
  t.regex(await advice('/v1/names/till'), /^Create it with POST \/v1\/actors\/name\/till and/);
  t.regex(await advice('/v1/actors?prefix=till'), /^Begin the prefix with a slash/);
});
