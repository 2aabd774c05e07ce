// Holds docker-compose.yml, the Dockerfile and the profiles of config/ to the real flag parser and the real
// configuration.
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import test from 'ava';
import { formatAddress } from '../base/address.ts';
import { parseConfig, readConfigFile } from '../host/config.ts';
import { referenceToml } from '../host/config-manual.ts';
import type { Input } from './command.ts';
import { loadCommands } from './commands.ts';
import { parseArguments } from './parse-arguments.ts';
import { chooseEntrance, loadConfig } from './start-options.ts';
import { parseYaml } from './yaml.test-support.ts';

const COMMANDS = await loadCommands();

const ROOT = join(import.meta.dirname, '..', '..');
const TOKEN = 'a-token-for-this-test';

interface Service {
  readonly hostname: string;
  readonly command: readonly string[];
  readonly volumes: readonly string[];
  readonly ports: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly healthcheck: { readonly test: readonly string[] };
}

function readCompose() {
  const text = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8');
  return parseYaml(text) as unknown as {
    readonly services: Readonly<Record<string, Service>>;
    readonly volumes: Readonly<Record<string, null>>;
  };
}

function parsed(words: readonly string[]): { name: string; input: Input } {
  const result = parseArguments(words, COMMANDS);
  if (result.kind !== 'run') throw new Error(`${words.join(' ')} only gives ${result.kind}`);
  return { name: result.command.name, input: result.input };
}

/** The environment of a service as the container gets it: its variables, and those of the image. */
function environmentOf(service: Service): Record<string, string> {
  const given = Object.entries(service.environment).map(([name, value]) => {
    const substituted = value.replace(/\$\{SEQ_NODE_TOKEN(:\?[^}]*)?\}/g, TOKEN);
    if (substituted.includes('${')) throw new Error(`${name} refers to an unknown variable`);
    return [name, substituted];
  });
  return { ...Object.fromEntries(given), SEQ_NODE_CONFIG: join(ROOT, 'config/docker.toml') };
}

const sink = { color: false, write: () => {} };
const streams = { out: sink, err: sink, in: Readable.from([]) };

test('the services start nodes that find each other', async (t) => {
  const { services, volumes } = readCompose();
  const names = Object.keys(services);
  t.is(names.length, 3);
  const creators = names.filter((name) => services[name]!.command.includes('--create'));
  t.is(creators.length, 1);
  const creator = services[creators[0]!]!;
  const first = parsed(creator.command).input;
  const issued = Array.from(
    { length: first.integer('issue-tokens')! },
    (_, at) => `${first.text('tokens-dir')}/token-${at + 1}`,
  );
  const used: string[] = [];
  const dataVolumes = new Set<string>();
  for (const [name, service] of Object.entries(services)) {
    const { name: command, input } = parsed(service.command);
    t.is(command, 'start');
    const { config } = loadConfig({ ...streams, env: environmentOf(service) }, input);
    t.is(config.node.name, name);
    t.is(config.http.token, TOKEN);
    t.is(service.hostname, name);
    t.deepEqual(config.p2p.announce.map(formatAddress), [`${name}:${config.p2p.listen.port}`]);
    await t.notThrowsAsync(chooseEntrance(input, config.node.data, true));
    const mounted = new Map(
      service.volumes.map((volume) => volume.split(':') as [string, string]).map(([from, to]) => [to, from]),
    );
    for (const from of mounted.values()) t.true(Object.hasOwn(volumes, from), from);
    dataVolumes.add(mounted.get(config.node.data)!);
    t.true(mounted.has(first.text('tokens-dir')!));
    t.true(
      service.ports.every(
        (port) => port.endsWith(`:${config.http.listen.port}`) && port.startsWith('127.0.0.1:'),
      ),
    );
    if (service === creator) continue;
    t.deepEqual(input.texts('join'), [`${creators[0]}:7400`]);
    used.push(input.text('token-file')!);
  }
  t.is(dataVolumes.size, 3);
  t.deepEqual(used.sort(), issued);
});

test('health checks and image commands are commands of ours', (t) => {
  const { services } = readCompose();
  for (const { healthcheck } of Object.values(services)) {
    const [kind, command, ...words] = healthcheck.test;
    t.deepEqual([kind, command], ['CMD', 'seq-node']);
    t.is(parsed(words).name, 'status');
  }
  const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');
  const [check, byDefault] = [...dockerfile.matchAll(/CMD (\[.*\])$/gm)].map(
    ([, list]) => JSON.parse(list!) as string[],
  );
  t.is(check![0], 'seq-node');
  t.is(parsed(check!.slice(1)).name, 'status');
  t.is(parseArguments(byDefault!, COMMANDS).kind, 'help');
  t.true(dockerfile.includes('ENTRYPOINT ["seq-node"]'));
  for (const [, source] of dockerfile.matchAll(/^COPY (?!--from)(\S+) /gm))
    t.true(existsSync(join(ROOT, source!)), source);
  t.notRegex(dockerfile, /curl|wget|apt-get/);
});

test('every profile of config/ is a whole configuration', (t) => {
  const token = join(mkdtempSync(join(tmpdir(), 'seq-node-profile-')), 'token');
  writeFileSync(token, TOKEN);
  const profiles = readdirSync(join(ROOT, 'config')).filter((name) => name.endsWith('.toml'));
  t.true(profiles.length >= 6);
  for (const name of profiles) {
    const file = readConfigFile(join(ROOT, 'config', name));
    t.regex(file.text, /^# [A-Z]/, name);
    const env: Record<string, string> = {};
    if (file.text.includes('token-file = "/etc')) env.SEQ_NODE_HTTP__TOKEN_FILE = token;
    else if (name === 'docker.toml') env.SEQ_NODE_HTTP__TOKEN = TOKEN;
    t.notThrows(() => parseConfig({ file, env }), name);
  }
  const listens = [1, 2, 3].map((number) => {
    const { config } = parseConfig({ file: readConfigFile(join(ROOT, `config/three-${number}.toml`)) });
    return [
      formatAddress(config.p2p.listen),
      formatAddress(config.http.listen),
      config.node.data,
      config.node.name,
    ];
  });
  t.is(new Set(listens.flat()).size, 12);
});

test('config/reference.toml has every setting with its default', (t) => {
  const path = join(ROOT, 'config/reference.toml');
  const wanted = referenceToml();
  if (process.env.SEQ_NODE_WRITE_DOCS === '1') writeFileSync(path, wanted);
  t.is(
    readFileSync(path, 'utf8'),
    wanted,
    'SEQ_NODE_WRITE_DOCS=1 npx ava node/cli/deployment.test.ts writes it',
  );
  const uncommented = wanted.replace(/^# ([a-z-]+ = )/gm, '$1');
  t.deepEqual(parseConfig({ file: { name: 'reference', text: uncommented } }).config, parseConfig().config);
});
