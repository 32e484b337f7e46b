import type { MutatingWebhookConfiguration } from '../../gen/types/admissionregistration-v1.ts';
import { age, ageColumn, column, nameColumn } from '../columns.ts';
import { defineKind } from '../define-kind.ts';
import { validateWebhooks } from './webhook-validation.ts';

export const mutatingWebhookConfiguration = defineKind<MutatingWebhookConfiguration>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingWebhookConfiguration',
  plural: 'mutatingwebhookconfigurations',
  categories: ['api-extensions'],
  namespaced: false,
  generationFields: ['webhooks'],
  storageVersionHash: 'Sqi0GUgDaX0=',
  validate: validateWebhooks,
  columns: [nameColumn, column('Webhooks', 'integer'), ageColumn],
  cells: (object, now) => [object.metadata.name ?? '', (object.webhooks ?? []).length, age(object, now)],
});
