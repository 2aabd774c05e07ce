// `npm run browser`: @seq-node/client on a page in a real browser, before a cluster that wants a token and
// whose leader is killed meanwhile. Ends with 1 at the first difference, with 75 where there is no Chromium.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Cluster } from './cluster.ts';
import { ROOT } from './node-process.ts';

const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const TOKEN = 'a-token-for-the-browser-test';
const ALICE = '/user/accounts/alice';
const DEPOSITS = 600;
const PATIENCE_MS = 120_000;

/** What the page does; it tells its server how it went. */
const PAGE = `<!doctype html><meta charset="utf-8"><title>seq-node</title><script type="module">
import { connect, float, SeqNodeError } from './client/index.js';
const tell = (what, value) => fetch('/told/' + what, { method: 'POST', body: JSON.stringify(value) });
const errors = async (act) => { try { await act(); return 'none'; } catch (error) { return error instanceof SeqNodeError ? error.code : String(error); } };
try {
  const { nodes, token } = await (await fetch('/cluster.json')).json();
  const client = connect({ nodes, token, timeoutMs: 60_000 });
  const alice = client.actor('${ALICE}');
  let left = ${DEPOSITS}, done = 0;
  const caller = async () => {
    while (left-- > 0) {
      await alice.ask.deposit({ amount: 1 });
      if (++done === ${DEPOSITS / 3}) await tell('third', done);
    }
  };
  await Promise.all(Array.from({ length: 10 }, caller));
  const wide = await alice.ask.deposit({ amount: 2n ** 60n });
  await tell('end', {
    balance: (await alice.ask.balance()).Balanced.balance.toString(),
    wide: typeof wide.Balanced.balance,
    stranger: await errors(() => client.actor('/user/nobody').ask.balance()),
    wrongToken: await errors(() => connect({ nodes, token: 'x'.repeat(20) }).actor('${ALICE}').ask.balance()),
    float: JSON.stringify(float(3)),
  });
} catch (error) {
  await tell('end', { error: String(error), stack: error.stack });
}
</script>`;

const EXPECTED = {
  balance: String(2n ** 60n + BigInt(DEPOSITS)),
  wide: 'bigint',
  stranger: 'no-such-actor',
  wrongToken: 'unauthorized',
  float: '{"$float":3}',
};

/** Serves the page, and hears from it. */
class PageServer {
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  readonly #told = new Map<string, (value: unknown) => void>();
  nodes: readonly string[] = [];

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What the page tells of `what`. */
  told(what: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the page told nothing of ${what}`)), PATIENCE_MS);
      this.#told.set(what, (value) => {
        clearTimeout(timer);
        resolve(value);
      });
    });
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url = '' } = request;
    const send = (type: string, body: string) => response.setHeader('content-type', type).end(body);
    if (url === '/') send('text/html', PAGE);
    else if (/^\/client\/[\w-]+\.js$/.test(url))
      send('text/javascript', readFileSync(join(ROOT, 'sdk/dist', basename(url)), 'utf8'));
    else if (url === '/cluster.json')
      send('application/json', JSON.stringify({ nodes: this.nodes, token: TOKEN }));
    else if (url.startsWith('/told/')) {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      response.end();
      this.#told.get(url.slice('/told/'.length))?.(JSON.parse(Buffer.concat(chunks).toString()));
    } else response.writeHead(404).end();
  }
}

/** Nothing that makes it look for the world outside. */
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

async function run(browser: string, directory: string): Promise<void> {
  execFileSync(process.execPath, [join(ROOT, 'scripts/build-client.ts')], { stdio: 'ignore' });
  const server = new PageServer();
  const origin = await server.listen();
  process.env.SEQ_NODE_TOKEN = TOKEN;
  const settings = { SEQ_NODE_HTTP__TOKEN: TOKEN, SEQ_NODE_HTTP__ORIGINS: origin };
  const cluster = await Cluster.start({ size: 3, settings });
  let page: ChildProcess | undefined;
  try {
    const { client } = cluster.node(0);
    const source = readFileSync(join(ROOT, 'examples/accounts.seq'), 'utf8');
    const files = { 'accounts.seq': source };
    await client.call('POST', '/v1/modules', { entry: 'accounts.seq', files });
    await client.call('POST', `/v1/actors${ALICE}`, { word: 'account' });
    server.nodes = cluster.nodes.map(({ httpAddress }) => `http://${httpAddress}`);
    const third = server.told('third');
    const end = server.told('end');
    page = spawn(browser, [...FLAGS, `--user-data-dir=${directory}`, origin], { stdio: 'ignore' });
    await third;
    const leader = await cluster.leaderOf(ALICE);
    await leader.kill();
    console.log(`browser: ${leader.place.name}, the leader of ${ALICE}, was killed`);
    const told = await end;
    if (JSON.stringify(told) !== JSON.stringify(EXPECTED))
      throw new Error(`the page told ${JSON.stringify(told)}, not ${JSON.stringify(EXPECTED)}`);
    console.log(`browser: ${DEPOSITS} deposits of a page took effect once each`);
  } finally {
    page?.kill();
    if (page !== undefined && page.exitCode === null && page.signalCode === null) await once(page, 'exit');
    server.close();
    await cluster.dispose();
  }
}

const browser = BROWSERS.find(existsSync);
if (browser === undefined) {
  console.log(`browser: NOT TESTED: none of ${BROWSERS.join(', ')} is there (apt-get install chromium)`);
  process.exit(75);
}
const directory = mkdtempSync(join(tmpdir(), 'seq-node-browser-'));
try {
  await run(browser, directory);
} finally {
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
}
