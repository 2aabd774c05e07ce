import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { parseAddress } from '../base/address.ts';
import { SeqNodeError } from '../base/errors.ts';
import { type ConfigInputs, dumpConfig, parseConfig, variableOf } from './config.ts';
import { everyOption } from './config-schema.ts';
import { checkText, describeOption, formatValue } from './config-value.ts';

const file = (text: string) => ({ name: 'node.toml', text });

function refused(t: ExecutionContext, inputs: ConfigInputs, ...parts: string[]) {
  const error = t.throws(() => parseConfig(inputs), { instanceOf: SeqNodeError });
  t.is(error?.code, 'bad-config');
  for (const part of parts) t.true(error?.message.includes(part), `${error?.message} should say ${part}`);
  return error;
}

test('without inputs every setting has its default', (t) => {
  const { config, sources } = parseConfig();
  t.deepEqual(config.http.listen, { host: '127.0.0.1', port: 7480 });
  t.deepEqual(config.p2p.listen, { host: '0.0.0.0', port: 7400 });
  t.is(config.cluster.shards, 24);
  t.is(config.consensus.heartbeatMs, 200);
  t.is(config.consensus.electionMs, 1000);
  t.is(config.runtime.restartLimit, 3);
  t.is(sources.size, 0);
});

test('every default obeys its own rule, and survives being written as text', (t) => {
  for (const { section, key, option } of everyOption()) {
    const text = Array.isArray(option.default) ? '' : formatValue(option.default).replace(/^"|"$/g, '');
    t.deepEqual(checkText(option, text), { value: option.default }, `${section}.${key}`);
  }
});

test('flags beat the environment, which beats the file, which beats the defaults', (t) => {
  const inputs = {
    file: file('[node]\nname = "f"\ndata = "f"\n[log]\nlevel = "debug"\n'),
    env: { SEQ_NODE_NODE__NAME: 'e', SEQ_NODE_NODE__DATA: 'e', SEQ_NODE_URL: 'ignored', PATH: '/bin' },
    flags: [{ flag: '--name', setting: 'node.name', value: 'x' }],
  };
  const { config, sources } = parseConfig(inputs);
  t.is(config.node.name, 'x');
  t.is(config.node.data, 'e');
  t.is(config.log.level, 'debug');
  t.is(config.log.format, 'text');
  t.is(sources.get('node.name'), 'flag --name');
  t.is(sources.get('node.data'), 'environment SEQ_NODE_NODE__DATA');
  t.is(sources.get('log.level'), 'file node.toml');
});

test('every setting can come from its environment variable', (t) => {
  for (const { section, key } of everyOption()) {
    const error = t.throws(() => parseConfig({ env: { [variableOf(section, key)]: '\u0001never right' } }));
    t.true(error.message.includes(`environment ${variableOf(section, key)}`), error.message);
  }
  const { config } = parseConfig({
    env: {
      SEQ_NODE_P2P__BOOTSTRAP: 'a:1, [::1]:2',
      SEQ_NODE_P2P__MDNS: 'true',
      SEQ_NODE_CLUSTER__SHARDS: '7',
    },
  });
  t.deepEqual(config.p2p.bootstrap, [
    { host: 'a', port: 1 },
    { host: '::1', port: 2 },
  ]);
  t.true(config.p2p.mdns);
  t.is(config.cluster.shards, 7);
});

test('the result cannot be changed', (t) => {
  const { config } = parseConfig({ env: { SEQ_NODE_P2P__BOOTSTRAP: 'a:1' } });
  for (const frozen of [
    config,
    ...Object.values(config),
    config.http.listen,
    config.p2p.bootstrap,
    config.p2p.bootstrap[0],
  ])
    t.true(Object.isFrozen(frozen));
});

test('an unknown key is refused with where it stands and what was meant', (t) => {
  refused(t, { file: file('[http]\nlisen = "127.0.0.1:1"') }, 'file node.toml', 'http.lisen', 'http.listen');
  refused(t, { file: file('[htpp]\nlisten = "127.0.0.1:1"') }, 'file node.toml', '[htpp]', '[http]');
  refused(t, { file: file('[frobnicate]\n') }, '[frobnicate]', 'node, p2p, http');
  refused(t, { file: file('listen = "127.0.0.1:1"') }, 'listen is not a setting');
  refused(t, { file: file('http = 3') }, 'http must be a table');
  refused(t, { file: file('[http.listen]\nx = 1') }, 'http.listen must be an address');
  refused(
    t,
    { env: { SEQ_NODE_HTTP__LISEN: 'x' } },
    'environment SEQ_NODE_HTTP__LISEN',
    'SEQ_NODE_HTTP__LISTEN',
  );
  refused(t, { flags: [{ flag: '--set', setting: 'shards', value: '1' }] }, 'flag --set', 'cluster.shards');
  refused(t, { file: file('[http]\nconstructor = 1') }, 'node.toml');
  refused(t, { file: file('[constructor]\nname = 1') }, 'node.toml');
});

