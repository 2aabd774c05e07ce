// Messages that were refused for good, to be read, sent again or dropped.

import { ApiError, api } from './api.js';
import { count } from './format.js';
import { useState } from './vendor/hooks.js';
import { ActorLink, html, PageTitle, Pending, Refusal, Section, Time, Tree, useReading } from './view.js';

/** @import { DeadLetter } from './api-types.d.ts' */

const PAGE = 100;

export function LettersPage() {
  const [limit, setLimit] = useState(PAGE);
  const { value, error, again } = useReading((signal) => readLetters(limit, signal), 3000, [limit]);
  const [done, setDone] = useState('');
  const [refused, setRefused] = useState(/** @type {ApiError | undefined} */ (undefined));
  /**
   * @param {string} id
   * @param {'replay' | 'drop'} act
   */
  const order = async (id, act) => {
    const address = `/v1/dead-letters/${encodeURIComponent(id)}`;
    setRefused(undefined);
    try {
      if (act === 'replay') {
        const { replayed } = /** @type {{ replayed: boolean }} */ (
          await api.call(`${address}/replay`, { method: 'POST' })
        );
        setDone(
          replayed ? `The message of letter ${id} is on its way again.` : `Letter ${id} was gone already.`,
        );
      } else {
        const { dropped } = /** @type {{ dropped: boolean }} */ (
          await api.call(address, { method: 'DELETE' })
        );
        setDone(dropped ? `Letter ${id} is dropped.` : `Letter ${id} was gone already.`);
      }
    } catch (thrown) {
      setDone('');
      setRefused(thrown instanceof ApiError ? thrown : new ApiError('internal', String(thrown)));
    }
    again();
  };
  return html`
    <${PageTitle}>Dead letters</${PageTitle}>
    <p class="quiet">Messages between actors that their receivers refused for good. Replay sends one again, once.</p>
    <div role="status" aria-live="polite" class="done">${done}</div>
    ${refused === undefined ? '' : html`<${Refusal} error=${refused} />`}
    ${
      value === undefined
        ? html`<${Pending} error=${error} />`
        : html`<${Letters} letters=${value.letters} order=${order} />
      ${value.next === null ? '' : html`<button onClick=${() => setLimit(limit + PAGE)}>Show more</button>`}`
    }`;
}

/**
 * @param {number} limit
 * @param {AbortSignal} signal
 */
async function readLetters(limit, signal) {
  /** @type {DeadLetter[]} */
  const letters = [];
  /** @type {string | null} */
  let next = '';
  while (next !== null && letters.length < limit) {
    const query = new URLSearchParams({ limit: String(PAGE), ...(next === '' ? {} : { after: next }) });
    const page = /** @type {{ letters: DeadLetter[], next: string | null }} */ (
      await api.call(`/v1/dead-letters?${query}`, { signal })
    );
    letters.push(...page.letters);
    next = page.next;
  }
  return { letters, next };
}

/** @param {{ letters: readonly DeadLetter[], order: (id: string, act: 'replay' | 'drop') => void }} props */
function Letters({ letters, order }) {
  if (letters.length === 0)
    return html`<${Section} title="None"><p>Every message found its receiver.</p></${Section}>`;
  return html`<p role="status" class="quiet">${count(letters.length)} shown</p>
    <ul class="cards">${letters.map((letter) => html`<li key=${letter.id}><${Letter} letter=${letter} order=${order} /></li>`)}</ul>`;
}

/** @param {{ letter: DeadLetter, order: (id: string, act: 'replay' | 'drop') => void }} props */
function Letter({ letter, order }) {
  const { id, atMillis, sender, receiver, code, reason, kind, message } = letter;
  const [asks, setAsks] = useState(false);
  return html`<article class="card" aria-label=${`Letter ${id}`}>
    <header><h2>${id}</h2><span class="badge bad">${code}</span><span class="quiet"><${Time} at=${atMillis} /></span></header>
    <p><${ActorLink} path=${sender} /> <span aria-hidden="true">→</span><span class="sr">to</span> <${ActorLink} path=${receiver} /></p>
    <p>${reason}</p>
    ${message === null ? html`<p class="quiet">An order: ${kind}</p>` : html`<div class="tree"><${Tree} json=${message} open=${2} /></div>`}
    <div class="buttons">
      <button class="primary" aria-label=${`Replay letter ${id}`} onClick=${() => order(id, 'replay')}>Replay</button>
      ${
        asks
          ? html`<button class="danger" aria-label=${`Drop letter ${id} for good`} onClick=${() => order(id, 'drop')}>Drop it for good</button><button onClick=${() => setAsks(false)}>Keep it</button>`
          : html`<button aria-label=${`Drop letter ${id}`} onClick=${() => setAsks(true)}>Drop…</button>`
      }
    </div>
  </article>`;
}
