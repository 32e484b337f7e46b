import { existsSync } from 'node:fs';
import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Random } from '@rhythm/base';
import type { Identity } from './services/header.ts';

/**
 * The member's identity from `DIR/member.json`, made on the first start. Throws when the directory belongs to a member
 * of another name: two members on one directory would destroy each other's state.
 */
export async function loadIdentity(dataDir: string, name: string, random: Random): Promise<Identity> {
  const path = join(dataDir, 'member.json');
  if (existsSync(path)) {
    const stored = parse(await readFile(path, 'utf8'), path);
    if (stored.name !== name) throw new Error(`${dataDir} belongs to the member "${stored.name}", not "${name}"`);
    return stored;
  }
  if (existsSync(join(dataDir, 'state'))) throw new Error(`${path} is missing, but the directory holds a member's state`);
  const identity = { name, clusterId: randomId(random), memberId: randomId(random) };
  const text = JSON.stringify({ name, clusterId: identity.clusterId.toString(16), memberId: identity.memberId.toString(16) });
  const file = await open(`${path}.tmp`, 'w', 0o600);
  try {
    await file.writeFile(`${text}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.tmp`, path);
  return identity;
}

function parse(text: string, path: string): Identity {
  const { name, clusterId, memberId } = JSON.parse(text) as Readonly<Record<string, unknown>>;
  if (typeof name !== 'string' || typeof clusterId !== 'string' || typeof memberId !== 'string') throw new Error(`${path} is damaged`);
  return { name, clusterId: BigInt(`0x${clusterId}`), memberId: BigInt(`0x${memberId}`) };
}

/** A 64-bit number that is not 0. */
function randomId(random: Random): bigint {
  return Buffer.from(random.bytes(8)).readBigUInt64BE() | 1n;
}
