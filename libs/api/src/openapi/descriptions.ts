/** As a file has it: definition name → its own text and that of its properties. */
export type DescriptionFile = { [definition: string]: readonly [text: string, properties: { readonly [name: string]: string }] };

/** What definitions and their properties mean, in words: for `kubectl explain`. */
export interface Descriptions {
  ofType(definition: string): string | undefined;
  ofProperty(definition: string, property: string): string | undefined;
}

export const noDescriptions: Descriptions = { ofType: () => undefined, ofProperty: () => undefined };

/** Reads the text of a file of descriptions. @throws Error when it is not one. */
export function readDescriptions(text: string): Descriptions {
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw new Error('not a file of descriptions');
  const types = new Map<string, readonly [string, ReadonlyMap<string, string>]>();
  for (const [name, entry] of Object.entries(parsed as Record<string, unknown>)) {
    const [own, properties] = Array.isArray(entry) ? (entry as unknown[]) : [];
    if (typeof own !== 'string' || typeof properties !== 'object' || properties === null) throw new Error(`not a file of descriptions: ${name}`);
    types.set(name, [own, new Map(Object.entries(properties).filter((member): member is [string, string] => typeof member[1] === 'string'))]);
  }
  return {
    ofType: (definition) => types.get(definition)?.[0] || undefined,
    ofProperty: (definition, property) => types.get(definition)?.[1].get(property),
  };
}
