import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { Scenario } from './scenario.ts';

const directory = join(dirname(fileURLToPath(import.meta.url)), '../testdata');
/** `REWRITE=1 vitest run libs/raft` writes what happens as what is expected; read the difference. */
const isRewriting = process.env['REWRITE'] === '1';

/** Comments and commands; the answer follows each line `----` and ends with an empty line. */
function transcript(text: string): string {
  const scenario = new Scenario();
  let isAnswer = false;
  const lines: string[] = [];
  let answers: string[] = [];
  for (const line of text.split('\n')) {
    if (isAnswer) {
      isAnswer = line !== '';
      if (!isAnswer) lines.push('');
    } else if (line === '----') {
      lines.push('----', ...answers);
      answers = [];
      isAnswer = true;
    } else {
      if (line !== '' && !line.startsWith('#')) answers.push(...scenario.run(line).split('\n').filter((answer) => answer !== 'ok'));
      lines.push(line);
    }
  }
  return lines.join('\n');
}

const files = readdirSync(directory).filter((name) => name.endsWith('.txt'));

it('has scenarios', () => expect(files.length).toBeGreaterThan(8));

it.each(files)('%s', (name) => {
  const path = join(directory, name);
  const expected = readFileSync(path, 'utf8');
  const actual = transcript(expected);
  if (isRewriting) writeFileSync(path, actual);
  else expect(actual).toBe(expected);
});
