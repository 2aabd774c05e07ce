// The table of settings as text: for docs/OPERATIONS.md and for config/reference.toml. A test holds both to
// it.
import { everyOption, type Option, SCHEMA, type Section } from './config-schema.ts';
import { describeOption, formatValue } from './config-value.ts';

/** One Markdown table a section. */
export function configTables(): string {
  const sections: Readonly<Record<string, Section>> = SCHEMA;
  return Object.entries(sections)
    .map(([name, { doc, options }]) =>
      [
        `#### \`[${name}]\``,
        '',
        doc,
        '',
        '| Setting | Type | Default | Meaning |',
        '|---|---|---|---|',
        ...Object.entries(options).map(([key, option]) => row(key, option)),
      ].join('\n'),
    )
    .join('\n\n');
}

function row(key: string, option: Option): string {
  const type =
    option.type === 'integer' ? `${describeOption(option)}${unitOf(option)}` : describeOption(option);
  return `| \`${key}\` | ${type.replaceAll('|', '\\|')} | \`${formatValue(option.default)}\` | ${option.doc} |`;
}

const unitOf = (option: Option): string =>
  option.type === 'integer' && option.unit !== 'count' ? `, ${option.unit}` : '';

/** A configuration file in which every setting stands with its default, commented out. */
export function referenceToml(): string {
  const lines = [
    '# Every setting of seq-node with its default. Copy what you change; leave the rest out.',
    '# Flags beat environment variables (SEQ_NODE_SECTION__KEY), which beat this file, which beats the defaults.',
  ];
  let current = '';
  for (const { section, key, option } of everyOption()) {
    if (section !== current)
      lines.push('', `# ${SCHEMA[section as keyof typeof SCHEMA].doc}`, `[${section}]`);
    current = section;
    const kind = `${describeOption(option)}${unitOf(option)}`;
    lines.push(`# ${option.doc} (${kind})`, `# ${key} = ${formatValue(option.default)}`);
  }
  return `${lines.join('\n')}\n`;
}
