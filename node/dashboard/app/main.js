// The frame of the dashboard: its pages by the address, the question for the token, and what is shown while the node
// does not answer.

import { ActorPage } from './actor-page.js';
import { ActorsPage } from './actors-page.js';
import { api } from './api.js';
import { othersAlive } from './cluster.js';
import { ClusterPage } from './cluster-page.js';
import { LettersPage } from './letters-page.js';
import { QueuePage, QueuesPage } from './queues-page.js';
import { RatesPage } from './rates-page.js';
import { readRoute } from './route.js';
import { useEffect, useState } from './vendor/hooks.js';
import { render } from './vendor/preact.js';
import { html, PageTitle, useLink, useReading } from './view.js';

/** @import { ClusterView } from './api-types.d.ts' */
/** @import { Route } from './route.js' */

const PAGES = /** @type {const} */ ([
  ['cluster', '#/', 'Cluster'],
  ['actors', '#/actors', 'Actors'],
  ['letters', '#/dead-letters', 'Dead letters'],
  ['queues', '#/queues', 'Queues'],
  ['rates', '#/rates', 'Rates'],
]);

/** Within which page another is. */
const PARENTS = new Map([
  ['actor', 'actors'],
  ['queue', 'queues'],
]);

function App() {
  const route = useRoute();
  const link = useLink();
  const view = useCluster();
  const name = view?.name;
  return html`
    <a class="skip" href="#main" onClick=${skip}>Skip to the content</a>
    <header class="bar">
      <a class="brand" href="#/">seq-node</a>
      <nav aria-label="Pages">
        ${PAGES.map(([page, href, title]) => html`<a key=${page} href=${href} aria-current=${(PARENTS.get(route.page) ?? route.page) === page ? 'page' : undefined}>${title}</a>`)}
      </nav>
      <span class="node">${name === undefined ? '' : html`node <strong>${name}</strong>`}</span>
    </header>
    <div role="status" aria-live="polite">${link.away === undefined ? '' : html`<${Away} since=${link.away} view=${view} />`}</div>
    <main id="main" tabindex="-1">
      ${link.locked ? html`<${Unlock} refused=${link.refused} />` : html`<${Page} key=${pageKey(route)} route=${route} />`}
    </main>`;
}

/** A page with other parameters of the same kind keeps what it has read. */
const pageKey = (/** @type {Route} */ route) => (route.page === 'actor' ? `actor ${route.path}` : route.page);

/** @param {{ route: Route }} props */
function Page({ route }) {
  switch (route.page) {
    case 'cluster':
      return html`<${ClusterPage} />`;
    case 'actors':
      return html`<${ActorsPage} prefix=${route.prefix} />`;
    case 'actor':
      return html`<${ActorPage} path=${route.path} view=${route.view} />`;
    case 'letters':
      return html`<${LettersPage} />`;
    case 'queues':
      return html`<${QueuesPage} />`;
    case 'queue':
      return html`<${QueuePage} name=${route.name} />`;
    case 'rates':
      return html`<${RatesPage} />`;
    case 'unknown':
      return html`<${PageTitle}>There is no such page</${PageTitle}><p><a href="#/">The cluster</a> is the first.</p>`;
  }
}

/** The main element takes the focus; the address stays that of the page. */
function skip(/** @type {Event} */ event) {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

function useRoute() {
  const [route, setRoute] = useState(() => readRoute(location.hash));
  useEffect(() => {
    const change = () => {
      const next = readRoute(location.hash);
      document.title = `${titleOf(next)} · seq-node`;
      setRoute(next);
    };
    change();
    addEventListener('hashchange', change);
    return () => removeEventListener('hashchange', change);
  }, []);
  return route;
}

/** @param {Route} route */
function titleOf(route) {
  if (route.page === 'actor') return route.path;
  if (route.page === 'queue') return `Queue ${route.name}`;
  return PAGES.find(([page]) => page === route.page)?.[2] ?? 'No such page';
}

/** The node and its cluster as they were when it last told, once it did. */
function useCluster() {
  const { value } = useReading(
    (signal) => /** @type {Promise<ClusterView>} */ (api.call('/v1/cluster', { signal })),
    10_000,
    [],
  );
  const [view, setView] = useState(/** @type {ClusterView | undefined} */ (undefined));
  useEffect(() => {
    if (value !== undefined) setView(value);
  }, [value]);
  return view;
}

/** @param {{ since: number, view: ClusterView | undefined }} props */
function Away({ since, view }) {
  const others = othersAlive(view);
  return html`<div class="away">
    <p>
      <strong>Node ${view?.name ?? ''} does not answer</strong> since ${new Date(since).toTimeString().slice(0, 8)}. What is
      shown is what it said last. It is tried again every second.
    </p>
    ${others.length === 0 ? '' : html`<p>Alive when it last told: ${others.join(', ')}. Each serves this dashboard at its own HTTP address, below <code>/ui/</code>.</p>`}
  </div>`;
}

/** @param {{ refused: boolean }} props */
function Unlock({ refused }) {
  const [token, setToken] = useState('');
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    api.unlock(token);
  };
  return html`<form class="panel unlock" onSubmit=${submit}>
    <h1>This node asks for a token</h1>
    <p>It is that of <code>http.token-file</code>. It is kept in this tab alone, until the tab is closed.</p>
    ${refused ? html`<p class="bad-text" role="alert">The node does not know that token.</p>` : ''}
    <label>Token <input type="password" autocomplete="off" autofocus required value=${token} onInput=${(/** @type {{ currentTarget: HTMLInputElement }} */ { currentTarget }) => setToken(currentTarget.value)} /></label>
    <button class="primary">Open</button>
  </form>`;
}

const root = document.getElementById('app');
if (root !== null) render(html`<${App} />`, root);
