import { hasReason, type KindRegistry } from '@rhythm/api';
import type { ValidatingAdmissionPolicy } from '@rhythm/api/types/admissionregistration-v1';
import { causeChain, type Log } from '@rhythm/base';
import type { ResourceChanges } from '../../auth/ports.ts';
import type { OwnWrites } from '../../ports/own-writes.ts';
import type { ObjectReader } from '../../ports/types.ts';
import { typeCheck } from './type-check.ts';

const group = 'admissionregistration.k8s.io';
const resource = 'validatingadmissionpolicies';

export interface PolicyStatusPorts {
  readonly registry: KindRegistry;
  readonly reader: ObjectReader;
  readonly changes: ResourceChanges;
  readonly writes: Pick<OwnWrites, 'updateStatus'>;
  readonly log: Log;
}

/**
 * Says in the status of each ValidatingAdmissionPolicy which generation was looked at and what makes no sense in it. Level-triggered; with
 * several servers one of them is first, and the others find it done. Stopped, it does not start again.
 */
export function policyFollower({ registry, reader, changes, writes, log }: PolicyStatusPorts): { start(): void; stop(): Promise<void> } {
  let isDue = false;
  let isStopped = false;
  let running: Promise<void> | undefined;
  const check = async (policy: ValidatingAdmissionPolicy): Promise<void> => {
    const { generation = 0 } = policy.metadata;
    if (policy.status?.observedGeneration === generation) return;
    const expressionWarnings = typeCheck(policy, registry);
    const status = { ...policy.status, observedGeneration: generation, typeChecking: expressionWarnings.length === 0 ? {} : { expressionWarnings } };
    try {
      await writes.updateStatus(group, resource, { ...policy, status } as ValidatingAdmissionPolicy);
    } catch (error) {
      // Another server was faster, or the policy has changed: either is a change to come here for again.
      if (!hasReason(error, 'Conflict') && !hasReason(error, 'NotFound')) log.warn('the status of a policy cannot be written', { policy: policy.metadata.name, error: causeChain(error) });
    }
  };
  const run = async (): Promise<void> => {
    while (isDue && !isStopped) {
      isDue = false;
      try {
        for (const policy of await reader.list<ValidatingAdmissionPolicy>(group, resource, '')) if (!isStopped) await check(policy);
      } catch (error) {
        log.warn('policies cannot be looked at', { error: causeChain(error) });
      }
    }
  };
  const trigger = (): void => {
    isDue = true;
    running ??= run().finally(() => {
      running = undefined;
      if (isDue && !isStopped) trigger();
    });
  };
  let unsubscribe = (): void => undefined;
  return {
    start() {
      unsubscribe = changes.onChange(group, resource, trigger);
      trigger();
    },
    async stop() {
      isStopped = true;
      unsubscribe();
      await running;
    },
  };
}
