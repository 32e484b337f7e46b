import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { silentLog, VirtualClock } from '@rhythm/base';
import { fakeRuntime } from '@rhythm/cri';
import { logFilesMax, LogRotation } from './log-rotation.ts';
import { removeLogs } from './remove-logs.ts';

test('a long log is put aside and begun anew; five files stay; all go with the container', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rhythm-rotate-'));
  const path = join(folder, '0.log');
  const clock = new VirtualClock();
  const runtime = fakeRuntime({ clock });
  const rotation = new LogRotation(runtime, clock, silentLog);
  writeFileSync(path, 'short');
  expect(await rotation.rotate({ containerId: 'c', path })).toBe(false);
  for (let round = 0; round < 8; round++) {
    writeFileSync(path, `round ${round} is long enough`);
    await clock.advance(1_000);
    expect(await rotation.rotate({ containerId: 'c', path }, 10)).toBe(true);
  }
  writeFileSync(path, 'now');
  const files = readdirSync(folder).toSorted();
  expect(files.length).toBe(logFilesMax);
  expect(readFileSync(join(folder, files[1] ?? ''), 'utf8')).toBe('round 4 is long enough');
  writeFileSync(join(folder, '1.log'), 'another instance');
  await removeLogs(path);
  expect(readdirSync(folder)).toEqual(['1.log']);
  rmSync(folder, { recursive: true });
});

test('when the runtime cannot begin anew, the log stays where readers look', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rhythm-rotate-'));
  const path = join(folder, '0.log');
  const clock = new VirtualClock();
  const runtime = { ...fakeRuntime({ clock }), reopenLog: () => Promise.reject(new Error('no')) };
  writeFileSync(path, 'long enough');
  await expect(new LogRotation(runtime, clock, silentLog).rotate({ containerId: 'c', path }, 5)).rejects.toThrow('no');
  expect(readdirSync(folder)).toEqual(['0.log']);
  rmSync(folder, { recursive: true });
});
