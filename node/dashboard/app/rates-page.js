// Rates and latencies of the node that serves the page, from its /metrics.
import { api } from './api.js';
import { Chart } from './chart.js';
import { bytes, count, duration } from './format.js';
import { parseMetrics, quantile, rate, total } from './metrics.js';
import { html, PageTitle, Pending, useReading } from './view.js';

/** @import { Reading } from './metrics.js' */

const EVERY_MS = 2000;
const KEPT = 300;

/**
 * @typedef {{ name: string, of: (before: Reading, after: Reading, seconds: number) => number | null }} Line
 * @typedef {{ title: string, unit: (value: number) => string, lines: readonly Line[] }} Plot
 */

/**
 * @param {string} metric
 * @param {string} name
 * @returns {Line}
 */
const perSecond = (metric, name) => ({
  name,
  of: (before, after, seconds) => rate(before, after, metric, seconds),
});

/**
 * @param {string} metric
 * @param {string} name
 * @param {number} q
 * @param {(labels: Record<string, string>) => boolean} [wanted]
 * @returns {Line}
 */
const latency = (metric, name, q, wanted) => ({
  name,
  of: (before, after) => {
    const seconds = quantile(before, after, metric, q, wanted);
    return seconds === null ? null : seconds * 1000;
  },
});

const MESSAGES = (/** @type {Record<string, string>} */ { operation }) =>
  operation === 'ask' || operation === 'tell';

/** @type {readonly Plot[]} */
const PLOTS = [
  {
    title: 'Turns per second',
    unit: count,
    lines: [
      perSecond('seqnode_turns_total', 'turns'),
      perSecond('seqnode_read_turns_total', 'of these, reads'),
    ],
  },
  {
    title: 'Latency of messages',
    unit: duration,
    lines: [
      latency('seqnode_request_seconds', 'half within', 0.5, MESSAGES),
      latency('seqnode_request_seconds', '99 % within', 0.99, MESSAGES),
    ],
  },
  {
    title: 'HTTP requests per second',
    unit: count,
    lines: [perSecond('seqnode_http_requests_total', 'requests')],
  },
  {
    title: 'Writes of the log',
    unit: duration,
    lines: [
      latency('seqnode_log_write_seconds', 'half within', 0.5),
      latency('seqnode_log_write_seconds', '99 % within', 0.99),
    ],
  },
  {
    title: 'Faults, dead letters and refusals per second',
    unit: count,
    lines: [
      perSecond('seqnode_turn_faults_total', 'faults'),
      perSecond('seqnode_dead_letters_total', 'dead letters'),
      perSecond('seqnode_mailbox_refusals_total', 'refusals of full mailboxes'),
    ],
  },
  {
    title: 'Processor',
    unit: (value) => `${count(value)} %`,
    lines: [
      {
        name: 'of one core',
        of: (before, after, seconds) => 100 * rate(before, after, 'seqnode_cpu_seconds_total', seconds),
      },
    ],
  },
  {
    title: 'Memory',
    unit: bytes,
    lines: [
      { name: 'resident', of: (_before, after) => total(after, 'seqnode_resident_memory_bytes') },
      { name: 'heap', of: (_before, after) => total(after, 'seqnode_heap_used_bytes') },
    ],
  },
];

/** A column of numbers for each line of each plot, after the times. */
class History {
  /** @type {number[]} */
  times = [];
  columns = PLOTS.map(({ lines }) => lines.map(() => /** @type {(number | null)[]} */ ([])));
  /** @type {{ reading: Reading, at: number } | undefined} */
  #last;

  /**
   * @param {Reading} reading
   * @param {number} at milliseconds since 1970
   */
  take(reading, at) {
    const before = this.#last;
    this.#last = { reading, at };
    if (before === undefined || at <= before.at) return;
    const seconds = (at - before.at) / 1000;
    this.times = [...this.times, at / 1000].slice(-KEPT);
    this.columns = PLOTS.map(({ lines }, plot) =>
      lines.map((line, column) =>
        [...(this.columns[plot]?.[column] ?? []), line.of(before.reading, reading, seconds)].slice(-KEPT),
      ),
    );
  }
}

const history = new History();

export function RatesPage() {
  const { value, error } = useReading(
    async (signal) => {
      const text = await api.text('/metrics', signal);
      const reading = parseMetrics(text);
      history.take(reading, Date.now());
      return { reading, times: history.times };
    },
    EVERY_MS,
    [],
  );
  if (value === undefined) return html`<${PageTitle}>Rates</${PageTitle}><${Pending} error=${error} />`;
  const name = value.reading.get('seqnode_info')?.[0]?.labels.name ?? 'this node';
  return html`
    <${PageTitle}>Rates</${PageTitle}>
    <p class="quiet">Of node <strong>${name}</strong>, which serves this page, since the page was opened. Other nodes have theirs.</p>
    ${history.times.length === 0 ? html`<p class="quiet" role="status">The first rates come with the second reading.</p>` : ''}
    <div class="charts">
      ${PLOTS.map(({ title, unit, lines }, plot) => html`<${Chart} key=${title} title=${title} unit=${unit} names=${lines.map((line) => line.name)} times=${history.times} columns=${history.columns[plot]} />`)}
    </div>`;
}
