import test from 'ava';
import { Delays } from './delays.ts';
import { Telemetry } from './telemetry.ts';

const LINE =
  /^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z]+="(?:[^"\\\n]|\\.)*"(,[a-z]+="(?:[^"\\\n]|\\.)*")*\})? (NaN|[0-9.e+-]+))$/;

test('the metrics are Prometheus text with the promised names', (t) => {
  const telemetry = new Telemetry();
  telemetry.count('ask', 'ok', 2);
  telemetry.count('ask', 'no-quorum', 5000);
  telemetry.received('p', 'control', 1);
  telemetry.received('p', 'control', 1);
  telemetry.received('p', 'data', 5);
  const text = telemetry.render({
    version: '0.1.0',
    name: 'a "quoted"\nname',
    counters: { seqnode_steps_total: [3, 'Steps.'] },
    gauges: { seqnode_free_bytes: [Number.NaN, 'Free.'] },
    tickDelays: new Delays(),
  });
  const lines = text.trimEnd().split('\n');
  for (const line of lines) t.regex(line, LINE);
  const names = lines.filter((line) => !line.startsWith('#')).map((line) => /^[a-z_]+/.exec(line)![0]);
  for (const name of names)
    t.regex(name, /^seqnode_(info|[a-z_]+_(total|seconds|bytes)(_bucket|_sum|_count)?)$/);
  t.true(lines.includes('seqnode_requests_total{operation="ask",outcome="ok"} 1'));
  t.true(lines.includes('seqnode_requests_total{operation="ask",outcome="no-quorum"} 1'));
  t.true(lines.includes('seqnode_frames_received_total{lane="data"} 5'));
  t.true(lines.includes('seqnode_control_gap_seconds_count 1'));
});

test('a histogram counts each delay once, in the first bucket that holds it', (t) => {
  const delays = new Delays();
  for (const ms of [0, 0.5, 0.6, 7, 6000]) delays.add(ms);
  t.is(
    delays.counts.reduce((sum, count) => sum + count, 0),
    5,
  );
  t.is(delays.counts[0], 2);
  t.is(delays.counts.at(-1), 1);
  t.is(delays.worstRecentMs, 6000);
});
