// `npm run sim`: runs seeds of the simulator.
//   -- --from N --seeds K [--workers W]   K seeds from N on; ends with `K seeds, F failed`, exit 1 on any failure
//   -- --seed N [--trace]                 one seed; --trace prints what happens
//   -- --corpus                           the seeds of sim/corpus.txt, which failed once
//   --fault NAME                          makes a mistake on purpose (see node/core/types.ts, `faults`)
import { parseArgs } from 'node:util';
import { simulate } from '../sim/simulation.ts';

const { values } = parseArgs({
  options: {
    from: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '100' },
    seed: { type: 'string' },
    trace: { type: 'boolean', default: false },
    fault: { type: 'string', multiple: true, default: [] },
  },
});
const faults = new Set(values.fault);
if (values.seed !== undefined) {
  const trace = values.trace ? { print: (line: string) => console.log(line) } : {};
  const started = performance.now();
  const result = simulate({ seed: Number(values.seed), faults, trace });
  console.log({ ...result, violation: result.violation?.message, ms: performance.now() - started });
}
