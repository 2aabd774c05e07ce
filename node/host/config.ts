// The configuration of a node: defaults < file < environment < flags, parsed once, checked against one table,
// deep-frozen.
import { readFileSync } from 'node:fs';
import { parse, TomlError } from 'smol-toml';
import { formatAddress, isLoopback } from '../base/address.ts';
import { JSON_BYTES_PER_BYTE } from '../base/data-limits.ts';
import { SeqNodeError } from '../base/errors.ts';
import { nearest } from '../base/nearest.ts';
import { type Config, camelCase, everyOption, findOption, type Option, SCHEMA } from './config-schema.ts';
import { type ConfigValue, checkText, checkValue, formatValue, type Parsed } from './config-value.ts';

export type { Config } from './config-schema.ts';

const TOKEN_LENGTH_MIN = 16;
const VARIABLE_PREFIX = 'SEQ_NODE_';

/** Where a value came from: `default`, `file config/x.toml`, `environment SEQ_NODE_…`, `flag --http`. */
export type Source = string;

export interface ConfigInputs {
  /** Between the defaults and the file: what a mode such as --dev stands for. By `section.key`, as text. */
  readonly presets?: readonly {
    readonly source: Source;
    readonly settings: Readonly<Record<string, string>>;
  }[];
  readonly file?: { readonly name: string; readonly text: string };
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** `setting` is `section.key`; `flag` is how the user wrote it, for messages. */
  readonly flags?: readonly { readonly flag: string; readonly setting: string; readonly value: string }[];
}

export interface LoadedConfig {
  readonly config: Config;
  /** By `section.key`; settings that are absent here have their default. */
  readonly sources: ReadonlyMap<string, Source>;
}

interface Setting {
  readonly value: ConfigValue;
  readonly source: Source;
}

/**
 * Reads a configuration file for `parseConfig`. Throws `bad-config` naming the file when it cannot be read.
 */
export function readConfigFile(name: string): { name: string; text: string } {
  return { name, text: readText(name, `file ${name}`) };
}

/**
 * Merges and checks. Throws `bad-config` with `details` {source, key, expected?, nearest?} on the first
 * unknown key, bad value or contradiction. Reads `http.token-file`, so that `http.token` holds the token
 * whichever way it was given.
 */
export function parseConfig(inputs: ConfigInputs = {}): LoadedConfig {
  const settings = new Map<string, Setting>();
  for (const { source, settings: preset } of inputs.presets ?? [])
    for (const [setting, value] of Object.entries(preset)) setText(setting, value, source, settings);
  if (inputs.file) readToml(inputs.file, settings);
  readEnvironment(inputs.env ?? {}, settings);
  for (const { flag, setting, value } of inputs.flags ?? [])
    setText(setting, value, `flag ${flag}`, settings);
  readTokenFile(settings);
  const config: Record<string, Record<string, ConfigValue>> = {};
  for (const { section, key, option } of everyOption()) {
    const value = settings.get(`${section}.${key}`)?.value ?? option.default;
    config[section] ??= {};
    config[section][camelCase(key)] = freezeValue(value);
  }
  for (const section of Object.values(config)) Object.freeze(section);
  const checked = Object.freeze(config) as unknown as Config;
  const sources = new Map([...settings].map(([name, { source }]) => [name, source]));
  checkTogether(checked, sources);
  return { config: checked, sources };
}

function freezeValue(value: ConfigValue): ConfigValue {
  if (Array.isArray(value)) for (const item of value) Object.freeze(item);
  return typeof value === 'object' ? Object.freeze(value) : value;
}

function readToml(file: { name: string; text: string }, settings: Map<string, Setting>) {
  const source = `file ${file.name}`;
  let tree: Record<string, unknown>;
  try {
    tree = parse(file.text, { unsafeKeyBehaviour: 'throw', maxDepth: 8 });
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const reason = error.message.split('\n')[0]!.replace(/^Invalid TOML document: /, '');
    const where = `line ${error.line}, column ${error.column}`;
    throw new SeqNodeError('bad-config', `${source}, ${where}: not TOML: ${reason}.`, {
      source,
      line: error.line,
      column: error.column,
    });
  }
  for (const [section, table] of Object.entries(tree)) {
    if (!Object.hasOwn(SCHEMA, section) || !isTable(table)) throw unknownSection(section, table, source);
    for (const [key, raw] of Object.entries(table)) {
      const option = findOption(section, key);
      if (!option) throw unknownSetting(`${section}.${key}`, source);
      settings.set(
        `${section}.${key}`,
        accept(`${section}.${key}`, option, checkValue(option, raw), raw, source),
      );
    }
  }
}

