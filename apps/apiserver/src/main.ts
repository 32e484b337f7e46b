import { parseDuration } from '@rhythm/api';
import { systemClock, systemRandom, toError } from '@rhythm/base';
import { FlagError, liveFiles, parseFlags, runApp, writeEndpointFile, type LiveFiles } from '@rhythm/config';
import { etcdStore } from '@rhythm/store-client';
import { jsonLog } from '@rhythm/telemetry';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { choosePlugins, type PluginChoice } from './admission/index.ts';
import { LogFile } from './audit/index.ts';
import { frontProxyHeadersByDefault, type FrontProxyConfig, type OidcConfig } from './auth/index.ts';
import { webhookFlags, webhooksOf } from './auth/webhook/from-flags.ts';
import { followFiles } from './certificates/index.ts';
import { encryptionLimits } from './encryption/index.ts';
import { start } from './index.ts';
import { startPlain } from './plain/index.ts';

const spec = {
  host: { type: 'string', help: 'address to listen on', default: '0.0.0.0' },
  port: { type: 'number', help: 'port of the Kubernetes HTTP API; the gRPC API is on the next one', default: 6443 },
  'advertise-address': { type: 'string', help: 'address by which the Service kubernetes reaches this server', required: true },
  'store-endpoints': { type: 'list', help: 'host:port of each store member', required: true },
  'store-ca-file': { type: 'string', help: 'CA of the store' },
  'store-cert-file': { type: 'string', help: 'our client certificate for the store' },
  'store-key-file': { type: 'string', help: 'its key' },
  'cert-file': { type: 'string', help: 'serving certificate', required: true },
  'key-file': { type: 'string', help: 'its key', required: true },
  'client-ca-file': { type: 'string', help: 'CA of client certificates', required: true },
  'tls-sni-cert-key': { type: 'repeated', help: 'CERT,KEY or CERT,KEY:name,*.name: another certificate for those who ask for these names (HTTP face); may be given several times' },
  'service-account-key-file': { type: 'string', help: 'private key (PEM, P-256) that signs and verifies service-account tokens; others behind it in the file verify as well', required: true },
  'service-account-issuer': { type: 'string', help: 'issuer of service-account tokens', default: 'https://kubernetes.default.svc.cluster.local' },
  'service-cidr': { type: 'string', help: 'IPv4 network of ClusterIPs', required: true },
  'kubelet-client-cert-file': { type: 'string', help: 'our client certificate for kubelets' },
  'kubelet-client-key-file': { type: 'string', help: 'its key' },
  'oidc-issuer-url': { type: 'string', help: 'https address of an OpenID Connect issuer whose identity tokens are accepted' },
  'oidc-client-id': { type: 'string', help: 'the audience of those tokens', default: '' },
  'oidc-username-claim': { type: 'string', help: 'the claim that is the user', default: 'sub' },
  'oidc-username-prefix': { type: 'string', help: 'what goes before it; - for nothing; the issuer and # when not given, except for the claim email' },
  'oidc-groups-claim': { type: 'string', help: 'the claim that lists groups' },
  'oidc-groups-prefix': { type: 'string', help: 'what goes before each', default: '' },
  'oidc-required-claim': { type: 'list', help: 'KEY=VALUE that tokens must have' },
  'oidc-signing-algs': { type: 'list', help: 'accepted algorithms; RS256 when not given' },
  'oidc-ca-file': { type: 'string', help: 'CA of the issuer; the public ones when not given' },
  'requestheader-client-ca-file': { type: 'string', help: 'CA of proxies that say in headers for whom they speak; never the CA of users' },
  'requestheader-allowed-names': { type: 'list', help: 'common names of those proxies; any when not given' },
  'requestheader-username-headers': { type: 'list', help: 'headers with the user; X-Remote-User when not given' },
  'requestheader-uid-headers': { type: 'list', help: 'headers with its uid; X-Remote-Uid when not given' },
  'requestheader-group-headers': { type: 'list', help: 'headers with its groups; X-Remote-Group when not given' },
  'requestheader-extra-headers-prefix': { type: 'list', help: 'how headers with more about it begin; X-Remote-Extra- when not given' },
  'proxy-client-cert-file': { type: 'string', help: 'our client certificate for aggregated API servers; signed by the CA of --requestheader-client-ca-file' },
  'proxy-client-key-file': { type: 'string', help: 'its key' },
  'descriptions-file': { type: 'string', help: 'what `kubectl explain` says of kinds and fields; may be missing, or come later' },
  'enable-admission-plugins': { type: 'list', help: 'admission plug-ins to be in force besides those that are by default' },
  'disable-admission-plugins': { type: 'list', help: 'admission plug-ins that are by default, and shall not be' },
  'audit-policy-file': { type: 'string', help: 'policy (audit.k8s.io/v1) of what is written down of requests; nothing without it' },
  'audit-log-path': { type: 'string', help: 'file for it; needed with a policy' },
  'audit-log-maxsize': { type: 'number', help: 'megabytes at which the file is set aside', default: 100 },
  'audit-log-maxbackup': { type: 'number', help: 'files set aside that are kept', default: 10 },
  'enable-priority-and-fairness': { type: 'boolean', help: 'FlowSchemas and PriorityLevelConfigurations say whose turn it is; false: only the two limits that follow', default: true },
  'max-requests-inflight': { type: 'number', help: 'with the next one, the seats of the server; by itself the most reading requests at a time', default: 400 },
  'max-mutating-requests-inflight': { type: 'number', help: 'the same for writing ones', default: 200 },
  'encryption-provider-config': { type: 'string', help: 'EncryptionConfiguration (apiserver.config.k8s.io/v1): what is stored encrypted, and how' },
  'encryption-provider-config-automatic-reload': { type: 'boolean', help: 'take changes of that file while running' },
  'request-timeout': { type: 'string', help: 'how long requests may take that are not watches or streams', default: '1m0s' },
  'min-request-timeout': { type: 'number', help: 'seconds; watches end at random between this and twice this', default: 1800 },
  'shutdown-delay-duration': { type: 'string', help: 'how long a server that was asked to stop goes on, only not ready any more', default: '0s' },
  'shutdown-drain-duration': { type: 'string', help: 'how long requests under way may then take to finish', default: '3s' },
  'goaway-chance': { type: 'number', help: 'share of HTTP/2 requests after which the client is sent away, to come back to another server; at most 0.02', default: 0 },
  ...webhookFlags,
  'endpoint-file': { type: 'string', help: 'written with host:port once requests are served' },
  semantics: { type: 'string', help: 'for tests of the tests: none stores and echoes, without any rule', default: 'kubernetes' },
} as const;

