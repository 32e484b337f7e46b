import type { MutatingWebhook, MutatingWebhookConfiguration, ValidatingWebhook, ValidatingWebhookConfiguration } from '@rhythm/api/types/admissionregistration-v1';
import type { WebhookAddress } from '../../webhooks/index.ts';
import { compileConditions, conditionEnvironment, type CompiledConditions, type MatchCriteria } from '../matching/index.ts';

/** A webhook of a configuration, ready to be asked. */
export interface Hook {
  /** Among all: configuration and name. */
  readonly id: string;
  readonly name: string;
  readonly criteria: MatchCriteria;
  readonly conditions: CompiledConditions;
  readonly address: WebhookAddress;
  readonly timeoutMs: number;
  readonly ignoresFailure: boolean;
  /** Says that a dry run does no harm. */
  readonly allowsDryRun: boolean;
  readonly reviewVersion: 'v1' | 'v1beta1';
  readonly isReinvoked: boolean;
}

export type Configuration = MutatingWebhookConfiguration | ValidatingWebhookConfiguration;

const defaultTimeoutSeconds = 10;

/** The webhooks of a configuration in their order. */
export function hooksOf(configuration: Configuration): Hook[] {
  const hooks: readonly (MutatingWebhook | ValidatingWebhook)[] = configuration.webhooks ?? [];
  return hooks.map((hook) => ({
    id: `${configuration.metadata.name ?? ''}/${hook.name}`,
    name: hook.name,
    criteria: { rules: hook.rules, matchPolicy: hook.matchPolicy, namespaceSelector: hook.namespaceSelector, objectSelector: hook.objectSelector },
    conditions: compileConditions(hook.matchConditions, conditionEnvironment),
    address: hook.clientConfig,
    timeoutMs: (hook.timeoutSeconds ?? defaultTimeoutSeconds) * 1000,
    ignoresFailure: hook.failurePolicy === 'Ignore',
    allowsDryRun: hook.sideEffects === 'None' || hook.sideEffects === 'NoneOnDryRun',
    reviewVersion: hook.admissionReviewVersions.find((version) => version === 'v1' || version === 'v1beta1') ?? 'v1',
    isReinvoked: 'reinvocationPolicy' in hook && hook.reinvocationPolicy === 'IfNeeded',
  }));
}
