import type { Guard } from '@rhythm/grpc';
import type { Backend } from '../services/header.ts';

/** Methods that any user may call: clients of every user refresh their list of endpoints by it. */
const openToUsers = new Set(['memberList']);

/** Keeps what manages the store (members, maintenance) for the role root while authentication is on. */
export function managementGuard(backend: Backend): Guard {
  const check = async (method: string, who: ReturnType<Parameters<Guard>[1]>): Promise<void> => {
    const caller = await backend.caller(who);
    if (openToUsers.has(method)) backend.access.authenticated(caller);
    else backend.access.admin(caller);
  };
  return (method, credentials) => (backend.auth.enabled ? check(method, credentials()) : undefined);
}
