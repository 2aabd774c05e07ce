// std:http: the text of HTTP/1.1 requests and responses (RFC 9112), for servers on plain sockets.
import type { Text, Value } from '../../base/value.ts';
import { byteLength, codePointsOf, concat, lossyText, startsWith } from '../../base/value-text.ts';
import { int, type Results, text, type WordRow, workOfAll } from './row.ts';
import { checked } from './strings.ts';

function response(status: string, body: Text): Value {
  const head = `HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nContent-Length: ${byteLength(body)}\r\n\r\n`;
  return checked(concat(head, body));
}

/** The method, target and version of a request: what a malformed one lacks is "". A body that is not text does not matter. */
function requestLine(request: Value): { line: string; method: string; path: string } {
  const [line = ''] = lossyText(text(request)).split('\r\n', 1);
  const [method = '', path = ''] = line.split(' ', 2);
  return { line, method, path };
}

const after = (whole: string, prefix: string): string =>
  whole.startsWith(prefix) ? whole.slice(prefix.length) : '';

const row = (name: string, effect: string, run: WordRow['run']): WordRow => ({
  name,
  effect,
  run,
  module: 'std:http',
  work: workOfAll,
});

const fixed = (name: string, status: string): WordRow =>
  row(name, '( String -- String )', (body): Results => response(status, text(body)));

export const httpTextWords: readonly WordRow[] = [
  fixed('http-ok', '200 OK'),
  fixed('http-not-found', '404 Not Found'),
  fixed('http-error', '500 Internal Server Error'),
  row('http-response', '( Int String String -- String )', (status, reason, body) =>
    response(`${int(status)} ${codePointsOf(text(reason))}`, text(body)),
  ),
  row('http-request-line', '( String -- String )', (request) => requestLine(request).line),
  row('http-request-method', '( String -- String )', (request) => requestLine(request).method),
  row('http-request-path', '( String -- String )', (request) => requestLine(request).path),
  row('http-is-get', '( String -- Bool )', (request) => requestLine(request).method === 'GET'),
  row('http-is-post', '( String -- Bool )', (request) => requestLine(request).method === 'POST'),
  row(
    'http-path-is',
    '( String String -- Bool )',
    (request, path) => requestLine(request).path === text(path),
  ),
  row('http-path-starts-with', '( String String -- Bool )', (request, prefix) =>
    startsWith(requestLine(request).path, text(prefix)),
  ),
  row('http-path-suffix', '( String String -- String )', (request, prefix) =>
    after(requestLine(request).path, codePointsOf(text(prefix))),
  ),
  row('string-suffix-after', '( String String -- String )', (whole, prefix) =>
    after(codePointsOf(text(whole)), codePointsOf(text(prefix))),
  ),
];
