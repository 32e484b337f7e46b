import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn, type IPty } from '@lydell/node-pty';
import { afterAll, beforeAll, expect } from 'vitest';
import { eventually } from '../support/cluster.ts';
import { busybox, command, inNamespace, nginx } from './commands.ts';

const k = inNamespace('kubectl-streams');
const folder = mkdtempSync(join(tmpdir(), 'rhythm-kubectl-'));

beforeAll(async () => {
  await k.apply(`
apiVersion: v1
kind: Pod
metadata: { name: talks, labels: { app: talks } }
spec:
  initContainers: [{ name: first, image: "${busybox}", command: [sh, -c, "echo from first"] }]
  containers:
    - { name: one, image: "${busybox}", command: [sh, -c, "trap 'exit 0' TERM; i=0; while true; do echo one $i; i=$((i+1)); sleep 0.5; done"] }
    - { name: two, image: "${busybox}", command: [sh, -c, "echo two a; echo two b >&2; sleep 3; [ -e /tmp/again ] || exit 3"] }
`);
  await Promise.all([k.deployment('web'), k.sleeper('box'), k.ok('wait', '--for=jsonpath={.status.containerStatuses[0].state.running}', 'pod/talks', '--timeout=30s')]);
  await k.ok('expose', 'deployment', 'web', '--port=8080', '--target-port=80');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A terminal of 91 by 17 on which kubectl runs; `text` is what it shows. */
function terminal(...args: string[]): { readonly pty: IPty; text(): string; readonly exited: Promise<number> } {
  const pty = spawn(k.binary, ['-n', k.namespace, ...args], { cols: 91, rows: 17, env: k.env as Record<string, string> });
  let shown = '';
  pty.onData((data) => (shown += data));
  return { pty, text: () => shown, exited: new Promise((done) => pty.onExit(({ exitCode }) => done(exitCode))) };
}

command('logs', async () => {
  expect((await k.try(['logs', 'talks'])).stderr).toBe('Defaulted container "one" out of: one, two, first (init)\n');
  expect(await k.ok('logs', 'talks', '-c', 'first')).toBe('from first\n');
  expect(await k.ok('logs', 'talks', '-c', 'one', '--tail=1')).toMatch(/^one \d+\n$/);
  expect(await k.ok('logs', 'talks', '-c', 'one', '--timestamps', '--since-time=2020-01-01T00:00:00Z')).toMatch(/^\d{4}-\d\d-\d\dT\S+Z one 0\n/);
  expect(await k.ok('logs', 'talks', '-c', 'one', '--limit-bytes=3')).toBe('one');
  await eventually(async () => Number((await k.ok('logs', 'talks', '-c', 'one', '--tail=1')).slice(4)) >= 4, 'some lines');
  expect((await k.ok('logs', 'talks', '-c', 'one', '--since=1s')).split('\n').length).toBeLessThan(5);
  expect(await k.ok('logs', 'deploy/web')).toBe('');
  expect(await k.fails('logs', 'talks', '-c', 'nobody')).toBe('error: container nobody is not valid for pod talks\n');
  expect(await k.fails('logs', 'nobody')).toContain('pods "nobody" not found');
});
command('logs --all-containers, -l, --prefix', async () => {
  const all = await k.ok('logs', 'talks', '--all-containers', '--prefix');
  expect(all).toMatch(/\[pod\/talks\/one\] one 0\n/);
  expect(all).toMatch(/\[pod\/talks\/two\] two a\n/);
  expect(all).toMatch(/\[pod\/talks\/first\] from first\n/);
  expect(await k.ok('logs', '-l', 'app=talks', '--all-containers', '--tail=1')).toMatch(/from first\n/);
});
command('logs --previous', async () => {
  await k.ok('wait', '--for=jsonpath={.status.containerStatuses[1].restartCount}=1', 'pod/talks', '--timeout=30s');
  expect((await k.ok('logs', 'talks', '-c', 'two', '--previous')).split('\n').sort()).toEqual(['', 'two a', 'two b']);
  expect(await k.fails('logs', 'box', '--previous')).toContain('previous terminated container "box" in pod "box" not found');
});
command('logs -f', async () => {
  await using follow = k.start('logs', '-f', 'talks', '-c', 'one', '--tail=1');
  await follow.until(/one \d+\none \d+\none \d+\n/);
});

command('exec', async () => {
  expect(await k.ok('exec', 'box', '--', 'echo', 'hi')).toBe('hi\n');
  expect(await k.ok('exec', 'deploy/web', '--', 'hostname')).toMatch(/^web-/);
  expect(await k.piped('through\n', 'exec', '-i', 'box', '--', 'cat')).toBe('through\n');
  const failed = await k.try(['exec', 'box', '--', 'sh', '-c', 'echo out; echo err >&2; exit 4']);
  expect(failed).toEqual({ code: 4, stdout: 'out\n', stderr: 'err\ncommand terminated with exit code 4\n' });
  expect(await k.fails('exec', 'box', '-c', 'nobody', '--', 'true')).toContain('container nobody is not valid for pod box');
  expect(await k.fails('exec', 'box', '--', '/nothing')).toContain('no such file or directory');
  expect(await k.fails('exec', 'nobody', '--', 'true')).toBe('Error from server (NotFound): pods "nobody" not found\n');
});
command('exec: a megabyte each way', async () => {
  const text = 'abcdefghijklmno\n'.repeat(65_536);
  expect((await k.piped(text, 'exec', '-i', 'box', '--', 'cat')).length).toBe(text.length);
});
command('exec -it in a real terminal', async () => {
  const shell = terminal('exec', '-it', 'box', '--', 'sh');
  await eventually(async () => shell.text().includes('# '), 'a prompt');
  shell.pty.write('stty size; echo is $((40 + 2))\r');
  await eventually(async () => /17 91\r\nis 42/.test(shell.text()), 'the size of the terminal');
  shell.pty.resize(120, 40);
  await eventually(async () => {
    shell.pty.write('stty size\r');
    return shell.text().includes('40 120');
  }, 'its new size');
  shell.pty.write('echo b$((1))gun; sleep 1000\r');
  await eventually(async () => shell.text().includes('b1gun'), 'the command');
  shell.pty.write('\u0003');
  shell.pty.write('echo after $((1 + 1))\r');
  await eventually(async () => shell.text().includes('after 2'), 'Ctrl-C ends the command, not the shell');
  shell.pty.write('exit 3\r');
  expect(await shell.exited).toBe(3);
});
command('attach', async () => {
  await using attached = k.start('attach', 'talks', '-c', 'one');
  await attached.until(/one \d+\none \d+\n/);
});
command('run -it --rm', async () => {
  const session = terminal('run', 'once', '-it', '--rm', '--restart=Never', `--image=${busybox}`);
  await eventually(async () => session.text().includes('# '), 'a prompt');
  session.pty.write('wget -qO- http://web:8080/hostname\r');
  await eventually(async () => /\nweb-\S+\r\n/.test(session.text()), 'the Service answers by its short name');
  session.pty.write('exit\r');
  expect(await session.exited).toBe(0);
  expect(session.text()).toContain('pod "once" deleted from kubectl-streams namespace');
});
command('run (--expose, --env, --labels, --attach, exit codes)', async () => {
  expect(await k.ok('run', 'shown', `--image=${nginx}`, '--port=80', '--expose', '--env=A=b', '--labels=x=y')).toBe('service/shown created\npod/shown created\n');
  expect(await k.ok('get', 'pod', 'shown', '-o', 'jsonpath={.spec.containers[0].env[0].value} {.metadata.labels.x}')).toBe('b y');
  const ended = await k.try(['run', 'ends', `--image=${busybox}`, '--restart=Never', '--attach', '--command', '--', 'sh', '-c', 'sleep 1; echo said; exit 3']);
  expect([ended.code, ended.stdout]).toEqual([3, expect.stringContaining('said\n')]);
  expect(await k.ok('get', 'pod', 'ends')).toMatch(/\nends +0\/1 +Error +0 /);
  expect(await k.fails('run', 'BAD', `--image=${busybox}`)).toContain('The Pod "BAD" is invalid: \n* metadata.name: Invalid value: "BAD"');
});
command('cp', async () => {
  const from = join(folder, 'from');
  mkdirSync(from);
  const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, i) => i % 251));
  writeFileSync(join(from, 'bytes'), bytes);
  await k.ok('cp', from, 'box:/tmp/copied');
  expect(await k.ok('exec', 'box', '--', 'ls', '/tmp/copied')).toBe('bytes\n');
  await k.ok('cp', 'box:/tmp/copied/bytes', join(folder, 'back'));
  expect(readFileSync(join(folder, 'back')).equals(bytes)).toBe(true);
});
command('port-forward', async () => {
  await using pod = k.start('port-forward', 'deploy/web', ':80');
  await using service = k.start('port-forward', 'svc/web', ':8080');
  for (const forward of [pod, service]) {
    const [, port = ''] = await forward.until(/Forwarding from 127\.0\.0\.1:(\d+) -> 80\n/);
    expect(await (await fetch(`http://127.0.0.1:${port}/hostname`)).text()).toMatch(/^web-/);
    expect((await fetch(`http://127.0.0.1:${port}/nothing`)).status).toBe(404);
    await forward.until(/Handling connection for \d+\n/);
  }
});
command('proxy', async () => {
  await using proxy = k.start('proxy', '--port=0');
  const [, port = ''] = await proxy.until(/Starting to serve on 127\.0\.0\.1:(\d+)\n/);
  expect(await (await fetch(`http://127.0.0.1:${port}/api/v1/namespaces/${k.namespace}/pods/box`)).json()).toMatchObject({ kind: 'Pod', metadata: { name: 'box' } });
  expect((await fetch(`http://127.0.0.1:${port}/nothing`)).status).toBe(404);
  const web = `/api/v1/namespaces/${k.namespace}/services/web:8080/proxy`;
  expect(await (await fetch(`http://127.0.0.1:${port}${web}/hostname`)).text()).toMatch(/^web-/);
  expect((await fetch(`http://127.0.0.1:${port}${web}?x`, { redirect: 'manual' })).headers.get('location')).toBe(`${web}/?x`);
  expect((await fetch(`http://127.0.0.1:${port}${web}/nothing`)).status).toBe(404);
});
command('get --raw (through the proxy subresources)', async () => {
  const pod = (await k.ok('get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[0].metadata.name}')).trim();
  expect(await k.ok('get', '--raw', `/api/v1/namespaces/${k.namespace}/pods/${pod}:80/proxy/hostname`)).toBe(`${pod}\n`);
  expect(await k.ok('get', '--raw', `/api/v1/namespaces/${k.namespace}/services/http:web:8080/proxy/hostname`)).toMatch(/^web-/);
  expect(await k.fails('get', '--raw', `/api/v1/namespaces/${k.namespace}/services/web:1/proxy/`)).toContain('no service port 1 found for service "web"');
  await k.ok('create', 'service', 'clusterip', 'nobody', '--tcp=80');
  expect(await k.fails('get', '--raw', `/api/v1/namespaces/${k.namespace}/services/nobody:80/proxy/`)).toContain('no endpoints available for service "nobody"');
  expect(await k.fails('get', '--raw', `/api/v1/namespaces/${k.namespace}/pods/${pod}:80/proxy/`, '--as=nobody')).toContain('cannot get resource "pods/proxy"');
});
command('debug (ephemeral container, --target, --copy-to, node)', async () => {
  const flags = ['--profile=general', `--image=${busybox}`];
  await k.ok('debug', 'box', ...flags, '-c', 'look', '--target=box', '--', 'sh', '-c', 'ps; sleep 1');
  await eventually(async () => /1 root +sh -c trap/.test(await k.ok('logs', 'box', '-c', 'look')), "the other container's processes");
  expect(await k.ok('describe', 'pod', 'box')).toMatch(/Ephemeral Containers:\n +look:\n/);
  await k.ok('debug', 'box', ...flags, '--copy-to=copy', '--', 'sleep', '1');
  await k.ok('wait', '--for=jsonpath={.status.phase}=Running', 'pod/copy', '--timeout=30s');
  const node = (await k.ok('get', 'nodes', '-o', 'jsonpath={.items[0].metadata.name}')).trim();
  const [, pod = ''] = (await k.ok('debug', `node/${node}`, ...flags, '--', 'ls', '/host/etc/hostname')).match(/Creating debugging pod (\S+) with container debugger on node/) ?? [];
  await k.ok('wait', '--for=jsonpath={.status.phase}=Succeeded', `pod/${pod}`, '--timeout=30s');
  expect(await k.ok('logs', pod)).toBe('/host/etc/hostname\n');
});
