// From the flags of `start` to a configuration and to how the node comes into its cluster.
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAddress } from '../base/address.ts';
import { SeqNodeError } from '../base/errors.ts';
import type { GatewayOptions } from '../gateway/gateway.ts';
import {
  type Config,
  type ConfigInputs,
  type LoadedConfig,
  parseConfig,
  readConfigFile,
} from '../host/config.ts';
import type { Entrance } from '../host/node.ts';
import { VERSION } from '../host/version.ts';
import type { Context, Input } from './command.ts';
import { readTokenFile } from './token-files.ts';

const TOKEN_WAIT_MS_DEFAULT = 60_000;

/** Flags that are short for a setting. */
const SETTINGS = [
  ['data', 'node.data'],
  ['name', 'node.name'],
  ['p2p', 'p2p.listen'],
  ['http', 'http.listen'],
] as const;

const DEV_SETTINGS = { 'p2p.listen': '127.0.0.1:0' };

/** Throws `bad-config` or `bad-usage`. */
export function loadConfig(context: Context, input: Input): LoadedConfig {
  return parseConfig(configInputs(context, input));
}

function configInputs({ env }: Context, input: Input): ConfigInputs {
  const file = input.text('config') ?? env.SEQ_NODE_CONFIG;
  const flags = [];
  for (const [name, setting] of SETTINGS) {
    const value = input.text(name);
    if (value !== undefined) flags.push({ flag: `--${name}`, setting, value });
  }
  for (const text of input.texts('set')) {
    const equals = text.indexOf('=');
    if (equals < 1)
      throw new SeqNodeError('bad-usage', `--set needs KEY=VALUE, not ${JSON.stringify(text)}.`);
    flags.push({ flag: '--set', setting: text.slice(0, equals), value: text.slice(equals + 1) });
  }
  return {
    presets: input.boolean('dev') ? [{ source: 'flag --dev', settings: DEV_SETTINGS }] : [],
    ...(file ? { file: readConfigFile(file) } : {}),
    env,
    flags,
  };
}

/** What only the running machine can tell: a directory for a node that is to keep nothing. */
export function completeConfig(
  context: Context,
  input: Input,
): { config: Config; temporary: string | undefined } {
  const inputs = configInputs(context, input);
  const { sources } = parseConfig(inputs);
  const presets = [...(inputs.presets ?? [])];
  const settings: Record<string, string> = {};
  let temporary: string | undefined;
  if (input.boolean('dev') && !sources.has('node.data')) {
    temporary = makeTemporary();
    settings['node.data'] = temporary;
  }
  presets.push({ source: 'this machine', settings });
  return { config: parseConfig({ ...inputs, presets }).config, temporary };
}

/** Throws `bad-config`. */
function makeTemporary(): string {
  try {
    return mkdtempSync(join(tmpdir(), 'seq-node-dev-'));
  } catch (error) {
    const { message } = error as Error;
    throw new SeqNodeError(
      'bad-config',
      `No temporary directory can be made, where TMPDIR says: ${message}.`,
    );
  }
}

export function gatewayOptions({
  http,
}: Config): Pick<GatewayOptions, 'listen' | 'token' | 'origins' | 'version' | 'limits'> {
  const { listen, token, origins, ...limits } = http;
  return {
    listen,
    token,
    origins: origins
      .toLowerCase()
      .split(' ')
      .filter((each) => each !== ''),
    version: VERSION,
    limits,
  };
}

/**
 * `isMember` tells whether the data directory holds a cluster already; then the node goes on, whatever the
 * flags ask for, so that the same command line serves its first start and every later one. Rejects with
 * `bad-usage`, `not-a-cluster` or `token-refused`.
 */
export async function chooseEntrance(input: Input, data: string, isMember: boolean): Promise<Entrance> {
  const members = input.texts('join');
  const tokenFile = input.text('token-file');
  checkFlags(input);
  if (isMember) return { kind: 'resume' };
  if (input.boolean('create')) return { kind: 'create' };
  if (members.length > 0) {
    const waitMs = input.duration('token-wait') ?? TOKEN_WAIT_MS_DEFAULT;
    const token = input.text('token') ?? (await readTokenFile(tokenFile!, waitMs));
    return { kind: 'join', members, token };
  }
  if (input.boolean('dev')) return { kind: 'create' };
  const what = existsSync(data) ? 'holds no cluster' : 'does not exist';
  throw new SeqNodeError(
    'not-a-cluster',
    `The data directory ${data} ${what}, and neither --create, --join nor --dev says what to do.`,
    { data },
  );
}

function checkFlags(input: Input) {
  const refuse = (sentence: string): never => {
    throw new SeqNodeError('bad-usage', sentence);
  };
  const members = input.texts('join');
  const given = [input.boolean('create'), members.length > 0, input.boolean('dev')].filter(Boolean).length;
  if (given > 1) refuse('--create, --join and --dev exclude each other.');
  for (const member of members)
    if (parseAddress(member) === undefined) refuse(`--join needs HOST:PORT, not ${JSON.stringify(member)}.`);
  const tokens = [input.text('token'), input.text('token-file')].filter(
    (token) => token !== undefined,
  ).length;
  if (members.length > 0 && tokens !== 1)
    refuse('--join needs --token or --token-file; make one with seq-node token.');
  if (members.length === 0 && tokens > 0) refuse('--token and --token-file go with --join.');
  if ((input.integer('issue-tokens') === undefined) !== (input.text('tokens-dir') === undefined))
    refuse('--issue-tokens and --tokens-dir go together.');
}
