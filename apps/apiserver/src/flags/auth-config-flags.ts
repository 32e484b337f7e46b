import { toError, type Clock, type Log } from '@rhythm/base';
import { FlagError, liveFiles, type Flags, type FlagSpec, type LiveFiles } from '@rhythm/config';
import { readFileSync } from 'node:fs';
import { parseAuthenticationConfiguration, parseAuthorizationConfiguration, type AuthenticationConfiguration, type AuthorizationConfiguration } from '../auth/structured/index.ts';
import { webhookFlags } from '../auth/webhook/from-flags.ts';
import { oidcFlags } from './oidc-flags.ts';

/** Configuration files of authentication and authorisation, which are followed while the server runs. */
export const authConfigFlags = {
  'authentication-config': { type: 'string', help: 'AuthenticationConfiguration (apiserver.config.k8s.io/v1): issuers of tokens, and who may come without one; instead of --oidc-*' },
  'authorization-config': { type: 'string', help: 'AuthorizationConfiguration (apiserver.config.k8s.io/v1): who is asked whether something is allowed, in which order; instead of --authorization-webhook-*' },
} as const;

type Values = Flags<typeof authConfigFlags>;

export interface AuthConfigFiles {
  readonly authentication?: LiveFiles<AuthenticationConfiguration>;
  readonly authorization?: LiveFiles<AuthorizationConfiguration>;
}

/** Reads and follows them. `all`: every flag, to refuse those that say the same. @throws FlagError with what is wrong, field by field. */
export async function authConfigFilesOf(flags: Values, all: Readonly<Record<string, unknown>>, ownIssuer: string, ports: { readonly clock: Clock; readonly log: Log }): Promise<AuthConfigFiles> {
  const [authenticationFile, authorizationFile] = [flags['authentication-config'], flags['authorization-config']];
  if (authenticationFile !== undefined) refuseBeside('authentication-config', oidcFlags, all);
  const accessFlags = Object.fromEntries(Object.entries(webhookFlags).filter(([name]) => name.startsWith('authorization-')));
  if (authorizationFile !== undefined) refuseBeside('authorization-config', accessFlags, all);
  const authentication = authenticationFile === undefined ? undefined : await followed('authentication-config', authenticationFile, (text) => parseAuthenticationConfiguration(text, ownIssuer), ports);
  const authorization = authorizationFile === undefined ? undefined : await followed('authorization-config', authorizationFile, (text) => parseAuthorizationConfiguration(text, (path) => readFileSync(path, 'utf8')), ports);
  return { ...(authentication === undefined ? {} : { authentication }), ...(authorization === undefined ? {} : { authorization }) };
}

function refuseBeside(flag: string, others: Readonly<Record<string, FlagSpec>>, all: Readonly<Record<string, unknown>>): void {
  const given = Object.entries(others).filter(([name, { default: byDefault }]) => all[name] !== byDefault).map(([name]) => `--${name}`);
  if (given.length > 0) throw new FlagError(`--${flag} and ${given.join(', ')} are mutually exclusive`);
}

async function followed<T>(flag: string, file: string, parse: (text: string) => T, ports: { readonly clock: Clock; readonly log: Log }): Promise<LiveFiles<T>> {
  try {
    return await liveFiles({ ...ports, what: `--${flag}`, files: { file }, load: (contents) => parse(contents.file.toString()) });
  } catch (error) {
    throw new FlagError(`flag --${flag}: ${file}: ${toError(error).message}`, { cause: error });
  }
}
