/**
 * Patches of objects: JSON patch (RFC 6902), JSON merge patch (RFC 7386), strategic merge patch. Pure; keys of untrusted
 * documents are never looked up or assigned along a prototype.
 */
export * from './apply-patch.ts';
export { jsonPatchCopyBytesMax, jsonPatchOperationsMax } from './json-patch.ts';
