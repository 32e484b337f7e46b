import { unaryHandler, type GrpcService } from '@rhythm/grpc';
import { AuthService, type AuthStatusRequest, type AuthStatusResponse } from '@rhythm/proto/etcd';
import { etcdError, notImplemented } from './errors.ts';
import { header, type Backend } from './header.ts';

/** Callers are known by their client certificate; etcd's users and roles are off and cannot be turned on. */
export function authService(backend: Backend): GrpcService {
  const refused = unaryHandler<unknown, never>(() => Promise.reject(notImplemented('authentication by users and roles')));
  const methods = Object.keys(AuthService).map((name) => [name, refused] as const);
  return {
    definition: AuthService,
    implementation: {
      ...Object.fromEntries(methods),
      authStatus: unaryHandler<AuthStatusRequest, AuthStatusResponse>(async () => ({
        header: header(backend, backend.host.state.mvcc.revision),
        enabled: false,
        authRevision: 1n,
      })),
      authDisable: unaryHandler<unknown, never>(() => Promise.reject(etcdError('AuthNotEnabled'))),
      authenticate: unaryHandler<unknown, never>(() => Promise.reject(etcdError('AuthNotEnabled'))),
    },
  };
}
