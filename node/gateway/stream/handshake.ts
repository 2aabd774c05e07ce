// How a request becomes a stream: the opening handshake of WebSocket (RFC 6455, section 4.2).
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { bad, quote } from '../request.ts';

export const STREAM_ADDRESS = '/v1/stream';
/** The protocol of the messages. A change of their meaning takes a new number. */
export const STREAM_PROTOCOL = 'seq-node.1';
/** A page cannot set a header of a WebSocket, but it can name protocols: this one is the token's. */
const TOKEN_PROTOCOL = 'seq-node.token.';
const KEY = /^[+/0-9A-Za-z]{22}==$/;

/** Whether a request asks for a stream, rather than for a protocol that the gateway does not know. */
export function asksForStream({ method, url = '', headers }: IncomingMessage): boolean {
  return (
    method === 'GET' &&
    headers.upgrade?.toLowerCase() === 'websocket' &&
    (url === STREAM_ADDRESS || url.startsWith(`${STREAM_ADDRESS}?`))
  );
}

const protocolsOf = (headers: IncomingHttpHeaders): readonly string[] =>
  (headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');

/** The headers, with the token that a protocol carries in its place where there is no header for it. */
export function withProtocolToken(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  if (headers.authorization !== undefined) return headers;
  const carrier = protocolsOf(headers).find((each) => each.startsWith(TOKEN_PROTOCOL));
  if (carrier === undefined) return headers;
  const token = Buffer.from(carrier.slice(TOKEN_PROTOCOL.length), 'base64url').toString('utf8');
  return { ...headers, authorization: `Bearer ${token}` };
}

/** What the library would refuse in words of its own. Throws `bad-request`. */
export function checkOpening(headers: IncomingHttpHeaders): void {
  if (headers['sec-websocket-version'] !== '13')
    throw bad('The only version of WebSocket that is taken is 13.');
  if (!KEY.test(headers['sec-websocket-key'] ?? ''))
    throw bad('Sec-WebSocket-Key must be 16 bytes in base64.');
  const protocols = protocolsOf(headers);
  const others = protocols.filter((each) => each !== STREAM_PROTOCOL && !each.startsWith(TOKEN_PROTOCOL));
  if (protocols.length > 0 && !protocols.includes(STREAM_PROTOCOL))
    throw bad(`Of the protocols ${quote(others.join(', '))} none is known; it is ${STREAM_PROTOCOL}.`);
}
