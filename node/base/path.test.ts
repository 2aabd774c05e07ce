import test from 'ava';
import { SeqNodeError } from './errors.ts';
import { parsePath, placedPath } from './path.ts';

test('good paths are kept as they are', (t) => {
  for (const path of ['/user', '/user/accounts/alice', '/a/b/c/d/e', `/${'x'.repeat(128)}`])
    t.is(parsePath(path), path as never);
});

test('bad paths are refused with bad-path', (t) => {
  for (const path of [
    '',
    'user',
    '/',
    '//',
    '/a//b',
    '/a/',
    '/a/../b',
    '/a b',
    '/ä',
    `/${'x'.repeat(129)}`,
    '/a'.repeat(17),
  ]) {
    const error = t.throws(() => parsePath(path), { instanceOf: SeqNodeError });
    t.is(error?.code, 'bad-path');
  }
});

test('what is too long says by how much', (t) => {
  for (const [path, length] of [
    [`/a/${'x'.repeat(129)}`, 129],
    [`/${'x'.repeat(128)}`.repeat(4), 516],
  ] as const)
    t.regex(t.throws(() => parsePath(path)).message, new RegExp(` ${length} characters, of`));
});

test('a deep actor is placed with its ancestor of three segments', (t) => {
  t.is(placedPath(parsePath('/user/accounts/alice')), '/user/accounts/alice' as never);
  t.is(placedPath(parsePath('/user/accounts/alice/cards/1')), '/user/accounts/alice' as never);
  t.is(placedPath(parsePath('/user')), '/user' as never);
});
