import { admissionSteps, choosePlugins, type AdmissionPorts } from '../admission/index.ts';
import { quotaStore, resourceQuota } from '../admission/quota/index.ts';
import type { Auth } from '../auth/index.ts';
import type { ApiserverConfig, ApiserverPorts } from '../config.ts';
import { definitionStep } from '../custom/definition-step.ts';
import type { AdmissionStep, ObjectReader } from '../ports/types.ts';
import type { Caches } from '../registry/caches.ts';
import type { ObjectStore } from '../registry/object-store.ts';
import { allocationSteps } from '../steps/index.ts';

/** The steps of admission that are in force, in their order. */
export function stepsOf(config: ApiserverConfig, auth: Auth, reader: ObjectReader, served: Pick<AdmissionPorts, 'registry' | 'changes' | 'webhooks'> & { readonly objects: ObjectStore; readonly caches: Caches }, ports: ApiserverPorts): AdmissionStep[] {
  const quota = resourceQuota({ store: quotaStore(served), clock: ports.clock, random: ports.random });
  const isInForce = choosePlugins(config.plugins ?? { enable: [], disable: [] });
  const steps = [definitionStep, ...admissionSteps(reader, { ...served, clock: ports.clock, random: ports.random, authorizer: auth.authorizer, escalation: auth.escalation }), ...allocationSteps(config.serviceCidr, reader, ports), quota];
  return steps.filter(({ name }) => isInForce(name));
}
