import type { PodTemplate } from '../../gen/types/core-v1.ts';
import { column, labelsText, nameColumn } from '../columns.ts';
import { containerCells } from '../container-cells.ts';
import { defineKind } from '../define-kind.ts';
import { podSpecWarnings } from '../warnings/pod-spec.ts';
import { setPodSpecDefaults } from '../pod-spec-defaults.ts';
import { validateTemplate } from '../pod-spec/template.ts';

export const podTemplate = defineKind<PodTemplate>({
  group: '',
  version: 'v1',
  kind: 'PodTemplate',
  plural: 'podtemplates',
  namespaced: true,
  generationFields: ['template'],
  storageVersionHash: 'LIXB2x4IFpk=',
  setDefaults: (object) => setPodSpecDefaults(object.template?.spec),
  validate: (object) => (object.template === undefined ? [] : validateTemplate(object.template, 'template')),
  warnings: ({ template }) => podSpecWarnings(template?.metadata, template?.spec, 'template'),
  columns: [nameColumn, column('Containers'), column('Images'), column('Pod Labels')],
  cells: (object) => [object.metadata.name ?? '', ...containerCells(object.template?.spec), labelsText(object.template?.metadata?.labels)],
});
