import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { SeqNodeError } from '../../base/errors.ts';
import { type Config, dumpConfig } from '../../host/config.ts';
import type { Logger } from '../../host/logger.ts';
import type { RunningNode } from '../../host/node.ts';
import { VERSION } from '../../host/version.ts';
import type { Command, Context, Input } from '../command.ts';
import { Ending } from '../ending.ts';
import { createLogger } from '../log-lines.ts';
import { JSON_FLAG } from '../node-client.ts';
import { printJson, printLine, remark } from '../output.ts';
import { chooseEntrance, completeConfig, gatewayOptions, loadConfig } from '../start-options.ts';
import { issueTokens } from '../token-files.ts';

const READY_POLL_MS = 50;
/** After this long without being ready the checks are shown. */
const READY_PATIENCE_MS = 10_000;

export const start: Command = {
  name: 'start',
  summary: 'Run a node until it is told to stop.',
  arguments: [],
  flags: [
    { name: 'create', type: 'boolean', doc: 'Make a new cluster, of which this node is the first member.' },
    {
      name: 'join',
      type: 'text',
      value: 'HOST:PORT',
      many: true,
      doc: 'Join the cluster of the node whose p2p address this is. Needs --token or --token-file.',
    },
    {
      name: 'token',
      type: 'text',
      value: 'TOKEN',
      doc: 'The join token that a member made with seq-node token.',
    },
    {
      name: 'token-file',
      type: 'text',
      value: 'FILE',
      doc: 'A file with the join token; waits until it is there.',
    },
    {
      name: 'token-wait',
      type: 'duration',
      value: 'TIME',
      doc: 'How long to wait for --token-file. Default: 1m.',
    },
    {
      name: 'dev',
      type: 'boolean',
      doc: 'A node alone, for development: on loopback, in a fresh directory that is removed at the end unless --data names one.',
    },
    {
      name: 'name',
      type: 'text',
      value: 'NAME',
      doc: 'The name that people see. Default: the one that it had, else the name of the host.',
    },
    { name: 'data', type: 'text', value: 'DIR', doc: 'The data directory. Default: data.' },
    {
      name: 'p2p',
      type: 'text',
      value: 'HOST:PORT',
      doc: 'Where other nodes connect to. Default: 0.0.0.0:7400.',
    },
    {
      name: 'http',
      type: 'text',
      value: 'HOST:PORT',
      doc: 'Where clients connect to. Default: 127.0.0.1:7480.',
    },
    {
      name: 'config',
      type: 'text',
      value: 'FILE',
      doc: 'A configuration file in TOML. Default: SEQ_NODE_CONFIG, or none.',
    },
    {
      name: 'set',
      type: 'text',
      value: 'KEY=VALUE',
      many: true,
      doc: 'Any setting, as in --set log.level=debug.',
    },
    {
      name: 'dump-config',
      type: 'boolean',
      doc: 'Print the configuration that is in force, with where each value is from, and exit.',
    },
    {
      name: 'issue-tokens',
      type: 'integer',
      value: 'N',
      least: 1,
      most: 100,
      doc: 'Write N join tokens to --tokens-dir, once the node runs; files that are there are kept.',
    },
    {
      name: 'tokens-dir',
      type: 'text',
      value: 'DIR',
      doc: 'Where --issue-tokens writes token-1, token-2 and so on.',
    },
    JSON_FLAG,
  ],
  examples: [
    ['start --dev', 'A node alone on this machine, to try things out.'],
    ['start --create --data n1', 'The first node of a cluster.'],
    ['start --join 10.0.0.1:7400 --token TOKEN --data n2', 'A further node; TOKEN is from seq-node token.'],
    ['start --data n1', 'A node goes on where it stopped.'],
    ['start --config config/production.toml --dump-config', 'What a configuration amounts to.'],
  ],
  run: runStart,
};

async function runStart(context: Context, input: Input): Promise<number> {
  if (input.boolean('dump-config')) {
    context.out.write(dumpConfig(loadConfig(context, input)));
    return 0;
  }
  const { config, temporary } = completeConfig(context, input);
  try {
    return await runNode(context, input, config, temporary);
  } finally {
    if (temporary !== undefined) rmSync(temporary, { recursive: true, force: true });
  }
}

