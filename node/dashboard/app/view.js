// What all pages are made of: templates, readings that are repeated, and small pieces.

import { ApiError, api } from './api.js';
import { actorLink, clock, moment, notation, readValue } from './format.js';
import { useEffect, useRef, useState } from './vendor/hooks.js';
import htm from './vendor/htm.js';
import { h } from './vendor/preact.js';

/** @import { ComponentChildren, VNode } from './vendor/preact.js' */
/** @import { Json } from './api-types.d.ts' */

export const html = /** @type {(strings: TemplateStringsArray, ...values: unknown[]) => VNode} */ (
  htm.bind(/** @type {(...parts: unknown[]) => unknown} */ (h))
);

/** The state of the link to the node; the caller is drawn anew when it changes. */
export function useLink() {
  const [link, setLink] = useState(api.link);
  useEffect(() => api.listen(() => setLink(api.link)), []);
  return link;
}

/**
 * What `read` gave last, read again after `everyMs` while the page is visible and the node answers.
 * @template T
 * @param {(signal: AbortSignal) => Promise<T>} read
 * @param {number} everyMs
 * @param {readonly unknown[]} inputs with others, all begins anew
 * @returns {{ value: T | undefined, error: ApiError | undefined, again: () => void }}
 */
export function useReading(read, everyMs, inputs) {
  const link = useLink();
  const [state, setState] = useState(
    /** @type {{ key: string, value: T | undefined, error: ApiError | undefined }} */ ({
      key: '',
      value: undefined,
      error: undefined,
    }),
  );
  const [turn, setTurn] = useState(0);
  const key = JSON.stringify(inputs);
  useEffect(() => {
    if (link.locked || link.away !== undefined) return;
    const ended = new AbortController();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    const step = async () => {
      if (document.visibilityState === 'visible') {
        try {
          const value = await read(ended.signal);
          if (ended.signal.aborted) return;
          setState({ key, value, error: undefined });
        } catch (error) {
          if (ended.signal.aborted) return;
          const known = error instanceof ApiError ? error : new ApiError('internal', String(error));
          setState((old) => ({ key, value: old.key === key ? old.value : undefined, error: known }));
        }
      }
      timer = setTimeout(step, everyMs);
    };
    void step();
    return () => {
      ended.abort();
      clearTimeout(timer);
    };
  }, [key, turn, link.locked, link.away]);
  const current = state.key === key ? state : { value: undefined, error: undefined };
  return { value: current.value, error: current.error, again: () => setTurn((n) => n + 1) };
}

/**
 * A reading as long as there is nothing to show: a word, or the refusal.
 * @param {{ error: ApiError | undefined }} props
 */
export function Pending({ error }) {
  if (error === undefined) return html`<p class="quiet" role="status">Reading…</p>`;
  return html`<${Refusal} error=${error} />`;
}

/** @param {{ error: ApiError }} props */
export function Refusal({ error }) {
  return html`<div class="refusal" role="alert">
    <strong>${error.code}</strong> ${error.message} ${error.advice === '' ? '' : html`<span class="quiet">${error.advice}</span>`}
  </div>`;
}

/** Pages that were opened: at the first, the focus stays where the browser has it. */
let opened = 0;

/**
 * The heading of a page, to which the focus goes when the page is opened.
 * @param {{ children?: ComponentChildren, aside?: ComponentChildren }} props
 */
export function PageTitle({ children, aside }) {
  const heading = useRef(/** @type {HTMLHeadingElement | null} */ (null));
  useEffect(() => {
    if (opened++ > 0) heading.current?.focus({ preventScroll: true });
  }, []);
  return html`<header class="title">
    <h1 tabindex="-1" ref=${heading}>${children}</h1>
    ${aside === undefined ? '' : html`<div class="aside">${aside}</div>`}
  </header>`;
}

/**
 * @param {{ title: string, id?: string, note?: ComponentChildren, children?: ComponentChildren, class?: string }} props
 */
export function Section({
  title,
  id = title.toLowerCase().replace(/\W+/g, '-'),
  note,
  children,
  class: name = '',
}) {
  return html`<section aria-labelledby=${id} class=${`panel ${name}`}>
    <h2 id=${id}>${title}</h2>
    ${note === undefined ? '' : html`<p class="note">${note}</p>`} ${children}
  </section>`;
}

