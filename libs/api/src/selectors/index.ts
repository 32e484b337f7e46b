/** Label and field selectors: text or object in, matcher out. Pure; imports only `validation` and types. */
export * from './field-selector.ts';
export * from './label-selector.ts';
export * from './parse-label-selector.ts';
