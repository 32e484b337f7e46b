import { hasReason } from '@rhythm/api';
import { causeChain, type Log } from '@rhythm/base';
import type { ClusterRole } from '@rhythm/api/types/rbac-v1';
import type { ObjectReader } from '../../ports/types.ts';
import type { ObjectWriter, ResourceChanges } from '../ports.ts';
import { planAggregation } from './aggregation.ts';
import { bootstrapObjects, rbacResource, reconciled } from './bootstrap.ts';
import { rbacGroup } from './live-index.ts';

/**
 * Creates the bootstrap roles and bindings that are missing and completes those that lost something. Several apiservers
 * may do it at once. Rejects when the store cannot be reached: the server is not ready then.
 */
export async function reconcileBootstrap(reader: ObjectReader, writer: ObjectWriter): Promise<void> {
  for (const wanted of bootstrapObjects()) {
    const resource = rbacResource(wanted.kind ?? '');
    const found = await reader.get<typeof wanted>(rbacGroup, resource, wanted.metadata.namespace ?? '', wanted.metadata.name ?? '');
    const update = found === undefined ? undefined : reconciled(found, wanted);
    if (found !== undefined && update === undefined) continue;
    await unlessOvertaken(update === undefined ? writer.create(rbacGroup, resource, wanted) : writer.update(rbacGroup, resource, update));
  }
}

/** Writes the rules of aggregated cluster roles that no longer match. */
export async function reconcileAggregation(reader: ObjectReader, writer: ObjectWriter): Promise<void> {
  const roles = await reader.list<ClusterRole>(rbacGroup, 'clusterroles', '');
  const byName = new Map(roles.map((role) => [role.metadata.name, role]));
  for (const [name, rules] of planAggregation(roles)) {
    const role = byName.get(name);
    if (role !== undefined) await unlessOvertaken(writer.update(rbacGroup, 'clusterroles', { ...role, rules } as ClusterRole));
  }
}

/** Keeps aggregated rules true after every change of a cluster role; changes during a round start another. Returns how to stop. */
export function keepAggregated(reader: ObjectReader, writer: ObjectWriter, changes: ResourceChanges, log: Log): () => void {
  let running = false;
  let again = false;
  const run = async (): Promise<void> => {
    again = true;
    if (running) return;
    running = true;
    while (again) {
      again = false;
      await reconcileAggregation(reader, writer).catch((error: unknown) => log.warn('aggregated cluster roles not written', { error: causeChain(error) }));
    }
    running = false;
  };
  return changes.onChange(rbacGroup, 'clusterroles', () => void run());
}

/** Another apiserver, or an administrator, was faster: what they wrote stands, the next start or change looks again. */
async function unlessOvertaken(write: Promise<void>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!hasReason(error, 'AlreadyExists') && !hasReason(error, 'Conflict') && !hasReason(error, 'NotFound')) throw error;
  }
}
