// Who may use the gateway: bearers of the token where one is set; else programs of this machine, but no web page they show.
import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { SeqNodeError } from '../base/errors.ts';

const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

export type Admission = (headers: IncomingHttpHeaders) => void;

/**
 * A check that throws `unauthorized`.
 *
 * With a token, the request must carry it; hashing both sides first makes the comparison take the same time whatever
 * the guess and its length. Without one the gateway listens on loopback only, but a browser on this machine reaches that
 * too: a page of another origin names itself in `Origin`, and a page that rebinds its own DNS name to 127.0.0.1 still sends
 * that name in `Host`.
 */
export function createAdmission(token: string): Admission {
  if (token === '') return (headers) => refuseWebPages(headers);
  const wanted = digest(token);
  return (headers) => {
    const given = headers.authorization;
    if (given === undefined)
      throw new SeqNodeError('unauthorized', 'This gateway asks for a token, and the request carries none.');
    const bearer = /^Bearer +(\S+) *$/i.exec(given)?.[1] ?? '';
    if (!timingSafeEqual(digest(bearer), wanted))
      throw new SeqNodeError('unauthorized', 'The token of the request is not the one of this gateway.');
    if (headers.origin !== undefined) refuseForeignOrigin(headers);
  };
}

const digest = (text: string): Buffer => hash('sha256', text, 'buffer');

function refuseWebPages(headers: IncomingHttpHeaders) {
  const host = headers.host ?? '';
  if (!LOOPBACK_HOST.test(host))
    throw new SeqNodeError(
      'unauthorized',
      `Without a token the gateway answers only to loopback names, not to ${JSON.stringify(host.slice(0, 80))}.`,
    );
  if (headers.origin !== undefined) refuseForeignOrigin(headers);
}

function refuseForeignOrigin({ origin, host }: IncomingHttpHeaders) {
  if (origin === `http://${host}` || origin === `https://${host}`) return;
  throw new SeqNodeError('unauthorized', 'The gateway takes no requests from web pages of another origin.');
}
