import type { HealthCheck } from '../http/health.ts';

/** What has to be done before a server is well, under the names that Kubernetes gives its hooks. */
const names = [
  'crd-informer-synced',
  'start-system-namespaces-controller',
  'rbac/bootstrap-roles',
  'priority-and-fairness-config-producer',
  'scheduling/bootstrap-system-priority-classes',
  'kube-apiserver-autoregistration',
  'start-kubernetes-service-cidr-controller',
  'start-service-ip-repair-controllers',
  'bootstrap-controller',
] as const;

export type StartStep = (typeof names)[number];

/** Which steps of the start are done: each is a health check, `poststarthook/NAME`. */
export class StartSteps {
  readonly #done = new Set<string>();

  /** Runs a step, which is done when it has resolved. */
  async run(step: StartStep, work: () => Promise<unknown> | undefined): Promise<void> {
    await work();
    this.#done.add(step);
  }

  get checks(): HealthCheck[] {
    return names.map((name) => ({
      name: `poststarthook/${name}`,
      check: () => {
        if (!this.#done.has(name)) throw new Error('not finished');
      },
    }));
  }
}
