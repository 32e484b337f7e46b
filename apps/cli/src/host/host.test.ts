import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { seededRandom } from '@rhythm/base';
import { purge } from '../cluster/purge.ts';
import { clusterId, readConfig, requireConfig, writeConfig, type ClusterConfig } from '../config/cluster-config.ts';
import { lockFile } from './file-lock.ts';
import { freePort, isPortFree } from './free-port.ts';
import { nodeNameOf } from './network.ts';
import { isStatic } from './packages.ts';
import { checkCgroups } from './preflight.ts';
import { run, runOk } from './run.ts';
import { unzipFile } from './unzip.ts';

const made: string[] = [];
afterEach(() => made.splice(0).forEach((dir) => rmSync(dir, { recursive: true, force: true })));
function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'rhythm-host-'));
  made.push(dir);
  return dir;
}

describe('commands', () => {
  test('give output and code; those that must succeed fail with what they said last', async () => {
    expect(await run('sh', ['-c', 'cat; echo err >&2; exit 3'], { input: 'in' })).toEqual({ code: 3, stdout: 'in', stderr: 'err\n' });
    await expect(runOk('sh', ['-c', 'echo first >&2; echo second >&2; exit 3'])).rejects.toThrow('sh -c echo first >&2; echo second >&2; exit 3 ended with 3: first / second');
    await expect(run('/nonexistent', [])).rejects.toThrow('cannot run /nonexistent');
  });
});

describe('a lock', () => {
  test('is held by one, and free when it is released', async () => {
    const file = join(folder(), 'lock');
    const lock = await lockFile(file, false);
    expect(lock).toBeDefined();
    expect(await lockFile(file, false)).toBeUndefined();
    await lock?.release();
    const again = await lockFile(file, false);
    expect(again).toBeDefined();
    await again?.release();
  });
  test('is waited for', async () => {
    const file = join(folder(), 'lock');
    const lock = await lockFile(file, false);
    let got = false;
    const waiting = lockFile(file, true).then((second) => {
      got = true;
      return second;
    });
    expect(await lockFile(file, false)).toBeUndefined();
    expect(got).toBe(false);
    await lock?.release();
    await (await waiting)?.release();
  });
  test('says why it cannot be', async () => {
    await expect(lockFile('/nonexistent/lock', false)).rejects.toThrow('cannot lock /nonexistent/lock');
  });
});

describe('zip archives', () => {
  /** A zip with one deflated and one stored file, made by hand (APPNOTE.TXT). */
  function zip(files: ReadonlyArray<readonly [name: string, content: string, deflate: boolean]>): Buffer {
    const parts: Buffer[] = [];
    const entries: Buffer[] = [];
    let offset = 0;
    for (const [name, content, deflate] of files) {
      const data = deflate ? deflateRawSync(content) : Buffer.from(content);
      const local = Buffer.alloc(30);
      local.writeUInt32LE(0x04034b50, 0);
      local.writeUInt16LE(name.length, 26);
      local.writeUInt16LE(4, 28);
      const entry = Buffer.alloc(46);
      entry.writeUInt32LE(0x02014b50, 0);
      entry.writeUInt16LE(deflate ? 8 : 0, 10);
      entry.writeUInt32LE(data.length, 20);
      entry.writeUInt16LE(name.length, 28);
      entry.writeUInt32LE(offset, 42);
      entries.push(entry, Buffer.from(name));
      parts.push(local, Buffer.from(name), Buffer.alloc(4), data);
      offset += 30 + name.length + 4 + data.length;
    }
    const end = Buffer.alloc(22);
    end.writeUInt32LE(0x06054b50, 0);
    end.writeUInt16LE(files.length, 10);
    end.writeUInt32LE(offset, 16);
    return Buffer.concat([...parts, ...entries, end]);
  }
  test('give one file, compressed or not', () => {
    const archive = zip([['a/x', 'hello '.repeat(100), true], ['a/y', 'stored', false]]);
    expect(unzipFile(archive, 'a/x').toString()).toBe('hello '.repeat(100));
    expect(unzipFile(archive, 'a/y').toString()).toBe('stored');
    expect(() => unzipFile(archive, 'a')).toThrow('no a in the zip archive');
    expect(() => unzipFile(Buffer.from('not a zip archive at all'), 'a')).toThrow('not a zip archive');
  });
});

test('free ports are below those that the kernel gives away, and free', async () => {
  const port = await freePort(seededRandom(7), 2);
  expect(port).toBeGreaterThanOrEqual(20_000);
  expect(port).toBeLessThan(29_999);
  expect([await isPortFree(port), await isPortFree(port + 1)]).toEqual([true, true]);
});

test.each([
  ['Build-Host.Example', 'build-host.example'],
  ['my_host', 'my-host'],
  ['-x-', 'x'],
  ['', 'node'],
])('the machine %j is the node %j', (hostname, name) => expect(nodeNameOf(hostname)).toBe(name));

test('programs with and without a loader', () => {
  const dir = folder();
  writeFileSync(join(dir, 'script'), '#!/bin/sh\n');
  copyFileSync('/bin/sh', join(dir, 'sh'));
  expect([isStatic(join(dir, 'script')), isStatic(join(dir, 'sh'))]).toEqual([false, false]);
});

test('cgroups without a controller are refused by name', () => {
  const root = folder();
  expect(() => checkCgroups(root)).toThrow(`the kernel's cgroups have no cpu, memory, pids controller at ${root}`);
  writeFileSync(join(root, 'cgroup.controllers'), 'cpuset cpu io memory\n');
  expect(() => checkCgroups(root)).toThrow('have no pids controller');
  writeFileSync(join(root, 'cgroup.controllers'), 'cpu memory pids\n');
  expect(() => checkCgroups(root)).not.toThrow();
});

describe("a cluster's folder", () => {
  const config = (dir: string): ClusterConfig => ({
    version: 1, id: clusterId(dir), dir, podCidr: '10.200.0.0/24', serviceCidr: '10.96.0.0/16', nodeName: 'n', nodeIp: '192.0.2.1',
    ports: { api: 1, store: 2, kubelet: 3, dns: 4 },
  });
  test('is read back; a copy of one that is there still is refused', () => {
    const dir = folder();
    expect(readConfig(dir)).toBeUndefined();
    expect(() => requireConfig(dir)).toThrow(`there is no cluster in ${dir}`);
    writeConfig(config(dir));
    expect(requireConfig(dir)).toEqual(config(dir));
    const copy = folder();
    copyFileSync(join(dir, 'config.json'), join(copy, 'config.json'));
    expect(() => readConfig(copy)).toThrow(`${copy} is a copy of the cluster in ${dir}`);
    rmSync(dir, { recursive: true });
    expect(readConfig(copy)?.id).toBe(clusterId(dir));
    writeFileSync(join(copy, 'config.json'), '{');
    expect(() => readConfig(copy)).toThrow('config.json is damaged');
  });
  test('is purged, but not what is somebody else\'s, and links are not followed', () => {
    const dir = folder();
    const outside = folder();
    writeFileSync(join(outside, 'keep'), 'keep');
    writeConfig(config(dir));
    mkdirSync(join(dir, 'data/deep'), { recursive: true });
    symlinkSync(outside, join(dir, 'data/deep/link'));
    purge(dir);
    expect([existsSync(dir), readFileSync(join(outside, 'keep'), 'utf8')]).toEqual([false, 'keep']);
    const mixed = folder();
    writeConfig(config(mixed));
    writeFileSync(join(mixed, 'mine'), '');
    purge(mixed);
    expect(execFileSync('ls', [mixed]).toString()).toBe('mine\n');
  });
});
