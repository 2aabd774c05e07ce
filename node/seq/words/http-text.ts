// std:http: the text of HTTP/1.1 requests and responses (RFC 9112), for servers on plain sockets. Bytes that are not UTF-8 stay
// what they are.
import { bytesOf, type Text, textOf, type Value } from '../../base/value.ts';
import { byteLength, concat, sameText, split, startsWith } from '../../base/value-text.ts';
import { int, text, type WordRow, workOfAll } from './row.ts';
import { checked } from './strings.ts';

function response(status: Text, body: Text): Value {
  const head = `\r\nContent-Type: text/plain\r\nContent-Length: ${byteLength(body)}\r\n\r\n`;
  return checked(concat(concat(concat('HTTP/1.1 ', status), head), body));
}

/** The method, target and version of a request: what a malformed one lacks is "". */
function requestLine(request: Value): { line: Text; method: Text; path: Text } {
  const [line = ''] = split(text(request), '\r\n', 1);
  const [method = '', path = ''] = split(line, ' ', 2);
  return { line, method, path };
}

function after(whole: Text, prefix: Text): Text {
  if (!startsWith(whole, prefix)) return '';
  if (typeof whole === 'string' && typeof prefix === 'string') return whole.slice(prefix.length);
  return textOf(bytesOf(whole).slice(byteLength(prefix)), true);
}

const row = (name: string, effect: string, run: WordRow['run']): WordRow => ({
  name,
  effect,
  run,
  module: 'std:http',
  work: workOfAll,
});

const fixed = (name: string, status: string): WordRow =>
  row(name, '( String -- String )', (body) => response(status, text(body)));

export const httpTextWords: readonly WordRow[] = [
  fixed('http-ok', '200 OK'),
  fixed('http-not-found', '404 Not Found'),
  fixed('http-error', '500 Internal Server Error'),
  row('http-response', '( Int String String -- String )', (status, reason, body) =>
    response(concat(`${int(status)} `, text(reason)), text(body)),
  ),
  row('http-request-line', '( String -- String )', (request) => requestLine(request).line),
  row('http-request-method', '( String -- String )', (request) => requestLine(request).method),
  row('http-request-path', '( String -- String )', (request) => requestLine(request).path),
  row('http-is-get', '( String -- Bool )', (request) => requestLine(request).method === 'GET'),
  row('http-is-post', '( String -- Bool )', (request) => requestLine(request).method === 'POST'),
  row('http-path-is', '( String String -- Bool )', (request, path) =>
    sameText(requestLine(request).path, text(path)),
  ),
  row('http-path-starts-with', '( String String -- Bool )', (request, prefix) =>
    startsWith(requestLine(request).path, text(prefix)),
  ),
  row('http-path-suffix', '( String String -- String )', (request, prefix) =>
    after(requestLine(request).path, text(prefix)),
  ),
  row('string-suffix-after', '( String String -- String )', (whole, prefix) =>
    after(text(whole), text(prefix)),
  ),
];
