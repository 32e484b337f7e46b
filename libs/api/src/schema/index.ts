/** The schema table of the built-in kinds, and what it drives: canonical form, pruning, defaults, structural validation. */
export * from './node.ts';
export { builtInKinds, objectMetaSchema, schemaFor, schemaOfMessage } from './table.ts';
export { canonicalise } from './canonicalise.ts';
export { applyDefaults } from './defaults.ts';
export { canonicalJson } from './canonical-json.ts';
export { pruneUnknown } from './prune.ts';
export { normalise } from './normalise.ts';
export { compileCrdSchema } from './crd.ts';
export { equalSchemas } from './equal.ts';
export { validateStructure } from './validate.ts';
export { isPattern } from './pattern.ts';
