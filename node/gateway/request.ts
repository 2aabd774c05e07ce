// Reading a request: its address, query and JSON, each checked before anything is done with it.
import type { IncomingHttpHeaders } from 'node:http';
import { SeqNodeError } from '../base/errors.ts';
import { repeatedName } from '../base/json-keys.ts';
import { nearest } from '../base/nearest.ts';
import { codeUnitAt, findIn } from '../base/text-units.ts';

/** A request whose body has arrived whole. */
export interface GatewayRequest {
  readonly method: string;
  /** The query without its question mark, still encoded. */
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  /** Valid UTF-8; empty when there is none. */
  readonly body: string;
}

export type JsonObject = Readonly<Record<string, unknown>>;

export const bad = (sentence: string, details: Readonly<Record<string, unknown>> = {}): SeqNodeError =>
  new SeqNodeError('bad-request', sentence, details);

/** One percent-encoded piece of an address; `+` stands for itself. Throws `bad-request`. */
export function decodePercent(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    throw bad(`The percent-encoding of ${quote(text)} is broken.`);
  }
}

/** `text` in quotes, cut to 80 characters, for error messages. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text);
}

/** The parameters of a query. Throws `bad-request` on one that is unknown, repeated or badly encoded. */
export function readQuery<const K extends string>(
  query: string,
  known: readonly K[],
): Partial<Record<K, string>> {
  const found: Partial<Record<K, string>> = {};
  if (query === '') return found;
  for (const part of query.split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = decodePercent(equals < 0 ? part : part.slice(0, equals));
    const match = known.find((key) => key === name);
    if (match === undefined) throw unknownName('parameter', name, known);
    if (found[match] !== undefined) throw bad(`The parameter ${name} is given twice.`);
    found[match] = equals < 0 ? '' : decodePercent(part.slice(equals + 1).replaceAll('+', '%20'));
  }
  return found;
}

/**
 * A decimal integer from `least` to `most`, or `fallback` when the parameter is absent. Throws `bad-request`.
 */
export function readInteger(
  name: string,
  text: string | undefined,
  { least, most, fallback }: { readonly least: number; readonly most: number; readonly fallback: number },
): number {
  if (text === undefined) return fallback;
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return checkInteger(name, value, least, most);
}

export function checkInteger(name: string, value: unknown, least: number, most: number): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most)
    return value;
  throw bad(`${name} must be an integer from ${least} to ${most}.`, { field: name, least, most });
}

/** False where it is not given. */
export function checkTruth(field: string, value: unknown): boolean {
  if (value === undefined) return false;
  if (typeof value !== 'boolean') throw bad(`${field} must be true or false.`, { field });
  return value;
}

/** More than any value needs: values nest 64 deep, and one level of a value takes up to four of JSON. */
const JSON_NESTING_MAX = 300;
/** A text as short as this is parsed in no time, however deep. */
const NESTING_UNCHECKED_CHARS = 2048;

/**
 * V8 parses millions of nested brackets, but takes more than a second for them, in which nothing else
 * happens.
 */
function nestsDeeper(json: string, levels: number): boolean {
  let depth = 0;
  for (let at = 0, end = json.length; at < end; at++) {
    const code = codeUnitAt(json, at);
    if (code === 0x22) {
      at = findIn(json, '"', at + 1);
      while (at > 0 && isEscaped(json, at)) at = findIn(json, '"', at + 1);
      if (at < 0) return false;
    } else if (code === 0x5b || code === 0x7b) {
      if (++depth > levels) return true;
    } else if (code === 0x5d || code === 0x7d) depth--;
  }
  return false;
}

/** Whether an odd number of backslashes stands before `at`. */
function isEscaped(text: string, at: number): boolean {
  let slashes = 0;
  while (codeUnitAt(text, at - 1 - slashes) === 0x5c) slashes++;
  return slashes % 2 === 1;
}

/** The body as JSON of any kind. Throws `bad-request`. */
export function parseJson({ body, headers }: Pick<GatewayRequest, 'body' | 'headers'>): unknown {
  if (body === '') throw bad('The request has no body where JSON is expected.');
  if (body.length > NESTING_UNCHECKED_CHARS && nestsDeeper(body, JSON_NESTING_MAX))
    throw bad(`The body nests deeper than ${JSON_NESTING_MAX} levels.`, { limit: JSON_NESTING_MAX });
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch (error) {
    // V8 quotes a piece of the text; the position is enough, and never shows another's data in a log.
    const position = /position (\d+)/.exec(String(error))?.[1];
    const where = position === undefined ? '' : `: see position ${position}`;
    throw bad(`The body is not JSON${where}${typeRemark(headers['content-type'])}.`);
  }
  const repeated = repeatedName(body);
  if (repeated !== undefined)
    throw bad(`The body gives ${quote(repeated)} twice.`, { jsonPath: repeated.slice(0, 200) });
  return json;
}

/** What is no JSON may have been meant as something that is not taken at all. */
function typeRemark(type: string | undefined): string {
  return type === undefined || /^application\/json\b/i.test(type)
    ? ''
    : `; its Content-Type is ${quote(type)}, and what is taken are application/json and, for one message, text/plain`;
}

/** A JSON object that holds no field beside the known ones. Throws `bad-request`. */
export function checkObject(json: unknown, what: string, known: readonly string[]): JsonObject {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw bad(`${what} must be a JSON object.`);
  for (const name of Object.keys(json)) if (!known.includes(name)) throw unknownName('field', name, known);
  return json as JsonObject;
}

/** A field that must be a string of 1 to `lengthMax` UTF-16 units. Throws `bad-request`. */
export function checkString(name: string, value: unknown, lengthMax: number): string {
  if (typeof value === 'string' && value.length > 0 && value.length <= lengthMax) return value;
  throw bad(`${name} must be a string of 1 to ${lengthMax} characters.`, { field: name });
}

function unknownName(kind: string, name: string, known: readonly string[]): SeqNodeError {
  const near = nearest(name, known);
  const hint = near
    ? `did you mean ${near}?`
    : known.length === 0
      ? 'none is taken here.'
      : `known are ${known.join(', ')}.`;
  return bad(`The ${kind} ${quote(name)} is not known; ${hint}`, { [kind]: name.slice(0, 80), known });
}

export const ROWS_MAX = 1000;
export const ROWS_DEFAULT = 100;

/** How many rows of a list are asked for. Throws `bad-request`. */
export const readLimit = (text: string | undefined): number =>
  readInteger('limit', text, { least: 1, most: ROWS_MAX, fallback: ROWS_DEFAULT });
