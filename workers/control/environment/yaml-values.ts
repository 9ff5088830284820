// Converts YAML values to JSON when they are written, so that readers of snapshots need no YAML parser.
import type { Command } from '../../../core/change/command.ts'
import type { EnvironmentState } from '../../../core/model/environment-state.ts'
import type { FlagChanges } from '../../../core/model/flag-draft.ts'
import type { FlagType, Variation } from '../../../core/model/flag.ts'
import { type Result, ok, refuse } from '../../../core/model/problem.ts'
import { type YamlDialect, parseYaml, yamlLengthMax } from '../yaml.ts'

/**
 * Sets the JSON of the variations of yaml flags, and removes it from all others. Invalid YAML gets none, and
 * is refused later for that. Too much of it is refused here.
 */
export function withJsonOfYaml(command: Command, state: EnvironmentState): Result<Command> {
  const reader = yamlReader()
  const converted = convert(command, state, reader)
  return reader.isExhausted() ? tooMuchYaml : ok(converted)
}

export const tooMuchYaml = refuse(
  'TOO_LARGE',
  `the yaml values of one change have at most ${yamlLengthMax} characters in sum`,
)

function convert(command: Command, state: EnvironmentState, reader: YamlReader): Command {
  const convertFlag = flagConverter(reader)
  if (command.kind === 'create-flag') {
    return { ...command, flag: convertFlag(command.flag) }
  }
  const inFlag = <C extends FlagChanges>(key: string, changes: C): C => {
    if (!changes.variations) return changes
    const isYaml = state.flag.get(key)?.type === 'yaml'
    return { ...changes, variations: changes.variations.map(isYaml ? withJson(reader) : withoutJson) }
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
    case 'apply': {
      const { document } = command
      const flags = Object.entries(document.flags).map(([key, flag]) => [key, convertFlag(flag)] as const)
      return { ...command, document: { ...document, flags: Object.fromEntries(flags) } }
    }
    case 'import':
      return { ...command, flags: command.flags.map(convertFlag) }
    default:
      return command
  }
}

const flagConverter =
  (reader: YamlReader) =>
  <F extends { type: FlagType; variations: Variation[] }>(flag: F): F => ({
    ...flag,
    variations: flag.variations.map(flag.type === 'yaml' ? withJson(reader) : withoutJson),
  })

const withJson =
  ({ toJson }: YamlReader) =>
  (variation: Variation): Variation => {
    const json = toJson(variation.value, '1.2')
    return json === undefined ? withoutJson(variation) : { ...variation, json }
  }

/**
 * An integer keeps all of its digits, so that one which a double cannot hold is refused by name (value.ts).
 */
const withDigits = (_: string, value: unknown): unknown =>
  typeof value === 'bigint' ? rawJson(String(value)) : value

/** ECMAScript's JSON.rawJSON, which TypeScript does not know yet. */
const { rawJSON: rawJson } = JSON as unknown as { readonly rawJSON: (text: string) => unknown }

function withoutJson({ json: _, ...variation }: Variation): Variation {
  return variation
}

/** Longer values are no configuration that a person wrote. */
const valueLengthMax = 20_000

export interface YamlReader {
  /** Undefined if the text is not YAML, too long, or comes after too much other text. */
  readonly toJson: (text: string, dialect: YamlDialect) => string | undefined
  /** Whether texts were left unread because there were too many characters in sum. */
  readonly isExhausted: () => boolean
}

/** Reads the yaml values of one request. */
export function yamlReader(): YamlReader {
  let length = 0
  return {
    toJson(text, dialect) {
      length += text.length
      if (text.length > valueLengthMax || length > yamlLengthMax) return undefined
      const parsed = parseYaml(text, { dialect, keepsDigits: true })
      return parsed.ok ? JSON.stringify(parsed.value, withDigits) : undefined
    },
    isExhausted: () => length > yamlLengthMax,
  }
}

/** Reads one value. */
export const toJson = (text: string, dialect: YamlDialect = '1.2'): string | undefined =>
  yamlReader().toJson(text, dialect)
