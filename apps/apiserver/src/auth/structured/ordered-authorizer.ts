import type { Clock, Live, Log, Random } from '@rhythm/base';
import type { Authorizer, Decision, RequestAttributes, UserInfo } from '../../ports/types.ts';
import { anyOf } from '../any-of.ts';
import { mastersGroup } from '../groups.ts';
import { ReviewClient } from '../webhook/review-client.ts';
import type { AuthorizationConfiguration } from './authorization-configuration.ts';
import { conditionalWebhook } from './conditional-webhook.ts';
import { structuredLimits as limits } from './limits.ts';

export interface OrderedPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** What `Node` and `RBAC` stand for; a node authorizer that there is none of says nothing. */
  readonly node: Authorizer | undefined;
  readonly rbac: Authorizer;
}

/** As in Kubernetes, those who hold the cluster cannot be locked out of it by a configuration. */
const masters: Authorizer = {
  authorize: ({ user }) => Promise.resolve(user.groups.includes(mastersGroup) ? { allowed: true, reason: '' } : { allowed: false, reason: '' }),
  rulesFor: ({ groups }) => {
    const all = groups.includes(mastersGroup);
    return Promise.resolve({ resourceRules: all ? [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }] : [], nonResourceRules: all ? [{ verbs: ['*'], nonResourceURLs: ['*'] }] : [], incomplete: false });
  },
};

/** The authorizers that a configuration names, in its order, at the moment. */
export class OrderedAuthorizer implements Authorizer {
  readonly #ports: OrderedPorts;
  readonly #unfollow: () => void;
  #clients: readonly ReviewClient[] = [];
  #current: Authorizer;

  constructor(live: Live<AuthorizationConfiguration>, ports: OrderedPorts) {
    this.#ports = ports;
    this.#current = this.#build(live.current);
    this.#unfollow = live.onChange((configuration) => {
      const before = this.#clients;
      this.#current = this.#build(configuration);
      if (before.length > 0) ports.clock.setTimer(limits.lingerMs, () => before.forEach((client) => client.close()));
    });
  }

  authorize(attributes: RequestAttributes): Promise<Decision> {
    return this.#current.authorize(attributes);
  }

  rulesFor(user: UserInfo, namespace: string): ReturnType<Authorizer['rulesFor']> {
    return this.#current.rulesFor(user, namespace);
  }

  stop(): void {
    this.#unfollow();
    for (const client of this.#clients) client.close();
  }

  #build({ authorizers }: AuthorizationConfiguration): Authorizer {
    const { node, rbac } = this.#ports;
    const clients: ReviewClient[] = [];
    const ordered = authorizers.flatMap((config): Authorizer[] => {
      if (config.type !== 'Webhook') return [config.type === 'RBAC' ? rbac : node].filter((one) => one !== undefined);
      const client = new ReviewClient(config.endpoint, this.#ports, config.timeoutMs);
      clients.push(client);
      return [conditionalWebhook(config, client, this.#ports)];
    });
    this.#clients = clients;
    return anyOf([masters, ...ordered]);
  }
}
