// All actors below a prefix, in pages, of which only the rows in the window are drawn.

import { ApiError, api } from './api.js';
import { actorLink, count } from './format.js';
import { rowByKey, topFor, visibleRows } from './rows.js';
import { useEffect, useLayoutEffect, useRef, useState } from './vendor/hooks.js';
import { Badge, html, PageTitle, Refusal, useLink } from './view.js';

/** @import { ActorPage, ActorRow } from './api-types.d.ts' */

const PAGE = 1000;
const ROW_HEIGHT = 34;
const MARGIN = 8;
const REFRESH_MS = 5000;
const SEARCH_DELAY_MS = 250;

/** @param {{ prefix: string }} props */
export function ActorsPage({ prefix }) {
  return html`
    <${PageTitle}>Actors</${PageTitle}>
    <${Search} prefix=${prefix} />
    <${ActorList} key=${prefix} prefix=${prefix} />`;
}

/** @param {{ prefix: string }} props */
function Search({ prefix }) {
  const [text, setText] = useState(prefix);
  const timer = useRef(/** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined));
  const search = (/** @type {string} */ typed) => {
    setText(typed);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      const path = typed === '' || typed.startsWith('/') ? typed : `/${typed}`;
      location.replace(`#/actors?prefix=${encodeURIComponent(path)}`);
    }, SEARCH_DELAY_MS);
  };
  return html`<search>
    <label for="prefix">Path begins with</label>
    <input id="prefix" type="search" autocomplete="off" spellcheck=${false} placeholder="/user/accounts/" value=${text}
      onInput=${(/** @type {{ currentTarget: HTMLInputElement }} */ { currentTarget }) => search(currentTarget.value)} />
  </search>`;
}

/** @typedef {{ rows: ActorRow[], next: string | null, error: ApiError | undefined }} Loaded */

/** @param {{ prefix: string }} props */
function ActorList({ prefix }) {
  const { rows, next, error, more, again } = useActors(prefix);
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const [window_, setWindow] = useState({ top: 0, height: 600 });
  const [row, setRow] = useState(0);
  const goes = useRef(false);
  const { first, end } = visibleRows({
    ...window_,
    rowHeight: ROW_HEIGHT,
    rows: rows.length,
    margin: MARGIN,
  });
  const look = () => {
    if (box.current !== null) setWindow({ top: box.current.scrollTop, height: box.current.clientHeight });
  };
  useEffect(look, []);
  useEffect(() => {
    // A page ahead of what is seen.
    if (end + PAGE / 2 > rows.length) more();
  });
  // As soon as the row is drawn: an effect after the paint may come before a row that is drawn next, and put
  // the focus on one that is about to go.
  useLayoutEffect(() => {
    if (!goes.current) return;
    goes.current = false;
    /** @type {HTMLElement | null | undefined} */ (box.current?.querySelector('[tabindex="0"]'))?.focus({
      preventScroll: true,
    });
  });
  const move = (/** @type {KeyboardEvent} */ event) => {
    const page = Math.max(1, Math.floor(window_.height / ROW_HEIGHT) - 1);
    const to = rowByKey(event.key, row, rows.length, page);
    if (to === undefined || box.current === null) return;
    event.preventDefault();
    box.current.scrollTop = topFor(to, { ...window_, rowHeight: ROW_HEIGHT });
    look();
    setRow(to);
    goes.current = true;
  };
  return html`
    <p class="quiet" role="status" id="actor-count">
      ${rows.length === 0 && next === null ? 'No actor has such a path.' : `${count(rows.length)} ${next === null ? 'actors' : 'actors read so far; scroll for more'}`}
      ${' '}<button class="small" onClick=${again}>Read again</button>
    </p>
    ${error === undefined ? '' : html`<${Refusal} error=${error} />`}
    <div class="list" role="table" aria-label="Actors" aria-describedby="actor-count" aria-rowcount=${next === null ? rows.length + 1 : -1}>
      <div class="row head" role="row" aria-rowindex="1">
        <span role="columnheader">Path</span><span role="columnheader">State of life</span><span role="columnheader" class="number">Sequence</span><span role="columnheader" class="number">Shard</span><span role="columnheader">Leader</span>
      </div>
      <div class="window" role="rowgroup" ref=${box} onScroll=${look} onKeyDown=${move} tabindex="-1" style=${{ height: `${rows.length * ROW_HEIGHT}px` }}>
        <div role="presentation" class="rows" style=${{ height: `${rows.length * ROW_HEIGHT}px` }}>
          ${rows.slice(first, end).map((actor, at) => html`<${Row} key=${actor.path} actor=${actor} at=${first + at} isCurrent=${first + at === Math.min(Math.max(row, first), end - 1)} onFocus=${() => setRow(first + at)} />`)}
        </div>
      </div>
    </div>`;
}

/** @param {{ actor: ActorRow, at: number, isCurrent: boolean, onFocus: () => void }} props */
function Row({ actor, at, isCurrent, onFocus }) {
  const { path, lifecycle, sequence, shard, nodeName } = actor;
  return html`<div class="row" role="row" aria-rowindex=${at + 2} style=${{ transform: `translateY(${at * ROW_HEIGHT}px)` }}>
    <span role="cell" class="path-cell"><a href=${actorLink(path)} tabindex=${isCurrent ? 0 : -1} title=${path} onFocus=${onFocus}>${path}</a></span>
    <span role="cell"><${Badge}>${lifecycle}</${Badge}></span>
    <span role="cell" class="number">${count(sequence)}</span>
    <span role="cell" class="number">${shard}</span>
    <span role="cell">${nodeName}</span>
  </div>`;
}

/**
 * The actors that were read, a function that reads on, and one that reads those pages again.
 * @param {string} prefix
 */
function useActors(prefix) {
  const link = useLink();
  const [loaded, setLoaded] = useState(/** @type {Loaded} */ ({ rows: [], next: '', error: undefined }));
  const state = useRef(loaded);
  state.current = loaded;
  const busy = useRef(false);
  const read = (/** @type {string} */ after) =>
    /** @type {Promise<ActorPage>} */ (
      api.call(
        `/v1/actors?${new URLSearchParams({ prefix: prefix || '/', limit: String(PAGE), ...(after === '' ? {} : { after }) })}`,
      )
    );
  const run = async (/** @type {() => Promise<Loaded>} */ act) => {
    if (busy.current || link.locked || link.away !== undefined) return;
    busy.current = true;
    try {
      setLoaded(await act());
    } catch (error) {
      setLoaded({
        ...state.current,
        error: error instanceof ApiError ? error : new ApiError('internal', String(error)),
      });
    } finally {
      busy.current = false;
    }
  };
  const more = () => {
    const { next, rows, error } = state.current;
    if (next === null || error !== undefined) return;
    void run(async () => {
      const page = await read(next);
      return { rows: [...rows, ...page.actors], next: page.next, error: undefined };
    });
  };
  const again = () =>
    run(async () => {
      /** @type {ActorRow[]} */
      const rows = [];
      const wanted = Math.max(state.current.rows.length, 1);
      /** @type {string | null} */
      let next = '';
      while (next !== null && rows.length < wanted) {
        const page = await read(next);
        rows.push(...page.actors);
        next = page.next;
      }
      return { rows, next, error: undefined };
    });
  useEffect(() => {
    // Long lists are read again when asked to.
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible' && state.current.rows.length <= PAGE) void again();
    }, REFRESH_MS);
    return () => clearInterval(timer);
  }, [link.locked, link.away]);
  useEffect(() => {
    if (link.away === undefined && !link.locked) void again();
  }, [link.locked, link.away]);
  return { ...loaded, more, again };
}
