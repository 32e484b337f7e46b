import { parseDuration } from '@rhythm/api';
import { toError } from '@rhythm/base';
import { FlagError } from '@rhythm/config';
import { readFileSync } from 'node:fs';
import type { AccessWebhookConfig, TokenWebhookConfig } from '../index.ts';
import { webhookEndpoint, type WebhookEndpoint } from './kubeconfig.ts';

/** The flags of both webhooks, under Kubernetes' names; `main` adds them to its own. */
export const webhookFlags = {
  'authentication-token-webhook-config-file': { type: 'string', help: 'kubeconfig of a webhook that is asked about tokens which nobody else knows' },
  'authentication-token-webhook-version': { type: 'string', help: 'version of the TokenReview that it is sent; v1', default: 'v1' },
  'authentication-token-webhook-cache-ttl': { type: 'string', help: 'how long its answers are good', default: '2m0s' },
  'authorization-webhook-config-file': { type: 'string', help: 'kubeconfig of a webhook that is asked about what neither roles nor the node authorizer allow' },
  'authorization-webhook-version': { type: 'string', help: 'version of the SubjectAccessReview that it is sent; v1', default: 'v1' },
  'authorization-webhook-cache-authorized-ttl': { type: 'string', help: 'how long it is remembered that it allowed something', default: '5m0s' },
  'authorization-webhook-cache-unauthorized-ttl': { type: 'string', help: 'how long it is remembered that it did not', default: '30s' },
} as const;

type Values = { readonly [K in keyof typeof webhookFlags]: string | undefined };

/** @throws FlagError */
export function webhooksOf(flags: Values): { readonly tokenWebhook?: TokenWebhookConfig; readonly accessWebhook?: AccessWebhookConfig } {
  for (const name of ['authentication-token-webhook-version', 'authorization-webhook-version'] as const) if (flags[name] !== 'v1') throw new FlagError(`flag --${name}: only v1 is supported, not ${JSON.stringify(flags[name])}`);
  const token = endpointOf(flags, 'authentication-token-webhook-config-file');
  const access = endpointOf(flags, 'authorization-webhook-config-file');
  return {
    ...(token === undefined ? {} : { tokenWebhook: { endpoint: token, cacheMs: durationOf(flags, 'authentication-token-webhook-cache-ttl') } }),
    ...(access === undefined ? {} : { accessWebhook: { endpoint: access, allowedMs: durationOf(flags, 'authorization-webhook-cache-authorized-ttl'), deniedMs: durationOf(flags, 'authorization-webhook-cache-unauthorized-ttl') } }),
  };
}

function endpointOf(flags: Values, name: keyof Values): WebhookEndpoint | undefined {
  const path = flags[name];
  if (path === undefined) return undefined;
  try {
    return webhookEndpoint(path, (file) => readFileSync(file, 'utf8'));
  } catch (error) {
    throw new FlagError(`flag --${name}: ${path}: ${toError(error).message}`, { cause: error });
  }
}

function durationOf(flags: Values, name: keyof Values): number {
  const nanos = parseDuration(flags[name] ?? '');
  if (nanos === undefined || nanos < 0n) throw new FlagError(`flag --${name}: ${JSON.stringify(flags[name])} is no duration, as 2m or 30s`);
  return Number(nanos) / 1_000_000;
}
