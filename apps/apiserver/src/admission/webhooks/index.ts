/**
 * Admission webhooks: their configurations, compiled and kept; reviews and verdicts; the two steps that ask. What a webhook is about is in
 * `matching`, how it is called in `webhooks`.
 */
export { mutatingWebhooks } from './mutating.ts';
export { validatingWebhooks } from './validating.ts';
export { webhookConditions } from './condition-step.ts';
export type { AdmissionWebhookPorts } from './ask.ts';
