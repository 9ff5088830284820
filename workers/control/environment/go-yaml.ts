// How Go's yaml.v2, which Bucketeer's server uses, reads plain scalars (its resolve.go): booleans of YAML
// 1.1, numbers as Go's strconv with a base prefix, underscores in numbers, merge keys; times and 12:30
// stay text.
import type { DocumentOptions, ParseOptions, ScalarTag, SchemaOptions } from 'yaml'

const boolean: ScalarTag = {
  tag: 'tag:yaml.org,2002:bool',
  default: true,
  test: /^(?:y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON|n|N|no|No|NO|false|False|FALSE|off|Off|OFF)$/,
  resolve: (text) => /^(?:y|t|on)/i.test(text),
}

const based = '[bB]_*[01][01_]*|[xX]_*[0-9a-fA-F][0-9a-fA-F_]*|[oO]_*[0-7][0-7_]*'
const integer: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  test: new RegExp(`^(?:[-+]_*)?(?:0_*(?:${based})|0[0-7_]*|[1-9][0-9_]*)$`),
  resolve(text) {
    const digits = text.replaceAll('_', '').replace(/^[-+]/, '')
    const prefixed = /^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits
    return text.startsWith('-') ? -Number(prefixed) : Number(prefixed)
  },
}

const float: ScalarTag = {
  tag: 'tag:yaml.org,2002:float',
  default: true,
  test: /^(?:[-+]_*)?(?:\.\d[\d_]*|\d[\d_]*(?:\.[\d_]*)?)(?:[eE][-+]?[\d_]*\d[\d_]*)?$/,
  resolve: (text) => Number(text.replaceAll('_', '')),
}

/** Options of the `yaml` package. */
export const likeGo: ParseOptions & DocumentOptions & SchemaOptions = {
  schema: 'core',
  merge: true,
  uniqueKeys: false,
  customTags: (tags) => [boolean, integer, float, ...tags],
}
