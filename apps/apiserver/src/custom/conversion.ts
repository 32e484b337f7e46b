import { ApiError, apiVersionOf, validateAnnotations, validateLabels, type FieldError, type KubeObject } from '@rhythm/api';
import type { ConversionResponse, ConversionReview, CustomResourceDefinition } from '@rhythm/api/types/apiextensions-v1';
import { randomUuid, type Random } from '@rhythm/base';
import type { WebhookAddress } from '../webhooks/index.ts';

/** What calls the webhook of a definition (WebhookClient). */
export interface ConversionPorts {
  readonly client: { post(address: WebhookAddress, document: object, timeoutMs: number): Promise<unknown> };
  readonly random: Random;
}

/** Brings objects of any version into one, in their order. */
export type Convert = (objects: readonly KubeObject[]) => Promise<KubeObject[]>;

const timeoutMs = 30_000;
/** Objects that go to the webhook in one call, and about how many bytes. */
const batchObjectsMax = 500;
const batchBytesMax = 4 * 1024 * 1024;

/** The conversion into `version` by the webhook of a definition; undefined where its versions differ in their name only. */
export function webhookConversion({ spec }: CustomResourceDefinition, version: string, { client, random }: ConversionPorts): Convert | undefined {
  const webhook = spec.conversion?.strategy === 'Webhook' ? spec.conversion.webhook : undefined;
  if (webhook === undefined) return undefined;
  const desired = apiVersionOf({ group: spec.group, version });
  const reviewVersion = webhook.conversionReviewVersions.find((known) => known === 'v1' || known === 'v1beta1') ?? 'v1';
  const call = async (batch: readonly KubeObject[]): Promise<KubeObject[]> => {
    const [{ apiVersion = '', kind = '' } = {} as KubeObject] = batch;
    const about = `conversion webhook for ${apiVersion}, Kind=${kind}`;
    const uid = randomUuid(random);
    const review = { kind: 'ConversionReview', apiVersion: `apiextensions.k8s.io/${reviewVersion}`, request: { uid, desiredAPIVersion: desired, objects: batch } };
    const answer = await client.post(webhook.clientConfig ?? {}, review, timeoutMs).catch((error: unknown) => fail(`${about} failed: ${error instanceof Error ? error.message : String(error)}`, error));
    return checked(about, batch, desired, convertedOf(about, answer, uid, reviewVersion));
  };
  return async (objects) => {
    const result = [...objects];
    for (const batch of batchesOf(objects.flatMap((object, index) => (object.apiVersion === desired ? [] : [{ object, index }])))) {
      const converted = await call(batch.map(({ object }) => object));
      for (const [place, { index }] of batch.entries()) result[index] = converted[place] ?? fail(`the conversion lost an object`);
    }
    return result;
  };
}

interface Placed {
  readonly object: KubeObject;
  readonly index: number;
}

function* batchesOf(all: readonly Placed[]): Generator<Placed[]> {
  let batch: Placed[] = [];
  let bytes = 0;
  for (const one of all) {
    const size = JSON.stringify(one.object).length;
    if (batch.length > 0 && (batch.length >= batchObjectsMax || bytes + size > batchBytesMax)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(one);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

/** The objects of an answer. @throws ApiError InternalError in Kubernetes' words (apiextensions-apiserver, conversion). */
function convertedOf(about: string, answer: unknown, uid: string, version: string): readonly unknown[] {
  const { response, apiVersion, kind } = (isObject(answer) ? answer : {}) as ConversionReview;
  if (version === 'v1' && (apiVersion !== 'apiextensions.k8s.io/v1' || kind !== 'ConversionReview')) fail(`${about} failed: expected webhook response of apiextensions.k8s.io/v1, Kind=ConversionReview, got ${text(apiVersion)}, Kind=${text(kind)}`);
  if (!isObject(response)) return fail(`${about} failed: no response provided`);
  const { uid: given, result, convertedObjects } = response as Partial<ConversionResponse>;
  if (given !== uid && version === 'v1') fail(`${about} failed: expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(text(given))}`);
  if (result?.status !== 'Success') {
    const message = text(result?.message);
    fail(`${about} failed: ${message === '' ? `response.result.status was '${text(result?.status)}', not 'Success'` : message}`);
  }
  return Array.isArray(convertedObjects) ? convertedObjects : [];
}

/** What comes back is what was sent, in another version: of its metadata a webhook may only change labels and annotations. */
function checked(about: string, sent: readonly KubeObject[], desired: string, converted: readonly unknown[]): KubeObject[] {
  if (converted.length !== sent.length) fail(`${about} returned ${converted.length} objects, expected ${sent.length}`);
  return sent.map((original, index) => {
    const found = converted[index];
    const invalid = (why: string): never => fail(`${about} returned invalid converted object at index ${index}: ${why}`);
    if (!isObject(found)) return invalid('it is no object');
    const object = found as unknown as KubeObject;
    if (object.apiVersion !== desired) invalid(`invalid groupVersion (expected ${desired}, received ${text(object.apiVersion)})`);
    if (object.kind !== original.kind) invalid(`invalid kind (expected ${original.kind ?? ''}, received ${text(object.kind)})`);
    if (!isObject(object.metadata)) return invalid('missing metadata');
    for (const field of ['name', 'namespace', 'uid'] as const) {
      if ((object.metadata[field] ?? '') !== (original.metadata[field] ?? '')) invalid(`must have the same ${field === 'uid' ? 'UID' : field}: ${original.metadata[field] ?? ''} != ${text(object.metadata[field])}`);
    }
    return { ...object, metadata: restored(original, object, (why) => fail(`${about} returned invalid metadata in object at index ${index}: ${why}`)) };
  });
}

function restored(original: KubeObject, { metadata: { labels, annotations } }: KubeObject, invalid: (why: string) => never): KubeObject['metadata'] {
  for (const [name, map] of Object.entries({ labels, annotations })) if (map !== undefined && map !== null && !isTextMap(map)) invalid(`metadata.${name} is no map of strings`);
  const errors: FieldError[] = [...validateLabels(labels ?? undefined, 'metadata.labels'), ...validateAnnotations(annotations ?? undefined, 'metadata.annotations')];
  const [first] = errors;
  if (first !== undefined) invalid(`${first.field}: ${first.message}`);
  const { labels: _labels, annotations: _annotations, ...kept } = original.metadata;
  return { ...kept, ...(isTextMap(labels) ? { labels } : {}), ...(isTextMap(annotations) ? { annotations } : {}) };
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const isTextMap = (value: unknown): value is Record<string, string> => isObject(value) && Object.values(value).every((item) => typeof item === 'string');
const text = (value: unknown): string => (typeof value === 'string' ? value.slice(0, 512) : '');

function fail(message: string, cause?: unknown): never {
  throw new ApiError('InternalError', message, cause === undefined ? {} : { cause });
}
