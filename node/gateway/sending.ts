// Writing answers to a connection.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer } from './answer.ts';

/** How much of a refused body is still read, and for how long, so that the client gets to see the refusal. */
const LINGER_BYTES_MAX = 16 * 1024 * 1024;
const LINGER_MS = 1000;

export function sendAnswer(response: ServerResponse, answer: Answer, closing: boolean) {
  writeHead(response, answer, closing);
  response.end(answer.body);
}

/** The head alone: what follows has no known end. */
export function sendHead(response: ServerResponse, { status, type, headers }: Answer) {
  response.writeHead(status, ['content-type', type, 'connection', 'close', ...(headers ?? [])]);
}

function writeHead(response: ServerResponse, { status, type, body, headers }: Answer, closing: boolean) {
  const fields = ['content-type', type];
  // That of a 304 would be taken for the length of what the client has.
  if (status !== 304) fields.push('content-length', String(Buffer.byteLength(body)));
  if (closing) fields.push('connection', 'close');
  if (headers !== undefined) fields.push(...headers);
  response.writeHead(status, fields);
}

/**
 * Answers a request whose body has not arrived whole, and closes its connection. Closing at once would reset
 * the connection under a client that is still writing, which then never sees the answer; so the rest is read
 * and dropped, within limits. `moreComes` is false when nothing can: the client waits for 100-continue, or
 * the parser gave up.
 */
export function sendRefusalUnread(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  moreComes: boolean,
) {
  writeHead(response, answer, true);
  response.write(answer.body);
  const cut = () => request.socket.destroySoon();
  const timer = setTimeout(cut, moreComes ? LINGER_MS : 0);
  response.once('close', () => clearTimeout(timer));
  let dropped = 0;
  request.on('data', (chunk: Buffer) => {
    dropped += chunk.length;
    if (dropped > LINGER_BYTES_MAX) cut();
  });
  request.once('end', () => response.end());
}
