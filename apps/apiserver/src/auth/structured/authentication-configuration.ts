import { X509Certificate } from 'node:crypto';
import { boolType, dynType, listOf, stringType, type Program } from '@rhythm/cel';
import { parseDocument, type Section } from '../../config-files/index.ts';
import { claimsEnvironment, expressionOf, userEnvironment } from './expressions.ts';
import { checkIssuerUrl } from './issuer-url.ts';
import { structuredLimits as limits } from './limits.ts';

/** Where a part of the user comes from: a claim, or what an expression makes of all claims. */
export type ClaimMapping = { readonly claim: string; readonly prefix: string } | { readonly program: Program };

export interface JwtIssuerConfig {
  readonly url: string;
  /** Where its discovery document is, when not below `url`. */
  readonly discoveryUrl?: string;
  /** PEM; absent: the public authorities. */
  readonly ca?: string;
  /** Tokens must be meant for one of them. */
  readonly audiences: readonly string[];
  readonly claimRules: ReadonlyArray<{ readonly claim: string; readonly value: string } | { readonly program: Program; readonly message: string }>;
  readonly username: ClaimMapping;
  readonly groups?: ClaimMapping;
  readonly uid?: ClaimMapping;
  readonly extra: ReadonlyArray<{ readonly key: string; readonly program: Program }>;
  readonly userRules: ReadonlyArray<{ readonly program: Program; readonly message: string }>;
}

/** Callers without a credential. */
export interface AnonymousConfig {
  readonly enabled: boolean;
  /** The paths that they may come to; empty: all. */
  readonly paths: readonly string[];
}

export interface AuthenticationConfiguration {
  readonly jwt: readonly JwtIssuerConfig[];
  /** Absent: as without a configuration. */
  readonly anonymous?: AnonymousConfig;
}

/**
 * Reads an AuthenticationConfiguration of apiserver.config.k8s.io/v1. `ownIssuer`: that of service-account tokens, which nobody else may be.
 * @throws ConfigFileError that names each field that is wrong.
 */
export function parseAuthenticationConfiguration(text: string, ownIssuer: string): AuthenticationConfiguration {
  return parseDocument(text, 'AuthenticationConfiguration', ['apiserver.config.k8s.io/v1', 'apiserver.config.k8s.io/v1beta1'], (root) => {
    const sections = root.sections('jwt');
    if (sections.length > limits.issuersMax) root.problem('jwt', `Too many: ${sections.length}: must have at most ${limits.issuersMax} items`);
    const seen = { urls: new Set<string>(), discoveryUrls: new Set<string>() };
    const jwt = sections.slice(0, limits.issuersMax).map((section) => issuerConfig(section, ownIssuer, seen));
    const anonymous = root.section('anonymous');
    return { jwt: jwt.filter((one) => one !== undefined), ...(anonymous === undefined ? {} : { anonymous: anonymousConfig(anonymous) }) };
  });
}

function anonymousConfig(section: Section): AnonymousConfig {
  const enabled = section.flag('enabled', false);
  const paths = section.sections('conditions').map((condition) => {
    const path = condition.needed('path');
    condition.refuseUnknown();
    if (/^\/(api|apis)\/[^/]+\/./.test(path)) condition.problem('path', `Invalid value: ${JSON.stringify(path)}: paths of objects cannot be opened one by one: only those of health, version, discovery and the like`);
    return path;
  });
  section.refuseUnknown();
  if (!enabled && paths.length > 0) section.problem('conditions', 'Invalid value: enabled should be set to true when conditions are defined');
  return { enabled, paths };
}

interface Seen {
  readonly urls: Set<string>;
  readonly discoveryUrls: Set<string>;
}

function issuerConfig(section: Section, ownIssuer: string, seen: Seen): JwtIssuerConfig | undefined {
  const issuer = section.section('issuer');
  const mappings = section.section('claimMappings');
  const claimRules = rules(section, 'claimValidationRules', claimRule);
  const userRules = rules(section, 'userValidationRules', userRule);
  section.refuseUnknown();
  if (issuer === undefined) section.problem('issuer', 'Required value');
  if (mappings === undefined) section.problem('claimMappings', 'Required value');
  const from = issuer === undefined ? undefined : issuerOf(issuer, ownIssuer, seen);
  const mapped = mappings === undefined ? undefined : mappingsOf(mappings);
  if (from === undefined || mapped === undefined || mappings === undefined) return undefined;
  checkVerifiedEmail(mappings, mapped, claimRules);
  return { ...from, ...mapped, claimRules, userRules };
}

