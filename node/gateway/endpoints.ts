// What each address of the gateway does. A handler gets a whole request and resolves to an answer, or
// rejects.
import { SeqNodeError } from '../base/errors.ts';
import { type ModuleHash, moduleHash } from '../base/ids.ts';
import { fromJson } from '../base/json.ts';
import { PREFIX_ADVICE, parsePath } from '../base/path.ts';
import type { MessageOptions, Module, ModuleWord, NodeApi } from '../host/api.ts';
import { type Answer, jsonAnswer, textAnswer, withHeaders } from './answer.ts';
import type { EventStreams } from './event-streams.ts';
import { type ExchangeContext, exchangeOne } from './exchanging.ts';
import {
  BATCH_ITEM,
  ID_LENGTH_MAX,
  readItem,
  readMessage,
  readOptions,
  readTimeout,
  TIMEOUT_MS_MAX,
} from './message-request.ts';
import {
  bad,
  checkInteger,
  checkObject,
  checkString,
  checkTruth,
  type GatewayRequest,
  type JsonObject,
  parseJson,
  quote,
  readInteger,
  readLimit,
  readQuery,
} from './request.ts';
import { acknowledgementJson, actorJson, askResultJson, journalRowJson } from './views.ts';

export { ID_LENGTH_MAX, TIMEOUT_MS_MAX };

export interface EndpointContext extends ExchangeContext {
  readonly api: NodeApi;
  readonly batchItemsMax: number;
  /** Of the node's program. */
  readonly version: string;
  /** Where an actor is found. */
  readonly addressOf: (path: string) => string;
  readonly eventStreams: EventStreams;
  /** Metrics of the gateway itself, in the format of `api.metrics()`. */
  readonly metrics: () => string;
}

/** `path` is the decoded actor path, or the member; empty for addresses that name neither. */
export type Handler = (context: EndpointContext, request: GatewayRequest, path: string) => Promise<Answer>;

export const MODULE_FILES_MAX = 1000;
const TOKEN_VALID_MS_DEFAULT = 3_600_000;
export const TOKEN_VALID_MS_LEAST = 1000;
export const TOKEN_VALID_MS_MAX = 30 * 86_400_000;

export const ask: Handler = async ({ api, outstanding }, request, path) => {
  const { message, options, positional } = readMessage(request);
  const result = await outstanding.track(() => api.ask(path, message, options));
  return jsonAnswer(200, askResultJson(result, positional));
};

export const send: Handler = async ({ api, outstanding }, request, path) => {
  const { message, options } = readMessage(request);
  const result = await outstanding.track(() => api.tell(path, message, options));
  return jsonAnswer(202, acknowledgementJson(result));
};

/**
 * Many messages and asks in one request. They are handed to the node in the order of the array; each has its
 * own outcome, at its own place in the answer. One that cannot be read is refused alone.
 */
export const batch: Handler = async (context, request) => {
  readQuery(request.query, []);
  const items = parseJson(request);
  if (!Array.isArray(items)) throw bad('The body of a batch must be a JSON array.');
  if (items.length > context.batchItemsMax)
    throw bad(`A batch holds at most ${context.batchItemsMax} items.`, { limit: context.batchItemsMax });
  const outcomes = await batchOutcomes(context, items);
  return jsonAnswer(200, `[${outcomes.join(',')}]`);
};

/**
 * Never rejects. Most requests of a busy node are items of batches, so there is one promise for all of them.
 */
function batchOutcomes(context: EndpointContext, items: readonly unknown[]): Promise<readonly string[]> {
  const outcomes = items.map(() => '');
  let left = outcomes.length;
  if (left === 0) return Promise.resolve(outcomes);
  return new Promise((resolve) => {
    for (let at = 0; at < items.length; at++)
      exchangeOne(
        context,
        () => readItem(items[at], BATCH_ITEM),
        (json) => {
          outcomes[at] = json;
          if (--left === 0) resolve(outcomes);
        },
      );
  });
}

/** A stream is opened by WebSocket: see stream/. Whoever comes here did not ask for one. */
export const stream: Handler = async () => {
  throw bad('A stream is opened with the headers of a WebSocket.');
};

export const inspect: Handler = async ({ api }, request, path) => {
  const options = readTimeout(readQuery(request.query, ['timeoutMs']));
  return jsonAnswer(200, JSON.stringify(actorJson(await api.inspect(path, options))));
};

export const spawn: Handler = async ({ api, outstanding, addressOf }, request, path) => {
  readQuery(request.query, []);
  const body = checkObject(parseJson(request), 'The body', [
    'module',
    'word',
    'supervisor',
    'mode',
    'newLife',
    'journalReads',
    'id',
    'timeoutMs',
  ]);
  if (body.supervisor !== undefined)
    return created(await supervise({ api, outstanding }, request, path, body), addressOf(path));
  const { mode = 'durable' } = body;
  if (mode !== 'durable' && mode !== 'volatile')
    throw bad('mode must be "durable" or "volatile".', { field: 'mode' });
  const newLife = checkTruth('newLife', body.newLife);
  const journalReads = checkTruth('journalReads', body.journalReads);
  const word = checkString('word', body.word, 256);
  const module = body.module === undefined ? undefined : checkString('module', body.module, 64);
  const options = readOptions(request, body);
  const code =
    module === undefined ? await findWord(api, word) : { module: await wholeHash(api, module), word };
  const result = await outstanding.track(() =>
    api.spawn(path, code, { ...options, mode, newLife, journalReads }),
  );
  return created(jsonAnswer(201, acknowledgementJson(result)), addressOf(path));
};