/** The flags whose names begin like this. */
type Flags<Prefix extends string> = Pick<ReturnType<typeof parseFlags<typeof spec>>, Extract<keyof typeof spec, `${Prefix}${string}`>>;

const log = jsonLog(systemClock, (line) => process.stderr.write(line));

await runApp('apiserver', log, async (argv) => {
  const flags = parseFlags(spec, argv);
  if (flags.semantics !== 'kubernetes') permitPlain(flags);
  const read = (flag: string, path: string): string => {
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      throw new FlagError(`flag --${flag}: ${path} cannot be read`, { cause: error });
    }
  };
  const files = await followFiles(flags, { clock: systemClock, log });
  const { serving, serviceAccountKey, kubeletClient, proxyClient } = files.live;
  const store = await etcdStore({
    endpoints: flags['store-endpoints'],
    ...(files.store === undefined ? {} : { tls: files.store }),
    clock: systemClock,
    random: systemRandom,
    log,
  });
  if (flags.semantics !== 'kubernetes') {
    const plain = await startPlain({ host: flags.host, port: flags.port, tls: serving.current }, { store, clock: systemClock, random: systemRandom, log });
    writeEndpointFile(flags['endpoint-file'], `${flags.host}:${plain.port}`);
    return {
      stop: async () => {
        await plain.stop();
        await store.close();
      },
    };
  }
  const oidc = oidcOf(flags, (path) => read('oidc-ca-file', path));
  const audit = auditFileOf(flags);
  const encryption = await encryptionFileOf(flags);
  const app = await start(
    {
      host: flags.host,
      port: flags.port,
      advertiseAddress: flags['advertise-address'],
      hostname: hostname(),
      tls: serving.current,
      serviceAccountKey: serviceAccountKey.current,
      serviceAccountIssuer: flags['service-account-issuer'],
      serviceCidr: flags['service-cidr'],
      flowControl: { enabled: flags['enable-priority-and-fairness'], maxRequestsInflight: count(flags, 'max-requests-inflight'), maxMutatingRequestsInflight: count(flags, 'max-mutating-requests-inflight') },
      plugins: pluginsOf(flags),
      timeouts: { requestMs: duration(flags, 'request-timeout', 1), watchMinMs: flags['min-request-timeout'] * 1000 },
      shutdown: { delayMs: duration(flags, 'shutdown-delay-duration', 0), drainMs: duration(flags, 'shutdown-drain-duration', 0) },
      goAwayChance: goAwayOf(flags['goaway-chance']),
      ...oidc,
      ...webhooksOf(flags),
      ...(flags['audit-policy-file'] === undefined ? {} : { auditPolicy: read('audit-policy-file', flags['audit-policy-file']) }),
      ...frontProxyOf(flags, (path) => read('requestheader-client-ca-file', path)),
      ...(encryption === undefined ? {} : { encryption: encryption.current }),
      ...(proxyClient === undefined ? {} : { proxyClient: proxyClient.current }),
      ...(flags['descriptions-file'] === undefined ? {} : { descriptionsFile: flags['descriptions-file'] }),
      ...(kubeletClient === undefined ? {} : { kubeletClient: kubeletClient.current }),
    },
    { store, clock: systemClock, random: systemRandom, log, live: files.live, ...(encryption === undefined || !flags['encryption-provider-config-automatic-reload'] ? {} : { encryptionFile: encryption }), ...(audit === undefined ? {} : { writeAudit: (line) => audit.write(line) }) },
  );
  log.info('serving', { port: app.port, grpcPort: app.grpcPort });
  writeEndpointFile(flags['endpoint-file'], `${flags['advertise-address']}:${app.port}`);
  return {
    stop: async () => {
      await app.stop();
      encryption?.stop();
      files.stop();
      await store.close();
      audit?.close();
    },
  };
});

