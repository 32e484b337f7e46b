import { parseBody } from '@rhythm/api';
import { systemClock, VirtualClock } from '@rhythm/base';
import { afterEach, describe, expect, test } from 'vitest';
import { yamlLimits } from './limits.ts';
import { YamlReader } from './yaml-reader.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (json: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(json));
const long = `list:\n${'- {a: 1, b: [2, 3]}\n'.repeat(2_000)}`;

let reader: YamlReader;
afterEach(() => reader.stop());

/** CPU time of this thread: the least of several times, as whatever else it does meanwhile (collect garbage) counts too. */
async function cpuOf(run: () => unknown): Promise<number> {
  let least = Infinity;
  for (let time = 0; time < 5; time++) {
    const from = process.threadCpuUsage();
    await run();
    const { user, system } = process.threadCpuUsage(from);
    least = Math.min(least, user + system);
  }
  return least;
}

describe('bodies in YAML', () => {
  test('are read here when they are short and make little work, by a thread otherwise', async () => {
    reader = new YamlReader(systemClock);
    expect(textOf((await reader.read(bytes('a: yes\nb: [1, x]\n'))).json)).toEqual({ a: true, b: [1, 'x'] });
    expect((await reader.read(bytes(`{"a":"${'x,'.repeat(10_000)}"}`))).json.length).toBe(20_008);
    expect(reader.threads).toBe(0);
    expect(textOf((await reader.read(bytes(long))).json)).toEqual({ list: Array.from({ length: 2_000 }, () => ({ a: 1, b: [2, 3] })) });
    expect(reader.threads).toBe(1);
  });

  test('say the same either way, refusals included', async () => {
    reader = new YamlReader(systemClock);
    const padding = `\n${'# padding\n'.repeat(yamlLimits.inlineMarksMax)}`;
    for (const text of ['a: 1\nb:\n  c: 1\n  c: 2\na: 3\n', 'a: [', 'a: *b', 'b: &b {x: 1}\nc: {<<: *b, y: 2}\n', '? [a]\n: b\n', 'a: .inf\n']) {
      const said = async (body: string): Promise<unknown> => reader.read(bytes(body), { tellsRepeated: true }).then(({ json, repeated }) => [textOf2(json), repeated], (error: { reason: string; message: string }) => [error.reason, error.message.replace(/at line.*/s, '')]);
      expect(await said(text + padding)).toEqual(await said(text));
    }
    expect(reader.threads).toBe(1);
    function textOf2(json: Uint8Array): string {
      return new TextDecoder().decode(json);
    }
  });

  test('that aliases make long are not read here, however short they look', async () => {
    reader = new YamlReader(systemClock);
    const laughs = `a0: &a0 [x, x, x, x]\n${Array.from({ length: 9 }, (_, at) => `a${at + 1}: &a${at + 1} [*a${at}, *a${at}, *a${at}, *a${at}]`).join('\n')}\n`;
    await expect(reader.read(bytes(laughs))).rejects.toMatchObject({ reason: 'BadRequest', message: 'error converting YAML to JSON: yaml: document contains excessive aliasing' });
    expect(reader.threads).toBe(1);
    // Some is allowed, as before.
    expect((await reader.read(bytes(`a: &a [${'x, '.repeat(100)}x]\nb: [${'*a, '.repeat(20)}*a]\n`))).json.length).toBeGreaterThan(8_000);
  });

  test('cost this thread a fraction of what reading them here would', async () => {
    reader = new YamlReader(systemClock);
    await reader.read(bytes(long));
    const here = await cpuOf(() => parseBody(bytes(long), 'application/yaml'));
    const there = await cpuOf(() => reader.read(bytes(long)));
    expect(there).toBeLessThan(here / 2);
  });

  test('that are too large, too many or too slow are refused with what can be done', async () => {
    const clock = new VirtualClock();
    reader = new YamlReader(clock, { ...yamlLimits, threadsMax: 1, waitingMax: 1 });
    await expect(reader.read(bytes('- \n'.repeat(30_000)))).rejects.toMatchObject({ reason: 'RequestEntityTooLarge', code: 413 });
    const late = expect(reader.read(bytes(long))).rejects.toMatchObject({ code: 413, message: 'Request entity too large: this YAML costs too much to be read (it took longer than 30000 ms), send JSON' });
    const waiting = reader.read(bytes(long));
    await expect(reader.read(bytes(long))).rejects.toMatchObject({ code: 429, details: { retryAfterSeconds: 1 } });
    await clock.advance(yamlLimits.readMs);
    await late;
    expect((await waiting).repeated).toEqual([]);
  });

  test('that need too much memory end their thread, not the server', async () => {
    reader = new YamlReader(systemClock, { ...yamlLimits, heapMb: 8 });
    await expect(reader.read(bytes(`a: [${'x,'.repeat(35_000)}]`))).rejects.toMatchObject({ code: 413 });
    expect(reader.threads).toBe(0);
  });
});
