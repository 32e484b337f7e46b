import { createHash } from 'node:crypto';
import { causeChain, type Clock, type Log } from '@rhythm/base';
import type { Authorizer, Decision, RequestAttributes } from '../../ports/types.ts';
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
  const asked = askedAuthorizer(client, times, ports.clock);
  return {
    async authorize(attributes) {
      try {
        return await asked(attributes);
      } catch (error) {
        ports.log.warn('the authorization webhook gave no answer', { error: causeChain(error) });
        return { allowed: false, reason: 'the authorization webhook gave no answer' };
      }
    },
    rulesFor: () => Promise.resolve({ resourceRules: [], nonResourceRules: [], incomplete: true }),
  };
}

/** What the webhook says, remembered for a while. What it denies is denied for those behind it as well. Rejects with `ReviewFailure`. */
export function askedAuthorizer(client: Pick<ReviewClient, 'ask'>, times: AccessCacheTimes, clock: Pick<Clock, 'monotonic'>): (attributes: RequestAttributes) => Promise<Decision> {
  const remembered = new Remembered<Decision>(limits.answersMax, clock, ({ allowed }) => (allowed ? times.allowedMs : times.deniedMs));
  return async (attributes) => {
    const spec = accessSpecOf(attributes);
    const text = JSON.stringify(spec);
    const ask = async (): Promise<Decision> => decisionOf(await client.ask({ kind: 'SubjectAccessReview', apiVersion: 'authorization.k8s.io/v1', spec }));
    return text.length > limits.rememberedBytesMax ? ask() : remembered.get(createHash('sha256').update(text).digest('base64'), ask);
  };
}

/** The `spec` of a SubjectAccessReview. */
export function accessSpecOf({ user, verb, isResource, path, group, version, resource, subresource, namespace, name }: RequestAttributes): object {
  const about = isResource ? { resourceAttributes: present({ namespace, verb, group, version, resource, subresource, name }) } : { nonResourceAttributes: { path, verb } };
  return { ...about, user: user.name, groups: user.groups, ...(user.uid === undefined ? {} : { uid: user.uid }), ...(user.extra === undefined ? {} : { extra: user.extra }) };
}

function present(fields: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''));
}

function decisionOf(status: Readonly<Record<string, unknown>>): Decision {
  const reason = typeof status['reason'] === 'string' ? status['reason'].slice(0, 1_000) : '';
  if (status['allowed'] === true && status['denied'] !== true) return { allowed: true, reason };
  return { allowed: false, reason, ...(status['denied'] === true ? { isFinal: true as const } : {}) };
}
