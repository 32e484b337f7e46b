import { execFile, execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock, systemRandom } from '@rhythm/base';
import { dialGrpc, unary, type Client, type ClientTls } from '@rhythm/grpc';
import { createAuthority, type Authority } from '@rhythm/pki';
import { etcdctlPatience } from './etcd-process.ts';
import { KVClient, MaintenanceService, type StatusResponse } from '@rhythm/proto/etcd';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const bundle = join(root, 'apps/store/dist/main.mjs');
const readyMsMax = 120_000;
const clientPort = 2379;
const peerPort = 2380;

/** Several stores, each a process in a network namespace of its own, on one bridge; clients and peers have CAs of their own. */
export class StoreCluster {
  readonly folder = mkdtempSync(join(tmpdir(), 'rhythm-stores-'));
  readonly members = new Map<string, StoreMember>();
  readonly tls: ClientTls;
  /** Of this test run: names of links and namespaces begin with it. */
  readonly prefix = `rhy${process.pid.toString(36)}`;
  readonly subnet: string;
  readonly clientAuthority: Authority;
  readonly peerAuthority: Authority;
  readonly #flags: readonly string[];

  private constructor(clientAuthority: Authority, peerAuthority: Authority, tls: ClientTls, flags: readonly string[]) {
    this.clientAuthority = clientAuthority;
    this.peerAuthority = peerAuthority;
    this.tls = tls;
    this.#flags = flags;
    this.subnet = `10.251.${process.pid % 200}`;
  }

  static async start(names: readonly string[]): Promise<StoreCluster> {
    const built = spawnSync(process.execPath, [join(root, 'tools/bundle.mjs'), 'store'], { cwd: root, encoding: 'utf8' });
    if (built.status !== 0) throw new Error(`the store cannot be bundled: ${built.stderr}`);
    const ports = { clock: systemClock, random: systemRandom };
    const [clients, peers] = [await createAuthority('clients', ports), await createAuthority('peers', ports)];
    const own = await clients.issue({ commonName: 'client', usages: ['client'] });
    const cluster = new StoreCluster(clients, peers, { ca: clients.certPem, cert: own.certPem, key: own.keyPem }, []);
    for (const [name, text] of Object.entries({ 'ca.crt': clients.certPem, 'peer-ca.crt': peers.certPem, 'client.crt': own.certPem, 'client.key': own.keyPem })) {
      writeFileSync(join(cluster.folder, name), text, { mode: 0o600 });
    }
    ip('link', 'add', cluster.prefix, 'type', 'bridge');
    ip('addr', 'add', `${cluster.subnet}.1/24`, 'dev', cluster.prefix);
    ip('link', 'set', cluster.prefix, 'up');
    for (const name of names) await cluster.add(name);
    const initial = names.map((name) => `${name}=${cluster.get(name).peerUrl}`).join(',');
    await Promise.all(names.map((name) => cluster.get(name).start(['--initial-cluster', initial])));
    return cluster;
  }

