// A message with its options, as a client sends it: as JSON, or as plain text in message notation.
import { SeqNodeError } from '../base/errors.ts';
import { fromJson } from '../base/json.ts';
import { parseNotation } from '../base/notation.ts';
import type { Data } from '../base/value.ts';
import type { Exchange, MessageOptions } from '../host/api.ts';
import {
  bad,
  checkInteger,
  checkObject,
  checkTruth,
  type GatewayRequest,
  parseJson,
  readInteger,
  readQuery,
} from './request.ts';

export const ID_LENGTH_MAX = 128;
export const TIMEOUT_MS_MAX = 300_000;
const ID = /^[\x21-\x7e]{1,128}$/;
const FIELDS = ['message', 'id', 'timeoutMs', 'positional'];
const ITEM_FIELDS = ['path', 'op', ...FIELDS];

interface ItemKind {
  /** As in error messages. */
  readonly title: string;
  readonly fields: readonly string[];
}

export const BATCH_ITEM: ItemKind = { title: 'An item of a batch', fields: ITEM_FIELDS };
/** `ref` is how its outcome is told from others. */
export const STREAM_ITEM: ItemKind = { title: 'An item of a stream', fields: ['ref', ...ITEM_FIELDS] };

export interface MessageRequest {
  readonly message: Data;
  readonly options: MessageOptions;
  /** The fields of variants in the reply are to stand in lists, even where they have names. */
  readonly positional: boolean;
}

export interface Item {
  readonly exchange: Exchange;
  readonly positional: boolean;
}

/** Throws `bad-request` or `bad-notation`. */
export function readMessage(request: GatewayRequest): MessageRequest {
  const key = idempotencyKey(request);
  const { timeoutMs, positional } = readMessageQuery(request.query);
  if (isPlainText(request)) {
    if (looksLikeJson(request.body))
      throw bad('The body is JSON, but its Content-Type is text/plain; send it as application/json.');
    return { message: notation(request.body), options: optionsOf(key, timeoutMs), positional };
  }
  const body = checkObject(parseJson(request), 'The body', FIELDS);
  return {
    message: messageOf(body.message),
    options: optionsOf(sameId(key, idOf(body.id)), timeoutOf(body) ?? timeoutMs),
    positional: body.positional === undefined ? positional : checkTruth('positional', body.positional),
  };
}

interface MessageQuery {
  readonly timeoutMs?: number;
  readonly positional: boolean;
}

const NO_QUERY: MessageQuery = { positional: false };

function readMessageQuery(text: string): MessageQuery {
  if (text === '') return NO_QUERY;
  const query = readQuery(text, ['timeoutMs', 'positional']);
  const { positional: given } = query;
  const isWord = given === 'true' || given === 'false';
  return { ...readTimeout(query), positional: checkTruth('positional', isWord ? given === 'true' : given) };
}

/** One of many that come together. Throws `bad-request` or `bad-notation`. */
export function readItem(json: unknown, { title, fields }: ItemKind): Item {
  const body = checkObject(json, title, fields);
  const { path, op } = body;
  if (typeof path !== 'string') throw bad('path must be a string.', { field: 'path' });
  if (op !== 'ask' && op !== 'send') throw bad('op must be "ask" or "send".', { field: 'op' });
  const options = optionsOf(idOf(body.id), timeoutOf(body));
  const operation = op === 'ask' ? 'ask' : 'tell';
  return {
    exchange: { path, operation, message: messageOf(body.message), options },
    positional: checkTruth('positional', body.positional),
  };
}

/** The id and time-out of a request whose body is not a message (spawn, stop). Throws `bad-request`. */
export function readOptions(
  request: GatewayRequest,
  body: Readonly<Record<string, unknown>>,
): MessageOptions {
  return optionsOf(sameId(idempotencyKey(request), idOf(body.id)), timeoutOf(body));
}

function isPlainText({ headers }: GatewayRequest): boolean {
  const type = headers['content-type'];
  return type?.startsWith('text/plain') ?? false;
}

/**
 * JavaScript's fetch labels any string text/plain; the notation's maps are never written with a colon after a
 * key.
 */
function looksLikeJson(body: string): boolean {
  return /^\s*\{\s*"(message|id|timeoutMs)"\s*:\s*["{[\d]/.test(body);
}

/**
 * A JSON string is message notation; any other JSON is a value. A text as a message is written `"\"hello\""`.
 */
function messageOf(json: unknown): Data {
  if (typeof json === 'string') return notation(json);
  if (json === undefined) throw bad('The field message is missing.', { field: 'message' });
  return fromJson(json);
}

function notation(text: string): Data {
  if (text.trim() === '') throw new SeqNodeError('bad-notation', 'The message is empty.');
  return parseNotation(text, { outerParensOptional: true });
}

function idempotencyKey({ headers }: GatewayRequest): string | undefined {
  const header = headers['idempotency-key'];
  if (header === undefined) return undefined;
  // The IETF draft makes the key a quoted string; most clients send it bare.
  const key = typeof header === 'string' && /^".*"$/.test(header) ? header.slice(1, -1) : header;
  return idOf(key, 'Idempotency-Key');
}

function idOf(value: unknown, name = 'id'): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && ID.test(value)) return value;
  throw bad(`${name} must be 1 to ${ID_LENGTH_MAX} visible ASCII characters.`, { field: name });
}

function sameId(header: string | undefined, field: string | undefined): string | undefined {
  if (header !== undefined && field !== undefined && header !== field)
    throw bad('The Idempotency-Key header and the field id differ; send one of them.', { field: 'id' });
  return header ?? field;
}

function timeoutOf(body: Readonly<Record<string, unknown>>): number | undefined {
  const value = body.timeoutMs;
  return value === undefined ? undefined : checkInteger('timeoutMs', value, 1, TIMEOUT_MS_MAX);
}

function optionsOf(id: string | undefined, timeoutMs: number | undefined): MessageOptions {
  return { ...(id === undefined ? {} : { id }), ...(timeoutMs === undefined ? {} : { timeoutMs }) };
}

/** `timeoutMs` of a query, where it is given. */
export function readTimeout(query: { readonly timeoutMs?: string }): { readonly timeoutMs?: number } {
  const limits = { least: 1, most: TIMEOUT_MS_MAX, fallback: 0 };
  const timeoutMs = readInteger('timeoutMs', query.timeoutMs, limits);
  return timeoutMs === 0 ? {} : { timeoutMs };
}