const isTable = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);

function readEnvironment(env: Readonly<Record<string, string | undefined>>, settings: Map<string, Setting>) {
  for (const [variable, value] of Object.entries(env)) {
    // Only a double underscore makes a setting: SEQ_NODE_URL and SEQ_NODE_TOKEN belong to the client
    // commands, and Kubernetes puts SEQ_NODE_SERVICE_HOST and its like into every container.
    const match = /^SEQ_NODE_([A-Za-z0-9]+)__(\w+)$/.exec(variable);
    if (!match || value === undefined) continue;
    const setting = `${match[1]!.toLowerCase()}.${match[2]!.toLowerCase().replaceAll('_', '-')}`;
    setText(setting, value, `environment ${variable}`, settings);
  }
}

function setText(setting: string, text: string, source: Source, settings: Map<string, Setting>) {
  const dot = setting.indexOf('.');
  const option = dot < 0 ? undefined : findOption(setting.slice(0, dot), setting.slice(dot + 1));
  if (!option) throw unknownSetting(setting, source);
  settings.set(setting, accept(setting, option, checkText(option, text), text, source));
}

function accept(setting: string, option: Option, parsed: Parsed, raw: unknown, source: Source): Setting {
  if ('value' in parsed) return { value: parsed.value, source };
  const unit = option.type === 'integer' && option.unit !== 'count' ? ` (${option.unit})` : '';
  const got = option.type === 'text' && option.secret ? 'something else' : shorten(raw);
  throw new SeqNodeError(
    'bad-config',
    `${source}: ${setting} must be ${parsed.expected}${unit}, not ${got}.`,
    {
      source,
      key: setting,
      expected: parsed.expected + unit,
    },
  );
}

function shorten(raw: unknown): string {
  const text = typeof raw === 'bigint' ? String(raw) : (JSON.stringify(raw) ?? String(raw));
  if (text.length <= 80) return text;
  return typeof raw === 'string'
    ? `${text.slice(0, 77)}…" of ${raw.length} characters`
    : `${text.slice(0, 77)}…`;
}

/** The name of the environment variable of a setting. */
export function variableOf(section: string, key: string): string {
  return `${VARIABLE_PREFIX}${section.toUpperCase()}__${key.toUpperCase().replaceAll('-', '_')}`;
}

function unknownSection(section: string, table: unknown, source: Source): SeqNodeError {
  if (Object.hasOwn(SCHEMA, section))
    return new SeqNodeError('bad-config', `${source}: ${section} must be a table [${section}].`, {
      source,
      key: section,
      expected: 'a table',
    });
  if (!isTable(table)) return unknownSetting(section, source);
  const near = nearest(section, Object.keys(SCHEMA));
  const hint = near ? `; did you mean [${near}]?` : `; the sections are ${Object.keys(SCHEMA).join(', ')}.`;
  return new SeqNodeError('bad-config', `${source}: [${section}] is not a section${hint}`, {
    source,
    key: section,
    ...(near ? { nearest: near } : {}),
  });
}

function unknownSetting(setting: string, source: Source): SeqNodeError {
  const all = [...everyOption()].map(({ section, key }) => `${section}.${key}`);
  // A key in the right place but misspelt, or a right key under a wrong section.
  const key = setting.slice(setting.indexOf('.') + 1);
  const near = nearest(setting, all) ?? all.find((name) => name.endsWith(`.${key}`));
  const environment = source.startsWith('environment ') && near !== undefined;
  const shown = environment ? variableOf(...(near.split('.') as [string, string])) : near;
  const hint = shown ? `; did you mean ${shown}?` : '.';
  return new SeqNodeError('bad-config', `${source}: ${setting} is not a setting${hint}`, {
    source,
    key: setting,
    ...(shown ? { nearest: shown } : {}),
  });
}

