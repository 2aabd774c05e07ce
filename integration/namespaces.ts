// A local network of its own: machines are network namespaces on one bridge, and packets between them can be
// lost. All of it, and every process in it, is within namespaces of this very script, so that nothing of it
// outlives the script, however it ends, and no name or address meets one of the machine's.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ended, spawnTracked } from './children.ts';

const INSIDE = 'SEQ_NODE_SANDBOX';
const DEVICE = 'eth0';
/** An address of a network card that nobody has. */
const NOWHERE = '02:00:00:00:00:ff';
/** Where the system's own commands are: npm puts others of such names before them. */
const SYSTEM_PATH = '/usr/sbin:/usr/bin:/sbin:/bin';
const SYSTEM = { ...process.env, PATH: SYSTEM_PATH };

/** `ip netns` keeps its names below /run: those of the sandbox stay in it. */
const ENTER = `(PATH=${SYSTEM_PATH}; mount -t tmpfs tmpfs /run && ip link set lo up) && exec "$@"`;
const PROBE = [
  `PATH=${SYSTEM_PATH}`,
  'ip netns add probe',
  'ip link add veth-a type veth peer name veth-b netns probe',
  'ip link add bridge-a type bridge',
].join(' && ');

/** The exit status that stands for "skipped" where a script may be skipped: EX_TEMPFAIL of sysexits. */
export const SKIPPED = 75;

export type Sandbox =
  /** This process is in it, and may keep files in the directory. */
  | { readonly directory: string }
  /** The script ran in it. */
  | { readonly status: number }
  /** This machine permits no such thing, for that reason. */
  | { readonly refused: string };

/**
 * Runs the calling script again in a sandbox, and resolves once it has ended; in the sandbox itself, at once.
 */
export async function enterSandbox(script: string): Promise<Sandbox> {
  const given = process.env[INSIDE];
  if (given !== undefined) return { directory: given };
  if (process.platform !== 'linux') return { refused: 'network namespaces are a thing of Linux' };
  const asRoot = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  const flags = [...asRoot, '--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const inSandbox = (...command: string[]) => [...flags, 'sh', '-c', ENTER, 'sh', ...command];
  const probe = spawnSync('unshare', inSandbox('sh', '-c', PROBE), { encoding: 'utf8' });
  if (probe.status !== 0) return { refused: (probe.error?.message ?? probe.stderr).trim() };
  const directory = mkdtempSync(join(tmpdir(), 'seq-node-network-'));
  const again = inSandbox(process.execPath, script, ...process.argv.slice(2));
  const child = spawnTracked('unshare', again, {
    stdio: 'inherit',
    env: { ...process.env, [INSIDE]: directory },
  });
  // Also when a signal ends this process; those in the sandbox, which it kills first, may then still be
  // writing.
  process.on('exit', () =>
    rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }),
  );
  const { code } = await ended(child);
  return { status: code ?? 1 };
}

/** Why `lose` cannot be used here; undefined when it can. */
export function lossRefused(): string | undefined {
  const { status, error, stderr } = spawnSync('nft', ['list', 'ruleset'], { encoding: 'utf8', env: SYSTEM });
  return status === 0 ? undefined : (error?.message ?? stderr).trim();
}

/** To be made once, in a sandbox. This process itself is connected to the bridge. */
export class LocalNetwork {
  readonly #machines: readonly string[];
  /** The last part of the address of the first machine. */
  #first = 11;
  readonly #silenced: (readonly [from: string, address: string])[] = [];

  constructor(machines: readonly string[]) {
    this.#machines = machines;
    ip('link', 'add', 'bridge', 'type', 'bridge', 'mcast_snooping', '0');
    ip('addr', 'add', '10.0.0.1/24', 'dev', 'bridge');
    ip('link', 'set', 'bridge', 'up');
    for (const machine of machines) {
      ip('netns', 'add', machine);
      ip('link', 'add', `to-${machine}`, 'type', 'veth', 'peer', 'name', DEVICE, 'netns', machine);
      ip('link', 'set', `to-${machine}`, 'master', 'bridge', 'up');
      ip('-n', machine, 'link', 'set', 'lo', 'up');
      this.#setAddress(machine);
    }
  }

  /** What runs a command on the machine, to be put before it. */
  on(machine: string): readonly string[] {
    return ['ip', 'netns', 'exec', machine];
  }

  address(machine: string): string {
    return `10.0.0.${this.#first + this.#machines.indexOf(machine)}`;
  }

  /** Every machine gets an address that none had before. */
  moveAll(): void {
    this.#first += this.#machines.length;
    for (const machine of this.#machines) {
      ip('-n', machine, 'addr', 'flush', 'dev', DEVICE);
      this.#setAddress(machine);
    }
  }

  /** What `from` sends to `to` vanishes, and nobody is told. The other way is open. */
  silence(from: string, to: string): void {
    const address = this.address(to);
    ip('-n', from, 'neigh', 'replace', address, 'lladdr', NOWHERE, 'dev', DEVICE, 'nud', 'permanent');
    this.#silenced.push([from, address]);
  }

  /** Pulls the machine's cable, as seen from its switch: the machine does not notice. */
  unplug(machine: string): void {
    ip('link', 'set', `to-${machine}`, 'nomaster');
  }

  /** Each machine loses so many of a hundred packets that come to it, at random. */
  lose(percent: number): void {
    const rule = `add rule inet loss in iifname ${DEVICE} numgen random mod 100 < ${percent} counter drop`;
    const chain = 'add chain inet loss in { type filter hook input priority 0; }';
    for (const machine of this.#machines)
      run([...this.on(machine), 'nft', `add table inet loss; ${chain}; ${rule}`]);
  }

  /** Packets that were lost since `lose`. */
  get lost(): number {
    let lost = 0;
    for (const machine of this.#machines) {
      const rules = run([...this.on(machine), 'nft', 'list', 'table', 'inet', 'loss']);
      lost += Number(/packets (\d+)/.exec(rules)?.[1] ?? 0);
    }
    return lost;
  }

  heal(): void {
    for (const [from, address] of this.#silenced.splice(0))
      ip('-n', from, 'neigh', 'del', address, 'dev', DEVICE);
    for (const machine of this.#machines) {
      ip('link', 'set', `to-${machine}`, 'master', 'bridge');
      if (lossRefused() === undefined) run([...this.on(machine), 'nft', 'flush ruleset']);
    }
  }

  #setAddress(machine: string): void {
    ip('-n', machine, 'addr', 'add', `${this.address(machine)}/24`, 'dev', DEVICE);
    ip('-n', machine, 'link', 'set', DEVICE, 'up');
    // Multicast goes the way of all that is elsewhere.
    ip('-n', machine, 'route', 'replace', 'default', 'dev', DEVICE);
  }
}

const ip = (...args: string[]) => run(['ip', ...args]);

/** Gives what the command wrote; throws when it fails. */
function run([command = '', ...args]: readonly string[]): string {
  const { status, error, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', env: SYSTEM });
  if (status !== 0) throw new Error(`${[command, ...args].join(' ')}: ${(error?.message ?? stderr).trim()}`);
  return stdout;
}
