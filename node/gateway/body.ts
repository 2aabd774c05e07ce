// Reading the body of a request without ever holding more than the limit.
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { SeqNodeError } from '../base/errors.ts';
import { bad, quote } from './request.ts';

export function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

/** Refuses from the head alone. Throws `too-large` or `bad-request`. */
export function checkBodyHead({ headers }: IncomingMessage, bytesMax: number) {
  const length = headers['content-length'];
  if (length !== undefined && Number(length) > bytesMax) throw tooLarge(bytesMax);
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') throw bad('The body must not be compressed.');
  const [, charset] = /;\s*charset\s*=\s*"?([^\s;"]*)/i.exec(headers['content-type'] ?? '') ?? [];
  if (charset !== undefined && !/^(utf-?8|us-ascii)$/i.test(charset))
    throw bad(`The body must be UTF-8, and its Content-Type says ${quote(charset)}.`);
}

/**
 * Calls `done` once: with the body's text, or with why there is none. A client that goes away gets no call.
 */
export function readBody(
  request: IncomingMessage,
  bytesMax: number,
  done: (error: SeqNodeError | undefined, text: string) => void,
) {
  let first: Buffer | undefined;
  let rest: Buffer[] | undefined;
  let size = 0;
  const take = (chunk: Buffer) => {
    size += chunk.length;
    if (size > bytesMax) {
      request.off('data', take);
      request.off('end', end);
      done(tooLarge(bytesMax), '');
    } else if (first === undefined) first = chunk;
    else if (rest === undefined) rest = [first, chunk];
    else rest.push(chunk);
  };
  const end = () => {
    const body = rest === undefined ? first : Buffer.concat(rest, size);
    if (body === undefined) done(undefined, '');
    else if (!isUtf8(body)) done(bad('The body is not UTF-8.'), '');
    else done(undefined, body.toString('utf8'));
  };
  request.on('data', take);
  request.on('end', end);
}

function tooLarge(limit: number): SeqNodeError {
  return new SeqNodeError(
    'too-large',
    `The body of the request is over ${limit} bytes (http.body-bytes-max).`,
    {
      limit,
    },
  );
}
