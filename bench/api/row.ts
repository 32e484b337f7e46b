/** What is measured, one row each, and what all rows work with. */
import type { HttpsClient } from '../lib/https-client.ts';
import type { Sample } from '../lib/measure.ts';
import type { Limit, Limits } from './limits.ts';
import type { Servers } from './servers.ts';

export interface Context {
  readonly servers: Servers;
  readonly client: HttpsClient;
  /** Apiserver and store: CPU is that of both. */
  readonly pids: readonly number[];
  readonly limits: Limits;
  /** Of measuring, for each row. */
  readonly seconds: number;
  /** Of measuring at least, for rows of single requests in the table of aims; as many again go before. */
  readonly operations: number;
  /** Pods of the long list, and of others what goes with them. */
  readonly pods: number;
}

export interface Row {
  readonly name: string;
  run(context: Context): Promise<Sample>;
  /** The least that the same can cost, in the same run. */
  limit?(context: Context): Promise<Limit>;
}

/** Rows that need the same objects. */
export interface Section {
  readonly rows: readonly Row[];
  /** Makes the objects. */
  prepare(context: Context): Promise<void>;
}

/** A namespace with the ServiceAccount that a controller would have made. */
export async function makeNamespace(client: HttpsClient, name: string): Promise<string> {
  const post = (path: string, kind: string, object: string): Promise<unknown> => client.json('POST', path, { apiVersion: 'v1', kind, metadata: { name: object } });
  await post('/api/v1/namespaces', 'Namespace', name);
  await post(`/api/v1/namespaces/${name}/serviceaccounts`, 'ServiceAccount', 'default');
  return `/api/v1/namespaces/${name}`;
}

/** Creates `count` objects, some at a time. */
export async function fill(client: HttpsClient, path: string, count: number, objectOf: (at: number) => object): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < count) await client.request('POST', path, { body: JSON.stringify(objectOf(next++)) });
  };
  await Promise.all(Array.from({ length: 16 }, work));
}

/** One thing that took `seconds`, or several together. */
export function oneSample(operations: number, seconds: number, cpu: number): Sample {
  return { operations, seconds, p50: seconds * 1000, p99: Number.NaN, cpu: cpu / operations };
}
