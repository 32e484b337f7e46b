import { closeSync, existsSync, openSync, readSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run } from './run.ts';

/** What a node needs on the machine, and the Debian package that brings it. */
interface Need {
  readonly package: string;
  readonly present: () => boolean;
}

const needs: readonly Need[] = [
  { package: 'containerd', present: () => commandExists('containerd') && commandExists('ctr') && commandExists('containerd-shim-runc-v2') },
  { package: 'runc', present: () => commandExists('runc') },
  { package: 'containernetworking-plugins', present: () => ['bridge', 'host-local', 'loopback', 'portmap'].every((name) => existsSync(join('/usr/lib/cni', name))) },
  { package: 'nftables', present: () => commandExists('nft') },
  { package: 'iptables', present: () => commandExists('iptables') },
  { package: 'iproute2', present: () => commandExists('ip') && commandExists('ss') },
  { package: 'busybox-static', present: () => existsSync('/bin/busybox') && isStatic('/bin/busybox') },
  { package: 'conntrack', present: () => commandExists('conntrack') },
];

/** Packages of the node that are not there, by name. */
export function missingPackages(): readonly string[] {
  return needs.filter(({ present }) => !present()).map((need) => need.package);
}

/** Installs Debian packages without starting the services they bring; throws one line that says what to do. */
export async function installPackages(names: readonly string[]): Promise<void> {
  if (!commandExists('apt-get')) throw new Error(`this machine lacks ${names.join(', ')} and has no apt-get: install them and try again`);
  // https://people.debian.org/~hmh/invokerc.d-policyrc.d-specification.txt: 101 means "action not allowed".
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !existsSync(policy);
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    const lists = '/var/lib/apt/lists';
    const neverUpdated = !existsSync(lists) || readdirSync(lists).every((name) => !name.includes('Packages'));
    if (neverUpdated) await apt(['update']);
    const first = await apt(['install', ...names]);
    if (first.code === 0) return;
    await apt(['update']);
    const second = await apt(['install', ...names]);
    if (second.code !== 0) throw new Error(`apt-get cannot install ${names.join(' ')}: ${lastLine(second.stderr || second.stdout)}`);
  } finally {
    if (ours) rmSync(policy, { force: true });
  }
}

function apt(args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const options = ['-q', '-y', '-o', 'DPkg::Lock::Timeout=120', ...(args[0] === 'install' ? ['--no-install-recommends'] : [])];
  return run('apt-get', [...options, ...args], { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' } });
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}

function commandExists(name: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => existsSync(join(folder, name)));
}

/** Whether an ELF program needs no loader: it has no PT_INTERP program header (elf(5)). */
export function isStatic(path: string): boolean {
  const head = Buffer.alloc(4096);
  const file = openSync(path, 'r');
  try {
    readSync(file, head, 0, head.length, 0);
  } finally {
    closeSync(file);
  }
  if (head.toString('latin1', 0, 4) !== '\u007fELF') return false;
  const offset = Number(head.readBigUInt64LE(32));
  const size = head.readUInt16LE(54);
  const count = head.readUInt16LE(56);
  const interpreter = 3;
  return Array.from({ length: count }, (_, at) => offset + at * size).every((at) => at + 4 > head.length || head.readUInt32LE(at) !== interpreter);
}
