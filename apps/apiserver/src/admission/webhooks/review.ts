import type { AdmissionResponse, AdmissionReview } from '@rhythm/api/types/admission-v1';
import type { AdmissionRequest } from '../../ports/types.ts';
import { requestDocument, type Matched } from '../matching/index.ts';

const group = 'admission.k8s.io';

/** What a webhook is asked (admission/v1 AdmissionReview; v1beta1 differs in its name only). */
export function reviewOf(uid: string, version: string, request: AdmissionRequest, matched: Matched): object {
  return {
    kind: 'AdmissionReview',
    apiVersion: `${group}/${version}`,
    request: { uid, ...requestDocument(request, matched), object: matched.object ?? null, oldObject: matched.old ?? null, options: request.options ?? null },
  };
}

/** A verdict as it can be acted upon. */
export interface Verdict {
  readonly isAllowed: boolean;
  readonly status: AdmissionResponse['status'];
  /** A JSON patch, parsed. */
  readonly patch: unknown;
  readonly warnings: readonly string[];
}

/** Reads what a webhook answers. @throws Error in Kubernetes' words (apiserver, webhook/request). */
export function verdictOf(answer: unknown, uid: string, version: string, mayPatch: boolean): Verdict {
  const review = (typeof answer === 'object' && answer !== null ? answer : {}) as AdmissionReview;
  const response: Partial<AdmissionResponse> | undefined = typeof review.response === 'object' && review.response !== null ? review.response : undefined;
  if (response === undefined) throw new Error('webhook response was absent');
  if (version === 'v1') checkForm(review, response, uid);
  return {
    isAllowed: response.allowed === true,
    status: typeof response.status === 'object' && response.status !== null ? response.status : undefined,
    patch: mayPatch ? patchOf(response, version) : undefined,
    warnings: Array.isArray(response.warnings) ? response.warnings.filter((warning) => typeof warning === 'string') : [],
  };
}

function checkForm({ kind, apiVersion }: AdmissionReview, { uid }: Partial<AdmissionResponse>, expected: string): void {
  if (uid !== expected) throw new Error(`received invalid webhook response: expected response.uid=${JSON.stringify(expected)}, got ${JSON.stringify(text(uid))}`);
  if (apiVersion !== `${group}/v1` || kind !== 'AdmissionReview') throw new Error(`received invalid webhook response: expected webhook response of ${group}/v1, Kind=AdmissionReview, got ${text(apiVersion)}, Kind=${text(kind)}`);
}

function patchOf({ patch, patchType }: Partial<AdmissionResponse>, version: string): unknown {
  const isPresent = typeof patch === 'string' && patch !== '';
  if (!isPresent) {
    if (version === 'v1' && patchType !== undefined && patchType !== '') throw new Error('received invalid webhook response: webhook returned response.patchType but not response.patch');
    return undefined;
  }
  if (patchType === undefined || patchType === '') {
    if (version === 'v1') throw new Error('received invalid webhook response: webhook returned response.patch but not response.patchType');
  } else if (patchType !== 'JSONPatch') throw new Error(`received invalid webhook response: webhook returned invalid response.patchType of ${JSON.stringify(text(patchType))}`);
  return JSON.parse(Buffer.from(patch, 'base64').toString()) as unknown;
}

const text = (value: unknown): string => (typeof value === 'string' ? value.slice(0, 128) : '');
