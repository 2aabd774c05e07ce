// What the gateway sends back: an answer, or a refusal with the code, sentence and advice of the error table.
import { STATUS_CODES } from 'node:http';
import { ERRORS, SeqNodeError } from '../base/errors.ts';
import type { EventFeed } from '../host/api.ts';
import { adviceOf } from './advice.ts';

export interface Answer {
  readonly status: number;
  /** The Content-Type. */
  readonly type: string;
  readonly body: string;
  /** Of an event stream, which begins where the body would end. */
  readonly feed?: EventFeed;
  /** Name, value, name, value, … */
  readonly headers?: readonly string[];
}

/** Seconds after which a client may try again what was refused with 503. */
const RETRY_AFTER_SECONDS = '1';

/** `body` is JSON text. */
export function jsonAnswer(status: number, body: string): Answer {
  return { status, type: 'application/json', body };
}

export function textAnswer(status: number, body: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body };
}

/**
 * The error as an object of JSON, as it stands in answers and in the items of a batch. `subject` is what the
 * request is about: see Target.
 */
export function errorBody(error: SeqNodeError, subject?: string): object {
  const { code, message, details } = error;
  return { error: { code, message, advice: adviceOf(error, subject), details } };
}

/**
 * Anything thrown as an error of the table. What is not a SeqNodeError is a fault of ours: its text may hold
 * what a client must not see, so it goes to `report` and the client learns only that it is `internal`.
 */
export function toSeqNodeError(thrown: unknown, report: (fault: unknown) => void): SeqNodeError {
  if (thrown instanceof SeqNodeError) return thrown;
  report(thrown);
  return new SeqNodeError('internal');
}

export function withHeaders(answer: Answer, headers: readonly string[]): Answer {
  return { ...answer, headers: [...(answer.headers ?? []), ...headers] };
}

export function refusal(error: SeqNodeError, subject?: string): Answer {
  const answer = jsonAnswer(error.http, JSON.stringify(errorBody(error, subject)));
  if (error.http === 503) return { ...answer, headers: ['retry-after', RETRY_AFTER_SECONDS] };
  if (error.code === 'unauthorized')
    return { ...answer, headers: ['www-authenticate', 'Bearer realm="seq-node"'] };
  const allow = error.code === 'method-not-allowed' ? error.details.allow : undefined;
  if (Array.isArray(allow)) return { ...answer, headers: ['allow', allow.join(', ')] };
  return answer;
}

/**
 * A whole HTTP/1.1 response, for a connection on which no request could be parsed. It asks to close the
 * connection.
 */
export function rawRefusal(error: SeqNodeError): string {
  const { status, type, body, headers = [] } = refusal(error);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `content-type: ${type}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
    ...headers.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${headers[at + 1]}`] : [])),
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}

/** What Node's HTTP parser reports, as an error of the table. `code` is that of the Error it gives. */
export function parserError(
  code: string | undefined,
  limits: { readonly headerBytesMax: number },
): SeqNodeError {
  if (code === 'HPE_HEADER_OVERFLOW')
    return new SeqNodeError('too-large', `The head of the request is over ${limits.headerBytesMax} bytes.`, {
      limit: limits.headerBytesMax,
    });
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new SeqNodeError('request-timeout', ERRORS['request-timeout'].meaning);
  return new SeqNodeError('bad-request', 'What arrived is not an HTTP/1.1 request.');
}
