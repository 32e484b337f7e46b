import type { Aggregator } from '../aggregation/index.ts';
import type { Auth, ObjectWriter } from '../auth/index.ts';
import { bootstrapNamespaces, bootstrapOwnService, bootstrapPriorityClasses, ensure, isLoopback } from '../bootstrap/bootstrap.ts';
import { firstAddress } from '../bootstrap/first-address.ts';
import type { ApiserverConfig, ApiserverPorts } from '../config.ts';
import type { DefinitionController } from '../custom/definition-controller.ts';
import type { FlowWiring } from '../flow-control/index.ts';
import type { OwnWrites } from '../ports/own-writes.ts';
import type { ObjectReader } from '../ports/types.ts';
import type { Presence } from '../presence/index.ts';
import { defaultServiceCidr, repairAllocations } from '../steps/index.ts';
import type { Life } from './life.ts';

/** What writes the objects that every cluster has. */
export interface FirstWriters {
  readonly reader: ObjectReader;
  readonly writes: OwnWrites;
  readonly definitions: DefinitionController;
  readonly auth: Auth;
  readonly upkeep: ReturnType<FlowWiring['upkeep']>;
  readonly aggregator: Aggregator;
  readonly presence: Presence;
}

/** Writes the objects of the cluster itself, step by step; /readyz names the step that is under way. */
export async function writeFirstObjects(config: ApiserverConfig, { clock, random, log }: ApiserverPorts, { steps }: Life, port: number, by: FirstWriters): Promise<void> {
  const { reader, writes } = by;
  await steps.run('crd-informer-synced', () => by.definitions.start());
  await steps.run('start-system-namespaces-controller', () => bootstrapNamespaces(reader, writes));
  await steps.run('rbac/bootstrap-roles', () => by.auth.bootstrap(writerOf(writes)));
  await steps.run('priority-and-fairness-config-producer', () => by.upkeep?.start());
  await steps.run('scheduling/bootstrap-system-priority-classes', () => bootstrapPriorityClasses(reader, writes));
  await steps.run('kube-apiserver-autoregistration', () => by.aggregator.start(writes));
  await steps.run('start-kubernetes-service-cidr-controller', () => ensure(reader, writes, 'networking.k8s.io', 'servicecidrs', defaultServiceCidr(config.serviceCidr)));
  await steps.run('start-service-ip-repair-controllers', () => repairAllocations(reader, writes, { clock, random, log }));
  if (isLoopback(config.advertiseAddress)) log.warn('the Service kubernetes gets no endpoints: the advertised address is loopback', { address: config.advertiseAddress });
  await steps.run('bootstrap-controller', async () => {
    await bootstrapOwnService(reader, writes, { port, serviceIp: firstAddress(config.serviceCidr) });
    await by.presence.start();
  });
}

function writerOf(writes: OwnWrites): ObjectWriter {
  return { create: (group, resource, object) => writes.create(group, resource, object), update: (group, resource, object) => writes.update(group, resource, object) };
}