test('a bad value is refused with what was expected', (t) => {
  const long = { flags: [{ flag: '--name', setting: 'node.name', value: 'n'.repeat(129) }] };
  refused(t, long, 'node.name', '1 to 128 letters', 'of 129 characters');
  refused(
    t,
    { file: file('[cluster]\nshards = 0') },
    'file node.toml',
    'cluster.shards',
    '1 to 1024',
    'not 0',
  );
  refused(t, { file: file('[cluster]\nshards = "8"') }, 'an integer', 'not "8"');
  refused(t, { file: file('[cluster]\nshards = 1.5') }, 'an integer');
  refused(t, { file: file('[p2p]\nmdns = "yes"') }, 'true or false');
  refused(t, { file: file('[p2p]\nbootstrap = ["a"]') }, 'a list of addresses');
  refused(t, { file: file('[log]\nlevel = "loud"') }, '"debug" or "info"', '"loud"');
  refused(t, { file: file('[consensus]\nheartbeat-ms = 5') }, '(ms)');
  refused(
    t,
    { env: { SEQ_NODE_CLUSTER__SHARDS: '1e3' } },
    'environment SEQ_NODE_CLUSTER__SHARDS',
    'an integer',
  );
  refused(t, { file: file('[http]\nlisten = "127.0.0.1"') }, 'HOST:PORT');
  refused(t, { file: file('[http]\nlisten =') }, 'file node.toml, line 2', 'not TOML');
  refused(t, { file: file('[http]\nlisten = 2026-01-01') }, 'HOST:PORT');
});

test('settings that contradict each other are refused', (t) => {
  refused(t, { file: file('[http]\nlisten = "0.0.0.0:7480"') }, 'http.listen', 'token-file');
  for (const origin of ['app.example', 'https://app.example/', 'ftp://a', '*', 'https://a,https://b'])
    refused(t, { file: file(`[http]\norigins = "${origin}"`) }, 'http.origins', JSON.stringify(origin));
  t.notThrows(() =>
    parseConfig({ file: file('[http]\norigins = "https://app.example  http://[::1]:3000"') }),
  );
  refused(t, { file: file('[http]\nlisten = "[::]:7480"') }, 'http.listen', '[::]:7480');
  refused(t, { file: file('[http]\ntoken = "short"') }, '16 characters');
  refused(t, { file: file('[http]\ntoken = "sixteen charact\u00e9"') }, 'ASCII');
  refused(t, { file: file('[consensus]\nheartbeat-ms = 300') }, 'election-ms', 'heartbeat-ms (300)');
  refused(t, { file: file('[cluster]\nreplicas = 2') }, 'odd');
  refused(t, { file: file('[node]\ndata = ""') }, 'directory');
  refused(t, { file: file('[p2p]\nannounce = ["a:1", "b:1"]') }, 'one address only');
  t.notThrows(() => parseConfig({ file: file('[http]\nlisten = "[::1]:1"') }));
  t.notThrows(() => parseConfig({ file: file('[http]\nlisten = "0.0.0.0:1"\ntoken = "0123456789abcdef"') }));
});

test('a token comes from a file, and is never shown', (t) => {
  const path = join(mkdtempSync(join(tmpdir(), 'seq-node-config-')), 'token');
  writeFileSync(path, 'a-very-secret-token\n');
  const loaded = parseConfig({
    env: { SEQ_NODE_HTTP__TOKEN_FILE: path, SEQ_NODE_HTTP__LISTEN: '0.0.0.0:1' },
  });
  t.is(loaded.config.http.token, 'a-very-secret-token');
  t.false(dumpConfig(loaded).includes('very-secret'));
  refused(t, { env: { SEQ_NODE_HTTP__TOKEN_FILE: path, SEQ_NODE_HTTP__TOKEN: 'x'.repeat(16) } }, 'keep one');
  refused(t, { env: { SEQ_NODE_HTTP__TOKEN_FILE: `${path}-absent` } }, 'cannot be read', 'ENOENT');
});

test('the dump names the source of each value and gives the same configuration again', (t) => {
  const loaded = parseConfig({
    file: file('[p2p]\nbootstrap = ["a:1", "[::1]:2"]\n[node]\nname = "n-\\u00e9"\ndata = "x\\\\\\"\\u00e9"'),
    flags: [{ flag: '--http', setting: 'http.listen', value: 'localhost:9' }],
  });
  const dump = dumpConfig(loaded);
  t.true(dump.includes('listen = "localhost:9"  # flag --http'));
  t.true(dump.includes('bootstrap = ["a:1", "[::1]:2"]  # file node.toml'));
  t.true(dump.includes('shards = 24  # default'));
  t.deepEqual(parseConfig({ file: file(dump) }).config, loaded.config);
});

test('addresses', (t) => {
  t.deepEqual(parseAddress('[fe80::1%eth0]:80'), { host: 'fe80::1%eth0', port: 80 });
  for (const text of [
    '',
    ':1',
    'a',
    'a:',
    'a:65536',
    'a:-1',
    '::1:80',
    '[::1]',
    'a b:1',
    'http://a:1',
    'a:1 ',
  ])
    t.is(parseAddress(text), undefined, text);
});

test('whatever stands in the file, the answer is a configuration or bad-config', (t) => {
  const keys = [...everyOption()].flatMap(({ section, key }) => [section, key]);
  const word = fc.oneof(
    fc.constantFrom(...keys, '[', ']', '=', '"', '\n', '0', '-1', '[[', '{', '.'),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 20 }), (words) => {
      try {
        parseConfig({ file: file(words.join('')) });
      } catch (error) {
        if (!(error instanceof SeqNodeError) || error.code !== 'bad-config') throw error;
      }
    }),
    { numRuns: 500 },
  );
  t.pass();
});

test('every option says what it takes', (t) => {
  for (const { section, key, option } of everyOption()) {
    t.true(describeOption(option).length > 3);
    t.regex(option.doc, /^[A-Z].*\.$/, `${section}.${key}`);
  }
});
