import test from 'ava';
import { fromJson } from '../base/json.ts';
import { formatNotation } from '../base/notation.ts';
import type { Field, Union } from './app/api-types.d.ts';
import {
  emptyFields,
  FieldError,
  type Filled,
  inputOf,
  messageJson,
  messagesOf,
  typedMessage,
} from './app/forms.js';

const UNIONS: Union[] = [
  {
    name: 'Money',
    variants: [
      { tag: 'Cents', fields: [{ name: 'n', type: 'Int' }] },
      { tag: 'Free', fields: [] },
    ],
  },
  {
    name: 'Tree',
    variants: [
      {
        tag: 'Fork',
        fields: [
          { name: 'left', type: 'Tree' },
          { name: 'right', type: 'Tree' },
        ],
      },
      { tag: 'Leaf', fields: [] },
    ],
  },
];

const field = (name: string, type: string): Field => ({ name, type });

const messageOf = (fields: Field[], filled: Filled[]) =>
  formatNotation(fromJson(messageJson('Do', fields, filled, UNIONS)));

test('each type of a field makes its value', (t) => {
  const cases: readonly (readonly [type: string, filled: Filled, notation: string])[] = [
    ['Int', '42', '(Do 42)'],
    ['Int', ' -7 ', '(Do -7)'],
    ['Int', '4611686018427387903', '(Do 4611686018427387903)'],
    ['Float', '2.5', '(Do 2.5)'],
    ['Float', '3', '(Do 3.0)'],
    ['Bool', 'true', '(Do true)'],
    ['Bool', 'false', '(Do false)'],
    ['String', ' two words ', '(Do " two words ")'],
    ['String', '5', '(Do "5")'],
    ['Symbol', ':ready', '(Do :ready)'],
    ['Symbol', 'ready', '(Do :ready)'],
    ['List', '[1, "a"]', '(Do [1 "a"])'],
    ['Map', '{"a": 1}', '(Do {"a" 1})'],
    ['Money', { tag: 'Cents', fields: ['5'] }, '(Do (Cents 5))'],
    ['Money', { tag: 'Free', fields: [] }, '(Do (Free))'],
  ];
  for (const [type, filled, notation] of cases) t.is(messageOf([field('x', type)], [filled]), notation, type);
  t.is(messageOf([], []), '(Do)');
});

test('what cannot be such a value is told by its field', (t) => {
  for (const [type, filled] of [
    ['Int', ''],
    ['Int', '1.5'],
    ['Int', 'many'],
    ['Float', ''],
    ['Float', 'much'],
    ['Symbol', ':'],
    ['List', '[1'],
  ] as const) {
    const error = t.throws(
      () => messageOf([field('amount', type)], [filled]),
      { instanceOf: FieldError },
      `${type} ${filled}`,
    );
    t.is(error.field, 'amount');
    t.regex(error.message, /^amount is .*, such as .*\.$/);
  }
});

test('an empty form holds the first variant of each union, also of one that holds itself', (t) => {
  t.deepEqual(emptyFields([field('a', 'Int'), field('b', 'Bool'), field('c', 'Money')], UNIONS), [
    '',
    'false',
    { tag: 'Cents', fields: [''] },
  ]);
  const [tree] = emptyFields([field('t', 'Tree')], UNIONS);
  t.is((tree as { tag: string }).tag, 'Fork');
  t.is(inputOf('Money', UNIONS), 'union');
  t.is(inputOf('List', UNIONS), 'json');
});

test('the messages are those of the word that runs', (t) => {
  const messages = [{ tag: 'Go', fields: [], answers: [] }];
  const module = { hash: 'h', unions: UNIONS, behaviours: [{ word: 'a' }, { word: 'b', messages }] };
  t.is(messagesOf(module, 'b'), messages);
  t.is(messagesOf(module, 'a'), undefined);
  t.is(messagesOf(undefined, 'b'), undefined);
});

test('what is typed is notation, or JSON where it is that', (t) => {
  t.is(typedMessage(' Deposit 5 '), 'Deposit 5');
  t.deepEqual(typedMessage('{"Deposit": [5]}'), { Deposit: [5] });
  t.is(typedMessage('[1 2]'), '[1 2]');
  t.throws(() => typedMessage('  '), { instanceOf: FieldError });
});