const created = (answer: Answer, location: string): Answer => withHeaders(answer, ['location', location]);

async function supervise(
  { api, outstanding }: Pick<EndpointContext, 'api' | 'outstanding'>,
  request: GatewayRequest,
  path: string,
  body: JsonObject,
): Promise<Answer> {
  for (const field of ['module', 'word', 'mode', 'journalReads'])
    if (body[field] !== undefined) throw bad(`A supervisor has no field ${field}.`, { field });
  const options = { ...readOptions(request, body), newLife: checkTruth('newLife', body.newLife) };
  const supervisor = fromJson(body.supervisor);
  const result = await outstanding.track(() => api.supervise(path, supervisor, options));
  return jsonAnswer(201, acknowledgementJson(result));
}

/** A hash may be given by its first digits, of which journals show 12. */
async function wholeHash(api: NodeApi, text: string): Promise<ModuleHash> {
  if (!/^[0-9a-f]{12,63}$/.test(text)) return moduleHash(text);
  const [only, ...others] = (await api.modules()).filter(({ hash }) => hash.startsWith(text));
  return only !== undefined && others.length === 0 ? only.hash : moduleHash(text);
}

/**
 * The one deployed module that has the behaviour `word`. Throws `no-such-module` when none has it,
 * `bad-request` when several have.
 */
async function findWord(api: NodeApi, word: string): Promise<ModuleWord> {
  const having = (await api.modules()).filter(({ behaviours }) =>
    behaviours.some((each) => each.word === word),
  );
  const [only, ...others] = having;
  if (only === undefined)
    throw new SeqNodeError('no-such-module', `No deployed module has a behaviour named ${quote(word)}.`, {
      field: 'word',
    });
  if (others.length > 0)
    throw bad(`${having.length} deployed modules have a behaviour named ${quote(word)}.`, {
      field: 'module',
      modules: having.map(({ hash }) => hash),
      next: 'Name one of details.modules in the field module.',
    });
  return { module: only.hash, word };
}

export const stop: Handler = async ({ api, outstanding }, request, path) => {
  const options = readOrder(request);
  const result = await outstanding.track(() => api.stop(path, options));
  return jsonAnswer(200, acknowledgementJson(result));
};

export const resume: Handler = async ({ api, outstanding }, request, path) => {
  const options = readOrder(request);
  const result = await outstanding.track(() => api.resume(path, options));
  return jsonAnswer(200, JSON.stringify(result));
};

export const suspend: Handler = async ({ api, outstanding }, request, path) => {
  const options = readOrder(request);
  return jsonAnswer(200, JSON.stringify(await outstanding.track(() => api.suspend(path, options))));
};

export const upgrade: Handler = async ({ api, outstanding }, request, path) => {
  readQuery(request.query, []);
  const fields = ['module', 'word', 'migrate', 'resume', 'id', 'timeoutMs'];
  const body = checkObject(parseJson(request), 'The body', fields);
  const module = await wholeHash(api, checkString('module', body.module, 64));
  const word = body.word === undefined ? undefined : checkString('word', body.word, 256);
  const migrate = body.migrate === undefined ? undefined : checkString('migrate', body.migrate, 256);
  const resume = checkTruth('resume', body.resume);
  const options = { ...readOptions(request, body), ...(migrate !== undefined && { migrate }), resume };
  const result = await outstanding.track(() => api.upgrade(path, { module, word }, options));
  return jsonAnswer(200, JSON.stringify(result));
};

/** What is deleted cannot be had again, so its path is asked for twice. */
export const purge: Handler = async ({ api, outstanding }, request, path) => {
  readQuery(request.query, []);
  const body = checkObject(parseJson(request), 'The body', ['confirm', 'force', 'id', 'timeoutMs']);
  const confirm = checkString('confirm', body.confirm, 1024);
  const force = checkTruth('force', body.force);
  const options = { ...readOptions(request, body), confirm, force };
  return jsonAnswer(200, acknowledgementJson(await outstanding.track(() => api.purge(path, options))));
};

/** The options of a request that says all in its address. */
function readOrder(request: GatewayRequest): MessageOptions {
  readQuery(request.query, []);
  const body = request.body === '' ? {} : checkObject(parseJson(request), 'The body', ['id', 'timeoutMs']);
  return readOptions(request, body);
}

