/** What rows are written with: `row`, and the context `k` that each gets. Imported by ../rows only. */
export { patchTypes, type Context } from './context.ts';
export { semantics } from './patience.ts';
export type { Raw } from './raw.ts';
export { row } from './row.ts';
export type { Watching, WatchEvent } from './watching.ts';
export { ownAddress, type Question, type Webhook, type WebhookClient } from './webhook.ts';
