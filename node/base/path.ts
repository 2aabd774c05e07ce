// Actor paths: absolute, slash-separated, at most 16 segments and 512 bytes.
import { SeqNodeError } from './errors.ts';
import type { ActorPath } from './ids.ts';

const PATH_SEGMENTS_MAX = 16;
const PATH_LENGTH_MAX = 512;
/** An actor with more segments than this lives in the shard of its ancestor with this many. */
const PLACED_SEGMENTS = 3;

const SEGMENT_LENGTH_MAX = 128;
const SEGMENT = /^[A-Za-z0-9._~@:+-]*$/;

/**
 * Checks and brands an absolute path. Throws `bad-path` when it is not one: each segment is 1–128 characters
 * of `A–Z a–z 0–9 . _ ~ @ : + -`, and is neither `.` nor `..`.
 */
export function parsePath(text: string): ActorPath {
  const known = paths.get(text);
  if (known !== undefined) return known;
  const problem = pathProblem(text);
  if (problem) throw new SeqNodeError('bad-path', `${JSON.stringify(text.slice(0, 80))} ${problem}.`);
  if (paths.size >= PATHS_MAX) paths.clear();
  paths.set(text, text as ActorPath);
  return text as ActorPath;
}

/**
 * Every message names a path. The string that was seen first stands for all, so that what it is looked up in
 * need not hash each.
 */
const paths = new Map<string, ActorPath>();
const PATHS_MAX = 10_000;

function pathProblem(text: string): string | undefined {
  if (!text.startsWith('/')) return 'does not begin with a slash';
  if (text.length > PATH_LENGTH_MAX) return `has ${text.length} characters, of ${PATH_LENGTH_MAX} at most`;
  const segments = text.slice(1).split('/');
  if (segments.length > PATH_SEGMENTS_MAX) return `has more than ${PATH_SEGMENTS_MAX} segments`;
  for (const segment of segments) {
    if (segment === '') return 'has an empty segment';
    if (segment === '.' || segment === '..') return 'has a segment that is only dots';
    if (!SEGMENT.test(segment)) return 'has a segment with a character outside A-Z a-z 0-9 . _ ~ @ : + -';
    if (segment.length > SEGMENT_LENGTH_MAX)
      return `has a segment of ${segment.length} characters, of ${SEGMENT_LENGTH_MAX} at most`;
  }
  return undefined;
}

/** What to do about a prefix that no path has. */
export const PREFIX_ADVICE = 'Begin the prefix with a slash, as in /user/accounts/.';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * The path that an address means: an absolute path, the UUID of an actor, or a registered name. Throws
 * `bad-path`.
 */
export function resolveAddress(address: string): ActorPath {
  if (address === lastAddress) return lastPath;
  let path = resolved.get(address);
  if (path === undefined) {
    path = parseAddress(address);
    if (resolved.size >= RESOLVED_MAX) resolved.clear();
    resolved.set(address, path);
  }
  lastAddress = address;
  lastPath = path;
  return path;
}

let lastAddress: string | undefined;
let lastPath: ActorPath;

// Actors send to the same few addresses again and again; checking them is most of the cost of a local
// message.
const resolved = new Map<string, ActorPath>();
const RESOLVED_MAX = 10_000;

function parseAddress(address: string): ActorPath {
  if (address.startsWith('/')) return parsePath(address);
  if (address === '') throw new SeqNodeError('bad-path', 'The address is empty.');
  return UUID.test(address) ? parsePath(`/uuid/${address}`) : namedPath(address);
}

/**
 * Where the actor of a registered name lives. Throws `bad-path`: of what has a slash only a path is meant.
 */
export function namedPath(name: string): ActorPath {
  if (!name.includes('/')) return parsePath(`/name/${name}`);
  const message = `${JSON.stringify(name.slice(0, 80))} has a slash and does not begin with one: it is neither a path nor a name.`;
  throw new SeqNodeError('bad-path', message);
}

/** The path of `name` below `parent`; `name` may itself have several segments. */
export function childPath(parent: ActorPath, name: string): ActorPath {
  return parsePath(`${parent}/${name}`);
}

/** The part of a path that decides its shard: the whole path, or its ancestor of three segments. */
export function placedPath(path: ActorPath): ActorPath {
  const segments = path.split('/', PLACED_SEGMENTS + 2);
  return segments.length <= PLACED_SEGMENTS + 1
    ? path
    : (segments.slice(0, PLACED_SEGMENTS + 1).join('/') as ActorPath);
}
