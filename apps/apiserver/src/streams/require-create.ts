import type { HttpUpgrade } from '@rhythm/http';
import { forbidden } from '../auth/index.ts';
import type { ResourceCall } from '../ports/handlers.ts';
import type { Authorizer } from '../ports/types.ts';

/**
 * WebSockets begin with GET, so the request was authorised for the verb `get`. Running something in a pod needs `create`
 * all the same (AuthorizePodWebsocketUpgradeCreatePermission, on in v1.35). @throws ApiError Forbidden.
 */
export async function requireCreate(call: ResourceCall, upgrade: HttpUpgrade, authorizer: Authorizer): Promise<void> {
  if (upgrade.request.method === 'POST') return;
  const attributes = { ...call.attributes, verb: 'create' };
  const decision = await authorizer.authorize(attributes);
  if (!decision.allowed) throw forbidden(attributes, decision.reason);
}
