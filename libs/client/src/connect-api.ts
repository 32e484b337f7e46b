import type { ApiClient } from './api-client.ts';
import { sessionTransport, type SessionTransportOptions } from './session/session-transport.ts';
import { apiClient } from './transport-client.ts';

/** A client of the API over one session; `close` it when done. Connects on the first request. */
export function connectApi(options: SessionTransportOptions): ApiClient & { close(): Promise<void> } {
  const transport = sessionTransport(options);
  return Object.assign(apiClient(transport), { close: () => transport.close() });
}
