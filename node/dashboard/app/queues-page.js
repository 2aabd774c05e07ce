// Queues of tasks, and the workers that have tasks.

import { api } from './api.js';
import { count, duration, notation, plural } from './format.js';
import { workersOf } from './queues.js';
import { useState } from './vendor/hooks.js';
import { ActorLink, Badge, Facts, html, PageTitle, Pending, Section, Time, useReading } from './view.js';

/** @import { Queue, Task } from './api-types.d.ts' */

const EVERY_MS = 2000;
const PAGE = 200;

export function QueuesPage() {
  const { value, error } = useReading(
    (signal) =>
      /** @type {Promise<{ queues: Queue[], next: string | null }>} */ (
        api.call('/v1/queues?limit=1000', { signal })
      ),
    EVERY_MS,
    [],
  );
  return html`<${PageTitle}>Queues</${PageTitle}>
    ${value === undefined ? html`<${Pending} error=${error} />` : html`<${Queues} queues=${value.queues} more=${value.next !== null} />`}`;
}

/** @param {{ queues: readonly Queue[], more: boolean }} props */
function Queues({ queues, more }) {
  if (queues.length === 0)
    return html`<${Section} title="None"><p>No queue is in use. A queue begins with what an actor sends to it, as to <code>/queue/emails</code>.</p></${Section}>`;
  return html`<${Section} title="All queues" note=${more ? 'The first thousand.' : undefined}>
    <div class="scroll" tabindex="0" role="group" aria-labelledby="all-queues"><table>
      <thead><tr><th scope="col">Queue</th><th scope="col" class="number">Ready</th><th scope="col" class="number">At workers</th><th scope="col" class="number">To be tried again</th><th scope="col" class="number">Completed</th><th scope="col" class="number">Failed</th><th scope="col" class="number">Leases run out</th></tr></thead>
      <tbody>${queues.map(
        (queue) => html`<tr key=${queue.name}>
        <th scope="row"><a href=${`#/queue/${encodeURIComponent(queue.name)}`}>${queue.name}</a></th>
        <td class="number">${count(queue.ready)}</td><td class="number">${count(queue.leased)}</td><td class="number">${count(queue.waiting)}</td>
        <td class="number">${count(queue.completed)}</td><td class="number">${count(queue.failed)}</td><td class="number">${count(queue.expired)}</td>
      </tr>`,
      )}</tbody>
    </table></div>
  </${Section}>`;
}

/** @param {{ name: string }} props */
export function QueuePage({ name }) {
  const [limit, setLimit] = useState(PAGE);
  const address = `/v1/queues/${encodeURIComponent(name)}`;
  const { value, error } = useReading(
    async (signal) => {
      const [queue, page] = await Promise.all([
        /** @type {Promise<Queue>} */ (api.call(address, { signal })),
        /** @type {Promise<{ tasks: Task[], next: string | null }>} */ (
          api.call(`${address}/tasks?limit=${Math.min(1000, limit)}`, { signal })
        ),
      ]);
      return { ...page, queue };
    },
    EVERY_MS,
    [name, limit],
  );
  return html`<${PageTitle} aside=${html`<a href="#/queues">All queues</a>`}>Queue ${name}</${PageTitle}>
    ${value === undefined ? html`<${Pending} error=${error} />` : html`<${QueueBody} ...${value} more=${() => setLimit(limit + PAGE)} limit=${limit} />`}`;
}

/** @param {{ queue: Queue, tasks: readonly Task[], next: string | null, more: () => void, limit: number }} props */
function QueueBody({ queue, tasks, next, more, limit }) {
  const { options } = queue;
  const workers = workersOf(tasks);
  return html`
    <div class="columns even">
      <${Section} title="Tasks by state"><${Facts} facts=${[
        ['Ready', count(queue.ready)],
        ['At workers', count(queue.leased)],
        ['To be tried again', count(queue.waiting)],
        ['Completed', count(queue.completed)],
        ['Failed for good', count(queue.failed)],
        ['Leases run out', count(queue.expired)],
        ['Dropped', count(queue.dropped)],
      ]} /></${Section}>
      <${Section} title="Options"><${Facts} facts=${[
        ['Lease', duration(options.leaseMs)],
        ['Attempts', count(options.attemptsMax)],
        ['Back-off', duration(options.backOffMs)],
        ['Capacity', plural(options.capacity, 'task')],
        ['Actor', html`<${ActorLink} path=${queue.path} />`],
      ]} /></${Section}>
    </div>
    <${Section} title="Workers" note=${next === null ? undefined : 'Of the tasks that are shown.'}>
      ${workers.length === 0 ? html`<p class="quiet">No worker has a task now.</p>` : html`<ul class="plain">${workers.map(({ worker, tasks: had, untilMillis }) => html`<li key=${worker}><strong>${worker}</strong>: ${plural(had, 'task')}, the first until <${Time} at=${untilMillis} /></li>`)}</ul>`}
    </${Section}>
    <${Section} title="Tasks" note="The oldest first.">
      ${tasks.length === 0 ? html`<p class="quiet">There is no task.</p>` : html`<${Tasks} tasks=${tasks} />`}
      ${next !== null && limit < 1000 ? html`<button onClick=${more}>Show more</button>` : ''}
    </${Section}>`;
}

/** @param {{ tasks: readonly Task[] }} props */
const Tasks = ({
  tasks,
}) => html`<div class="scroll" tabindex="0" role="group" aria-labelledby="tasks"><table>
  <thead><tr><th scope="col" class="number">Task</th><th scope="col">State</th><th scope="col" class="number">Attempt</th><th scope="col">Until</th><th scope="col">Worker</th><th scope="col">From</th><th scope="col">Message</th><th scope="col">Failed because</th></tr></thead>
  <tbody>${tasks.map(
    (task) => html`<tr key=${task.number}>
    <th scope="row" class="number">${task.number}</th>
    <td><${Badge}>${task.status}</${Badge}></td>
    <td class="number">${task.attempt}</td>
    <td>${task.untilMillis === null ? '–' : html`<${Time} at=${task.untilMillis} />`}</td>
    <td>${task.worker ?? '–'}</td>
    <td>${task.sender.startsWith('/') ? html`<${ActorLink} path=${task.sender} />` : task.sender || 'a client'}${task.asked ? html` <span class="quiet">waits</span>` : ''}</td>
    <td><code>${notation(task.message, 160)}</code></td>
    <td>${task.reason ?? ''}</td>
  </tr>`,
  )}</tbody>
</table></div>`;
