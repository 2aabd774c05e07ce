// The nodes and the shards of the cluster, as they are now.

import { api } from './api.js';
import { loadOf, troublesOf } from './cluster.js';
import { count, plural } from './format.js';
import { useRef } from './vendor/hooks.js';
import { Badge, html, PageTitle, Pending, Section, useReading } from './view.js';

/** @import { ClusterView, Member, Shard } from './api-types.d.ts' */
/** @import { Load } from './cluster.js' */

const EVERY_MS = 1500;

export function ClusterPage() {
  const before = useRef(/** @type {{ view: ClusterView, at: number, load: Load } | undefined} */ (undefined));
  const { value, error } = useReading(
    async (signal) => {
      const view = /** @type {ClusterView} */ (await api.call('/v1/cluster', { signal }));
      const at = performance.now();
      const load = loadOf(before.current?.view, view, (at - (before.current?.at ?? at)) / 1000);
      before.current = { view, at, load };
      return before.current;
    },
    EVERY_MS,
    [],
  );
  if (value === undefined) return html`<${PageTitle}>Cluster</${PageTitle}><${Pending} error=${error} />`;
  const { view, load } = value;
  return html`
    <${PageTitle} aside=${html`<span class="quiet">${view.cluster}</span>`}>Cluster</${PageTitle}>
    <${Health} view=${view} />
    <${Section} title="Nodes" note=${html`Each square is a shard: <i class="square leads" aria-hidden="true"></i> led here, <i class="square follows" aria-hidden="true"></i> kept, <i class="square behind" aria-hidden="true"></i> behind, <i class="square moves" aria-hidden="true"></i> on its way here.`}>
      <ul class="nodes">
        ${view.members.map((member) => html`<li key=${member.node}><${NodeCard} member=${member} view=${view} load=${load} /></li>`)}
      </ul>
    </${Section}>
    <${ShardTable} view=${view} load=${load} />`;
}

/** @param {{ view: ClusterView }} props */
function Health({ view }) {
  const troubles = troublesOf(view);
  return html`<div class=${troubles.length === 0 ? 'health good' : 'health warn'} role="status">
    ${
      troubles.length === 0
        ? `All is well: ${plural(view.members.length, 'node')} up, and ${plural(view.shards.length, 'shard')} with all replicas up to date.`
        : html`<ul>${troubles.map((trouble) => html`<li key=${trouble}>${trouble}</li>`)}</ul>`
    }
  </div>`;
}

/** @param {{ member: Member, view: ClusterView, load: Load }} props */
function NodeCard({ member, view, load }) {
  const { node, name, addresses, liveness, leads, replicas, healthy } = member;
  const kept = view.shards.filter(({ voters, learners }) => voters.includes(node) || learners.includes(node));
  const behind = replicas - healthy;
  return html`<article class="card" aria-label=${`Node ${name}`}>
    <header>
      <h3>${name}</h3>
      ${member.self ? html`<span class="badge calm">this page</span>` : ''}
      ${member.leaving ? html`<${Badge}>leaving</${Badge}>` : ''}
      <${Badge}>${liveness}</${Badge}>
    </header>
    <p class="quiet">${addresses.join(', ') || 'no address known'}</p>
    <p>leads <strong>${leads}</strong> of ${plural(replicas, 'shard')}${behind === 0 ? '' : html`, <span class="warn-text">${behind} behind</span>`}</p>
    <p>${count(load.byNode.get(node) ?? 0)} <span class="quiet">entries/s</span></p>
    <div class="squares" aria-hidden="true">
      ${kept.map((shard) => html`<i key=${shard.shard} class=${`square ${roleOf(shard, node)}`} title=${`shard ${shard.shard}: ${roleOf(shard, node)}`}></i>`)}
    </div>
  </article>`;
}

/**
 * @param {Shard} shard
 * @param {string} node
 */
function roleOf(shard, node) {
  if (shard.learners.includes(node)) return 'moves';
  if (!shard.healthy.includes(node)) return 'behind';
  return shard.leader === node ? 'leads' : 'follows';
}

/** @param {{ view: ClusterView, load: Load }} props */
function ShardTable({ view, load }) {
  const names = new Map(view.members.map(({ node, name }) => [node, name]));
  const nameOf = (/** @type {string} */ node) => names.get(node) ?? `${node.slice(0, 12)}…`;
  const list = (/** @type {string[]} */ nodes) => nodes.map(nameOf).sort().join(', ');
  return html`<${Section} title="Shards">
    <div class="scroll" tabindex="0" role="group" aria-labelledby="shards">
      <table>
        <thead>
          <tr><th scope="col" class="number">Shard</th><th scope="col">Leader</th><th scope="col">Replicas</th><th scope="col">Behind</th><th scope="col">Joining</th><th scope="col" class="number">Term</th><th scope="col" class="number">Entries</th><th scope="col" class="number">Entries/s</th></tr>
        </thead>
        <tbody>
          ${view.shards.map((shard) => {
            const behind = shard.voters.filter((node) => !shard.healthy.includes(node));
            return html`<tr key=${shard.shard}>
              <th scope="row" class="number">${shard.shard}</th>
              <td>${shard.leader === null ? html`<${Badge}>dead</${Badge}> none` : nameOf(shard.leader)}</td>
              <td>${list(shard.voters)}</td>
              <td class=${behind.length > 0 ? 'warn-text' : 'quiet'}>${list(behind) || '–'}</td>
              <td class="quiet">${list(shard.learners) || '–'}</td>
              <td class="number">${shard.term}</td>
              <td class="number">${count(shard.commitIndex)}</td>
              <td class="number">${count(load.byShard.get(shard.shard) ?? 0)}</td>
            </tr>`;
          })}
        </tbody>
      </table>
    </div>
  </${Section}>`;
}
