import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anyPort } from '@rhythm/grpc/testing';
import { eventually } from '../support/cluster.ts';

export interface EtcdProcess {
  readonly endpoint: string;
  /** Its data folder. */
  readonly folder: string;
  /** Runs etcdctl (API 3) against it. */
  etcdctl(args: readonly string[]): Promise<string>;
  /** Ends it and leaves its folder; with SIGTERM, everything is written into its database. */
  kill(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  stop(): Promise<void>;
}

/** Debian's etcd-server on loopback, plain text, with a folder of its own or on the given one; `more`: further arguments. Resolves once it serves. */
export async function etcdProcess(dataDir?: string, more: readonly string[] = []): Promise<EtcdProcess> {
  const folder = dataDir ?? mkdtempSync(join(tmpdir(), 'rhythm-etcd-'));
  const [client, peer] = [await anyPort(), await anyPort()];
  const [url, peerUrl] = [`http://127.0.0.1:${client}`, `http://127.0.0.1:${peer}`];
  const args = ['--data-dir', folder, '--listen-client-urls', url, '--advertise-client-urls', url, '--log-level', 'error'];
  const peers = ['--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl, '--initial-cluster', `default=${peerUrl}`];
  const child = spawn('etcd', [...args, ...peers, ...more], { stdio: 'ignore' });
  const ended = new Promise<void>((done, fail) => {
    child.once('error', fail);
    child.once('exit', () => done());
  });
  ended.catch(() => undefined);
  const endpoint = `127.0.0.1:${client}`;
  const kill = async (signal: NodeJS.Signals = 'SIGKILL'): Promise<void> => {
    child.kill(signal);
    await ended;
  };
  await eventually(async () => (await fetch(`http://${endpoint}/health`)).ok, 'etcd is well').catch(async (error: unknown) => {
    await kill();
    throw error;
  });
  return {
    endpoint,
    folder,
    etcdctl: (given) => etcdctl(['--endpoints', endpoint, ...given]),
    kill,
    stop: async () => {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Its own limits are 2 s for a connection and 5 s for an answer; whoever gives others after these has them. */
export const etcdctlPatience = ['--dial-timeout=60s', '--command-timeout=60s'] as const;

/** Debian's etcdctl, API 3; rejects with what it said. */
export function etcdctl(args: readonly string[]): Promise<string> {
  return new Promise((done, reject) => {
    execFile('etcdctl', [...etcdctlPatience, ...args], { env: { ...process.env, ETCDCTL_API: '3' }, timeout: 180_000 }, (error, stdout, stderr) => {
      if (error === null) done(stdout);
      else reject(new Error(`etcdctl ${args.join(' ')}: ${error.message} ${stdout}${stderr}`));
    });
  });
}
