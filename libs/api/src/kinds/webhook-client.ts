import type { FieldError } from '../status.ts';
import { child, invalidValue, required } from '../validation/field-error.ts';
import { checkDns1123Subdomain, checkPortNumber } from '../validation/names.ts';

/** Where a webhook is reached: of admission, and of the conversion of custom resources. */
export interface WebhookClient {
  readonly url?: string;
  readonly service?: { readonly namespace?: string; readonly name?: string; readonly path?: string; readonly port?: number };
}

const form = '; desired format: https://host[/path]';
const urlParts = /^([a-zA-Z][-a-zA-Z0-9+.]*):\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/;

/** A URL or a service, and not both (apiserver, util/webhook). */
export function validateWebhookClient(client: WebhookClient | undefined, path: string): FieldError[] {
  const { url, service } = client ?? {};
  if ((url === undefined) === (service === undefined)) return [required(path, 'exactly one of url or service is required')];
  return url === undefined ? validateService(service ?? {}, child(path, 'service')) : validateUrl(url, child(path, 'url'));
}

function validateUrl(url: string, path: string): FieldError[] {
  const [, scheme = '', authority = '', , query = '', fragment = ''] = urlParts.exec(url) ?? [];
  const [host = '', user] = authority.split('@').reverse();
  const errors: FieldError[] = [];
  if (scheme.toLowerCase() !== 'https') errors.push(invalidValue(path, scheme, `'https' is the only allowed URL scheme${form}`));
  if (host === '') errors.push(invalidValue(path, host, `host must be specified${form}`));
  if (user !== undefined) errors.push(invalidValue(path, user, 'user information is not permitted in the URL'));
  if (fragment !== '') errors.push(invalidValue(path, fragment, 'fragments are not permitted in the URL'));
  if (query !== '') errors.push(invalidValue(path, query, 'query parameters are not permitted in the URL'));
  return errors;
}

function validateService(service: NonNullable<WebhookClient['service']>, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if ((service.name ?? '') === '') errors.push(required(child(path, 'name'), 'service name is required'));
  if ((service.namespace ?? '') === '') errors.push(required(child(path, 'namespace'), 'service namespace is required'));
  const wrongPort = service.port === undefined ? [] : checkPortNumber(service.port);
  if (wrongPort.length > 0) errors.push(invalidValue(child(path, 'port'), service.port, `port is not valid: ${wrongPort.join(',')}`));
  return [...errors, ...validatePath(service.path ?? '', child(path, 'path'))];
}

function validatePath(text: string, path: string): FieldError[] {
  if (text === '' || text === '/') return [];
  if (!text.startsWith('/')) return [invalidValue(path, text, "must start with a '/'")];
  const steps = text.slice(1).replace(/\/$/, '').split('/');
  return steps.flatMap((step, i) => {
    if (step === '') return [invalidValue(path, text, `segment[${i}] may not be empty`)];
    return checkDns1123Subdomain(step).map((e) => invalidValue(path, text, `segment[${i}]: ${e}`));
  });
}
