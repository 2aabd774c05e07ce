// What all rounds of chaos begin and end with: a cluster of three real nodes, a number of rounds, and a seed.
import { Cluster } from '../integration/cluster.ts';
import { readOptions, wholeNumber } from '../integration/options.ts';
import { SeededRandom } from '../node/base/random.ts';
import { runScript, say } from './progress.ts';

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** `play` resolves to the exit status of the process. */
export function playRounds(
  usage: Parameters<typeof readOptions>[0],
  roundsDefault: number,
  play: (cluster: Cluster, rounds: number, random: SeededRandom) => Promise<number>,
): Promise<never> {
  return runScript(async () => {
    const { values } = readOptions(usage, {
      rounds: { type: 'string', default: String(roundsDefault) },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    });
    const rounds = wholeNumber(usage, 'rounds', values.rounds, 1);
    const seed = wholeNumber(usage, 'seed', values.seed);
    say(`${rounds} rounds, seed ${seed}`);
    const cluster = await Cluster.start({ size: 3 });
    try {
      return await play(cluster, rounds, new SeededRandom(seed));
    } finally {
      await cluster.dispose();
    }
  });
}
