import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { expect, it } from 'vitest';
import * as raft from './index.ts';

it('the example of the README runs and prints what it says', () => {
  const text = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const example = /```ts\n([\s\S]*?)```/.exec(text)?.[1] ?? '';
  const names = /^import \{ (.*) \} from '@rhythm\/raft';/.exec(example)?.[1]?.split(', ').filter((name) => !name.startsWith('type ')) ?? [];
  const body = stripTypeScriptTypes(example.replace(/^import .*\n/, ''));
  const exported = new Map<string, unknown>(Object.entries(raft));
  const printed: string[] = [];
  // oxlint-disable-next-line typescript/no-implied-eval -- the text is our own README
  const run = new Function('console', ...names, body) as (...values: readonly unknown[]) => void;
  run({ log: (...words: readonly string[]) => printed.push(words.join(' ')) }, ...names.map((name) => exported.get(name)));
  expect(printed).toEqual([/console\.log\(.*\/\/ (.*)/.exec(example)?.[1]]);
});
