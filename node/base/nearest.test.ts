import test from 'ava';
import { nearest } from './nearest.ts';

const commands = ['start', 'send', 'ask', 'spawn', 'stop', 'actors', 'inspect', 'status', 'journal show'];

test('a typo finds the name that was meant', (t) => {
  t.is(nearest('strat', commands), 'start');
  t.is(nearest('inspet', commands), 'inspect');
  t.is(nearest('actros', commands), 'actors');
  t.is(nearest('sedn', commands), 'send');
  t.is(nearest('start', commands), 'start');
});

test('a name that is like none finds none', (t) => {
  t.is(nearest('frobnicate', commands), undefined);
  t.is(nearest('', commands), undefined);
  t.is(nearest('x', ['aaa']), undefined);
  t.is(nearest('s'.repeat(1_000_000), commands), undefined);
});

test('of equals the first wins', (t) => {
  t.is(nearest('bat', ['cat', 'hat']), 'cat');
});
