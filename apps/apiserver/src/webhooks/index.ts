/**
 * Calls of webhooks, for admission and for the conversion of custom resources: HTTPS with the bundle of the configuration, to a URL or to a ready
 * endpoint of a Service. May import where `proxy` finds the endpoints of services.
 */
export { WebhookClient, WebhookError, type WebhookPorts } from './client.ts';
export type { WebhookAddress } from './target.ts';
