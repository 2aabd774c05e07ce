// The table of words of older releases as Markdown, for docs/LANGUAGE.md.
import { olderRows } from './builtins/older/rows.ts';

const code = (text: string): string => `\`${text.replaceAll('|', '\\|')}\``;

/** One line for each form that a word had and has no more. */
export function olderReference(): string {
  const lines = olderRows().map(({ name, since, until, effect, now }) =>
    [
      '',
      code(name),
      `${since === '0' ? '0.3' : since} to before ${until}`,
      code(effect),
      now === undefined ? '' : code(now),
      '',
    ]
      .join(' | ')
      .trim(),
  );
  return ['| Word | Releases | Effect | In 7.x |', '|---|---|---|---|', ...lines].join('\n');
}
