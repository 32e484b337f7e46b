import { createHash } from 'node:crypto';
import { causeChain, type Clock, type Log } from '@rhythm/base';
import type { Authorizer, Decision, RequestAttributes } from '../../pipeline/types.ts';
import { reviewWebhookLimits as limits } from './limits.ts';
import { Remembered } from './remembered.ts';
import type { ReviewClient } from './review-client.ts';

export interface AccessCacheTimes {
  readonly allowedMs: number;
  readonly deniedMs: number;
}

/**
 * Asks a webhook what a user may (SubjectAccessReview, `--authorization-webhook-config-file`). It can only allow what Node and RBAC do not: who is allowed by
 * them never gets here. A webhook that does not answer allows nothing.
 */
export function webhookAuthorizer(client: Pick<ReviewClient, 'ask'>, times: AccessCacheTimes, ports: { readonly clock: Pick<Clock, 'monotonic'>; readonly log: Log }): Authorizer {
  const remembered = new Remembered<Decision>(limits.answersMax, ports.clock, ({ allowed }) => (allowed ? times.allowedMs : times.deniedMs));
  return {
    async authorize(attributes) {
      const spec = specOf(attributes);
      const text = JSON.stringify(spec);
      const ask = async (): Promise<Decision> => decisionOf(await client.ask({ kind: 'SubjectAccessReview', apiVersion: 'authorization.k8s.io/v1', spec }));
      try {
        return await (text.length > limits.rememberedBytesMax ? ask() : remembered.get(createHash('sha256').update(text).digest('base64'), ask));
      } catch (error) {
        ports.log.warn('the authorization webhook gave no answer', { error: causeChain(error) });
        return { allowed: false, reason: 'the authorization webhook gave no answer' };
      }
    },
    rulesFor: () => Promise.resolve({ resourceRules: [], nonResourceRules: [], incomplete: true }),
  };
}

function specOf({ user, verb, isResource, path, group, version, resource, subresource, namespace, name }: RequestAttributes): object {
  const about = isResource ? { resourceAttributes: present({ namespace, verb, group, version, resource, subresource, name }) } : { nonResourceAttributes: { path, verb } };
  return { ...about, user: user.name, groups: user.groups, ...(user.uid === undefined ? {} : { uid: user.uid }), ...(user.extra === undefined ? {} : { extra: user.extra }) };
}

function present(fields: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''));
}

function decisionOf(status: Readonly<Record<string, unknown>>): Decision {
  const reason = typeof status['reason'] === 'string' ? status['reason'].slice(0, 1_000) : '';
  return status['allowed'] === true && status['denied'] !== true ? { allowed: true, reason } : { allowed: false, reason };
}
