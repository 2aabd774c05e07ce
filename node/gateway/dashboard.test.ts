import test from 'ava';
import { assets } from '../dashboard/assets.ts';
import { call, startGateway, talk } from './http.test-support.ts';

test('the dashboard is at /ui/, with its files beside it, each of its type', async (t) => {
  const fixture = await startGateway(t);
  const moved = await fetch(`${fixture.gateway.url}/ui`, { redirect: 'manual' });
  t.is(moved.status, 308);
  t.is(moved.headers.get('location'), '/ui/');
  const page = await call(fixture, 'GET', '/ui/');
  t.is(page.status, 200);
  t.is(page.headers.get('content-type'), 'text/html; charset=utf-8');
  t.is(page.body, assets().get('index.html')!.text);
  for (const [name, { type, text }] of assets()) {
    const served = await call(fixture, 'GET', `/ui/${name}`);
    t.is(served.status, 200, name);
    t.is(served.headers.get('content-type'), type);
    t.is(served.body, text);
  }
  const types = new Map([...assets()].map(([name, { type }]) => [name.split('.').at(-1), type]));
  t.is(types.get('js'), 'text/javascript; charset=utf-8');
  t.is(types.get('css'), 'text/css; charset=utf-8');
  t.is(types.get('svg'), 'image/svg+xml');
});

test('its policy lets a page run what the node serves, and nothing that stands in the page', async (t) => {
  const fixture = await startGateway(t);
  for (const name of ['', 'main.js', 'style.css']) {
    const { headers } = await call(fixture, 'GET', `/ui/${name}`);
    const policy = new Map(
      headers
        .get('content-security-policy')!
        .split('; ')
        .map((part) => [part.split(' ', 1)[0], part.slice(part.indexOf(' ') + 1)]),
    );
    t.is(policy.get('default-src'), "'none'");
    t.is(policy.get('script-src'), "'self'");
    t.is(policy.get('style-src'), "'self'");
    t.is(policy.get('frame-ancestors'), "'none'");
    t.is(policy.get('base-uri'), "'none'");
    t.false(/unsafe|\*|data:|blob:/.test(headers.get('content-security-policy')!));
    t.is(headers.get('x-content-type-options'), 'nosniff');
    t.is(headers.get('referrer-policy'), 'no-referrer');
  }
});

test('a file that the browser has is not sent again', async (t) => {
  const fixture = await startGateway(t);
  const first = await call(fixture, 'GET', '/ui/main.js');
  t.is(first.headers.get('cache-control'), 'no-cache');
  const etag = first.headers.get('etag')!;
  for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
    const again = await call(fixture, 'GET', '/ui/main.js', undefined, { 'if-none-match': known });
    t.is(again.status, 304, known);
    t.is(again.body, '');
    t.is(again.headers.get('etag'), etag);
    t.is(again.headers.get('content-length'), null);
  }
  const other = await call(fixture, 'GET', '/ui/main.js', undefined, { 'if-none-match': '"other"' });
  t.is(other.status, 200);
});

test('HEAD has the head of GET, and other methods are refused', async (t) => {
  const fixture = await startGateway(t);
  const head = await call(fixture, 'HEAD', '/ui/style.css');
  t.is(head.status, 200);
  t.is(head.body, '');
  t.is(head.headers.get('content-length'), String(Buffer.byteLength(assets().get('style.css')!.text)));
  const post = await call(fixture, 'POST', '/ui/style.css', '');
  t.is(post.status, 405);
  t.is(post.headers.get('allow'), 'GET, HEAD');
});

test('what is no file of the dashboard is not found, whatever way it is written', async (t) => {
  const fixture = await startGateway(t);
  const names = [
    'nothing.js',
    '../v1/cluster',
    '..%2f..%2fpackage.json',
    '%2e%2e/assets.ts',
    'tsconfig.json',
  ];
  names.push(
    'api-types.d.ts',
    'vendor/',
    '/etc/passwd',
    'main.js/',
    '__proto__',
    'constructor',
    'main.js%00',
  );
  for (const name of names) {
    const answer = await talk(fixture, [
      `GET /ui/${name} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    ]);
    t.regex(answer, /^HTTP\/1\.1 404 .*"code":"no-such-endpoint"/s, name);
  }
  t.is((await call(fixture, 'GET', '/uix')).status, 404);
});

test('with a token, the files are open, and what they show is not', async (t) => {
  const fixture = await startGateway(t, { token: 'a-token-of-some-length' });
  t.is((await call(fixture, 'GET', '/ui/')).status, 200);
  t.is((await call(fixture, 'GET', '/ui/main.js')).status, 200);
  t.is((await call(fixture, 'GET', '/ui')).status, 200);
  t.is((await call(fixture, 'GET', '/v1/cluster')).status, 401);
  t.is((await call(fixture, 'GET', '/metrics')).status, 401);
  t.is((await call(fixture, 'GET', '/')).status, 200);
});
