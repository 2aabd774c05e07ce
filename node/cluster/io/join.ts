// Asking a member of a cluster for admission.
import type { NodeId } from '../../base/ids.ts';

export interface JoinRequest {
  /** The identity to be admitted; default: a throw-away one. */
  readonly privateKey?: Uint8Array;
  /** `HOST:PORT` of a member. */
  readonly address: string;
  readonly payload: Uint8Array;
  readonly timeoutMs: number;
}

/**
 * Dials the member, sends the payload, and waits for its answer. Rejects with `unreachable` when nobody answers in time,
 * `token-refused` when the member takes no guests, `too-large` when the payload is over the limit.
 */
export function requestJoin(
  _request: JoinRequest,
): Promise<{ readonly from: NodeId; readonly reply: Uint8Array }> {
  return Promise.reject(new Error('not there yet'));
}
