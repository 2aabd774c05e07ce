// Talks to the node that served the page. Its token is asked for once and kept for the tab; a node that does not
// answer is tried again until it does.

/** @import { ClusterView } from './api-types.d.ts' */

const TOKEN_KEY = 'seq-node.token';
const RETRY_MS = 1000;
const TIMEOUT_MS = 10_000;

/** A refusal of the node, or no answer at all. */
export class ApiError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {string} [advice]
   */
  constructor(code, message, advice = '') {
    super(message);
    this.code = code;
    this.advice = advice;
  }
}

/**
 * `locked`: the node asks for a token. `away`: since when it does not answer, by the clock of the page; undefined
 * while it does.
 * @typedef {{ locked: boolean, refused: boolean, away: number | undefined }} Link
 */

export class Api {
  /** @type {Link} */
  link = { locked: false, refused: false, away: undefined };
  /** @type {Set<() => void>} */
  #listeners = new Set();
  #token = sessionStorage.getItem(TOKEN_KEY) ?? '';

  /**
   * @param {() => void} listener called when `link` has changed
   * @returns {() => void} ends that
   */
  listen(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @param {string} token */
  unlock(token) {
    this.#token = token.trim();
    sessionStorage.setItem(TOKEN_KEY, this.#token);
    this.#become({ locked: false });
  }

  /**
   * The JSON that the API answers; ApiError otherwise.
   * @template T
   * @param {string} address
   * @param {{ method?: string, body?: unknown, signal?: AbortSignal, timeoutMs?: number }} [options]
   * @returns {Promise<T>}
   */
  async call(address, { method = 'GET', body, signal, timeoutMs = TIMEOUT_MS } = {}) {
    const token = this.#token;
    const response = await this.#fetch(address, method, body, signal, timeoutMs);
    const text = await response.text();
    if (response.ok) return JSON.parse(text);
    throw this.#refusal(response.status, text, token);
  }

  /**
   * @param {string} address
   * @param {AbortSignal} [signal]
   */
  async text(address, signal) {
    const token = this.#token;
    const response = await this.#fetch(address, 'GET', undefined, signal, TIMEOUT_MS);
    const text = await response.text();
    if (response.ok) return text;
    throw this.#refusal(response.status, text, token);
  }

  /**
   * @param {string} address
   * @param {string} method
   * @param {unknown} body
   * @param {AbortSignal | undefined} signal
   * @param {number} timeoutMs
   */
  async #fetch(address, method, body, signal, timeoutMs) {
    const limit = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(address, {
        method,
        headers: {
          ...(this.#token === '' ? {} : { authorization: `Bearer ${this.#token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
      });
      this.#become({ away: undefined });
      return response;
    } catch (error) {
      if (signal?.aborted) throw error;
      this.#lost();
      throw new ApiError('unreachable', 'The node does not answer.');
    }
  }

  /**
   * @param {number} status
   * @param {string} text
   * @param {string} token that the request carried
   */
  #refusal(status, text, token) {
    // What was asked before the token was given is no word about it.
    if (status === 401 && token === this.#token) this.#become({ locked: true, refused: this.#token !== '' });
    try {
      const { code, message, advice } = JSON.parse(text).error;
      return new ApiError(code, message, advice);
    } catch {
      return new ApiError('internal', `The node answered with status ${status}.`);
    }
  }

  #lost() {
    if (this.link.away !== undefined) return;
    this.#become({ away: Date.now() });
    const timer = setInterval(async () => {
      try {
        await fetch('/livez', { signal: AbortSignal.timeout(RETRY_MS) });
        this.#become({ away: undefined });
      } catch {
        // Not yet.
      }
      if (this.link.away === undefined) clearInterval(timer);
    }, RETRY_MS);
  }

  /** @param {Partial<Link>} change */
  #become(change) {
    const next = { ...this.link, ...change };
    if (Object.entries(next).every(([name, value]) => this.link[/** @type {keyof Link} */ (name)] === value))
      return;
    this.link = next;
    for (const listener of [...this.#listeners]) listener();
  }
}

export const api = new Api();
