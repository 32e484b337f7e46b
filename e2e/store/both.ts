import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { randomInt, seededRandom, silentLog, systemClock, systemRandom, type Random } from '@rhythm/base';
import { dialGrpc, GrpcError, Metadata, unary, type Client, type Method } from '@rhythm/grpc';
import { KVClient, KVService, MaintenanceService } from '@rhythm/proto/etcd';
import { start } from '@rhythm/store';
import { etcdProcess } from './etcd-process.ts';

/** The same requests to Debian's etcd-server and to ours. */
export interface Both {
  /** etcd's first. */
  readonly clients: readonly [Client, Client];
  close(): Promise<void>;
}

/** The cheapest that bcrypt allows: what is compared is not its strength. */
const bcryptCost = 4;

export async function startBoth(): Promise<Both> {
  const dataDir = mkdtempSync(join(tmpdir(), 'rhythm-store-'));
  const etcd = await etcdProcess(undefined, ['--bcrypt-cost', String(bcryptCost)]);
  const ours = await start({ name: 'a', dataDir, host: '127.0.0.1', port: 0, auth: { bcryptCost } }, { clock: systemClock, random: systemRandom, log: silentLog });
  const clients = [dialGrpc(KVClient, { targets: etcd.endpoint }), dialGrpc(KVClient, { targets: `127.0.0.1:${ours.port}` })] as const;
  return {
    clients,
    close: async () => {
      for (const client of clients) client.close();
      await Promise.all([etcd.stop(), ours.stop()]);
      rmSync(dataDir, { recursive: true });
    },
  };
}

export const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');

/** Choices that depend on the seed alone. */
export class Dice {
  readonly random: Random;

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  int(bound: number): number {
    return randomInt(this.random, bound);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.int(items.length)] as T;
  }

  chance(share: number): boolean {
    return this.random.next() < share;
  }
}

/** A request to be compared. */
export interface Step {
  readonly name: string;
  readonly method: Method<never, unknown>;
  readonly request: unknown;
}

export function stepOf<Q>(name: string, method: Method<Q, unknown>, request: Q): Step {
  return { name, method: method as unknown as Method<never, unknown>, request };
}

/** An answer or error as comparable text: member ids, terms and times left out. */
export async function outcome(client: Client, { name, method, request }: Step, token?: string, seen?: (answer: unknown) => void): Promise<string> {
  const metadata = new Metadata();
  if (token !== undefined) metadata.set('token', token);
  try {
    const answer = await unary(client, method, request as never, { metadata });
    seen?.(answer);
    // Leases and their keys come in no particular order.
    if (name === 'time to live') (answer as { keys: Uint8Array[] }).keys.sort((a, b) => Buffer.compare(a, b));
    if (name === 'leases') (answer as { leases: Array<{ ID: bigint }> }).leases.sort((a, b) => Number(a.ID - b.ID));
    return plain(answer);
  } catch (error) {
    if (error instanceof GrpcError) return `error ${error.code} ${error.details}`;
    throw error;
  }
}

export function plain(value: unknown): string {
  return JSON.stringify(value, (name, field: unknown) => {
    // The last one came with etcd 3.6.
    if (['clusterId', 'memberId', 'raftTerm', 'hashRevision'].includes(name)) return undefined;
    if (name === 'token' && field !== '') return 'token';
    if (typeof field === 'bigint') return name === 'TTL' && field > 0n ? 'time' : Number(field);
    if (field instanceof Uint8Array || (typeof field === 'object' && field !== null && (field as { type?: unknown }).type === 'Buffer')) {
      return Buffer.from(field instanceof Uint8Array ? field : (field as { data: number[] }).data).toString('latin1');
    }
    return field;
  });
}

export async function revisionOf(client: Client, token?: string): Promise<number> {
  const metadata = new Metadata();
  if (token !== undefined) metadata.set('token', token);
  return Number((await unary(client, KVService.range, { ...plainRange, key: bytes('none') }, { metadata })).header?.revision);
}

export const plainRange = {
  key: bytes(''), rangeEnd: bytes(''), limit: 0n, revision: 0n, sortOrder: 0, sortTarget: 0, serializable: false, keysOnly: false, countOnly: false,
  minModRevision: 0n, maxModRevision: 0n, minCreateRevision: 0n, maxCreateRevision: 0n,
} as const;

/** Both give the same hashes for the same history. */
export async function expectEqualHashes(clients: Both['clients'], revisions: readonly bigint[], tokens: readonly (string | undefined)[] = []): Promise<void> {
  for (const revision of revisions) {
    const [theirs, ours] = await Promise.all(
      clients.map((client, at) => {
        const metadata = new Metadata();
        const token = tokens[at];
        if (token !== undefined) metadata.set('token', token);
        return unary(client, MaintenanceService.hashKv, { revision }, { metadata });
      }),
    );
    expect([ours?.hash, ours?.compactRevision]).toEqual([theirs?.hash, theirs?.compactRevision]);
  }
}