export const actors: Handler = async ({ api }, request) => {
  const query = readQuery(request.query, ['prefix', 'after', 'limit', 'timeoutMs']);
  const limit = readLimit(query.limit);
  const { prefix = '/', after = '' } = query;
  // A path that no actor can have would give an empty list, which reads as an answer. A prefix may end within
  // a segment.
  if (prefix !== '' && !prefix.startsWith('/'))
    throw new SeqNodeError('bad-path', `The prefix ${quote(prefix)} does not begin with a slash.`, {
      next: PREFIX_ADVICE,
    });
  const from = after === '' ? {} : { after: parsePath(after) };
  const page = await api.actors({ prefix, ...from, limit, ...readTimeout(query) });
  return jsonAnswer(200, JSON.stringify(page));
};

export const journal: Handler = async ({ api }, request, path) => {
  const query = readQuery(request.query, ['order', 'from', 'limit', 'timeoutMs']);
  const { order = 'asc' } = query;
  if (order !== 'asc' && order !== 'desc') throw bad('order must be asc or desc.', { field: 'order' });
  const isDown = order === 'desc';
  const fallback = isDown ? Number.MAX_SAFE_INTEGER : 1;
  const from = readInteger('from', query.from, { least: 0, most: Number.MAX_SAFE_INTEGER, fallback });
  const range = { from, limit: readLimit(query.limit), ...(isDown && { backwards: true as const }) };
  const { records, next } = await api.journal(path, { ...range, ...readTimeout(query) });
  return jsonAnswer(200, JSON.stringify({ path, records: records.map(journalRowJson), next }));
};

export const cluster: Handler = async ({ api }, request) => {
  readQuery(request.query, []);
  return jsonAnswer(200, JSON.stringify(await api.cluster()));
};

export const deploy: Handler = async ({ api }, request) => {
  readQuery(request.query, []);
  const body = checkObject(parseJson(request), 'The body', ['entry', 'files']);
  const entry = checkString('entry', body.entry, 512);
  const given = body.files;
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw bad('files must be an object of file names and their Seq source.', { field: 'files' });
  const files = Object.entries(given);
  if (files.length > MODULE_FILES_MAX)
    throw bad(`A module has at most ${MODULE_FILES_MAX} files.`, { field: 'files', limit: MODULE_FILES_MAX });
  for (const [name, source] of files)
    if (typeof source !== 'string')
      throw bad(`The file ${quote(name)} must be a string.`, { field: 'files' });
  if (!Object.hasOwn(given, entry))
    throw bad(`files does not hold the entry ${quote(entry)}.`, { field: 'entry' });
  const module = await api.deploy({ entry, files: Object.fromEntries(files) as Record<string, string> });
  return created(jsonAnswer(201, JSON.stringify(module satisfies Module)), `/v1/modules/${module.hash}`);
};

export const modules: Handler = async ({ api }, request) => {
  readQuery(request.query, []);
  return jsonAnswer(200, JSON.stringify({ modules: await api.modules() }));
};

export const moduleView: Handler = async ({ api }, request, hash) => {
  readQuery(request.query, []);
  return jsonAnswer(200, JSON.stringify(await api.module(hash)));
};

export const createToken: Handler = async ({ api }, request) => {
  readQuery(request.query, []);
  const body = request.body === '' ? {} : checkObject(parseJson(request), 'The body', ['validMs']);
  const given = body.validMs;
  const validMs =
    given === undefined
      ? TOKEN_VALID_MS_DEFAULT
      : checkInteger('validMs', given, TOKEN_VALID_MS_LEAST, TOKEN_VALID_MS_MAX);
  return jsonAnswer(201, JSON.stringify(await api.createToken({ validMs })));
};

/** 202 while the member is leaving, 200 once it has left. */
export const removeMember: Handler = async ({ api }, request, member) => {
  readQuery(request.query, []);
  const departure = await api.removeMember(member);
  return jsonAnswer(departure.state === 'removed' ? 200 : 202, JSON.stringify(departure));
};

export const keepMember: Handler = async ({ api }, request, member) => {
  readQuery(request.query, []);
  return jsonAnswer(200, JSON.stringify(await api.keepMember(member)));
};

/** The process answers: that is all it says. */
export const live: Handler = async (_context, request) => {
  readQuery(request.query, ['verbose']);
  return textAnswer(200, 'ok\n');
};

/**
 * 200 when the node can serve, else 503. `?verbose` lists the checks; `?verbose=json` does so for programs.
 */
export const ready: Handler = async ({ api }, request) => {
  const { verbose } = readQuery(request.query, ['verbose']);
  const readiness = await api.readiness();
  const status = readiness.ready ? 200 : 503;
  if (verbose === 'json') return jsonAnswer(status, JSON.stringify(readiness));
  const verdict = readiness.ready ? 'ready' : 'not ready';
  if (verbose === undefined) return textAnswer(status, `${verdict}\n`);
  const lines = readiness.checks.map(({ name, ok, text }) => `[${ok ? '+' : '-'}] ${name}: ${text}`);
  return textAnswer(status, `${[...lines, verdict].join('\n')}\n`);
};

export const metrics: Handler = async (context, request) => {
  readQuery(request.query, []);
  return {
    status: 200,
    type: 'text/plain; version=0.0.4; charset=utf-8',
    body: context.api.metrics() + context.metrics(),
  };
};
