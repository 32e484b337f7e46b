import { existsSync } from 'node:fs';
import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { MemberRecord } from './members/records.ts';
import type { Identity } from './services/header.ts';

/** What `DIR/member.json` says; written once. */
export interface StoredIdentity extends Identity {
  /** Of a member that joined a group: whom it asked for the state. Its own state, once it has one, knows better. */
  readonly joined?: readonly MemberRecord[];
  /** Of one that began a group: all its first members. They count until there is a state, whatever the flags say by then. */
  readonly founders?: readonly MemberRecord[];
}

/**
 * The member's identity; undefined when there is none yet. Throws when the directory belongs to a member of another name: two
 * members on one directory would destroy each other's state.
 */
export async function readIdentity(dataDir: string, name: string): Promise<StoredIdentity | undefined> {
  const path = join(dataDir, 'member.json');
  if (existsSync(path)) {
    const stored = parse(await readFile(path, 'utf8'), path);
    if (stored.name !== name) throw new Error(`${dataDir} belongs to the member "${stored.name}", not "${name}"`);
    return stored;
  }
  if (existsSync(join(dataDir, 'state'))) throw new Error(`${path} is missing, but the directory holds a member's state`);
  return undefined;
}

/** Durable on return. */
export async function writeIdentity(dataDir: string, { name, clusterId, memberId, joined, founders }: StoredIdentity): Promise<void> {
  const path = join(dataDir, 'member.json');
  const text = JSON.stringify({ name, clusterId: clusterId.toString(16), memberId: memberId.toString(16), joined: toJson(joined), founders: toJson(founders) });
  const file = await open(`${path}.tmp`, 'w', 0o600);
  try {
    await file.writeFile(`${text}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.tmp`, path);
}

type JsonMember = Omit<MemberRecord, 'id'> & { readonly id: string };

function parse(text: string, path: string): StoredIdentity {
  const stored = JSON.parse(text) as Readonly<Record<string, unknown>>;
  const { name, clusterId, memberId } = stored;
  if (typeof name !== 'string' || typeof clusterId !== 'string' || typeof memberId !== 'string') throw new Error(`${path} is damaged`);
  const [joined, founders] = [fromJson(stored['joined']), fromJson(stored['founders'])];
  return { name, clusterId: BigInt(`0x${clusterId}`), memberId: BigInt(`0x${memberId}`), ...(joined === undefined ? {} : { joined }), ...(founders === undefined ? {} : { founders }) };
}

function toJson(members: readonly MemberRecord[] | undefined): JsonMember[] | undefined {
  return members?.map((member) => ({ ...member, id: member.id.toString(16) }));
}

function fromJson(members: unknown): MemberRecord[] | undefined {
  return (members as readonly JsonMember[] | undefined)?.map((member) => ({ ...member, id: BigInt(`0x${member.id}`) }));
}