  /** A place for a member, not started yet. */
  async add(name: string): Promise<StoreMember> {
    const number = this.members.size + 2;
    const member = new StoreMember(this, name, number, this.#flags);
    await member.prepare();
    this.members.set(name, member);
    return member;
  }

  get(name: string): StoreMember {
    const member = this.members.get(name);
    if (member === undefined) throw new Error(`there is no member ${name}`);
    return member;
  }

  /** Who leads, as a majority sees it. */
  async leader(): Promise<StoreMember> {
    const until = Date.now() + readyMsMax;
    while (Date.now() < until) {
      for (const member of this.members.values()) {
        const status = await member.status().catch(() => undefined);
        if (status !== undefined && status.leader !== 0n && status.leader === status.header?.memberId) return member;
      }
      await new Promise((done) => setTimeout(done, 50));
    }
    throw new Error(`no leader within ${readyMsMax} ms: ${[...this.members.values()].map((member) => member.log().slice(-1500)).join('\n')}`);
  }

  etcdctl(args: readonly string[], endpoints: readonly string[] = [...this.members.values()].map(({ endpoint }) => endpoint)): Promise<string> {
    const file = (name: string): string => join(this.folder, name);
    const flags = [...etcdctlPatience, '--endpoints', endpoints.join(), '--cacert', file('ca.crt'), '--cert', file('client.crt'), '--key', file('client.key')];
    return new Promise((done, reject) => {
      execFile('etcdctl', [...flags, ...args], { env: { ...process.env, ETCDCTL_API: '3' }, timeout: 120_000 }, (error, stdout, stderr) => {
        if (error === null) done(stdout);
        else reject(new Error(`etcdctl ${args.join(' ')}: ${stdout}${stderr}`));
      });
    });
  }

  async remove(): Promise<void> {
    for (const member of this.members.values()) await member.remove();
    spawnSync('ip', ['link', 'del', this.prefix]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** One member: its namespace, folder and process. */
export class StoreMember {
  readonly name: string;
  readonly address: string;
  readonly client: Client;
  readonly #cluster: StoreCluster;
  readonly #link: string;
  readonly #flags: readonly string[];
  #child: ChildProcess | undefined;

  constructor(cluster: StoreCluster, name: string, number: number, flags: readonly string[]) {
    this.name = name;
    this.address = `${cluster.subnet}.${number}`;
    this.#cluster = cluster;
    this.#link = `${cluster.prefix}${name}`;
    this.#flags = flags;
    this.client = dialGrpc(KVClient, { targets: this.endpoint, tls: cluster.tls, keepaliveMs: 1000, keepaliveTimeoutMs: 1000 });
  }

  get endpoint(): string {
    return `${this.address}:${clientPort}`;
  }

  get peerUrl(): string {
    return `https://${this.address}:${peerPort}`;
  }

  get data(): string {
    return this.#file('data');
  }

  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async prepare(): Promise<void> {
    mkdirSync(join(this.#cluster.folder, this.name), { mode: 0o700 });
    await this.writeCertificates();
    ip('netns', 'add', this.#link);
    ip('link', 'add', this.#link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', this.#link);
    ip('link', 'set', this.#link, 'master', this.#cluster.prefix, 'up');
    for (const command of [['addr', 'add', `${this.address}/24`, 'dev', 'eth0'], ['link', 'set', 'eth0', 'up'], ['link', 'set', 'lo', 'up']]) ip('-n', this.#link, ...command);
  }

  /** New certificates, in place of those before. */
  async writeCertificates(): Promise<void> {
    const names = { ipAddresses: [this.address] };
    const server = await this.#cluster.clientAuthority.issue({ commonName: this.name, ...names, usages: ['server'] });
    const peer = await this.#cluster.peerAuthority.issue({ commonName: this.name, ...names, usages: ['server', 'client'] });
    for (const [name, text] of Object.entries({ 'server.crt': server.certPem, 'server.key': server.keyPem, 'peer.crt': peer.certPem, 'peer.key': peer.keyPem })) {
      writeFileSync(this.#file(name), text, { mode: 0o600 });
    }
  }

  /** Starts the process; `more`: what it is told of its cluster. Resolves once it serves. */
  async start(more: readonly string[] = []): Promise<void> {
    const endpointFile = this.#file('endpoint');
    rmSync(endpointFile, { force: true });
    const ca = (name: string): string => join(this.#cluster.folder, name);
    const args = [
      bundle, '--name', this.name, '--data-dir', this.data, '--endpoint-file', endpointFile, '--listen-client-urls', `https://${this.endpoint}`,
      '--cert-file', this.#file('server.crt'), '--key-file', this.#file('server.key'), '--client-ca-file', ca('ca.crt'), '--listen-peer-urls', this.peerUrl,
      '--peer-cert-file', this.#file('peer.crt'), '--peer-key-file', this.#file('peer.key'), '--peer-trusted-ca-file', ca('peer-ca.crt'), ...this.#flags, ...more,
    ];
    const shell = `exec "$@" 2>>"${this.#file('log')}"`;
    const child = spawn('ip', ['netns', 'exec', this.#link, '/bin/sh', '-c', shell, 'sh', process.execPath, ...args], { stdio: 'ignore' });
    this.#child = child;
    const until = Date.now() + readyMsMax;
    while (!existsSync(endpointFile)) {
      if (child.exitCode !== null) throw new Error(`${this.name} ended with ${child.exitCode}: ${this.log()}`);
      if (Date.now() > until) throw new Error(`${this.name} is not ready after ${readyMsMax} ms: ${this.log()}`);
      await new Promise((done) => setTimeout(done, 10));
    }
  }

  /** Runs a command of the store's program; gives what it prints. */
  command(args: readonly string[]): string {
    return execFileSync(process.execPath, [bundle, ...args], { encoding: 'utf8' });
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (!this.isRunning) return;
    const ended = this.ended();
    this.#child?.kill(signal);
    await ended;
  }

  /** Resolves when the process has ended. */
  ended(): Promise<void> {
    return new Promise((done) => (this.isRunning ? this.#child?.once('exit', () => done()) : done()));
  }

  /** SIGSTOP or SIGCONT. */
  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  cut(): void {
    ip('link', 'set', this.#link, 'down');
  }

  heal(): void {
    ip('link', 'set', this.#link, 'up');
  }

  status(): Promise<StatusResponse> {
    return unary(this.client, MaintenanceService.status, {}, { deadlineMs: 5_000 });
  }

  log(): string {
    return existsSync(this.#file('log')) ? readFileSync(this.#file('log'), 'utf8') : '';
  }

  async remove(): Promise<void> {
    this.signal('SIGCONT');
    await this.kill();
    this.client.close();
    spawnSync('ip', ['netns', 'del', this.#link]);
  }

  #file(name: string): string {
    return join(this.#cluster.folder, this.name, name);
  }
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
