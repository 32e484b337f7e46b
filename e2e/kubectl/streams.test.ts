import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawn, type IPty } from '@lydell/node-pty';
import { beforeAll, expect } from 'vitest';
import { eventually } from '../support/cluster.ts';
import { busybox, commands, nginx, Scratch } from './commands.ts';

/** Streams to containers: WebSockets from kubectl 1.35, SPDY from 1.20. */
commands('streams', ({ k, command, since }) => {
  const folder = new Scratch();
  const flags = [...(k.old ? [] : ['--profile=general']), `--image=${busybox}`];

  beforeAll(async () => {
    await Promise.all([k.deployment('web'), k.sleeper('box'), k.ok('run', 'talks', `--image=${busybox}`, '--', 'sh', '-c', "trap 'exit 0' TERM; i=0; while true; do echo one $i; i=$((i+1)); sleep 0.5; done")]);
    await k.ok('expose', 'deployment', 'web', '--port=8080', '--target-port=80');
    await k.ok('wait', '--for=condition=Ready', 'pod/talks', '--timeout=120s');
    // Ready is a container that was started: its server listens a moment later, and the Service's rules follow.
    await eventually(async () => (await k.try(['exec', 'box', '--', 'wget', '-qO-', 'http://web:8080/hostname'])).code === 0, 'the Service answers');
  });

  /** A prompt of what was begun before one attached to it: one that was printed too early is asked for again, as kubectl advises. */
  const prompt = (session: { readonly pty: IPty; text(): string }): Promise<boolean> =>
    eventually(async () => {
      if (session.text().includes('# ')) return true;
      session.pty.write('\r');
      return false;
    }, () => `a prompt in ${session.text()}`);

  /** A terminal of 91 by 17 on which kubectl runs; `text` is what it shows. */
  function terminal(...args: string[]): { readonly pty: IPty; text(): string; readonly exited: Promise<number> } {
    const pty = spawn(k.binary, ['-n', k.namespace, ...args], { cols: 91, rows: 17, env: k.env as Record<string, string> });
    let shown = '';
    pty.onData((data) => (shown += data));
    return { pty, text: () => shown, exited: new Promise((done) => pty.onExit(({ exitCode }) => done(exitCode))) };
  }

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
    // The size travels apart from what is typed.
    await eventually(async () => {
      shell.pty.write('stty size; echo is $((40 + 2))\r');
      return /17 91\r\nis 42/.test(shell.text());
    }, 'the size of the terminal');
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
    await using attached = k.start('attach', 'talks');
    await attached.until(/one \d+\none \d+\n/);
  });
  command('run -it --rm', async () => {
    const session = terminal('run', 'once', '-it', '--rm', '--restart=Never', `--image=${busybox}`);
    await prompt(session);
    session.pty.write('wget -qO- http://web:8080/hostname\r');
    await eventually(async () => /\nweb-\S+\r\n/.test(session.text()), 'the Service answers by its short name');
    session.pty.write('exit\r');
    expect(await session.exited).toBe(0);
    expect(session.text()).toContain(`pod "once" deleted${k.fromNamespace}`);
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
    const from = join(folder.path, 'from');
    mkdirSync(from);
    const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, i) => i % 251));
    writeFileSync(join(from, 'bytes'), bytes);
    await k.ok('cp', from, 'box:/tmp/copied');
    expect(await k.ok('exec', 'box', '--', 'ls', '/tmp/copied')).toBe('bytes\n');
    await k.ok('cp', 'box:/tmp/copied/bytes', join(folder.path, 'back'));
    expect(readFileSync(join(folder.path, 'back')).equals(bytes)).toBe(true);
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
  command('proxy, and get --raw, through the proxy subresources', async () => {
    await using proxy = k.start('proxy', '--port=0');
    const [, port = ''] = await proxy.until(/Starting to serve on 127\.0\.0\.1:(\d+)\n/);
    const web = `/api/v1/namespaces/${k.namespace}/services/web:8080/proxy`;
    expect(await (await fetch(`http://127.0.0.1:${port}${web}/hostname`)).text()).toMatch(/^web-/);
    expect((await fetch(`http://127.0.0.1:${port}${web}?x`, { redirect: 'manual' })).headers.get('location')).toBe(`${web}/?x`);
    expect((await fetch(`http://127.0.0.1:${port}${web}/nothing`)).status).toBe(404);
    const pod = (await k.ok('get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[0].metadata.name}')).trim();
    expect(await k.ok('get', '--raw', `/api/v1/namespaces/${k.namespace}/pods/${pod}:80/proxy/hostname`)).toBe(`${pod}\n`);
    expect(await k.ok('get', '--raw', `/api/v1/namespaces/${k.namespace}/services/http:web:8080/proxy/hostname`)).toMatch(/^web-/);
    expect(await k.fails('get', '--raw', `/api/v1/namespaces/${k.namespace}/services/web:1/proxy/`)).toContain('no service port 1 found for service "web"');
    await k.ok('create', 'service', 'clusterip', 'nobody', '--tcp=80');
    expect(await k.fails('get', '--raw', `/api/v1/namespaces/${k.namespace}/services/nobody:80/proxy/`)).toContain('no endpoints available for service "nobody"');
    const node = (await k.ok('get', 'nodes', '-o', 'jsonpath={.items[0].metadata.name}')).trim();
    expect(await k.fails('get', '--raw', `/api/v1/nodes/${node}/proxy/healthz`)).toContain('the kubelet serves no HTTP');
    expect(await k.fails('get', '--raw', `/api/v1/nodes/${node}:22/proxy/`)).toContain("only the kubelet's own port of a node is proxied to");
    expect(await k.fails('get', '--raw', `/api/v1/namespaces/${k.namespace}/pods/${pod}:80/proxy/`, '--as=nobody')).toContain('cannot get resource "pods/proxy"');
  });
  since('debug (ephemeral container, --target)', async () => {
    await k.sleeper('debugged');
    await k.ok('debug', 'debugged', ...flags, '-c', 'look', '--target=debugged', '--', 'sh', '-c', 'ps; sleep 1');
    await eventually(async () => /1 root +sh -c trap/.test(await k.ok('logs', 'debugged', '-c', 'look')), "the other container's processes");
    await eventually(async () => /Ephemeral Containers:\n +look:\n +Container ID: +containerd:\/\//.test(await k.ok('describe', 'pod', 'debugged')), 'its status');
    const session = terminal('debug', 'debugged', '-it', ...flags, '--', 'sh');
    await prompt(session);
    session.pty.write('exit\r');
    expect(await session.exited).toBe(0);
    expect(session.text()).toMatch(/Defaulting debug container name to debugger-\w+\./);
    expect(await k.fails('debug', 'debugged', ...flags, '-c', 'look')).toContain('spec.ephemeralContainers: Forbidden: existing ephemeral containers "look" may not be changed');
  });
  command('debug --copy-to (--set-image, --share-processes, --replace)', async () => {
    await k.sleeper('origin');
    await k.ok('debug', 'origin', ...flags, '--copy-to=copy', '--share-processes', '-c', 'more', '--', 'sleep', '1000');
    await k.ok('wait', '--for=condition=Ready', 'pod/copy', '--timeout=120s');
    expect(await k.ok('get', 'pod', 'copy', '-o', 'jsonpath={.spec.containers[*].name} {.spec.shareProcessNamespace}')).toBe('origin more true');
    await k.shows(['exec', 'copy', '-c', 'more', '--', 'ps'], /sh -c trap/);
    await k.ok('debug', 'origin', '--copy-to=other', `--set-image=*=${nginx}`, '--replace');
    expect(await k.ok('get', 'pods', '--no-headers', '-o', 'jsonpath={.items[?(@.metadata.name=="other")].spec.containers[0].image}')).toBe(nginx);
    await eventually(async () => (await k.ok('get', 'pod', 'origin', '--ignore-not-found')) === '', 'the original goes')
  });
  command('debug node/', async () => {
    const node = (await k.ok('get', 'nodes', '-o', 'jsonpath={.items[0].metadata.name}')).trim();
    const made = await k.try(['debug', `node/${node}`, ...flags, '--', 'ls', '/host/etc/hostname']);
    const [, pod = ''] = (made.stdout + made.stderr).match(/Creating debugging pod (\S+) with container debugger on node/) ?? [];
    await eventually(async () => (await k.ok('get', 'pod', pod, '-o', 'jsonpath={.status.phase}')) === 'Succeeded', 'it has ended');
    expect(await k.ok('logs', pod)).toBe('/host/etc/hostname\n');
    expect(await k.ok('get', 'pod', pod, '-o', 'jsonpath={.spec.hostNetwork} {.spec.nodeName}')).toBe(`true ${node}`);
  });
});
