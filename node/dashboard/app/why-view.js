// What an actor does in this moment, and whose answer it waits for.
import { api } from './api.js';
import { actorAddress, count, notation, plural } from './format.js';
import { ActorLink, Badge, Facts, html, Pending, Section, Time, useReading } from './view.js';

/** @import { JournalRecord, Link, LostLink, WhyView as Why } from './api-types.d.ts' */

/** @param {{ path: string }} props */
export function WhyView({ path }) {
  const { value, error } = useReading(
    (signal) => /** @type {Promise<Why>} */ (api.call(actorAddress(path, 'why'), { signal })),
    1500,
    [path],
  );
  if (value === undefined)
    return html`<${Section} title="What it does now"><${Pending} error=${error} /></${Section}>`;
  const { chain, records } = value;
  return html`
    <${Section} title="What it does now" note=${chain.length > 1 ? 'Each actor waits for the one below it.' : undefined}>
      <ol class="chain">
        ${chain.map((link) => html`<li key=${link.path}>${'refused' in link ? html`<${Lost} link=${link} />` : html`<${Doing} link=${link} />`}</li>`)}
      </ol>
    </${Section}>
    <${Section} title="Newest records">
      <${Records} records=${records} />
    </${Section}>`;
}

/** @param {{ link: LostLink }} props */
const Lost = ({
  link,
}) => html`<${ActorLink} path=${link.path} /> <span class="bad-text">is out of reach: ${link.refused}</span>
  <p>${link.message}</p>`;

/** @param {Link} link */
export function doingOf({ lifecycle, waits, runs, paused, mailbox, task }) {
  if (lifecycle !== 'running') return `It is ${lifecycle}.`;
  if (task !== undefined)
    return `It waits for task ${task.number}, which is ${task.status}${task.worker === '' ? '' : ` at ${task.worker}`}.`;
  if (waits !== null)
    return waits.for === null ? 'It waits for its supervisor.' : `It waits for the answer of ${waits.for}.`;
  if (paused) return 'It waits until what it sent is taken.';
  if (runs) return 'A turn that takes long is under way.';
  return mailbox > 0 ? 'It handles messages.' : 'It is idle.';
}

/** @param {{ link: Link }} props */
function Doing({ link }) {
  const {
    path,
    lifecycle,
    since,
    lastFault,
    waits,
    mailbox,
    stashed,
    uncommitted,
    outboxes,
    shard,
    nodeName,
    replicas,
  } = link;
  return html`<article class="card">
    <header><h3><${ActorLink} path=${path} /></h3><${Badge}>${lifecycle}</${Badge}></header>
    <p><strong>${doingOf(link)}</strong>${lastFault === null ? '' : html` <span class="bad-text">Last fault: ${lastFault}</span>`}</p>
    <${Facts} facts=${[
      ['Mailbox', plural(mailbox, 'message')],
      ['Put aside', plural(stashed, 'message')],
      ['Turns not committed', count(uncommitted)],
      [
        'Not yet taken by others',
        outboxes.length === 0
          ? 'nothing'
          : html`<ul class="plain">${outboxes.map(({ receiver, messages, putOff }) => html`<li key=${receiver}><${ActorLink} path=${receiver} />: ${count(messages)}${putOff === null ? '' : html` <span class="warn-text">${putOff}</span>`}</li>`)}</ul>`,
      ],
      ...(waits === null
        ? []
        : [
            [
              'Waits',
              html`${waits.since === null ? '' : html`since <${Time} at=${waits.since} />`}${waits.sender === '' ? '' : html`, for a message of ${waits.sender}`}`,
            ],
          ]),
      ...(since === null ? [] : [['Since', html`<${Time} at=${since} />`]]),
      ['Shard', `${shard}, led by ${nodeName}; kept by ${replicas.join(', ')}`],
    ]} />
  </article>`;
}

/** @param {{ records: readonly JournalRecord[] }} props */
function Records({ records }) {
  if (records.length === 0) return html`<p class="quiet">Its journal is empty.</p>`;
  return html`<div class="scroll" tabindex="0" role="group" aria-labelledby="newest-records"><table>
    <thead><tr><th scope="col" class="number">Sequence</th><th scope="col">When</th><th scope="col">Kind</th><th scope="col">Message</th><th scope="col">Reply</th></tr></thead>
    <tbody>${[...records].reverse().map(
      ({ sequence, atMillis, kind, message, reply }) => html`<tr key=${sequence}>
      <th scope="row" class="number">${sequence}</th>
      <td><${Time} at=${atMillis} /></td>
      <td>${kind}</td>
      <td><code>${message === null ? '' : notation(message, 160)}</code></td>
      <td><code>${reply === null ? '' : notation(reply, 160)}</code></td>
    </tr>`,
    )}</tbody>
  </table></div>`;
}