async function runNode(context: Context, input: Input, config: Config, temporary: string | undefined) {
  const ending = new Ending(context);
  try {
    const logger = createLogger(config.log, context.err);
    // Loaded here: the other commands need neither libp2p nor RocksDB.
    const [{ createNode }, { dataPaths, isThere }, { isOutOfSpace, untilSpace }] = await Promise.all([
      import('../../host/node.ts'),
      import('../../host/data-directory.ts'),
      import('../../host/space-wait.ts'),
    ]);
    const { data } = config.node;
    const holdsCluster = () => isThere(dataPaths(data).cluster);
    const run = async () => {
      const entered = chooseEntrance(input, data, holdsCluster()).then((entrance) =>
        createNode(config, { logger, entrance }),
      );
      const node = await Promise.race([entered, ending.asked]);
      // Nothing to hand over yet, and what is on disk survives worse.
      if (node === 'asked') return;
      try {
        await serve(context, input, { config, node, logger, ending, temporary });
      } finally {
        await node.stop();
      }
    };
    for (;;) {
      const missing = await run().catch((error: unknown) => {
        if (isOutOfSpace(error) && holdsCluster() && !ending.over) return error;
        throw error;
      });
      if (missing === undefined) return 0;
      remark(
        context,
        `seq-node: ${missing.message} The node starts again by itself once there is space where ${data} lies.`,
      );
      await Promise.race([untilSpace(config, logger, () => ending.over), ending.asked]);
      if (ending.over) return 0;
    }
  } finally {
    ending.dispose();
  }
}

interface Serving {
  readonly config: Config;
  readonly node: RunningNode;
  readonly logger: Logger;
  readonly ending: Ending;
  readonly temporary: string | undefined;
}

/** Serves clients until a signal comes, or rejects with what the node met. */
async function serve(context: Context, input: Input, serving: Serving): Promise<void> {
  const { config, node, logger, ending } = serving;
  const { createGateway } = await import('../../gateway/gateway.ts');
  const gateway = await createGateway({ api: node.api, ...gatewayOptions(config), logger });
  let isOver = false;
  const failed = node.failed.then((error) => {
    isOver = true;
    return error;
  });
  try {
    const announced = announce(context, input, serving, gateway.url, () => isOver || ending.over);
    const reason = await Promise.race([ending.asked, failed, announced]);
    if (reason instanceof SeqNodeError) throw reason;
  } finally {
    isOver = true;
    await gateway.close();
  }
}

/**
 * Tells once the node is ready, and issues tokens. Rejects with what goes wrong; never resolves, and says
 * nothing once it is over.
 */
async function announce(
  context: Context,
  input: Input,
  { node, temporary }: Serving,
  url: string,
  isOver: () => boolean,
): Promise<never> {
  const count = input.integer('issue-tokens');
  if (count !== undefined) await issueTokens(node.api, input.text('tokens-dir')!, count, isOver);
  if (!(await untilReady(context, node, isOver))) return new Promise<never>(() => {});
  const p2p = node.p2pAddresses.join(' ');
  remark(context, `seq-node ${VERSION}: node ${node.name} is ready at ${url}, and for other nodes at ${p2p}`);
  if (input.boolean('dev'))
    remark(
      context,
      `Development mode, not for production: one node, on loopback${temporary === undefined ? '' : ', its data removed at the end'}.`,
    );
  if (input.boolean('json'))
    printJson(context, { url, node: node.node, name: node.name, p2p: node.p2pAddresses });
  else printLine(context, url);
  return new Promise<never>(() => {});
}

/** False when it is over before. */
async function untilReady(context: Context, node: RunningNode, isOver: () => boolean): Promise<boolean> {
  const patience = performance.now() + READY_PATIENCE_MS;
  let said = false;
  while (!isOver()) {
    const { ready, checks } = await node.api.readiness();
    if (isOver()) break;
    if (ready) return true;
    if (!said && performance.now() > patience) {
      said = true;
      const open = checks.filter(({ ok }) => !ok).map(({ name, text }) => `${name}: ${text}`);
      remark(context, `seq-node: not ready yet: ${open.join('; ')}`);
    }
    await sleep(READY_POLL_MS);
  }
  return false;
}
