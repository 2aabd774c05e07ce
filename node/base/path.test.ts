import test from 'ava';
import { SeqNodeError } from './errors.ts';
import { parsePath, placedPath, resolveAddress } from './path.ts';

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

test('an address is a path, a registered name or a UUID', (t) => {
  const uuid = '00000000-0000-4000-8000-00000000000a';
  t.is(resolveAddress('/user/a') as string, '/user/a');
  t.is(resolveAddress('till') as string, '/name/till');
  t.is(resolveAddress(uuid) as string, `/uuid/${uuid}`);
  for (const wrong of ['', 'user/a', '/', '/user//a', '/user/../a', 'a b', '~/x'])
    t.like(
      t.throws(() => resolveAddress(wrong)),
      { code: 'bad-path' },
      wrong,
    );
});
