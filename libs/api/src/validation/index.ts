/** Rules that are shared by kinds: syntax of names, field errors, object metadata. Pure. */
export * from './field-error.ts';
export * from './ip.ts';
export * from './labels.ts';
export * from './names.ts';
export * from './object-meta.ts';
export * from './semantic-equal.ts';
export * from './values.ts';
