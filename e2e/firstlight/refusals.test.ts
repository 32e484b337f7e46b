import { mkdirSync, mkdtempSync, rmSync, symlinkSync, existsSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { exec, ok, purgeCluster, rhythm, type Output } from '../support/cluster.ts';

const made: string[] = [];
const folder = (): string => {
  const dir = mkdtempSync(join(tmpdir(), 'rhythm-refused-'));
  made.push(dir);
  return dir;
};
afterEach(async () => {
  for (const dir of made.splice(0)) {
    if (existsSync(join(dir, 'config.json'))) await purgeCluster(dir);
    rmSync(dir, { recursive: true, force: true });
  }
});

/** Refused with one line on standard error that begins with the command's name. */
function expectRefusal(output: Output, message: RegExp, code = 1): void {
  expect(output.stderr).toMatch(message);
  expect(output.stderr.trim().split('\n')).toHaveLength(1);
  expect(output.code).toBe(code);
}

test('a busy port', async () => {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '0.0.0.0', listening));
  const { port } = server.address() as AddressInfo;
  const output = await exec(rhythm, ['up', '--dir', folder(), '--detach', '--port', String(port)]);
  server.close();
  expectRefusal(output, new RegExp(`^rhythm: port ${port} is in use by .*pid ${process.pid}.*: choose another with --port`));
});

test('without root', async () => {
  expectRefusal(await exec('unshare', ['--user', rhythm, 'up', '--dir', folder(), '--detach']), /^rhythm: containers and their network need root: run this command with sudo/);
});

test('a root without its capabilities', async () => {
  const output = await exec('setpriv', ['--bounding-set', '-net_admin', '--inh-caps', '-net_admin', rhythm, 'up', '--dir', folder(), '--detach']);
  expectRefusal(output, /^rhythm: this root lacks CAP_NET_ADMIN/);
});

test('a missing package that cannot be installed', async () => {
  // A PATH with what the launcher needs, but neither containerd nor apt-get.
  const bin = folder();
  for (const tool of ['sh', 'dirname', 'readlink', 'find', 'head', 'cmp', 'flock', 'ip', 'ss', 'nft', 'cat', 'uname']) {
    symlinkSync((await ok('sh', ['-c', `command -v ${tool}`])).trim(), join(bin, tool));
  }
  const output = await exec(rhythm, ['up', '--dir', folder(), '--detach', '--port', '0'], { env: { ...process.env, PATH: bin } });
  expectRefusal(output, /^rhythm: this machine lacks .*containerd.* and has no apt-get: install them and try again/);
});

test('a full disk', async () => {
  const dir = folder();
  await ok('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', dir]);
  try {
    expectRefusal(await exec(rhythm, ['up', '--dir', dir, '--detach', '--port', '0']), /^rhythm: the disk of .* has \d MB free, a cluster needs 512 MB: make room or choose another --dir/);
  } finally {
    await ok('umount', [dir]);
  }
});

test('a runtime endpoint where nobody answers; what was started meanwhile is stopped', async () => {
  const dir = folder();
  expectRefusal(await exec(rhythm, ['up', '--dir', dir, '--detach', '--bare', '--port', '0', '--runtime-endpoint', '/run/nobody.sock']), /^rhythm: nothing answers on the runtime endpoint \/run\/nobody\.sock/);
  expect((await exec('pgrep', ['-f', `--data-dir ${dir}/`])).stdout).toBe('');
});

test.each([
  [['up', '--nope'], /^rhythm: unknown flag --nope/],
  [['up', '--port', 'x'], /^rhythm: flag --port needs a number, not "x"/],
  [['frobnicate'], /^rhythm: unknown command "frobnicate"/],
])('%j', async (args, message) => {
  expectRefusal(await exec(rhythm, args), message, 2);
});

test('commands about a cluster that is not there', async () => {
  for (const verb of ['status', 'kubeconfig', 'down']) expectRefusal(await exec(rhythm, [verb, '--dir', folder()]), /^rhythm: there is no cluster in /);
});

test('down --purge does not delete what is mounted below, nor what is not the cluster\'s', async () => {
  const dir = folder();
  expect((await exec(rhythm, ['up', '--dir', dir, '--detach', '--bare', '--port', '0'])).code).toBe(0);
  writeFileSync(join(dir, 'mine.txt'), 'mine');
  const mounted = join(dir, 'mine');
  mkdirSync(mounted);
  await ok('mount', ['-t', 'tmpfs', 'tmpfs', mounted]);
  try {
    expectRefusal(await exec(rhythm, ['down', '--dir', dir, '--purge']), /^rhythm: .*mine is mounted below .*: unmount it before --purge/);
  } finally {
    await ok('umount', [mounted]);
  }
  expect((await exec(rhythm, ['down', '--dir', dir, '--purge'])).code).toBe(0);
  expect([existsSync(join(dir, 'mine.txt')), existsSync(join(dir, 'data'))]).toEqual([true, false]);
});

test('help lists only what works', async () => {
  const help = await ok(rhythm, ['help']);
  expect(help).toMatch(/up .*down .*status .*kubeconfig .*kubectl .*store .*test .*bench /s);
  expect(await ok(rhythm, ['bench'])).toMatch(/bench store .*bench up /s);
  expect(await ok(rhythm, ['up', '--help'])).toContain('--fake-nodes');
  expect(await ok(rhythm, ['up', '--help'])).not.toContain('single-process');
});
