import type { ApiError } from '@rhythm/api';
import type { AdmissionRequest } from '../ports/types.ts';
import { forbiddenObject } from '../auth/index.ts';

/** 403 of an admission step: `pods "x" is forbidden: WHY`. */
export function refused(request: AdmissionRequest, why: string): ApiError {
  const { metadata } = request.object ?? request.old ?? { metadata: {} };
  const name = request.attributes.name !== '' ? request.attributes.name : (metadata.name ?? metadata.generateName ?? 'Unknown');
  return forbiddenObject(request.attributes, name, why);
}

/** Whether the request is about `resource` of the core group itself, not about a subresource. */
export function isCore(request: AdmissionRequest, resource: string): boolean {
  const { group, subresource, resource: asked } = request.attributes;
  return group === '' && asked === resource && subresource === '';
}
