// Each page of the dashboard shows what the API says, and does what it offers.
import { ALICE, LOST_INBOX, PARSER, ROOM, SITTER } from './dashboard-data.ts';
import { demand, type Visit } from './dashboard-frame.ts';
import { until } from './node-process.ts';

/** Waits until `read` gives what is wanted; tells what it gave instead. */
async function untilSame<T>(
  what: string,
  wants: T | (() => Promise<T>),
  read: () => Promise<T>,
): Promise<void> {
  let last: T | undefined;
  let wanted: T | undefined;
  try {
    await until(what, async () => {
      wanted = wants instanceof Function ? await wants() : wants;
      last = await read();
      return JSON.stringify(last) === JSON.stringify(wanted) ? true : undefined;
    });
  } catch (error) {
    throw new Error(`${what}: ${JSON.stringify(last)}, not ${JSON.stringify(wanted)}`, { cause: error });
  }
}

const HEADING_HAS_FOCUS = "document.activeElement.matches('h1') || undefined";

const factOf = ({ page }: Visit, term: string) =>
  page
    .locator('dl.facts > div', { has: page.locator('dt', { hasText: new RegExp(`^${term}$`) }) })
    .locator('dd')
    .first();

export async function checkCluster(visit: Visit): Promise<void> {
  const { page, client, open } = visit;
  await open('#/');
  await page.getByRole('status').filter({ hasText: 'All is well: 3 nodes up, and 24 shards' }).waitFor();
  await untilSame(
    'the cards of the nodes',
    async () =>
      (await client.cluster()).members.map(
        ({ name, leads, replicas }) => `${name}: ${leads} of ${replicas} shards`,
      ),
    async () => {
      const cards = await page.locator('.nodes article').all();
      return Promise.all(
        cards.map(async (card) => {
          const text = await card.innerText();
          return `${await card.getByRole('heading').innerText()}: ${/leads (\d+ of \d+ shards)/.exec(text)?.[1]}`;
        }),
      );
    },
  );
  await untilSame(
    'the leaders of the shards',
    async () => {
      const { members, shards } = await client.cluster();
      const names = new Map(members.map(({ node, name }) => [node, name]));
      return shards.map(({ shard, leader }) => `${shard} ${names.get(leader ?? '')}`);
    },
    async () =>
      (await page.locator('tbody tr').allInnerTexts()).map((row) => row.split('\t').slice(0, 2).join(' ')),
  );
  demand((await page.locator('.nodes .square').count()) === 72, 'each node shows a square for each shard');
}

export async function checkActor(visit: Visit): Promise<void> {
  const { page, open } = visit;
  await open('#/actors');
  await page.getByLabel('Path begins with').fill('/user/acc');
  await untilSame('the actors below the prefix', [ALICE], () => page.locator('.rows a').allInnerTexts());
  await page.getByRole('link', { name: ALICE }).click();
  await page.getByRole('heading', { name: ALICE, level: 1 }).waitFor();
  await until('the heading has the focus', () => page.evaluate<true | undefined>(HEADING_HAS_FOCUS));
  await page.locator('section .tree', { hasText: 'balance' }).filter({ hasText: '73' }).waitFor();
  demand((await factOf(visit, 'Sequence').innerText()) === '5', 'the sequence is that of the actor');
  await factOf(visit, 'Mailbox').filter({ hasText: '0 messages. It is idle.' }).waitFor();
  await open(`#/actor${SITTER}`);
  await page.getByRole('region', { name: 'Timers' }).getByText('(Ring)').waitFor();
  await page.getByRole('link', { name: ALICE }).waitFor();
  await open(`#/actor${PARSER}?view=supervision`);
  await page.locator('.supervision a[aria-current]', { hasText: 'parser' }).waitFor();
  await untilSame('the tree of supervisors', ['/user/app/team', 'parser', 'writer'], () =>
    page.locator('.supervision a').allInnerTexts(),
  );
  await open(`#/actor${ALICE}?view=why`);
  await page.getByText('It is idle.').waitFor();
  await page.getByRole('row', { name: /Withdraw 50/ }).waitFor();
}

export async function checkForm(visit: Visit): Promise<void> {
  const { page, client, open } = visit;
  await open(`#/actor${ALICE}?view=send`);
  await untilSame('the messages of the union', ['Deposit', 'Withdraw', 'Balance'], () =>
    page.locator('form.message select').first().locator('option').allInnerTexts(),
  );
  const ask = page.getByRole('button', { name: 'Ask and wait for the reply' });
  await page.locator('[name=field-amount]').fill('much');
  await ask.click();
  await page.getByRole('alert').filter({ hasText: 'amount is a whole number' }).waitFor();
  await page.locator('[name=field-amount]').fill('7');
  await ask.click();
  await page.locator('.reply').filter({ hasText: '80' }).waitFor();
  await page.locator('form.message select').first().selectOption('Withdraw');
  await page.locator('[name=field-amount]').fill('1000');
  await ask.click();
  await page.locator('.reply').filter({ hasText: 'the balance is too low' }).waitFor();
  await page.locator('[name=field-amount]').fill('5');
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await page.getByRole('heading', { name: 'Taken' }).waitFor();
  demand(
    JSON.stringify((await client.inspect(ALICE)).state) === '{"balance":75}',
    'what was sent took effect',
  );
  await open(`#/actor${SITTER}?view=send`);
  await page.locator('[name=field-text]').fill('two words');
  await page.getByLabel('size, variant').selectOption('Large');
  await page.locator('[name=field-size-by]').fill('3');
  await page.locator('[name=field-open]').selectOption('true');
  await page.locator('[name=field-tags]').fill('["a", 1]');
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await page.getByRole('heading', { name: 'Taken' }).waitFor();
  const { records } = await client.call<{ records: { message: unknown }[] }>(
    'GET',
    `/v1/actors${SITTER}/journal`,
  );
  const sent = JSON.stringify(records.at(-1)?.message);
  demand(
    sent === '{"Put":["two words",{"Large":[3]},true,["a",1]]}',
    `the nested form makes the message: ${sent}`,
  );
}

