// The tree of supervisors that an actor belongs to.
import { api } from './api.js';
import { actorAddress, actorLink, duration, plural } from './format.js';
import { readTree } from './supervision.js';
import { Badge, html, Pending, Section, useReading } from './view.js';

/** @import { ActorView } from './api-types.d.ts' */
/** @import { Branch } from './supervision.js' */

const EVERY_MS = 3000;

/** @param {{ path: string }} props */
export function SupervisionView({ path }) {
  const { value, error } = useReading(
    (signal) =>
      readTree(path, (each) => /** @type {Promise<ActorView>} */ (api.call(actorAddress(each), { signal }))),
    EVERY_MS,
    [path],
  );
  if (value === undefined)
    return html`<${Section} title="Supervision"><${Pending} error=${error} /></${Section}>`;
  if (value.children.length === 0 && value.supervisor === undefined && value.path === path)
    return html`<${Section} title="Supervision"><p>No supervisor started it, and it supervises nothing.</p></${Section}>`;
  return html`<${Section} title="Supervision">
    <ul class="supervision"><${BranchView} branch=${value} path=${path} /></ul>
  </${Section}>`;
}

/** @param {{ branch: Branch, path: string }} props */
function BranchView({ branch, path }) {
  const { supervisor } = branch;
  return html`<li>
    <div class=${`box ${branch.type}`}>
      <a href=${`${actorLink(branch.path)}?view=supervision`} aria-current=${branch.path === path ? 'true' : undefined}>${branch.label}</a>
      <${Badge}>${branch.status}</${Badge}>
      <span class="quiet">${branch.restart}</span>
      ${supervisor === undefined ? '' : html`<span class="quiet">${supervisor.strategy}, ${plural(supervisor.restarts.counted, 'restart')} of ${supervisor.restarts.allowed} within ${duration(supervisor.restarts.periodMs)}, ${supervisor.restarted} ever</span>`}
    </div>
    ${branch.children.length === 0 ? '' : html`<ul>${branch.children.map((child) => html`<${BranchView} key=${child.path} branch=${child} path=${path} />`)}</ul>`}
    ${branch.hidden > 0 ? html`<p class="quiet">and ${plural(branch.hidden, 'child', 'children')} more</p>` : ''}
  </li>`;
}
