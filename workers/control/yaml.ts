// YAML becomes JSON where it is written, so that nobody who reads a snapshot needs a YAML parser.
import { parse } from 'yaml'
import type { Command } from '../../core/command.ts'
import type { EnvironmentState } from '../../core/environment.ts'
import type { FlagChanges } from '../../core/flag-draft.ts'
import type { Variation } from '../../core/flag.ts'

/** The command with the JSON of each variation of a yaml flag, and of no other. A text that is no YAML gets none, and is then refused. */
export function withJsonOfYaml(command: Command, state: EnvironmentState): Command {
  if (command.kind === 'create-flag') {
    const { flag } = command
    return {
      ...command,
      flag: { ...flag, variations: flag.variations.map(flag.type === 'yaml' ? withJson : withoutJson) },
    }
  }
  const inFlag = <C extends FlagChanges>(key: string, changes: C): C => {
    const convert = state.flag.get(key)?.type === 'yaml' ? withJson : withoutJson
    return changes.variations ? { ...changes, variations: changes.variations.map(convert) } : changes
  }
  switch (command.kind) {
    case 'update-flag':
      return { ...command, changes: inFlag(command.key, command.changes) }
    case 'create-schedule': {
      const { schedule } = command
      return { ...command, schedule: { ...schedule, changes: inFlag(schedule.flagKey, schedule.changes) } }
    }
    case 'update-schedule': {
      const { id, changes } = command
      const flagKey = state.schedule.get(id)?.flagKey
      if (!changes.changes || flagKey === undefined) return command
      return { ...command, changes: { ...changes, changes: inFlag(flagKey, changes.changes) } }
    }
    default:
      return command
  }
}

/** Some broken texts take the parser time by their square: a longer text is not tried. */
const yamlLengthMax = 20_000

/** Aliases are bounded, so that no text grows without measure. */
function withJson(variation: Variation): Variation {
  if (variation.value.length > yamlLengthMax) return withoutJson(variation)
  try {
    return { ...variation, json: JSON.stringify(parse(variation.value, { maxAliasCount: 100 })) }
  } catch {
    return withoutJson(variation)
  }
}

function withoutJson({ json: _, ...variation }: Variation): Variation {
  return variation
}
