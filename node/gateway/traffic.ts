// What the gateway counts about itself, in the Prometheus text format 0.0.4.

/** Upper bounds of the latency buckets, in seconds. */
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

interface Series {
  readonly buckets: Float64Array;
  sumSeconds: number;
  count: number;
}

export class Traffic {
  readonly #statuses = new Map<string, Map<number, number>>();
  readonly #latencies = new Map<string, Series>();

  /** `route` comes from a fixed set, so the number of series is bounded. */
  count(route: string, status: number, seconds: number) {
    let statuses = this.#statuses.get(route);
    if (statuses === undefined) {
      statuses = new Map();
      this.#statuses.set(route, statuses);
      this.#latencies.set(route, { buckets: new Float64Array(BUCKETS.length), sumSeconds: 0, count: 0 });
    }
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    const series = this.#latencies.get(route)!;
    series.sumSeconds += seconds;
    series.count++;
    const bucket = BUCKETS.findIndex((bound) => seconds <= bound);
    if (bucket >= 0) series.buckets[bucket]!++;
  }

  text(now: { readonly outstanding: number; readonly connections: number }): string {
    const lines = [
      '# HELP seqnode_http_requests_total Requests answered.',
      '# TYPE seqnode_http_requests_total counter',
    ];
    for (const [route, statuses] of this.#statuses)
      for (const [status, count] of statuses)
        lines.push(`seqnode_http_requests_total{route="${route}",status="${status}"} ${count}`);
    const name = 'seqnode_http_request_seconds';
    lines.push(`# HELP ${name} From the head of a request to its answer.`, `# TYPE ${name} histogram`);
    for (const [route, { buckets, sumSeconds, count }] of this.#latencies) {
      let below = 0;
      BUCKETS.forEach((bound, at) => {
        below += buckets[at]!;
        lines.push(`${name}_bucket{route="${route}",le="${bound}"} ${below}`);
      });
      lines.push(`${name}_bucket{route="${route}",le="+Inf"} ${count}`);
      lines.push(`${name}_sum{route="${route}"} ${sumSeconds}`, `${name}_count{route="${route}"} ${count}`);
    }
    lines.push(
      ...gauge('seqnode_http_outstanding', 'Messages that wait for their outcome.', now.outstanding),
    );
    lines.push(...gauge('seqnode_http_connections', 'Open client connections.', now.connections));
    return `${lines.join('\n')}\n`;
  }
}

function gauge(name: string, help: string, value: number): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, `${name} ${value}`];
}