function issuerOf(section: Section, ownIssuer: string, { urls, discoveryUrls }: Seen): Pick<JwtIssuerConfig, 'url' | 'discoveryUrl' | 'ca' | 'audiences'> {
  const url = section.text('url');
  checkIssuerUrl(section, 'url', url, urls);
  if (url !== '' && url === ownIssuer) section.problem('url', `Invalid value: ${JSON.stringify(url)}: URL must not overlap with disallowed issuers: [${ownIssuer}]`);
  const discoveryUrl = section.text('discoveryURL');
  if (discoveryUrl !== '') checkIssuerUrl(section, 'discoveryURL', discoveryUrl, discoveryUrls);
  if (discoveryUrl !== '' && discoveryUrl.replace(/\/+$/, '') === url.replace(/\/+$/, '')) section.problem('discoveryURL', `Invalid value: ${JSON.stringify(discoveryUrl)}: discoveryURL must be different from URL`);
  const ca = section.text('certificateAuthority');
  if (ca !== '' && !isCertificate(ca)) section.problem('certificateAuthority', 'Invalid value: "<omitted>": is no certificate in PEM');
  const audiences = audiencesOf(section);
  section.refuseUnknown();
  return { url, audiences, ...(discoveryUrl === '' ? {} : { discoveryUrl }), ...(ca === '' ? {} : { ca }) };
}

function audiencesOf(section: Section): string[] {
  const audiences = section.texts('audiences');
  const policy = section.text('audienceMatchPolicy');
  if (audiences.length === 0) section.problem('audiences', 'Required value: at least one audience is required');
  audiences.forEach((audience, index) => {
    if (audience === '') section.problem(`audiences[${index}]`, "Required value: audience can't be empty");
    else if (audiences.indexOf(audience) < index) section.problem(`audiences[${index}]`, `Duplicate value: ${JSON.stringify(audience)}`);
  });
  if (audiences.length > 1 && policy !== 'MatchAny') section.problem('audienceMatchPolicy', `Invalid value: ${JSON.stringify(policy)}: audienceMatchPolicy must be MatchAny for multiple audiences`);
  if (audiences.length === 1 && policy !== '' && policy !== 'MatchAny') section.problem('audienceMatchPolicy', `Invalid value: ${JSON.stringify(policy)}: audienceMatchPolicy must be empty or MatchAny for single audience`);
  return audiences;
}

function isCertificate(pem: string): boolean {
  try {
    void new X509Certificate(pem);
    return true;
  } catch {
    return false;
  }
}

function rules<T>(section: Section, name: string, read: (rule: Section, seen: Set<string>) => T | undefined): T[] {
  const sections = section.sections(name);
  if (sections.length > limits.rulesMax) section.problem(name, `Too many: ${sections.length}: must have at most ${limits.rulesMax} items`);
  const seen = new Set<string>();
  return sections.slice(0, limits.rulesMax).map((rule) => read(rule, seen)).filter((rule) => rule !== undefined);
}

function claimRule(rule: Section, seen: Set<string>): JwtIssuerConfig['claimRules'][number] | undefined {
  const [claim, value, expression, message] = [rule.text('claim'), rule.text('requiredValue'), rule.text('expression'), rule.text('message')];
  rule.refuseUnknown();
  if (claim !== '' && expression !== '') rule.problem('', "Invalid value: claim and expression can't both be set");
  else if (claim === '' && expression === '') rule.problem('', 'Required value: claim or expression is required');
  else if (claim !== '') {
    if (message !== '') rule.problem('message', `Invalid value: ${JSON.stringify(message)}: message can't be set when claim is set`);
    once(rule, 'claim', claim, seen);
    return { claim, value };
  } else {
    if (value !== '') rule.problem('requiredValue', `Invalid value: ${JSON.stringify(value)}: requiredValue can't be set when expression is set`);
    once(rule, 'expression', expression, seen);
    const program = expressionOf(rule, 'expression', claimsEnvironment, boolType);
    return program === undefined ? undefined : { program, message };
  }
  return undefined;
}

function userRule(rule: Section, seen: Set<string>): JwtIssuerConfig['userRules'][number] | undefined {
  const [expression, message] = [rule.needed('expression'), rule.text('message')];
  rule.refuseUnknown();
  if (expression === '') return undefined;
  once(rule, 'expression', expression, seen);
  const program = expressionOf(rule, 'expression', userEnvironment, boolType);
  return program === undefined ? undefined : { program, message };
}