function readText(path: string, source: Source): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new SeqNodeError('bad-config', `${source}: ${path} cannot be read (${reason}).`, {
      source,
      file: path,
    });
  }
}

function readTokenFile(settings: Map<string, Setting>) {
  const file = settings.get('http.token-file');
  if (file === undefined || file.value === '') return;
  const direct = settings.get('http.token');
  if (direct !== undefined && direct.value !== '')
    throw contradiction(
      'http.token',
      direct.source,
      `is set together with http.token-file (${file.source}); keep one of them`,
    );
  const token = readText(file.value as string, file.source).trim();
  if (token === '') throw contradiction('http.token-file', file.source, 'names an empty file');
  settings.set('http.token', { value: token, source: `${file.source}, read from ${file.value}` });
}

function contradiction(key: string, source: Source, what: string): SeqNodeError {
  return new SeqNodeError('bad-config', `${source}: ${key} ${what}.`, { source, key });
}

/** The scheme, host and port of a page, as a browser names them in a request. */
const ORIGIN = /^https?:\/\/[a-z0-9.-]+(:\d{1,5})?$|^https?:\/\/\[[0-9a-f:]+\](:\d{1,5})?$/i;

/** What no single setting can tell. */
function checkTogether(config: Config, sources: ReadonlyMap<string, Source>) {
  const refuse = (key: string, what: string): never => {
    throw contradiction(key, sources.get(key) ?? 'default', what);
  };
  const { http, consensus, cluster, runtime, p2p, node } = config;
  if (http.token !== '' && !/^[\x21-\x7e]+$/.test(http.token))
    refuse('http.token', 'may hold only visible ASCII characters without spaces');
  if (http.token !== '' && http.token.length < TOKEN_LENGTH_MIN)
    refuse('http.token', `must be at least ${TOKEN_LENGTH_MIN} characters long`);
  if (!isLoopback(http.listen) && http.token === '')
    refuse(
      'http.listen',
      `is ${formatAddress(http.listen)}, which other machines can reach; set http.token-file, or listen on 127.0.0.1`,
    );
  if (consensus.electionMs < 5 * consensus.heartbeatMs)
    refuse('consensus.election-ms', `must be at least 5 × consensus.heartbeat-ms (${consensus.heartbeatMs})`);
  if (cluster.replicas % 2 === 0) refuse('cluster.replicas', `must be odd, not ${cluster.replicas}`);
  for (const origin of http.origins.split(' ').filter((each) => each !== ''))
    if (!ORIGIN.test(origin))
      refuse(
        'http.origins',
        `holds ${JSON.stringify(origin)}, which is no origin such as https://app.example`,
      );
  if (runtime.messageBytesMax * JSON_BYTES_PER_BYTE > http.bodyBytesMax)
    refuse(
      'runtime.message-bytes-max',
      `is ${runtime.messageBytesMax}, which JSON may write in ${JSON_BYTES_PER_BYTE} times as many bytes, over http.body-bytes-max (${http.bodyBytesMax})`,
    );
  if (p2p.announce.length > 1) refuse('p2p.announce', 'may hold one address only');
  if (node.data === '') refuse('node.data', 'must name a directory');
}

/** The effective configuration as TOML, each value with its source as a comment. Secrets are not shown. */
export function dumpConfig({ config, sources }: LoadedConfig): string {
  const lines: string[] = [];
  let current = '';
  for (const { section, key, option } of everyOption()) {
    if (section !== current) lines.push(...(current === '' ? [] : ['']), `[${section}]`);
    current = section;
    const sections = config as unknown as Record<string, Record<string, ConfigValue>>;
    const value = sections[section]![camelCase(key)]!;
    const source = sources.get(`${section}.${key}`) ?? 'default';
    const hidden = option.type === 'text' && option.secret && value !== '';
    lines.push(
      hidden ? `# ${key} is set and not shown (${source})` : `${key} = ${formatValue(value)}  # ${source}`,
    );
  }
  return `${lines.join('\n')}\n`;
}
