import { spawn, type IPty } from '@lydell/node-pty';
import { expect, inject, test } from 'vitest';
import { Cluster, eventually, rhythm } from '../support/cluster.ts';

const cluster = new Cluster(inject('clusterDir'));

/** A terminal on which kubectl runs; `text` is what it shows. */
function terminal(args: readonly string[]): { readonly pty: IPty; text(): string; readonly exited: Promise<number> } {
  const pty = spawn(rhythm, ['kubectl', '--dir', cluster.dir, ...args], { cols: 91, rows: 17, env: process.env as Record<string, string> });
  let shown = '';
  pty.onData((data) => (shown += data));
  return { pty, text: () => shown, exited: new Promise((done) => pty.onExit(({ exitCode }) => done(exitCode))) };
}

test('exec -it: a shell on a real terminal, with its size, echo, Ctrl-C and exit code', async () => {
  // Its own: one of the deployment's may be on its way out.
  await cluster.kubectl('run', 'shell', '--image=rhythm.local/hello:v1', '--restart=Never', '--command', '--', '/bin/sleep', '3600');
  await cluster.kubectl('wait', '--for=condition=Ready', 'pod/shell', '--timeout=120s');
  const shell = terminal(['exec', '-it', 'shell', '--', '/bin/sh']);
  await eventually(async () => shell.text().includes('/ # '), 'a prompt');
  shell.pty.write('tty; echo "is $((40 + 2))"\r');
  await eventually(async () => /\/dev\/pts\/\d+\r\nis 42/.test(shell.text()), 'a terminal inside');
  // The size travels apart from what is typed.
  await eventually(async () => {
    shell.pty.write('stty size\r');
    return shell.text().includes('17 91');
  }, 'the size of the terminal outside');
  shell.pty.resize(120, 40);
  await eventually(async () => {
    shell.pty.write('stty size\r');
    return shell.text().includes('40 120');
  }, 'the new size');
  // What it says shows that the line is no longer edited, where Ctrl-C would be a character like others.
  shell.pty.write('echo b$((1))gun; sleep 1000\r');
  await eventually(async () => shell.text().includes('b1gun'), 'the command');
  shell.pty.write('\u0003');
  shell.pty.write('echo after $((1 + 1))\r');
  await eventually(async () => shell.text().includes('after 2'), 'Ctrl-C ends the command, not the shell');
  shell.pty.write('exit 3\r');
  expect(await shell.exited).toBe(3);
  await cluster.kubectl('delete', 'pod', 'shell', '--now');
});

test('run -it --rm: a pod for the length of a command', async () => {
  const session = terminal(['run', 'once', '-it', '--rm', '--restart=Never', '--image=rhythm.local/hello:v1', '--', '/bin/sh']);
  // One that was printed before one attached is asked for again, as kubectl advises.
  await eventually(async () => {
    if (session.text().includes('/ # ')) return true;
    session.pty.write('\r');
    return false;
  }, 'a prompt');
  // While a pod that was deleted is replaced one call may fail.
  await eventually(async () => {
    session.pty.write('wget -qO- http://hello\r');
    return /\nhello-[a-z0-9]+-[a-z0-9]{5}\r\n/.test(session.text());
  }, 'the Service answers by its short name');
  session.pty.write('exit\r');
  expect(await session.exited).toBe(0);
  await eventually(async () => (await cluster.tryKubectl('get', 'pod', 'once')).code === 1, 'the pod is gone');
});