/** Refused outside tests: such a server checks nothing and lets everybody with a certificate do everything. */
function permitPlain({ semantics, host }: Flags<'semantics' | 'host'>): void {
  if (semantics !== 'none') throw new FlagError(`flag --semantics: ${semantics} is neither kubernetes nor none`);
  if (process.env['RHYTHM_TEST_ONLY'] !== '1') throw new FlagError('flag --semantics: none is for tests, which set RHYTHM_TEST_ONLY=1');
  if (host !== '127.0.0.1') throw new FlagError('flag --semantics: none listens on 127.0.0.1 only');
  log.warn('NO SEMANTICS: this server checks nothing, enforces nothing and is of no use but for testing tests');
}

/** @throws FlagError for plug-ins that there are none of. */
function pluginsOf(flags: Flags<'enable-admission-plugins' | 'disable-admission-plugins'>): PluginChoice {
  const choice = { enable: flags['enable-admission-plugins'] ?? [], disable: flags['disable-admission-plugins'] ?? [] };
  try {
    choosePlugins(choice);
    return choice;
  } catch (error) {
    throw new FlagError(`flags --enable-admission-plugins and --disable-admission-plugins: ${toError(error).message}`, { cause: error });
  }
}

/** A duration as Go writes it, in milliseconds. */
function duration<N extends 'request-timeout' | 'shutdown-delay-duration' | 'shutdown-drain-duration'>(flags: Readonly<Record<N, string>>, name: N, leastMs: number): number {
  const nanos = parseDuration(flags[name]);
  const ms = nanos === undefined ? -1 : Number(nanos) / 1e6;
  if (ms < leastMs || ms > 24 * 3_600_000) throw new FlagError(`flag --${name}: ${flags[name]} is not a duration that can be used, such as 30s`);
  return ms;
}

