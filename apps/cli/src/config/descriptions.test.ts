import { silentLog, type Log } from '@rhythm/base';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { descriptionsFile, ensureDescriptions } from './descriptions.ts';

let dir = '';
let said: string[] = [];
const log: Log = { ...silentLog, info: (text) => void said.push(text), warn: (text, fields) => void said.push(`${text} (${JSON.stringify(fields?.['cause'])})`) };
const never = new AbortController().signal;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rhythm-descriptions-'));
  said = [];
  vi.stubEnv('XDG_CACHE_HOME', dir);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(dir, { recursive: true, force: true });
});

function tool(text: string): string {
  const path = join(dir, 'tool.mjs');
  writeFileSync(path, `import { mkdirSync, writeFileSync } from 'node:fs';\nimport { dirname } from 'node:path';\nconst file = process.argv[2];\nmkdirSync(dirname(file), { recursive: true });\n${text}`);
  return path;
}

test('the descriptions are fetched once', async () => {
  const path = tool(`writeFileSync(file, '{}');`);
  await ensureDescriptions(path, log, never);
  expect(existsSync(descriptionsFile())).toBe(true);
  await ensureDescriptions(path, log, never);
  expect(said).toEqual(['fetched the descriptions of `kubectl explain`']);
});

test('a failure is logged in one line, and is nobody else\'s', async () => {
  await ensureDescriptions(tool(`throw new TypeError('npm cannot be reached');`), log, never);
  expect(said).toEqual([expect.stringMatching(/^no descriptions for `kubectl explain`.*TypeError: npm cannot be reached/)]);
});

test('what runs is ended with the supervisor, with all that it has started', async () => {
  const path = tool(`import { spawn } from 'node:child_process';\nspawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)'], { stdio: 'inherit' }).on('spawn', () => writeFileSync(file + '.began', ''));`);
  const end = new AbortController();
  const ended = ensureDescriptions(path, log, end.signal);
  await vi.waitFor(() => expect(existsSync(`${descriptionsFile()}.began`)).toBe(true), { timeout: 60_000 });
  end.abort();
  // Standard error is closed only when the last of them is gone.
  await ended;
  expect(said).toEqual([]);
});
