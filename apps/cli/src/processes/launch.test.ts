import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { seededRandom, silentLog, systemClock, VirtualClock } from '@rhythm/base';
import { restorePidFiles } from './find-process.ts';
import { lastLogLine, launch, stopProcess, waitGone, type ProcessFolders, type ProcessSpec } from './launch.ts';
import { readPidFile, removePidFile, writePidFile } from './pid-file.ts';
import { isAlive, processId, readStat } from './process-id.ts';
import { supervise } from './supervisor.ts';

const made: string[] = [];
const started: Array<{ readonly folders: ProcessFolders; readonly name: string }> = [];
afterEach(async () => {
  for (const { folders, name } of started.splice(0)) await stopProcess(systemClock, folders, name, 2_000);
  for (const dir of made.splice(0)) rmSync(dir, { recursive: true, force: true });
});

function folders(): ProcessFolders {
  const dir = mkdtempSync(join(tmpdir(), 'rhythm-launch-'));
  made.push(dir);
  return { run: join(dir, 'run'), logs: join(dir, 'logs') };
}

const sleeper: ProcessSpec = { name: 'sleeper', command: '/bin/sh', args: ['-c', 'echo started; exec sleep 60'] };

test('a launched process has a session of its own, a pid file and a log', async () => {
  const where = folders();
  started.push({ folders: where, name: 'sleeper' });
  const id = await launch(where, sleeper);
  expect(readFileSync(join(where.run, 'sleeper.pid'), 'utf8')).toBe(`${id.pid}\n`);
  expect(readPidFile(where.run, 'sleeper')).toEqual(id);
  // Fields of /proc/PID/stat after the name: state, ppid, pgrp, session.
  const session = readFileSync(`/proc/${id.pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[3];
  expect(session).toBe(String(id.pid));
  await expect.poll(() => lastLogLine(where, 'sleeper')).toBe('started');
  await stopProcess(systemClock, where, 'sleeper', 2_000);
  expect([isAlive(id), readPidFile(where.run, 'sleeper')]).toEqual([false, undefined]);
});

test('a process that does not heed SIGTERM is killed', async () => {
  const where = folders();
  started.push({ folders: where, name: 'stubborn' });
  const id = await launch(where, { name: 'stubborn', command: '/bin/sh', args: ['-c', "trap '' TERM; echo ready; while :; do sleep 0.05; done"] });
  await expect.poll(() => lastLogLine(where, 'stubborn')).toBe('ready');
  await stopProcess(systemClock, where, 'stubborn', 100);
  expect(isAlive(id)).toBe(false);
});

test('a pid that belongs to another process by now is not ours', () => {
  const where = folders();
  const own = processId(process.pid);
  expect(own).toBeDefined();
  if (own === undefined) return;
  writePidFile(where.run, 'other', { ...own, startTicks: '1' });
  expect(readPidFile(where.run, 'other')).toBeUndefined();
  writePidFile(where.run, 'other', { ...own, bootId: 'another boot' });
  expect(readPidFile(where.run, 'other')).toBeUndefined();
  writePidFile(where.run, 'other', own);
  expect(readPidFile(where.run, 'other')).toEqual(own);
  writeFileSync(join(where.run, 'other.pid'), '1\n');
  expect(readPidFile(where.run, 'other')).toBeUndefined();
  writeFileSync(join(where.run, 'other.proc'), '{');
  expect(readPidFile(where.run, 'other')).toBeUndefined();
});

test('a process whose pid file is gone is found by its command line, and not started twice', async () => {
  const where = folders();
  started.push({ folders: where, name: 'lost' });
  const spec: ProcessSpec = { name: 'lost', command: '/bin/sleep', args: [`61.${process.pid}`] };
  const id = await launch(where, spec);
  removePidFile(where.run, 'lost');
  const other = { ...spec, name: 'other', args: [`62.${process.pid}`] };
  expect(restorePidFiles(where, [other, spec])).toEqual(['lost']);
  expect([readPidFile(where.run, 'lost'), readPidFile(where.run, 'other')]).toEqual([id, undefined]);
  expect(restorePidFiles(where, [spec])).toEqual([]);
});

test('there is no process 0, and none that cannot be', () => {
  expect([readStat(0), processId(2 ** 30)]).toEqual([undefined, undefined]);
});

test('the last log line of an app that logs JSON is its message', async () => {
  const where = folders();
  started.push({ folders: where, name: 'json' });
  const id = await launch(where, { name: 'json', command: '/bin/sh', args: ['-c', `echo '{"msg":"first"}'; echo '{"level":"error","msg":"port is taken"}' >&2; sleep 0.2`] });
  await waitGone(systemClock, id, 60_000);
  expect(lastLogLine(where, 'json')).toBe('port is taken');
  expect(lastLogLine(where, 'nobody')).toBe('no log');
});

test('the supervisor starts again what is not alive, with growing pauses of at most 8 s', async () => {
  const where = folders();
  const clock = new VirtualClock();
  const stop = new AbortController();
  const starts: number[] = [];
  const origin = clock.monotonic();
  const done = supervise(where, [sleeper], {
    clock,
    random: seededRandom(1),
    log: silentLog,
    launch: () => {
      starts.push(clock.monotonic() - origin);
      // It dies at once: no pid file is ever written.
      return Promise.resolve({ pid: 1, startTicks: '0', bootId: '' });
    },
  }, stop.signal);
  await clock.advance(60_000);
  stop.abort();
  await clock.advance(1_000);
  await done;
  const pauses = starts.map((at, index) => at - (starts[index - 1] ?? 0));
  expect(pauses[0]).toBe(0);
  expect(Math.max(...pauses)).toBeLessThan(10_000);
  expect(Math.max(...pauses)).toBeGreaterThan(6_000);
  expect(starts.length).toBeGreaterThan(6);
});
