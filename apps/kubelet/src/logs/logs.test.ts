import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseTime, systemClock } from '@rhythm/base';
import { parseLogLine } from './log-line.ts';
import { readLog, type ReadLogOptions } from './read-log.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rhythm-log-'));
  path = join(folder, '0.log');
});
afterEach(() => rmSync(folder, { recursive: true }));

const at = (second: number): string => `2026-01-01T00:00:0${second}.000000000Z`;

async function read(options: Partial<ReadLogOptions> = {}, onText: (all: string) => void = () => undefined): Promise<string> {
  let text = '';
  for await (const part of readLog(path, { follow: false, timestamps: false, running: () => false, clock: systemClock, signal: new AbortController().signal, ...options })) {
    text += part.toString('latin1');
    onText(text);
  }
  return text;
}

describe('one line', () => {
  test.each([
    [`${at(1)} stdout F hello world`, { time: at(1), stream: 'stdout', partial: false, text: 'hello world' }],
    [`${at(1)} stderr P part`, { time: at(1), stream: 'stderr', partial: true, text: 'part' }],
    [`${at(1)} stdout F `, { time: at(1), stream: 'stdout', partial: false, text: '' }],
    [`${at(1)} stdout F`, { time: at(1), stream: 'stdout', partial: false, text: '' }],
    ['garbage', undefined],
    [`${at(1)} nothing F x`, undefined],
    ['', undefined],
  ])('%s', (line, expected) => expect(parseLogLine(line)).toEqual(expected));
});

describe('a log', () => {
  beforeEach(() => writeFileSync(path, Buffer.from(`${at(1)} stdout F one\n${at(2)} stderr P tw\n${at(2)} stderr F o\n${at(3)} stdout F \xff\xfe\n`, 'latin1')));

  test('whole, by time, by stream, by lines, by bytes, with times', async () => {
    expect(await read()).toBe('one\ntwo\n\xff\xfe\n');
    expect(await read({ since: parseTime(at(2)) ?? 0 })).toBe('two\n\xff\xfe\n');
    expect(await read({ stream: 'stderr' })).toBe('two\n');
    expect(await read({ tailLines: 1 })).toBe('\xff\xfe\n');
    expect(await read({ tailLines: 99 })).toBe('one\ntwo\n\xff\xfe\n');
    expect(await read({ tailLines: 0 })).toBe('');
    expect(await read({ limitBytes: 6 })).toBe('one\ntw');
    // Three of the log's own lines: the second one was written in two parts.
    expect(await read({ timestamps: true, tailLines: 3 })).toBe(`${at(2)} two\n${at(3)} \xff\xfe\n`);
  });

  test('gives as many lines as were asked for, also while more are written', async () => {
    let isWritten = false;
    const more = (): void => {
      if (!isWritten) appendFileSync(path, `${at(4)} stdout F late\n`);
      isWritten = true;
    };
    expect(await read({ tailLines: 1 }, more)).toBe('\xff\xfe\n');
    expect(await read({ tailLines: 1 })).toBe('late\n');
  });

  test('followed through a rotation until nobody writes', async () => {
    let running = true;
    const text = await read({ follow: true, running: () => running }, (all) => {
      if (all === 'one\ntwo\n\xff\xfe\n') {
        appendFileSync(path, `${at(4)} stdout F last old\n`);
        renameSync(path, `${path}.1`);
        writeFileSync(path, `${at(5)} stdout F first new\n`);
      }
      if (all.endsWith('first new\n')) running = false;
    });
    expect(text).toBe('one\ntwo\n\xff\xfe\nlast old\nfirst new\n');
  });

  test('that is not there is empty', async () => {
    rmSync(path);
    expect(await read()).toBe('');
  });

  test('longer than a block is cut at the right line', async () => {
    writeFileSync(path, Array.from({ length: 20_000 }, (_, i) => `${at(1)} stdout F line ${i}\n`).join(''));
    expect(await read({ tailLines: 5_000 })).toBe(Array.from({ length: 5_000 }, (_, i) => `line ${15_000 + i}\n`).join(''));
  });
});
