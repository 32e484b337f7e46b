import { parseTime, type Clock } from '@rhythm/base';
import { adminHttp, objectOf, type AdminHttp } from '../cluster/admin-http.ts';
import type { ClusterConfig } from '../config/cluster-config.ts';
import { clusterPaths } from '../paths.ts';

/** An API server as its identity Lease shows it. */
export interface ServerSeen {
  /** The Lease. */
  readonly name: string;
  readonly hostname: string;
  /** Of the encryption configuration that it uses; '' when it has none. */
  readonly encryptionHash: string;
}

export interface IdentityLeases {
  readonly items: ReadonlyArray<{
    readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>>; readonly annotations?: Readonly<Record<string, string>> };
    readonly spec?: { readonly renewTime?: string };
  }>;
}

export interface WaitPorts {
  readonly clock: Clock;
  readonly write: (text: string) => void;
}

/** The API server looks at its file every few seconds. */
const reloadMsMax = 90_000;
/** Somebody may have to bring the file to another machine. */
const othersMsMax = 600_000;
/** Servers that wait are named after this. */
const namedAfterMs = 30_000;
const pollMs = 500;
const requestMsMax = 30_000;
/** A server renews its Lease every ten seconds, through the same store as Secrets: one that has been silent for so long writes none. */
const silentMs = 120_000;
const encryptionAnnotation = 'rhythm.internal/encryption-config';
const leasesPath = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases?labelSelector=apiserver.kubernetes.io%2Fidentity%3Dkube-apiserver';

/** Those that live, by the newest of their own times: the clock of this machine may be another. */
export function aliveOf({ items }: IdentityLeases): ServerSeen[] {
  const renewed = items.map(({ spec }) => parseTime(spec?.renewTime ?? '') ?? 0);
  const newest = Math.max(0, ...renewed);
  return items
    .filter((_item, at) => newest - (renewed[at] ?? 0) < silentMs)
    .map(({ metadata: { name, labels, annotations } }) => ({ name, hostname: labels?.['kubernetes.io/hostname'] ?? '', encryptionHash: annotations?.[encryptionAnnotation] ?? '' }));
}

export async function serversAlive(config: ClusterConfig): Promise<ServerSeen[]> {
  const http = adminHttp(config);
  try {
    return await aliveFrom(http);
  } finally {
    http.close();
  }
}

async function aliveFrom(http: Pick<AdminHttp, 'get'>): Promise<ServerSeen[]> {
  return aliveOf(objectOf<IdentityLeases>(await http.get(leasesPath, requestMsMax), 'the API servers cannot be listed'));
}

/**
 * Resolves once every API server that lives uses the encryption configuration with this hash: this cluster's own by its metrics, at once; others by their
 * Leases. Says for whom it waits. Rejects when they do not within their time.
 */
export async function configurationTaken(config: ClusterConfig, hash: string, ports: WaitPorts): Promise<void> {
  const http = adminHttp(config);
  const file = clusterPaths(config.dir).encryption;
  try {
    await takenHere(http, file, hash, ports);
    await takenByAll(http, file, hash, ports);
  } finally {
    http.close();
  }
}

/** The server that `http` asks. */
export async function takenHere(http: Pick<AdminHttp, 'get'>, file: string, hash: string, { clock }: WaitPorts): Promise<void> {
  // Beside the hash stands which server it is.
  const line = new RegExp(`^apiserver_encryption_config_controller_last_config_info\\{[^}]*hash="${hash}"[^}]*\\} 1$`, 'm');
  for (const began = clock.monotonic(); !line.test((await http.get('/metrics', requestMsMax)).body); await clock.sleep(pollMs)) {
    if (clock.monotonic() - began > reloadMsMax) throw new Error(`the API server has not taken ${file} within ${reloadMsMax / 1000} s: see its log`);
  }
}

/** The others, where there are any. */
export async function takenByAll(http: Pick<AdminHttp, 'get'>, file: string, hash: string, { clock, write }: WaitPorts): Promise<void> {
  const began = clock.monotonic();
  for (let isNamed = false; ; await clock.sleep(pollMs)) {
    const servers = await aliveFrom(http);
    // One alone is the one that has answered by its metrics.
    const late = servers.length < 2 ? [] : servers.filter(({ encryptionHash }) => encryptionHash !== hash);
    if (late.length === 0) return;
    const names = late.map(({ name, hostname }) => `${name} on ${hostname}`).join(', ');
    const waited = clock.monotonic() - began;
    if (waited > othersMsMax) throw new Error(`the configuration is not in use within ${othersMsMax / 60_000} minutes by ${names}. No key that somebody may need was removed. Give every API server the same ${file} (--encryption-provider-config, with --encryption-provider-config-automatic-reload), then call this again`);
    if (waited < namedAfterMs || isNamed) continue;
    isNamed = true;
    write(`waiting for ${names}: where an API server has a file of its own, copy ${file} there, byte for byte\n`);
  }
}
