import test from 'ava';
import { ratesOf, throughputPlot } from './throughput-plot.ts';

const THROUGHPUT = {
  title: 'Deposits & <kills>',
  startedAt: 10_000,
  endedAt: 11_100,
  acknowledgedAt: [9_999, 10_000, 10_249.5, 10_250, 10_999, 11_000],
  marks: [{ at: 10_500, text: 'n2 killed' }],
};

test('rates are per second, of whole quarters of a second, and nothing outside them is counted', (t) => {
  t.deepEqual(ratesOf(THROUGHPUT), [8, 4, 0, 4]);
});

test('the plot stands still where nothing was acknowledged, and its marks stand where they were', (t) => {
  const svg = throughputPlot(THROUGHPUT);
  // From second 0 to 1 there are 728 points across, from 56; rate 0 is at 256, the highest, 10, at 64.
  t.regex(svg, /points="56,256 56,102\.4 238,102\.4 238,179\.2 420,179\.2 420,256 602,256 602,179\.2/);
  t.regex(svg, /<line class="mark" x1="420" [^>]*\/>\n<text class="note" x="420" [^>]*>n2 killed</);
  t.regex(svg, /<title>Deposits &amp; &lt;kills&gt;<\/title>/);
});

test('a plot of nothing is a line at nought', (t) => {
  const svg = throughputPlot({ ...THROUGHPUT, acknowledgedAt: [], marks: [] });
  t.regex(svg, /points="56,256 56,256 238,256/);
  t.notRegex(svg, /NaN|Infinity|undefined/);
});
