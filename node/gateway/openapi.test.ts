// Holds docs/openapi.json to the table of the gateway, and the table to what the handlers take.
// SEQ_NODE_WRITE_DOCS=1 writes the file instead.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { ERRORS } from '../base/errors.ts';
import { call, startGateway } from './http.test-support.ts';
import { openApiText, ROWS } from './routes.ts';

const ROOT = join(import.meta.dirname, '../..');
const FILE = join(ROOT, 'docs/openapi.json');
const VERSION = (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }).version;

test('docs/openapi.json is what a node serves', async (t) => {
  const wanted = openApiText(VERSION);
  if (process.env.SEQ_NODE_WRITE_DOCS === '1') writeFileSync(FILE, wanted);
  t.is(
    readFileSync(FILE, 'utf8'),
    wanted,
    `SEQ_NODE_WRITE_DOCS=1 npx ava node/gateway/openapi.test.ts writes it`,
  );
  const fixture = await startGateway(t, { version: VERSION });
  t.deepEqual((await call(fixture, 'GET', '/v1/openapi.json')).body, JSON.parse(wanted));
});

/** An address of the row, with something in place of what stands in braces. */
const exampleOf = (address: string): string => address.replace('{path}', 'user/a').replace(/\{\w+\}/, 'x');

test('the document has the parameters and fields that are taken, and no other', async (t) => {
  const fixture = await startGateway(t);
  for (const { method, address, route, query = [], body, results } of ROWS) {
    if (101 in results) continue;
    const refused = await call(fixture, method, `${exampleOf(address)}?nonsense=1`, body && '{}');
    t.is(refused.body.error?.code, 'bad-request', route);
    t.deepEqual(refused.body.error.details.known.sort(), query.map(({ name }) => name).sort(), route);
    if (body === undefined || route === 'batch') continue;
    const { error } = (await call(fixture, method, exampleOf(address), { nonsense: 1 })).body;
    t.is(error.code, 'bad-request', route);
    t.deepEqual(error.details.known.sort(), [...fieldsOf(body.schema)].sort(), route);
  }
});

/** Of a request's body, in any of its forms. */
function fieldsOf(schema: { readonly [key: string]: unknown }): Set<string> {
  const { document } = DOCUMENT;
  if (typeof schema.$ref === 'string')
    return fieldsOf(document.components.schemas[schema.$ref.split('/').at(-1)!]!);
  if (Array.isArray(schema.oneOf)) return new Set(schema.oneOf.flatMap((each) => [...fieldsOf(each)]));
  return new Set(Object.keys(schema.properties as object));
}

interface Document {
  readonly components: { readonly schemas: Record<string, { readonly [key: string]: unknown }> };
}
const DOCUMENT = { document: JSON.parse(openApiText(VERSION)) as Document };

test('every name of a schema is declared, and every operation has a name of its own', (t) => {
  const text = openApiText(VERSION);
  const named = new Set([...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name!));
  t.deepEqual([...named].sort(), Object.keys(DOCUMENT.document.components.schemas).sort());
  t.is(new Set(ROWS.map(({ route }) => route)).size, ROWS.length);
  for (const { codes, route } of ROWS) for (const code of codes) t.true(code in ERRORS, `${route}: ${code}`);
});
