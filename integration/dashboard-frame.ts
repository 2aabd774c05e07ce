// What holds for all pages of the dashboard: who gets in, the keyboard, screen readers, long lists, and nodes
// that go away.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import type { Cluster } from './cluster.ts';
import { ALICE, PARSER } from './dashboard-data.ts';
import type { NodeClient } from './node-client.ts';
import { until } from './node-process.ts';

export interface Visit {
  readonly page: Page;
  readonly cluster: Cluster;
  readonly client: NodeClient;
  /** Opens a page by its fragment. */
  readonly open: (hash: string) => Promise<void>;
}

export function demand(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

export async function checkAccess({ page, open }: Visit, token: string): Promise<void> {
  await open('#/actors');
  await page.getByRole('heading', { name: 'This node asks for a token' }).waitFor();
  await page.getByLabel('Token').fill('a-token-that-is-wrong');
  await page.getByRole('button', { name: 'Open' }).click();
  await page.getByRole('alert').filter({ hasText: 'does not know that token' }).waitFor();
  await page.getByLabel('Token').fill(token);
  await page.getByRole('button', { name: 'Open' }).click();
  await page.getByRole('link', { name: ALICE }).waitFor();
  await page.reload();
  await page.getByRole('link', { name: ALICE }).waitFor();
  const kept = await page.evaluate<string>(
    '[JSON.stringify(localStorage), document.cookie, location.href].join()',
  );
  demand(!kept.includes(token), 'the token is in the session storage of the tab alone');
}

/** From the first page to a reply, without a pointer. */
export async function checkKeyboard({ page, open, client }: Visit): Promise<void> {
  const press = (key: string) => page.keyboard.press(key);
  const focused = () => page.evaluate<string>("document.activeElement?.textContent?.trim() ?? ''");
  const tabTo = async (text: string) => {
    for (let n = 0; n < 60; n++) {
      if ((await focused()) === text) return;
      await press('Tab');
    }
    throw new Error(`the focus does not reach ${text}`);
  };
  await open('#/');
  await page.getByRole('heading', { name: 'Cluster' }).waitFor();
  await press('Tab');
  demand((await focused()) === 'Skip to the content', 'the first stop leads to the content');
  await tabTo('Actors');
  await press('Enter');
  await page.getByRole('link', { name: ALICE }).waitFor();
  await until('the focus is at the heading', async () => ((await focused()) === 'Actors' ? true : undefined));
  const first = await page.locator('.rows a').first().innerText();
  await tabTo(first);
  await press('ArrowDown');
  await until('the arrow goes down', async () => ((await focused()) === ALICE ? true : undefined));
  await press('Enter');
  await page.getByRole('heading', { name: ALICE, level: 1 }).waitFor();
  await tabTo('Send a message');
  await press('Enter');
  await page.locator('[name=field-amount]').waitFor();
  while (!(await page.evaluate<boolean>("document.activeElement.matches('input[name=field-amount]')")))
    await press('Tab');
  await page.keyboard.type('1');
  await press('Enter');
  await page.locator('.reply').filter({ hasText: 'Balanced' }).waitFor();
  const { state } = await client.inspect(ALICE);
  await page
    .locator('.reply')
    .filter({ hasText: String((state as { balance: number }).balance) })
    .waitFor();
  const outline = await page.evaluate<string>('getComputedStyle(document.activeElement).outlineStyle');
  demand(outline === 'solid', `the focus is seen: ${outline}`);
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const PAGES = [
  '#/',
  '#/actors',
  '#/dead-letters',
  '#/queues',
  '#/queue/emails',
  '#/rates',
  ...['state', 'journal', 'send', 'why'].map((view) => `#/actor${ALICE}?view=${view}`),
  `#/actor${PARSER}?view=supervision`,
  '#/nowhere',
];

interface Audit {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
  }[];
}

export async function checkAudit({ page, open }: Visit): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const hash of PAGES) {
      await open(hash);
      await page.locator('h1').waitFor();
      await page.getByText('Reading…').waitFor({ state: 'detached' });
      await page.evaluate(AXE);
      const { violations } = await page.evaluate<Audit>('axe.run()');
      const told = violations.map(
        ({ id, nodes }) =>
          `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join('\n')}`,
      );
      demand(told.length === 0, `${hash} in ${colorScheme}: ${told.join('\n')}`);
      const wide = await page.evaluate<number>(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      );
      demand(wide <= 0, `${hash} is ${wide} pixels wider than the window`);
    }
  }
  await page.emulateMedia({ colorScheme: 'light' });
}

/** Scrolls and steps through the whole list; what is drawn stays little. */
export async function checkLongList({ page, open }: Visit, actors: number): Promise<void> {
  await open('#/actors?prefix=%2Fuser%2Fmany%2F');
  await page.evaluate(`globalThis.spans = [];
    new PerformanceObserver((list) => spans.push(...list.getEntries().map(({ duration }) => duration)))
      .observe({ type: 'longtask' });`);
  await page.getByRole('link', { name: '/user/many/000000' }).focus();
  const lastPath = `/user/many/${String(actors - 1).padStart(6, '0')}`;
  let rowsMost = 0;
  await until(
    'the last actor is reached',
    async () => {
      await page.keyboard.press('End');
      const rows = await page.locator('.rows a').allInnerTexts();
      rowsMost = Math.max(rowsMost, rows.length);
      return rows.includes(lastPath) ? true : undefined;
    },
    { timeoutMs: 600_000 },
  );
  await page.getByText(`${new Intl.NumberFormat('en').format(actors)} actors`, { exact: false }).waitFor();
  await page.keyboard.press('Home');
  await page.getByRole('link', { name: '/user/many/000000' }).waitFor();
  await page.locator('.window').evaluate((box) => {
    box.scrollTop = box.scrollHeight / 2;
  });
  await page.getByRole('link', { name: `/user/many/${String(actors / 2).padStart(6, '0')}` }).waitFor();
  demand(rowsMost < 100, `at most so many rows are drawn at once: ${rowsMost}`);
  const spans = await page.evaluate<number[]>('spans');
  console.log(
    `dashboard: the longest that the page was busy at once: ${Math.round(Math.max(0, ...spans))} ms; ${rowsMost} rows drawn at most`,
  );
}

export async function checkKill({ page, open, cluster }: Visit): Promise<void> {
  await open(`#/actor${ALICE}`);
  await page.locator('section .tree', { hasText: 'balance' }).waitFor();
  const serving = cluster.node(0);
  await serving.kill();
  await page.getByText(`Node ${serving.place.name} does not answer`).waitFor();
  demand(await page.locator('section .tree', { hasText: 'balance' }).isVisible(), 'what was shown stays');
  await page.getByText('Alive when it last told: n2, n3.').waitFor();
  await cluster.node(1).client.tell(ALICE, { Deposit: [1000] }, 'while-away', 60_000);
  const { state } = await cluster.node(1).client.inspect(ALICE);
  await serving.start();
  await page.getByText(`Node ${serving.place.name} does not answer`).waitFor({ state: 'detached' });
  await page
    .locator('section .tree')
    .filter({ hasText: String((state as { balance: number }).balance) })
    .waitFor();
  await page.getByRole('link', { name: 'Cluster' }).click();
  await page.getByRole('heading', { name: 'Cluster' }).waitFor();
}