export async function checkJournal(visit: Visit): Promise<void> {
  const { page, client, open } = visit;
  const { sequence } = await client.inspect(ALICE);
  await open(`#/actor${ALICE}?view=journal`);
  const slider = page.getByRole('slider', { name: 'Sequence' });
  const shown = async () => ({
    at: await page.locator('.scrubber output').innerText(),
    state: (
      await page
        .locator('section', { has: page.locator('#state-at') })
        .locator('.tree')
        .innerText()
    ).replace(/\s+/g, ''),
    changes: (await page.locator('.changes').allInnerTexts()).join().replace(/\s+/g, ''),
  });
  await page.locator('.scrubber output', { hasText: `${sequence} of ${sequence}` }).waitFor();
  await slider.press('Home');
  await untilSame('record 1', { at: `1 of ${sequence}`, state: 'Map,empty', changes: '' }, shown);
  const balances = [100, 120, 123, 73];
  for (const [at, balance] of balances.entries()) {
    await slider.press('ArrowRight');
    const before = at === 0 ? '' : `was${balances[at - 1]}`;
    await untilSame(
      `record ${at + 2}`,
      {
        at: `${at + 2} of ${sequence}`,
        state: `Mapof1balance${balance}`,
        changes: `balance${before}is${balance}`,
      },
      shown,
    );
  }
  await page.getByRole('button', { name: 'The record before' }).click();
  await page.locator('.changes', { hasText: '123' }).waitFor();
  await page.locator('.records button', { hasText: '(Deposit 100)' }).click();
  await page.locator('.scrubber output', { hasText: `2 of ${sequence}` }).waitFor();
}

export async function checkQueues(visit: Visit): Promise<void> {
  const { page, open } = visit;
  await open('#/queues');
  await page.getByRole('row', { name: /^emails\s+2\s+1\s+0/ }).waitFor();
  await page.getByRole('link', { name: 'emails' }).click();
  await page.getByText('w1: 1 task').waitFor();
  await page.getByRole('row', { name: /^1 leased 1 .*w1.*\(Mail "ann" 1\)/ }).waitFor();
  demand((await factOf(visit, 'Ready').innerText()) === '2', 'two tasks are ready');
}

export async function checkLetters(visit: Visit): Promise<void> {
  const { page, client, open } = visit;
  await open('#/dead-letters');
  const letter = page.locator('article', { hasText: ROOM }).filter({ hasText: LOST_INBOX });
  await letter.getByText('no-such-actor').waitFor();
  await letter.getByText('(Line "ann: hello")').waitFor();
  const { modules } = await client.call<{ modules: { hash: string; behaviours: { word: string }[] }[] }>(
    'GET',
    '/v1/modules',
  );
  const { hash } = modules.find(({ behaviours }) => behaviours.some(({ word }) => word === 'inbox'))!;
  await client.call('POST', `/v1/actors${LOST_INBOX}`, { module: hash, word: 'inbox' });
  await letter.getByRole('button', { name: /^Replay letter/ }).click();
  await page.getByText('is on its way again').waitFor();
  await page.getByText('Every message found its receiver.').waitFor();
  await until('the inbox has the line', async () => {
    const { response } = await client.ask(LOST_INBOX, { Read: [] }, `read-${performance.now()}`);
    return JSON.stringify(response) === '["ann: hello"]' ? true : undefined;
  });
}

/** The line is the only thing in that blue. */
const DRAWN = `(() => {
  const canvas = document.querySelectorAll('canvas')[2];
  const pixels = canvas?.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data ?? [];
  for (let at = 0; at < pixels.length; at += 4)
    if (pixels[at] < 80 && pixels[at + 2] > 170 && pixels[at + 3] > 200) return true;
  return undefined;
})()`;

export async function checkRates(visit: Visit): Promise<void> {
  const { page, client, open } = visit;
  await open('#/rates');
  await page.locator('.chart canvas').first().waitFor();
  let busy = true;
  const traffic = (async () => {
    for (let n = 0; busy; n++) await client.tell(ALICE, { Deposit: [1] }, `rate-${n}`);
  })();
  try {
    const requests = page.locator('figure', { hasText: 'HTTP requests per second' }).locator('strong');
    await until('the rate of requests is shown', async () =>
      Number((await requests.innerText()).replace(/,/g, '')) > 1 ? true : undefined,
    );
    const latency = page.locator('figure', { hasText: 'Writes of the log' }).locator('strong').first();
    await until('the latency of the log is shown', async () =>
      /\d (ms|s)/.test(await latency.innerText()) ? true : undefined,
    );
    await until('something is drawn', () => page.evaluate<true | undefined>(DRAWN));
  } finally {
    busy = false;
    await traffic;
  }
}