const TONES = new Map([
  ...['running', 'alive', 'ready', 'completed'].map((word) => /** @type {const} */ ([word, 'good'])),
  ...['suspended', 'suspect', 'leaving', 'waiting', 'leased', 'restarting', 'starting', 'stopping'].map(
    (word) => /** @type {const} */ ([word, 'warn']),
  ),
  ...['failed', 'dead', 'quarantined', 'gone'].map((word) => /** @type {const} */ ([word, 'bad'])),
]);

/** @param {{ children: string }} props */
export function Badge({ children }) {
  return html`<span class=${`badge ${TONES.get(String(children)) ?? 'calm'}`}>${children}</span>`;
}

/** @param {{ path: string, children?: ComponentChildren }} props */
export const ActorLink = ({ path, children = path }) =>
  html`<a class="path" href=${actorLink(path)}>${children}</a>`;

/** @param {{ at: number, now?: number }} props */
export const Time = ({ at, now = Date.now() }) =>
  html`<time datetime=${new Date(at).toISOString()} title=${clock(at, 0)}>${moment(at, now)}</time>`;

/**
 * Facts, as a list of terms.
 * @param {{ facts: readonly (readonly [term: string, value: ComponentChildren])[] }} props
 */
export const Facts = ({ facts }) =>
  html`<dl class="facts">
    ${facts.map(([term, value]) => html`<div key=${term}><dt>${term}</dt><dd>${value}</dd></div>`)}
  </dl>`;

/**
 * The names of the fields of variants, by their tags, where they are known.
 * @typedef {ReadonlyMap<string, readonly string[]>} FieldNames
 */

/** @type {FieldNames} */
const NAMELESS = new Map();

/**
 * A value as a tree that opens and closes.
 * @param {{ json: Json, open?: number, label?: ComponentChildren, names?: FieldNames }} props
 */
export function Tree({ json, open = 2, label, names = NAMELESS }) {
  const value = readValue(json);
  const name = label === undefined ? '' : html`<span class="key">${label}</span>${' '}`;
  if (value.kind === 'plain')
    return html`<span class="leaf">${name}<span class=${`value ${value.type}`}>${value.text}</span></span>`;
  const parts = partsOf(value, names);
  const short =
    value.kind !== 'map' &&
    !(value.kind === 'variant' && names.has(value.tag)) &&
    parts.every(([, part]) => readValue(part).kind === 'plain');
  if (short && notation(json).length <= SHORT)
    return html`<span class="leaf">${name}<span class="value">${notation(json)}</span></span>`;
  const head = headOf(value);
  if (parts.length === 0) return html`<span class="leaf">${name}<span class="value">${head}</span></span>`;
  return html`<details class="node" open=${open > 0}>
    <summary>${name}<span class="head">${head}</span></summary>
    <${Parts} parts=${parts} open=${open - 1} names=${names} />
  </details>`;
}

/** Lists and variants of at most so many characters stand in one line. */
const SHORT = 60;

const SHOWN_AT_ONCE = 100;

/** @param {{ parts: readonly (readonly [string, Json])[], open: number, names: FieldNames }} props */
function Parts({ parts, open, names }) {
  const [shown, setShown] = useState(SHOWN_AT_ONCE);
  return html`<ul class="parts">
    ${parts.slice(0, shown).map(([key, part]) => html`<li key=${key}><${Tree} json=${part} label=${key} open=${open} names=${names} /></li>`)}
    ${
      parts.length > shown
        ? html`<li><button class="small" onClick=${() => setShown(shown + SHOWN_AT_ONCE)}>${parts.length - shown} more</button></li>`
        : ''
    }
  </ul>`;
}

/**
 * @param {Exclude<ReturnType<typeof readValue>, { kind: 'plain' }>} value
 * @param {FieldNames} names
 * @returns {(readonly [string, Json])[]}
 */
function partsOf(value, names) {
  if (value.kind === 'list') return value.items.map((item, at) => [String(at), item]);
  if (value.kind === 'variant')
    return value.fields.map((field, at) => [names.get(value.tag)?.[at] ?? String(at), field]);
  return value.entries.map(([key, each]) => {
    const read = readValue(key);
    return [typeof key === 'string' ? key : read.kind === 'plain' ? read.text : JSON.stringify(key), each];
  });
}

/** @param {Exclude<ReturnType<typeof readValue>, { kind: 'plain' }>} value */
function headOf(value) {
  if (value.kind === 'variant') return value.tag;
  const size = value.kind === 'list' ? value.items.length : value.entries.length;
  const noun = value.kind === 'list' ? 'List' : 'Map';
  return size === 0 ? `${noun}, empty` : `${noun} of ${size}`;
}
