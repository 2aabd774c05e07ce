// A call, tried again until it succeeds, is refused for good, or its time is up.
import { SeqNodeError } from './errors.ts';
import type { Node, Nodes } from './nodes.ts';

const ATTEMPT_MS = 5000;
const BACKOFF_MS_FIRST = 25;
const BACKOFF_MS_MAX = 1000;

export interface Patience {
  /** In milliseconds, for all attempts together. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** The node to ask if it serves. */
  readonly preferred?: () => Node | undefined;
}

/**
 * `attempt` gets the node to ask and how long the node may take, in milliseconds. It must be safe to repeat:
 * a read, or a message that carries an id.
 * Rejects with the error of the last attempt; with `outcome-unknown` instead where an earlier one may have
 * taken effect and none said more since.
 */
export async function persist<T>(
  nodes: Nodes,
  { timeoutMs, signal, preferred }: Patience,
  attempt: (node: Node, patienceMs: number) => Promise<T>,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  let backoffMs = BACKOFF_MS_FIRST;
  let unknown: SeqNodeError | undefined;
  for (let tried = 1; ; tried++) {
    const node = nodes.current(preferred?.());
    const left = Math.max(1, Math.ceil(deadline - performance.now()));
    try {
      return await attempt(node, Math.min(left, ATTEMPT_MS));
    } catch (error) {
      if (!(error instanceof SeqNodeError) || !error.retryable) throw error;
      if (error.outcome === 'unknown') unknown = error;
      nodes.avoid(node);
      const rest = deadline - performance.now();
      if (rest <= 0) throw unknown ?? error;
      // The others may serve at once; only once each was asked is it time to wait.
      if (tried % nodes.size !== 0) continue;
      await pause(Math.min(rest, backoffMs * (0.5 + Math.random() / 2)), signal);
      backoffMs = Math.min(backoffMs * 2, BACKOFF_MS_MAX);
    }
  }
}

/** Rejects with the reason of `signal` as soon as that aborts. */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const aborted = () => {
      clearTimeout(timer);
      reject(signal!.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', aborted);
      resolve();
    }, ms);
    if (signal?.aborted) aborted();
    else signal?.addEventListener('abort', aborted, { once: true });
  });
}
