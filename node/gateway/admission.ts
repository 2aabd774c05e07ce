// Who may use the gateway: bearers of the token where one is set, else programs of this machine; and which
// web pages.
//
// A browser sends what a page makes it send, so a page needs more than a request of its own making. Its
// origin is allowed when it is the gateway's own, by the name that the request was sent to, or one of
// http.origins; any other is refused, with a token or without.
import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { SeqNodeError } from '../base/errors.ts';
import { quote } from './request.ts';

const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

export interface Admission {
  /**
   * Throws `unauthorized` or `origin-refused`.
   *
   * With a token, the request must carry it; hashing both sides first makes the comparison take the same time
   * whatever the guess and its length. Without one the gateway listens on loopback only, but a browser on
   * this machine reaches that too: a page that rebinds its own DNS name to 127.0.0.1 still sends that name in
   * `Host`.
   */
  check(headers: IncomingHttpHeaders): void;
  /**
   * The origin of a page that is not the gateway's own and may read its answers, if the request is of one.
   */
  guestOf(headers: IncomingHttpHeaders): string | undefined;
}

/** `origins`: those of http.origins, in lower case. */
export function createAdmission(token: string, origins: ReadonlySet<string>): Admission {
  const guestOf = ({ origin }: IncomingHttpHeaders) =>
    origin !== undefined && origins.has(origin.toLowerCase()) ? origin : undefined;
  const checkToken = token === '' ? checkHost : tokenCheck(token);
  return {
    check(headers) {
      if (headers.origin !== undefined && guestOf(headers) === undefined) checkOwnOrigin(headers);
      checkToken(headers);
    },
    guestOf,
  };
}

function tokenCheck(token: string): (headers: IncomingHttpHeaders) => void {
  const wanted = digest(token);
  return ({ authorization: given }) => {
    if (given === undefined)
      throw new SeqNodeError('unauthorized', 'This gateway asks for a token, and the request carries none.');
    const bearer = /^Bearer +(\S+) *$/i.exec(given)?.[1] ?? '';
    if (!timingSafeEqual(digest(bearer), wanted))
      throw new SeqNodeError('unauthorized', 'The token of the request is not the one of this gateway.');
  };
}

const digest = (text: string): Buffer => hash('sha256', text, 'buffer');

function checkHost({ host = '' }: IncomingHttpHeaders): void {
  if (LOOPBACK_HOST.test(host)) return;
  const message = `Without a token the gateway answers only to loopback names, not to ${quote(host)}.`;
  throw new SeqNodeError('origin-refused', message);
}

function checkOwnOrigin({ origin = '', host = '' }: IncomingHttpHeaders): void {
  const own = [`http://${host}`, `https://${host}`];
  if (own.includes(origin.toLowerCase()) || own.includes(origin)) return;
  throw new SeqNodeError('origin-refused', `The gateway takes no requests from pages of ${quote(origin)}.`);
}

/** What a browser is told about an answer, so that the page may read it. */
export const corsHeaders = (origin: string): readonly string[] => [
  'access-control-allow-origin',
  origin,
  'vary',
  'origin',
  'access-control-expose-headers',
  'location, retry-after, allow, www-authenticate',
];

/** What a browser asks for before a request that is not one of a plain form: whether the page may send it. */
export const preflightHeaders = (origin: string): readonly string[] => [
  ...corsHeaders(origin),
  'access-control-allow-methods',
  'GET, HEAD, POST, DELETE',
  'access-control-allow-headers',
  'authorization, content-type, idempotency-key, last-event-id',
  'access-control-max-age',
  '600',
];
