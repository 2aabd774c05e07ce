// The journal of an actor: a slider over its records, the state at each, and what the record changed.

import { ApiError, api } from './api.js';
import { actorAddress, clock, count, notation } from './format.js';
import { stateJson, Timeline } from './states.js';
import { useEffect, useRef, useState } from './vendor/hooks.js';
import { Facts, html, Refusal, Section, Tree, useLink } from './view.js';

/** @import { JournalPage, JournalRecord, Json } from './api-types.d.ts' */
/** @import { Change } from './states.js' */

const PAGE = 1000;
const AROUND = 6;

/** @param {{ path: string, newest: number, mode: string }} props */
export function JournalView({ path, newest, mode }) {
  const { timeline, read, error } = useTimeline(path, newest);
  const [chosen, setChosen] = useState(/** @type {number | undefined} */ (undefined));
  if (mode === 'volatile')
    return html`<${Section} title="Journal"><p>A volatile actor keeps no journal.</p></${Section}>`;
  if (read === 0)
    return html`<${Section} title="Journal">${error === undefined ? html`<p class="quiet" role="status">Reading…</p>` : html`<${Refusal} error=${error} />`}</${Section}>`;
  const sequence = Math.min(chosen ?? read, read);
  const record = /** @type {JournalRecord} */ (timeline.records[sequence - 1]);
  return html`
    <${Section} title="Journal">
      ${error === undefined ? '' : html`<${Refusal} error=${error} />`}
      <${Scrubber} sequence=${sequence} read=${read} newest=${newest} choose=${setChosen} record=${record} />
      <${Around} timeline=${timeline} sequence=${sequence} read=${read} choose=${setChosen} />
    </${Section}>
    <div class="columns even">
      <${Section} title=${`State after ${sequence}`} id="state-at"><div class="tree"><${Tree} json=${stateJson(timeline.at(sequence))} open=${3} /></div></${Section}>
      <div>
        <${Section} title="What changed"><${Changes} changes=${timeline.changesAt(sequence)} /></${Section}>
        <${Section} title="Record"><${RecordView} record=${record} /></${Section}>
      </div>
    </div>`;
}

/**
 * @param {string} path
 * @param {number} newest
 */
function useTimeline(path, newest) {
  const link = useLink();
  const timeline = useRef(new Timeline()).current;
  const [{ read, error }, setState] = useState(
    /** @type {{ read: number, error: ApiError | undefined }} */ ({ read: 0, error: undefined }),
  );
  const busy = useRef(false);
  const ended = useRef(false);
  useEffect(
    () => () => {
      ended.current = true;
    },
    [],
  );
  useEffect(() => {
    if (busy.current || link.away !== undefined || link.locked || timeline.next > newest) return;
    busy.current = true;
    const step = async () => {
      try {
        /** @type {number | null} */
        let next = timeline.next;
        while (next !== null && !ended.current) {
          const query = new URLSearchParams({ from: String(next), limit: String(PAGE) });
          const page = /** @type {JournalPage} */ (
            await api.call(`${actorAddress(path, 'journal')}?${query}`)
          );
          timeline.append(page.records);
          setState({ read: timeline.records.length, error: undefined });
          next = page.records.length === 0 ? null : page.next;
        }
      } catch (thrown) {
        setState({
          read: timeline.records.length,
          error: thrown instanceof ApiError ? thrown : new ApiError('internal', String(thrown)),
        });
      } finally {
        busy.current = false;
      }
    };
    void step();
  }, [path, newest, link.away, link.locked]);
  return { timeline, read, error };
}

/** @param {{ sequence: number, read: number, newest: number, choose: (n: number) => void, record: JournalRecord }} props */
function Scrubber({ sequence, read, newest, choose, record }) {
  const told = `Record ${sequence}: ${record.kind}${record.message === null ? '' : `, ${notation(record.message, 80)}`}`;
  return html`<div class="scrubber">
    <button onClick=${() => choose(Math.max(1, sequence - 1))} disabled=${sequence === 1} aria-label="The record before">‹</button>
    <input type="range" min="1" max=${read} step="1" value=${sequence} aria-label="Sequence" aria-valuetext=${told}
      onInput=${(/** @type {{ currentTarget: HTMLInputElement }} */ { currentTarget }) => choose(Number(currentTarget.value))} />
    <button onClick=${() => choose(Math.min(read, sequence + 1))} disabled=${sequence === read} aria-label="The record after">›</button>
    <output>${count(sequence)} of ${count(Math.max(newest, read))}${read < newest ? html` <span class="quiet">(${count(read)} read)</span>` : ''}</output>
  </div>`;
}

/** @param {{ timeline: Timeline, sequence: number, read: number, choose: (n: number) => void }} props */
function Around({ timeline, sequence, read, choose }) {
  const first = Math.max(1, Math.min(sequence - AROUND, read - 2 * AROUND));
  const records = timeline.records.slice(first - 1, first + 2 * AROUND);
  return html`<ol class="records" start=${first}>
    ${records.map(
      (record) => html`<li key=${record.sequence}>
      <button aria-current=${record.sequence === sequence ? 'true' : undefined} onClick=${() => choose(record.sequence)}>
        <span class="number">${record.sequence}</span>
        <span class="kind">${record.kind}</span>
        <code>${record.message === null ? '' : notation(record.message, 120)}</code>
        <span class="quiet">${clock(record.atMillis, Date.now())}</span>
      </button>
    </li>`,
    )}
  </ol>`;
}

/** @param {{ changes: readonly Change[] }} props */
function Changes({ changes }) {
  if (changes.length === 0) return html`<p class="quiet">The state stayed as it was.</p>`;
  return html`<ul class="changes">
    ${changes.slice(0, 200).map(
      ({ place, before, after }) => html`<li key=${place.join('\u0000')}>
      <span class="key">${place.join(' › ')}</span>
      <span class="change">
        ${before === undefined ? '' : html`<del><span class="sr">was </span>${notation(before, 300)}</del>`}
        ${after === undefined ? html`<span class="sr">removed</span>` : html`<ins><span class="sr">is </span>${notation(after, 300)}</ins>`}
      </span>
    </li>`,
    )}
  </ul>
  ${changes.length > 200 ? html`<p class="quiet">and ${count(changes.length - 200)} more</p>` : ''}`;
}

/** @param {{ record: JournalRecord }} props */
function RecordView({ record }) {
  const value = (/** @type {Json | null} */ json) =>
    json === null ? html`<span class="quiet">none</span>` : html`<${Tree} json=${json} open=${1} />`;
  return html`<${Facts} facts=${[
    ['Kind', record.kind],
    ['Time', clock(record.atMillis, Date.now())],
    ['Message', value(record.message)],
    ['Reply', value(record.reply)],
    [
      'Events',
      record.events.length === 0
        ? html`<span class="quiet">none</span>`
        : html`<ol class="plain">${record.events.map((event, at) => html`<li key=${at}><${Tree} json=${event} open=${1} /></li>`)}</ol>`,
    ],
    ['From', record.origin ?? html`<span class="quiet">nobody</span>`],
    ['Code', html`<code>${record.code}</code>`],
    ['Term', count(record.term)],
    ...(record.upgrade === null ? [] : [['Ran before', html`<code>${record.upgrade.from}</code>`]]),
  ]} />`;
}
