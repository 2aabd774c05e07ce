// `npm run dashboard`: the dashboard in a real browser, before a cluster that wants a token and whose node
// that serves the page is killed meanwhile. Ends with 1 at the first difference, with 75 where there is no
// Chromium. With --screenshots it also draws those of docs/.
import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { Cluster } from './cluster.ts';
import { makeManyActors, prepare } from './dashboard-data.ts';
import {
  checkAccess,
  checkAudit,
  checkKeyboard,
  checkKill,
  checkLongList,
  type Visit,
} from './dashboard-frame.ts';
import {
  checkActor,
  checkCluster,
  checkForm,
  checkJournal,
  checkLetters,
  checkQueues,
  checkRates,
} from './dashboard-pages.ts';
import { readOptions } from './options.ts';

const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const TOKEN = 'a-token-for-the-dashboard-test';
const PATIENCE_MS = 60_000;

const USAGE = {
  command: 'npm run dashboard',
  summary: 'Tries the dashboard in a real browser, on a real cluster.',
  options: [
    { title: '--actors N', doc: 'How many actors the long list has. Default: 10,000.' },
    { title: '--screenshots', doc: 'Draw the pictures of docs/ anew.' },
  ],
};

async function run(browser: Browser, actors: number, screenshots: boolean): Promise<void> {
  process.env.SEQ_NODE_TOKEN = TOKEN;
  const cluster = await Cluster.start({ size: 3, settings: { SEQ_NODE_HTTP__TOKEN: TOKEN } });
  const faults: string[] = [];
  try {
    await prepare(cluster.node(0).client);
    const page = await openPage(browser, 'light', faults);
    const visit: Visit = {
      page,
      cluster,
      client: cluster.node(0).client,
      open: (hash) => openAt(page, `http://${cluster.node(0).httpAddress}/ui/${hash}`),
    };
    await step('a page asks for the token once, and goes on with the right one', () =>
      checkAccess(visit, TOKEN),
    );
    await step('the cluster is shown as the API tells it', () => checkCluster(visit));
    await step('an actor is found by its path, with its state, mailbox, timers and watches', () =>
      checkActor(visit),
    );
    await step('a form of the declared messages asks and sends', () => checkForm(visit));
    await step('the slider shows the state at each record, and what changed', () => checkJournal(visit));
    await step('queues show their tasks and workers', () => checkQueues(visit));
    await step('a dead letter is replayed', () => checkLetters(visit));
    await step('rates and latencies are drawn', () => checkRates(visit));
    await step('everything is done with the keyboard alone', () => checkKeyboard(visit));
    await step('axe finds nothing, in light and in dark', () => checkAudit(visit));
    if (screenshots) await drawPictures(visit);
    await step('the page outlives a kill of the node that serves it', () => checkKill(visit));
    if (faults.length > 0) throw new Error(`the browser complained:\n${faults.join('\n')}`);
  } finally {
    await cluster.dispose();
  }
  delete process.env.SEQ_NODE_TOKEN;
  await runLongList(browser, actors);
}

/** On a node of its own, which asks for no token. */
async function runLongList(browser: Browser, actors: number): Promise<void> {
  const cluster = await Cluster.lone();
  const faults: string[] = [];
  try {
    await makeManyActors(cluster.node(0), actors);
    const page = await openPage(browser, 'light', faults);
    const open = (hash: string) => openAt(page, `http://${cluster.node(0).httpAddress}/ui/${hash}`);
    const visit: Visit = { page, cluster, client: cluster.node(0).client, open };
    await step(`${actors} actors are listed, few at a time`, () => checkLongList(visit, actors));
    if (faults.length > 0) throw new Error(`the browser complained:\n${faults.join('\n')}`);
  } finally {
    await cluster.dispose();
  }
}

/** Whatever the browser complains of is a fault: also what the policy forbids. */
async function openPage(browser: Browser, colorScheme: 'light' | 'dark', faults: string[]): Promise<Page> {
  const context = await browser.newContext({ colorScheme, viewport: { width: 1280, height: 860 } });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => {
    // A refusal, or a node that is down, is a line in the console, too.
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text()))
      faults.push(message.text());
  });
  return page;
}

/** A page is opened anew also where only the fragment differs. */
async function openAt(page: Page, address: string): Promise<void> {
  await page.goto('about:blank');
  await page.goto(address);
}

async function step(title: string, check: () => Promise<void>): Promise<void> {
  try {
    await check();
  } catch (error) {
    throw new Error(`NOT SO: ${title}`, { cause: error });
  }
  console.log(`dashboard: ${title}`);
}

async function drawPictures({ page, open }: Visit): Promise<void> {
  for (const [name, hash, scheme] of [
    ['dashboard-cluster', '#/', 'light'],
    ['dashboard-journal', '#/actor/user/accounts/alice?view=journal', 'dark'],
  ] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    await open(hash);
    await page.locator('main table, main .scrubber').first().waitFor();
    await page.waitForLoadState('networkidle').catch(() => undefined);
    await page.screenshot({ path: `docs/${name}.png` });
  }
  await page.emulateMedia({ colorScheme: 'light' });
}

const { values } = readOptions(USAGE, { actors: { type: 'string' }, screenshots: { type: 'boolean' } });
const executablePath = BROWSERS.find(existsSync);
if (executablePath === undefined) {
  console.log(`dashboard: NOT TESTED: none of ${BROWSERS.join(', ')} is there (apt-get install chromium)`);
  process.exit(75);
}
const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
});
try {
  await run(browser, Number(values.actors ?? 10_000), values.screenshots === true);
} finally {
  await browser.close();
}
