import { unaryHandler, type GrpcService } from '@rhythm/grpc';
import type { AuthCommand } from '@rhythm/proto/store';
import {
  AuthService,
  type AuthRoleGetRequest,
  type AuthRoleGetResponse,
  type AuthRoleListRequest,
  type AuthRoleListResponse,
  type AuthStatusRequest,
  type AuthStatusResponse,
  type AuthUserAddRequest,
  type AuthUserChangePasswordRequest,
  type AuthUserGetRequest,
  type AuthUserGetResponse,
  type AuthUserListRequest,
  type AuthUserListResponse,
  type AuthenticateRequest,
  type AuthenticateResponse,
  type ResponseHeader,
} from '@rhythm/proto/etcd';
import { root } from '../auth/machine.ts';
import type { Credentials } from '../auth/gate.ts';
import { AuthError } from '../auth/errors.ts';
import { header, type Backend } from './header.ts';

type Change = NonNullable<AuthCommand['change']>;
type Simple = Exclude<Change['$case'], 'userAdd' | 'userChangePassword' | 'assignToken'>;
interface Answer {
  readonly header: ResponseHeader;
}

/** What the role root may do, which is not stored. */
const rootPermission = { permType: 2, key: new Uint8Array(0), rangeEnd: Uint8Array.of(0) } as const;

/** Users, roles, permissions, tokens: what etcd's `user`, `role` and `auth` commands ask for. */
export function authService(backend: Backend): GrpcService {
  const { gate, host } = backend;
  const now = (): ResponseHeader => header(backend, host.state.mvcc.revision);

  async function change(what: Change, who: Credentials): Promise<Answer> {
    const reply = await backend.propose({ $case: 'auth', value: { change: what } }, who);
    return { header: header(backend, reply.revision) };
  }
  const changing = <Q>($case: Simple) =>
    unaryHandler<Q, Answer>((request, context) => change({ $case, value: request } as unknown as Change, context));

  /** Reads users and roles as they are after everything that was acknowledged. */
  async function read<T>(who: Credentials, check: (caller: Awaited<ReturnType<Backend['caller']>>) => void, give: () => T): Promise<T> {
    await host.linearizable();
    check(await backend.caller(who));
    return give();
  }

  async function addUser(request: AuthUserAddRequest, who: Credentials): Promise<Answer> {
    // Before the hash, which is expensive, and again when it is applied.
    backend.access.admin(await backend.caller(who));
    const hashedPassword = request.options?.noPassword === true ? '' : await gate.hash(request.password, request.hashedPassword);
    return await change({ $case: 'userAdd', value: { name: request.name, options: request.options, hashedPassword, password: '' } }, who);
  }

  async function changePassword(request: AuthUserChangePasswordRequest, who: Credentials): Promise<Answer> {
    backend.access.admin(await backend.caller(who));
    // Without a new password there is none any more, as in etcd.
    const isNone = request.password === '' && request.hashedPassword === '';
    const hashedPassword = isNone ? '' : await gate.hash(request.password, request.hashedPassword);
    return await change({ $case: 'userChangePassword', value: { name: request.name, hashedPassword, password: '' } }, who);
  }

  function user(name: string): string[] {
    const found = backend.auth.user(name);
    if (found === undefined) throw new AuthError('UserNotFound');
    return [...found.roles];
  }

  function permissions(name: string): AuthRoleGetResponse['perm'] {
    const found = backend.auth.role(name);
    if (found === undefined) throw new AuthError('RoleNotFound');
    return name === root ? [rootPermission] : [...found.permissions];
  }

  return {
    definition: AuthService,
    implementation: {
      authEnable: changing('enable'),
      authDisable: changing('disable'),
      authStatus: unaryHandler<AuthStatusRequest, AuthStatusResponse>((_request, context) =>
        read(context, (caller) => backend.access.admin(caller), () => ({ header: now(), enabled: backend.auth.enabled, authRevision: BigInt(backend.auth.revision) })),
      ),
      authenticate: unaryHandler<AuthenticateRequest, AuthenticateResponse>(async ({ name, password }) => ({ token: await gate.signIn(name, password), header: now() })),
      userAdd: unaryHandler<AuthUserAddRequest, Answer>(addUser),
      userGet: unaryHandler<AuthUserGetRequest, AuthUserGetResponse>(({ name }, context) =>
        read(context, (caller) => backend.access.userGet(caller, name), () => ({ header: now(), roles: user(name) })),
      ),
      userList: unaryHandler<AuthUserListRequest, AuthUserListResponse>((_request, context) =>
        read(context, (caller) => backend.access.admin(caller), () => ({ header: now(), users: backend.auth.userNames() })),
      ),
      userDelete: changing('userDelete'),
      userChangePassword: unaryHandler<AuthUserChangePasswordRequest, Answer>(changePassword),
      userGrantRole: changing('userGrantRole'),
      userRevokeRole: changing('userRevokeRole'),
      roleAdd: changing('roleAdd'),
      roleGet: unaryHandler<AuthRoleGetRequest, AuthRoleGetResponse>(({ role }, context) =>
        read(context, (caller) => backend.access.roleGet(caller, role), () => ({ header: now(), perm: permissions(role) })),
      ),
      roleList: unaryHandler<AuthRoleListRequest, AuthRoleListResponse>((_request, context) =>
        read(context, (caller) => backend.access.admin(caller), () => ({ header: now(), roles: backend.auth.roleNames() })),
      ),
      roleDelete: changing('roleDelete'),
      roleGrantPermission: changing('roleGrantPermission'),
      roleRevokePermission: changing('roleRevokePermission'),
    },
  };
}