function goAwayOf(chance: number): number {
  if (chance < 0 || chance > 0.02) throw new FlagError(`flag --goaway-chance: ${chance} is not between 0 and 0.02`);
  return chance;
}

/** A number that counts something. */
function count(flags: Flags<'max-'>, name: keyof Flags<'max-'>): number {
  const value = flags[name];
  if (!Number.isInteger(value) || value < 0) throw new FlagError(`flag --${name}: ${value} is not a count`);
  return value;
}

async function encryptionFileOf(flags: Flags<'encryption-'>): Promise<LiveFiles<string> | undefined> {
  const file = flags['encryption-provider-config'];
  if (file === undefined) {
    if (flags['encryption-provider-config-automatic-reload']) throw new FlagError('--encryption-provider-config-automatic-reload needs --encryption-provider-config');
    return undefined;
  }
  try {
    const live = await liveFiles({ what: 'the encryption configuration', files: { file }, load: (contents) => contents.file.toString(), everyMs: encryptionLimits.reloadEveryMs, clock: systemClock, log });
    if (!flags['encryption-provider-config-automatic-reload']) live.stop();
    return live;
  } catch (error) {
    throw new FlagError(`flag --encryption-provider-config: ${file} cannot be read`, { cause: error });
  }
}

function auditFileOf(flags: Flags<'audit-'>): LogFile | undefined {
  const [policy, path] = [flags['audit-policy-file'], flags['audit-log-path']];
  if ((policy === undefined) !== (path === undefined)) throw new FlagError('--audit-policy-file and --audit-log-path go together');
  return path === undefined ? undefined : new LogFile(path, flags['audit-log-maxsize'] * 1024 * 1024, flags['audit-log-maxbackup']);
}

function frontProxyOf(flags: Flags<'requestheader-'>, readCa: (path: string) => string): { readonly frontProxy?: FrontProxyConfig } {
  const caFile = flags['requestheader-client-ca-file'];
  if (caFile === undefined) return {};
  const or = (given: readonly string[] | undefined, byDefault: readonly string[]): readonly string[] => (given === undefined || given.length === 0 ? byDefault : given);
  return {
    frontProxy: {
      ca: readCa(caFile),
      allowedNames: flags['requestheader-allowed-names'] ?? [],
      usernameHeaders: or(flags['requestheader-username-headers'], frontProxyHeadersByDefault.usernameHeaders),
      uidHeaders: or(flags['requestheader-uid-headers'], frontProxyHeadersByDefault.uidHeaders),
      groupHeaders: or(flags['requestheader-group-headers'], frontProxyHeadersByDefault.groupHeaders),
      extraHeaderPrefixes: or(flags['requestheader-extra-headers-prefix'], frontProxyHeadersByDefault.extraHeaderPrefixes),
    },
  };
}

function oidcOf(flags: Flags<'oidc-'>, readCa: (path: string) => string): { readonly oidc?: OidcConfig } {
  const issuerUrl = flags['oidc-issuer-url'];
  if (issuerUrl === undefined) return {};
  const usernamePrefix = flags['oidc-username-prefix'];
  const groupsClaim = flags['oidc-groups-claim'];
  const algorithms = flags['oidc-signing-algs'] ?? [];
  const caFile = flags['oidc-ca-file'];
  return {
    oidc: {
      issuerUrl,
      clientId: flags['oidc-client-id'],
      usernameClaim: flags['oidc-username-claim'],
      ...(usernamePrefix === undefined ? {} : { usernamePrefix }),
      ...(groupsClaim === undefined ? {} : { groupsClaim }),
      groupsPrefix: flags['oidc-groups-prefix'],
      requiredClaims: new Map((flags['oidc-required-claim'] ?? []).map(requiredClaim)),
      ...(algorithms.length === 0 ? {} : { signingAlgorithms: algorithms }),
      ...(caFile === undefined ? {} : { ca: readCa(caFile) }),
    },
  };
}

function requiredClaim(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new FlagError(`flag --oidc-required-claim: ${text} is not KEY=VALUE`);
  return [text.slice(0, at), text.slice(at + 1)];
}
