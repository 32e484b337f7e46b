/**
 * Sets of fields (`fieldsV1` of managed fields) that were read or written before, by their JSON: most objects of a kind are owned in the same way, and ownership
 * is half of what there is to be parsed and written of many. A set that is known is frozen and shared: sets are values (see `FieldSet`).
 */

/** Letters of JSON in each of two generations; what was not asked for in one is forgotten. Parsed they take a few times as much. */
const lettersMax = 512 * 1024;
/** A longer one is not worth the room. */
const longest = 64 * 1024;

let young = new Map<string, object>();
let old = new Map<string, object>();
let letters = 0;

/** The JSON of frozen sets. */
const texts = new WeakMap<object, string>();

/** The set of a JSON text. @throws SyntaxError. */
export function fieldsOfText(text: string): object {
  let fields = young.get(text);
  if (fields !== undefined) return fields;
  fields = old.get(text) ?? deepFreeze(JSON.parse(text) as object);
  if (text.length > longest) return fields;
  if (letters + text.length > lettersMax) {
    old = young;
    young = new Map();
    letters = 0;
  }
  letters += text.length;
  young.set(text, fields);
  texts.set(fields, text);
  return fields;
}

/** The JSON of a set, remembered for one that cannot change. */
export function textOfFields(fields: object): string {
  let text = texts.get(fields);
  if (text === undefined) {
    text = JSON.stringify(fields);
    // Those that are frozen are so all the way down: they are made of frozen ones.
    if (text.length <= longest && Object.isFrozen(fields)) texts.set(fields, text);
  }
  return text;
}

function deepFreeze(fields: object): object {
  for (const inner of Object.values(fields)) if (typeof inner === 'object' && inner !== null) deepFreeze(inner as object);
  return Object.freeze(fields);
}
