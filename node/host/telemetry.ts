// What a node counts about itself, in the Prometheus text format 0.0.4. The gateway adds its own. No label
// holds an actor's path, a message or anything else that has no bound.
import type { ClientRequest, Lane } from '../core/types.ts';
import { DELAY_BOUNDS_MS, Delays } from './delays.ts';

export type Operation = ClientRequest['op'];

/** What is read from elsewhere when the metrics are asked for. */
export interface Readings {
  readonly version: string;
  readonly name: string;
  readonly counters: Readonly<Record<string, readonly [value: number, help: string]>>;
  readonly gauges: Readonly<Record<string, readonly [value: number, help: string]>>;
  readonly tickDelays: Delays;
}

export class Telemetry {
  readonly #startedAt = performance.now();
  readonly #outcomes = new Map<Operation, Map<string, number>>();
  readonly #durations = new Map<Operation, Delays>();
  /** From the write of the log to its durability. */
  readonly logDelays = new Delays();
  /** Between two frames of one peer on the control lane: how regularly it is heard. */
  readonly controlGaps = new Delays();
  readonly #heardAt = new Map<string, number>();
  #framesReceived: Record<Lane, number> = { control: 0, data: 0, bulk: 0 };

  received(peer: string, lane: Lane, frames: number): void {
    this.#framesReceived[lane] += frames;
    if (lane !== 'control') return;
    const now = performance.now();
    const before = this.#heardAt.get(peer);
    if (before !== undefined) this.controlGaps.add(now - before);
    this.#heardAt.set(peer, now);
  }

  forgetPeer(peer: string): void {
    this.#heardAt.delete(peer);
  }

  /** A request that is over: `ok`, or the code of its error. */
  count(operation: Operation, outcome: string, tookMs: number): void {
    let outcomes = this.#outcomes.get(operation);
    if (outcomes === undefined) {
      outcomes = new Map();
      this.#outcomes.set(operation, outcomes);
      this.#durations.set(operation, new Delays());
    }
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    this.#durations.get(operation)!.add(tookMs);
  }

  render(readings: Readings): string {
    const lines: string[] = [];
    const { version, name } = readings;
    family(lines, 'seqnode_info', 'gauge', 'Which node this is.');
    lines.push(`seqnode_info{version="${escapeLabel(version)}",name="${escapeLabel(name)}"} 1`);
    for (const [metric, [value, help]] of Object.entries({ ...readings.counters, ...processCounters() })) {
      family(lines, metric, 'counter', help);
      lines.push(`${metric} ${value}`);
    }
    for (const [metric, [value, help]] of Object.entries({ ...readings.gauges, ...this.#gauges(readings) })) {
      family(lines, metric, 'gauge', help);
      lines.push(`${metric} ${Number.isNaN(value) ? 'NaN' : value}`);
    }
    family(lines, 'seqnode_frames_received_total', 'counter', 'Frames that arrived from peers.');
    for (const [lane, count] of Object.entries(this.#framesReceived))
      lines.push(`seqnode_frames_received_total{lane="${lane}"} ${count}`);
    this.#renderRequests(lines);
    histogram(lines, 'seqnode_log_write_seconds', 'From an append to its durability.', [
      ['', this.logDelays],
    ]);
    histogram(lines, 'seqnode_tick_delay_seconds', 'How late ticks were.', [['', readings.tickDelays]]);
    histogram(lines, 'seqnode_control_gap_seconds', 'Between two control frames of one peer.', [
      ['', this.controlGaps],
    ]);
    return `${lines.join('\n')}\n`;
  }

  #gauges({ tickDelays }: Readings): Readings['gauges'] {
    const memory = process.memoryUsage();
    return {
      seqnode_uptime_seconds: [(performance.now() - this.#startedAt) / 1000, 'Time since the start.'],
      seqnode_resident_memory_bytes: [memory.rss, 'Memory of the process that is resident.'],
      seqnode_heap_used_bytes: [memory.heapUsed, 'Memory of the JavaScript heap that is in use.'],
      seqnode_external_memory_bytes: [
        memory.external,
        'Memory outside of the JavaScript heap that it refers to.',
      ],
      seqnode_tick_delay_worst_seconds: [
        tickDelays.worstRecentMs / 1000,
        'The latest tick of the last 15 to 30 seconds.',
      ],
      seqnode_control_gap_worst_seconds: [
        this.controlGaps.worstRecentMs / 1000,
        'The longest silence of a connected peer in the last 15 to 30 seconds.',
      ],
    };
  }

  #renderRequests(lines: string[]): void {
    family(lines, 'seqnode_requests_total', 'counter', 'Requests of clients by outcome.');
    for (const [operation, outcomes] of this.#outcomes)
      for (const [outcome, count] of outcomes)
        lines.push(`seqnode_requests_total{operation="${operation}",outcome="${outcome}"} ${count}`);
    const durations = [...this.#durations].map(
      ([operation, delays]) => [`operation="${operation}"`, delays] as const,
    );
    histogram(lines, 'seqnode_request_seconds', 'From a request to its outcome.', durations);
  }
}

function processCounters(): Readings['counters'] {
  const { user, system } = process.cpuUsage();
  return { seqnode_cpu_seconds_total: [(user + system) / 1e6, 'Processor time of the process.'] };
}

function family(lines: string[], name: string, type: string, help: string): void {
  lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
}

function histogram(
  lines: string[],
  name: string,
  help: string,
  series: readonly (readonly [labels: string, delays: Delays])[],
): void {
  family(lines, name, 'histogram', help);
  for (const [labels, delays] of series) {
    const comma = labels === '' ? '' : `${labels},`;
    const braces = labels === '' ? '' : `{${labels}}`;
    let below = 0;
    DELAY_BOUNDS_MS.forEach((bound, at) => {
      below += delays.counts[at]!;
      lines.push(`${name}_bucket{${comma}le="${bound / 1000}"} ${below}`);
    });
    lines.push(`${name}_bucket{${comma}le="+Inf"} ${delays.count}`);
    lines.push(`${name}_sum${braces} ${delays.sumMs / 1000}`, `${name}_count${braces} ${delays.count}`);
  }
}

const escapeLabel = (text: string): string =>
  text.replace(/[\\"\n]/g, (char) => (char === '\n' ? '\\n' : `\\${char}`));
