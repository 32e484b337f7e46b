import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '@rhythm/base';
import { dialGrpc, unary } from '@rhythm/grpc';
import { KVClient, KVService, RangeRequest } from '@rhythm/proto/etcd';
import type { ClusterConfig } from '../config/cluster-config.ts';
import { clusterPaths } from '../paths.ts';

/** How many Secrets are stored how. */
export interface StoredSecrets {
  /** As the first provider writes them. */
  current: number;
  /** With another key or provider. */
  stale: number;
  plain: number;
}

const head = '/registry/secrets/';
const pageMax = 500;
const deadlineMs = 10_000;

/** Looks at what the store itself has. `prefix`: how values begin that are as they should be; '' for plain text. */
export async function storedSecrets(config: ClusterConfig, prefix: string, clock: Clock): Promise<StoredSecrets> {
  const read = (file: string): Buffer => readFileSync(join(clusterPaths(config.dir).pki, file));
  const targets = config.storeEndpoints ?? [`127.0.0.1:${config.ports.store}`];
  const client = dialGrpc(KVClient, { targets, ...(config.storeEndpoints === undefined ? { tls: { ca: read('store-ca.crt'), cert: read('store-client.crt'), key: read('store-client.key') } } : {}) });
  const counted: StoredSecrets = { current: 0, stale: 0, plain: 0 };
  try {
    const end = Buffer.from(`${head.slice(0, -1)}0`);
    for (let key: Uint8Array = Buffer.from(head), more = true; more; ) {
      const answer = await unary(client, KVService.range, RangeRequest.fromPartial({ key, rangeEnd: end, limit: BigInt(pageMax) }), { clock, deadlineMs });
      for (const { value } of answer.kvs) counted[kindOf(value, prefix)]++;
      more = answer.more;
      key = Buffer.concat([answer.kvs.at(-1)?.key ?? end, Buffer.alloc(1)]);
    }
    return counted;
  } finally {
    client.close();
  }
}

function kindOf(value: Uint8Array, prefix: string): keyof StoredSecrets {
  const begins = Buffer.from(value.subarray(0, 512)).toString('latin1');
  const isPlain = !begins.startsWith('k8s:enc:');
  if (prefix === '' ? isPlain : begins.startsWith(prefix)) return 'current';
  return isPlain ? 'plain' : 'stale';
}
