// The Seq program of the tests, and how its actors come to life.
import type { NodeClient } from './node-client.ts';
import { until } from './node-process.ts';

export const WORKER_SOURCE = `
union Work {
  Deposit { amount: Int }
  Total
  Loop
  Fail
  Pass { target: String, amount: Int }
}

: total ( Map -- Int ) "balance" map.get [ ] [ drop 0 ] if ;
: add ( Map Int -- Map ) over total i.+ "balance" swap map.set ;
: forever ( -- ) forever ;

# Adds up, tells its total, never comes back, fails, or passes an amount on to another.
: worker ( Map Work -- Map )
  match
    Deposit { >amount } -> add
    Total -> dup total actor.reply
    Loop -> forever
    Fail -> :no variant.make-0 1 variant.field-at drop
    Pass { >target >amount } -> Make-Deposit actor.send
  end
;
`;

/** Deploys the program; resolves to its hash. */
export async function deployWorker(client: NodeClient): Promise<string> {
  const module = await until('the program is deployed', () =>
    client.call<{ hash: string }>('POST', '/v1/modules', {
      entry: 'worker.seq',
      files: { 'worker.seq': WORKER_SOURCE },
    }),
  );
  return module.hash;
}

export async function spawnWorker(client: NodeClient, path: string): Promise<void> {
  const module = await deployWorker(client);
  await until(`${path} is spawned`, () =>
    client.call('POST', `/v1/actors${path}`, { module, word: 'worker', id: `spawn-${path}` }),
  );
}

export async function totalOf(client: NodeClient, path: string): Promise<number> {
  const { state } = await client.inspect(path);
  return (state as { balance?: number }).balance ?? 0;
}
