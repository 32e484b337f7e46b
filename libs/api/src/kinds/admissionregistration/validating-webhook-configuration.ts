import type { ValidatingWebhookConfiguration } from '../../gen/types/admissionregistration-v1.ts';
import { age, ageColumn, column, nameColumn } from '../columns.ts';
import { defineKind } from '../define-kind.ts';
import { validateWebhooks } from './webhook-validation.ts';

export const validatingWebhookConfiguration = defineKind<ValidatingWebhookConfiguration>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingWebhookConfiguration',
  plural: 'validatingwebhookconfigurations',
  categories: ['api-extensions'],
  namespaced: false,
  generationFields: ['webhooks'],
  storageVersionHash: 'B0wHjQmsGNk=',
  validate: validateWebhooks,
  columns: [nameColumn, column('Webhooks', 'integer'), ageColumn],
  cells: (object, now) => [object.metadata.name ?? '', (object.webhooks ?? []).length, age(object, now)],
});
