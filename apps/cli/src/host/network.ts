import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { parseCidr, type Cidr } from './cidr.ts';
import { run, runOk } from './run.ts';

/** Every IPv4 range that the machine has a route, an address or a neighbour in. */
export async function takenRanges(): Promise<readonly Cidr[]> {
  const outputs = await Promise.all([runOk('ip', ['-4', 'route', 'show', 'table', 'all']), runOk('ip', ['-4', 'neigh', 'show']), runOk('ip', ['-4', '-o', 'addr', 'show'])]);
  return outputs.flatMap((text) => text.split(/\s+/).flatMap((word) => (/^\d+\.\d+\.\d+\.\d+(\/\d+)?$/.test(word) ? [parseCidr(word)] : []))).filter((cidr): cidr is Cidr => cidr !== undefined && cidr.bits > 0);
}

/** The address by which others reach this machine: that of the default route; `undefined` without one. */
export async function defaultRouteAddress(): Promise<string | undefined> {
  const routes = (await run('ip', ['-4', '-o', 'route', 'show', 'default'])).stdout;
  const source = / src (\S+)/.exec(routes)?.[1];
  if (source !== undefined) return source;
  const device = / dev (\S+)/.exec(routes)?.[1];
  return device === undefined ? undefined : networkInterfaces()[device]?.find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
}

/** The pods' bridge with its address; makes what is missing. */
export async function ensureBridge(name: string, address: string, bits: number): Promise<void> {
  if ((await run('ip', ['link', 'show', name])).code !== 0) await runOk('ip', ['link', 'add', name, 'type', 'bridge']);
  await runOk('ip', ['addr', 'replace', `${address}/${bits}`, 'dev', name]);
  // What pods on one bridge send each other must pass the firewall's connection tracking, or the answer of a Service would
  // bypass the translation of its address. Set on this bridge alone; the sysctl would change every bridge of the machine.
  await run('modprobe', ['br_netfilter']).catch(() => undefined);
  const told = await run('ip', ['link', 'set', 'dev', name, 'type', 'bridge', 'nf_call_iptables', '1']);
  if (told.code !== 0) throw new Error(`the kernel has no br_netfilter, without which pods on one node cannot share a Service: ${told.stderr.trim()}; load the module br_netfilter`);
  await runOk('ip', ['link', 'set', name, 'up']);
}

/**
 * Service addresses go by way of the bridge, with its address as their source: a machine without a default route reaches
 * them too, and the answers come back to the bridge. They are translated before they would leave.
 */
export async function ensureServiceRoute(bridge: string, source: string, serviceCidr: string): Promise<void> {
  await runOk('ip', ['route', 'replace', serviceCidr, 'dev', bridge, 'src', source]);
}

/** Removes the bridge and whatever is still plugged into it. */
export async function removeBridge(name: string): Promise<void> {
  const ports = (await run('ip', ['-o', 'link', 'show', 'master', name])).stdout;
  for (const [, link] of ports.matchAll(/^\d+: ([^:@\s]+)/gm)) await run('ip', ['link', 'delete', link ?? '']);
  if ((await run('ip', ['link', 'show', name])).code === 0) await runOk('ip', ['link', 'delete', name]);
}

/** Who listens on a TCP port, as `name (pid N)`; `undefined` when that cannot be said. */
export async function portOwner(port: number): Promise<string | undefined> {
  const { stdout, code } = await run('ss', ['-Hltnp', `sport = :${port}`]).catch(() => ({ stdout: '', code: 1 }));
  const match = code === 0 ? /users:\(\("([^"]+)",pid=(\d+)/.exec(stdout) : null;
  return match === null ? undefined : `${match[1] ?? ''} (pid ${match[2] ?? ''})`;
}

/** The machine's name as a node's name: lower case, RFC 1123. */
export function nodeNameOf(hostname: string): string {
  const name = hostname.toLowerCase().replaceAll(/[^a-z0-9.-]/g, '-').replaceAll(/^[^a-z0-9]+|[^a-z0-9]+$/g, '').slice(0, 63);
  return name === '' ? 'node' : name;
}

/** Capabilities this process has, as the bits of /proc/self/status (capabilities(7)). */
export function effectiveCapabilities(): bigint {
  const hex = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return BigInt(`0x${hex ?? '0'}`);
}
