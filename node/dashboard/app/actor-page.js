// One actor: its state, what it does now, its journal, its place among supervisors, and a form of its messages.
import { api } from './api.js';
import { actorAddress, actorLink, count, duration, notation, plural } from './format.js';
import { JournalView } from './journal-view.js';
import { SendForm } from './send-form.js';
import { SupervisionView } from './supervision-view.js';
import {
  ActorLink,
  Badge,
  Facts,
  html,
  PageTitle,
  Pending,
  Section,
  Time,
  Tree,
  useReading,
} from './view.js';
import { doingOf, WhyView } from './why-view.js';

/** @import { ActorView, Timer, WhyView as Why } from './api-types.d.ts' */

const EVERY_MS = 2000;

const VIEWS = /** @type {const} */ ([
  ['state', 'State'],
  ['journal', 'Journal'],
  ['send', 'Send a message'],
  ['why', 'Why'],
  ['supervision', 'Supervision'],
]);

/** @param {{ path: string, view: string }} props */
export function ActorPage({ path, view }) {
  const {
    value: actor,
    error,
    again,
  } = useReading(
    (signal) => /** @type {Promise<ActorView>} */ (api.call(actorAddress(path), { signal })),
    EVERY_MS,
    [path],
  );
  return html`
    <${PageTitle} aside=${actor === undefined ? '' : html`<${Badge}>${actor.lifecycle}</${Badge}>`}><span class="path">${path}</span></${PageTitle}>
    <nav class="tabs" aria-label="Parts of the actor">
      ${VIEWS.map(([name, title]) => html`<a key=${name} href=${`${actorLink(path)}?view=${name}`} aria-current=${name === view ? 'page' : undefined}>${title}</a>`)}
    </nav>
    ${actor === undefined ? html`<${Pending} error=${error} />` : html`<${Body} actor=${actor} view=${view} again=${again} />`}`;
}

/** @param {{ actor: ActorView, view: string, again: () => void }} props */
function Body({ actor, view, again }) {
  switch (view) {
    case 'journal':
      return html`<${JournalView} key=${actor.path} path=${actor.path} newest=${actor.sequence} mode=${actor.mode} />`;
    case 'send':
      return html`<${SendForm} key=${actor.path} actor=${actor} sent=${again} />`;
    case 'why':
      return html`<${WhyView} path=${actor.path} />`;
    case 'supervision':
      return html`<${SupervisionView} path=${actor.path} />`;
    default:
      return html`<${Overview} actor=${actor} />`;
  }
}

/** @param {{ actor: ActorView }} props */
function Overview({ actor }) {
  const { state, code, watching } = actor;
  return html`<div class="columns">
    <${Section} title="State"><div class="tree"><${Tree} json=${state} open=${3} /></div></${Section}>
    <div>
      <${Section} title="Life">
        <${Facts} facts=${factsOf(actor)} />
      </${Section}>
      <${Section} title="Program">
        <${Facts} facts=${
          /** @type {const} */ ([
            ['Word', html`<code>${code.target}</code>`],
            ['Module', html`<code class="hash" title=${code.module}>${code.module.slice(0, 12)}</code>`],
            [
              'Takes',
              actor.accepts.length === 0
                ? 'any variant'
                : html`<ul class="plain">${actor.accepts.map((form) => html`<li key=${form}><code>${form}</code></li>`)}</ul>`,
            ],
          ])
        } />
      </${Section}>
      <${Section} title="Watches">
        <p>${plural(actor.watchers, 'watch', 'watches')} of it.</p>
        ${watching.length === 0 ? html`<p class="quiet">It watches no actor.</p>` : html`<p>It watches:</p><ul class="plain">${watching.map((path) => html`<li key=${path}><${ActorLink} path=${path} /></li>`)}</ul>`}
      </${Section}>
    </div>
  </div>
  <${Timers} actor=${actor} />`;
}

/** @param {ActorView} actor */
function factsOf({
  lifecycle,
  since,
  waitingSince,
  sequence,
  restarts,
  lastFault,
  mode,
  shard,
  nodeName,
  stashed,
  supervisor,
  path,
}) {
  return [
    [
      'State of life',
      html`<${Badge}>${lifecycle}</${Badge}> ${since === null ? '' : html`<${Time} at=${since} />`}`,
    ],
    ...(waitingSince === null ? [] : [['Waits for an answer', html`since <${Time} at=${waitingSince} />`]]),
    ['Sequence', count(sequence)],
    ['Durability', mode],
    ['Shard', `${shard}, led by ${nodeName}`],
    ['Restarts', count(restarts)],
    ...(lastFault === null ? [] : [['Last fault', html`<span class="bad-text">${lastFault}</span>`]]),
    ['Put aside', plural(stashed, 'message')],
    ['Supervisor', supervisor === null ? 'none' : html`<${ActorLink} path=${supervisor} />`],
    ['Mailbox', html`<${Mailbox} path=${path} />`],
  ];
}

/** @param {{ path: string }} props */
function Mailbox({ path }) {
  const { value } = useReading(
    (signal) => /** @type {Promise<Why>} */ (api.call(actorAddress(path, 'why'), { signal })),
    EVERY_MS,
    [path],
  );
  const link = value?.chain[0];
  const known = link === undefined || 'refused' in link ? undefined : link;
  return html`${known === undefined ? '' : `${plural(known.mailbox, 'message')}. ${doingOf(known)} `}<a href=${`${actorLink(path)}?view=why`}>Why</a>`;
}

/** @param {{ actor: ActorView }} props */
function Timers({ actor }) {
  const { value, error } = useReading(
    (signal) =>
      /** @type {Promise<{ timers: Timer[], next: string | null }>} */ (
        api.call(actorAddress(actor.path, 'timers'), { signal })
      ),
    EVERY_MS,
    [actor.path],
  );
  if (value === undefined) return html`<${Section} title="Timers"><${Pending} error=${error} /></${Section}>`;
  const { timers, next } = value;
  if (timers.length === 0)
    return html`<${Section} title="Timers"><p class="quiet">It has set no timer.</p></${Section}>`;
  return html`<${Section} title="Timers" note=${next === null ? undefined : `The first ${timers.length}.`}>
    <div class="scroll" tabindex="0" role="group" aria-labelledby="timers">
      <table>
        <thead><tr><th scope="col">Due</th><th scope="col">Again</th><th scope="col">To</th><th scope="col">Message</th><th scope="col">Id</th></tr></thead>
        <tbody>${[...timers]
          .sort((a, b) => a.dueMillis - b.dueMillis)
          .map(
            (timer) => html`<tr key=${timer.id}>
          <td><${Time} at=${timer.dueMillis} /></td>
          <td>${timer.every === null ? 'once' : `every ${duration(timer.every.periodMs)}`}</td>
          <td>${timer.to === actor.path ? 'itself' : html`<${ActorLink} path=${timer.to} />`}</td>
          <td><code>${notation(timer.message, 200)}</code></td>
          <td><code class="hash">${timer.id}</code></td>
        </tr>`,
          )}</tbody>
      </table>
    </div>
  </${Section}>`;
}
