// Exports an environment as a document, in a fixed order and without default values, so that people can
// compare two of them.
import * as z from 'zod'
import { Clause, type AnyOf } from '../../model/clause.ts'
import { type Entities, type EnvironmentState, settingsIn } from '../../model/environment-state.ts'
import { Rule, Variation } from '../../model/flag.ts'
import { Settings } from '../../model/settings.ts'
import { compareTexts } from '../../text/go-strconv.ts'
import {
  documentFormat,
  ExperimentEntry,
  FlagEntry,
  GoalEntry,
  HoldoutEntry,
  LayerEntry,
  OperationEntry,
  SegmentEntry,
  TagEntry,
} from './schema.ts'

type Fields = Readonly<Record<string, unknown>>

/** A document without default values. `Document` parses it and adds them. */
export interface WrittenDocument {
  readonly format: typeof documentFormat
  readonly settings?: Fields
  readonly tags?: Fields
  readonly segments?: Fields
  readonly goals?: Fields
  readonly flags?: Fields
  readonly experiments?: Fields
  readonly operations?: Fields
  readonly layers?: Fields
  readonly holdouts?: Fields
}

export function toDocument(state: EnvironmentState): WrittenDocument {
  const parts: Fields = {
    settings: lean(Settings, settingsIn(state)),
    tags: entries(state.tag, (tag) => lean(TagEntry, tag)),
    segments: entries(state.segment, (segment) =>
      lean(SegmentEntry, { ...segment, anyOf: leanGroups(segment.anyOf) }),
    ),
    goals: entries(state.goal, ({ event, ...goal }) =>
      lean(GoalEntry, { ...goal, ...(event !== goal.key && { event }) }),
    ),
    flags: entries(state.flag, toFlagEntry),
    experiments: entries(state.experiment, ({ status, ...experiment }) =>
      // Whether it waits or runs follows from its start.
      lean(ExperimentEntry, { ...experiment, ...(!['waiting', 'running'].includes(status) && { status }) }),
    ),
    operations: entries(state.operation, ({ status, ...operation }) =>
      lean(OperationEntry, { ...operation, ...(status !== 'active' && { status }) }),
    ),
    layers: entries(state.layer, (layer) => lean(LayerEntry, layer)),
    holdouts: entries(state.holdout, ({ status, ...holdout }) =>
      lean(HoldoutEntry, { ...holdout, ...(status === 'ended' && { status }) }),
    ),
  }
  const nonEmpty = Object.entries(parts).filter(([, part]) => Object.keys(part as Fields).length > 0)
  return { format: documentFormat, ...Object.fromEntries(nonEmpty) }
}

function toFlagEntry({ seed, ...flag }: Entities['flag']): Fields {
  return lean(FlagEntry, {
    ...flag,
    ...((seed !== '' || flag.allocation === 'fine') && { seed }),
    // made anew from the YAML
    variations: flag.variations.map(({ json: _, ...variation }) => lean(Variation, variation)),
    rules: flag.rules.map((rule) => lean(Rule, { ...rule, anyOf: leanGroups(rule.anyOf) })),
  })
}

const leanGroups = (anyOf: AnyOf) => anyOf.map((group) => group.map((clause) => lean(Clause, clause)))

function entries<T>(all: ReadonlyMap<string, T>, toEntry: (entity: T) => Fields): Fields {
  const sorted = [...all].toSorted(([a], [b]) => compareTexts(a, b))
  return Object.fromEntries(sorted.map(([id, entity]) => [id, toEntry(entity)]))
}

/** The fields of a schema in its order, without those that have their default. */
function lean(schema: { readonly shape: Readonly<Record<string, z.ZodType>> }, value: object): Fields {
  const fields = Object.entries(schema.shape).flatMap(([field, type]) => {
    const own = (value as Fields)[field]
    const isDefault =
      type instanceof z.ZodDefault && JSON.stringify(type.def.defaultValue) === JSON.stringify(own)
    return own === undefined || isDefault ? [] : [[field, own] as const]
  })
  return Object.fromEntries(fields)
}