function once(section: Section, name: string, value: string, seen: Set<string>): void {
  if (seen.has(value)) section.problem(name, `Duplicate value: ${JSON.stringify(value)}`);
  seen.add(value);
}

type Mappings = Pick<JwtIssuerConfig, 'username' | 'groups' | 'uid' | 'extra'>;

function mappingsOf(section: Section): Mappings | undefined {
  const username = section.section('username');
  if (username === undefined) section.problem('username', 'Required value: claim or expression is required');
  const [groups, uid] = [section.section('groups'), section.section('uid')];
  const keys = new Set<string>();
  const extra = section.sections('extra').map((one) => extraOf(one, keys));
  section.refuseUnknown();
  const name = username === undefined ? undefined : mapping(username, true, true);
  const list = groups === undefined ? undefined : mapping(groups, false, true);
  const id = uid === undefined ? undefined : mapping(uid, true, false);
  if (name === undefined) return undefined;
  return { username: name, extra: extra.filter((one) => one !== undefined), ...(list === undefined ? {} : { groups: list }), ...(id === undefined ? {} : { uid: id }) };
}

function mapping(section: Section, isText: boolean, hasPrefix: boolean): ClaimMapping | undefined {
  const [claim, expression] = [section.text('claim'), section.text('expression')];
  const isPrefixed = hasPrefix && section.has('prefix');
  const prefix = hasPrefix ? section.text('prefix') : '';
  section.refuseUnknown();
  if (claim !== '' && expression !== '') section.problem('', "Invalid value: claim and expression can't both be set");
  else if (expression !== '') {
    if (isPrefixed) section.problem('prefix', `Invalid value: ${JSON.stringify(prefix)}: prefix can't be set when expression is set`);
    const program = expressionOf(section, 'expression', claimsEnvironment, stringType, ...(isText ? [] : [listOf(stringType), listOf(dynType), dynType]));
    return program === undefined ? undefined : { program };
  } else if (claim !== '') {
    if (hasPrefix && !isPrefixed) section.problem('prefix', 'Required value: prefix is required when claim is set. It can be set to an empty string to disable prefixing');
    return { claim, prefix };
  } else section.problem('', 'Required value: claim or expression is required');
  return undefined;
}

function extraOf(section: Section, keys: Set<string>): JwtIssuerConfig['extra'][number] | undefined {
  const [key, expression] = [section.needed('key'), section.needed('valueExpression')];
  section.refuseUnknown();
  const domain = key.split('/')[0] ?? '';
  if (key !== '' && !/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?\/[a-z0-9._~!$&'()*+,;=:@%/-]+$/.test(key)) section.problem('key', `Invalid value: ${JSON.stringify(key)}: must be a domain-prefixed path in lower case (such as "acme.io/foo")`);
  else if (/(^|\.)(kubernetes|k8s)\.io$/.test(domain)) section.problem('key', `Invalid value: ${JSON.stringify(key)}: k8s.io, kubernetes.io and their subdomains are reserved`);
  if (key !== '') once(section, 'key', key, keys);
  const program = expression === '' ? undefined : expressionOf(section, 'valueExpression', claimsEnvironment, stringType, listOf(stringType), listOf(dynType), dynType);
  return program === undefined ? undefined : { key, program };
}

/** Who names users by e-mail must look at whether the address is theirs, as the claim mapping does by itself. */
function checkVerifiedEmail(section: Section, { username, extra }: Mappings, claimRules: JwtIssuerConfig['claimRules']): void {
  const mentions = (program: Program, claim: string): boolean => new RegExp(`\\bclaims\\s*(\\.\\s*\\??\\s*${claim}\\b|\\[\\s*\\??\\s*["']${claim}["'])`).test(program.source);
  if (!('program' in username) || !mentions(username.program, 'email')) return;
  const others = [username.program, ...extra.map(({ program }) => program), ...claimRules.flatMap((rule) => ('program' in rule ? [rule.program] : []))];
  if (others.some((program) => mentions(program, 'email_verified'))) return;
  section.problem('username.expression', `Invalid value: ${JSON.stringify(username.program.source)}: claims.email_verified must be used in claimMappings.username.expression or claimMappings.extra[*].valueExpression or claimValidationRules[*].expression when claims.email is used in claimMappings.username.expression`);
}
