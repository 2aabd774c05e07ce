import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { assets } from './assets.ts';

const app = join(import.meta.dirname, 'app');

test('each file that a file names is there, under a name that browsers can load', (t) => {
  const named = /\bfrom\s*["']([^"']+)["']|\b(?:src|href)="([^"#/][^"]*)"/g;
  let names = 0;
  for (const [file, { text }] of assets()) {
    if (!/\.(js|html)$/.test(file)) continue;
    const code = text.replace(/^\s*\/?\*.*$|^\s*\/\/.*$/gm, '');
    for (const [, module, link] of code.matchAll(named)) {
      const name = module ?? link!;
      if (name.includes('$')) continue;
      const target = new URL(name, `http://node/ui/${file}`).pathname.slice('/ui/'.length);
      t.true(module === undefined || module.startsWith('./'), `${file} imports ${module}`);
      t.true(assets().has(target), `${file} names ${name}`);
      names++;
    }
  }
  t.true(names > 30);
});

test('files are served as they stand', (t) => {
  t.is(assets().get('main.js')?.text, readFileSync(join(app, 'main.js'), 'utf8'));
  t.is(assets().get('index.html')?.type, 'text/html; charset=utf-8');
});

test('nothing but what browsers load is served', (t) => {
  for (const name of assets().keys()) t.regex(name, /^(vendor\/)?[\w-]+\.(js|css|html|svg)$/);
  t.false([...assets().keys()].some((name) => name.includes('tsconfig')));
});

test('a tag follows from the content', (t) => {
  const tags = [...assets().values()].map(({ etag }) => etag);
  t.is(new Set(tags).size, tags.length);
  for (const tag of tags) t.regex(tag, /^"[\w-]{22}"$/);
});

test('the page holds no script and no style of its own, which the policy forbids', (t) => {
  const { text } = assets().get('index.html')!;
  t.notRegex(text, /<script(?![^>]*\bsrc=)/);
  t.notRegex(text, /<style|\bstyle=|\bon\w+=/);
  for (const [name, { text: code }] of assets())
    if (name.endsWith('.js') && !name.startsWith('vendor/'))
      t.notRegex(code, /\beval\(|new Function|innerHTML/, name);
});
